/** Arrow IPC files and streams, in and out. */

import { isArrowFile } from '../wire/arrow/index.ts';
import type { Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { BATCH_ROWS } from './batch-rows.ts';
import { type InputSource, isRegularFile, readAll, readStreamFile } from './byte-source.ts';
import type { ColumnBatch, InputTable } from './column.ts';
import { FileAccess, MemoryAccess } from './ipc/access.ts';
import { loadCodec } from './ipc/codecs.ts';
import { ArrowEncoder } from './ipc/encoder.ts';
import { ArrowStreamReader } from './ipc/stream-reader.ts';
import { IpcTable, inFile } from './ipc/table.ts';
import { joinPieces } from './ipc/write.ts';
import { readInOnePiece, WHOLE } from './split.ts';

/**
 * A path or bytes are read where they are, by splits; chunks as they come. Throws FILE_NOT_FOUND, FILE_UNREADABLE, INPUT_FORMAT, ARROW
 * (bytes that are no Arrow IPC), LIMIT, UNSUPPORTED (big-endian data).
 */
export async function openArrow(input: InputSource): Promise<InputTable> {
  if (typeof input === 'string') {
    if (isRegularFile(input)) return openAt(() => new FileAccess(input));
    return openChunks(readStreamFile(input), input);
  }
  if (input instanceof Uint8Array) return openAt(() => new MemoryAccess(input));
  return openChunks(input, undefined);
}

async function openAt(open: () => FileAccess | MemoryAccess): Promise<InputTable> {
  const table = new IpcTable(open);
  await table.loadCodec();
  return table;
}

async function openChunks(input: AsyncIterable<Uint8Array>, file: string | undefined): Promise<InputTable> {
  const chunks = input[Symbol.asyncIterator]();
  const reader = new ArrowStreamReader();
  try {
    const start = await firstBytes(chunks);
    // The footer of a file comes last: it is read once all of it is there.
    if (isArrowFile(start)) {
      const bytes = await readAll(restOf(start, chunks));
      return await openAt(() => new MemoryAccess(bytes, file));
    }
    reader.push(start);
    while (reader.schema === null && !reader.ended) {
      const next = await chunks.next();
      if (next.done === true) break;
      reader.push(new Uint8Array(next.value));
    }
    const { schema } = reader;
    if (schema === null) throw new DfxError('INPUT_FORMAT', 'the Arrow stream ends before its schema');
    let taken = false;
    return {
      schema,
      splits: () => [WHOLE],
      read: (indices) => {
        if (taken) throw new DfxError('DEFECT', 'a stream was read twice');
        reader.select(indices);
        taken = true;
        return readInOnePiece(streamBatches(reader, chunks, file));
      },
    };
  } catch (error) {
    throw inFile(error, file);
  }
}

async function firstBytes(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let held = 0;
  while (held < 8) {
    const next = await chunks.next();
    if (next.done === true) break;
    parts.push(new Uint8Array(next.value));
    held += next.value.length;
  }
  return joinPieces(parts);
}

async function* restOf(start: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield start;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}

async function* streamBatches(
  reader: ArrowStreamReader,
  chunks: AsyncIterator<Uint8Array>,
  file: string | undefined,
): AsyncGenerator<ColumnBatch> {
  try {
    for (;;) {
      const codec = reader.nextCodec;
      if (codec !== null) await loadCodec(codec);
      const batch = reader.nextOpen();
      if (batch !== null) {
        for (let start = 0; start < batch.rows; start += BATCH_ROWS) {
          yield batch.read(start, Math.min(start + BATCH_ROWS, batch.rows));
        }
        continue;
      }
      if (reader.ended) return;
      const next = await chunks.next();
      if (next.done === true) break;
      reader.push(new Uint8Array(next.value));
    }
    reader.end();
  } catch (error) {
    throw inFile(error, file);
  } finally {
    await chunks.return?.();
  }
}

/** Arrow IPC in memory, whole: the columns share its memory. ZSTD is read only where it was loaded before. */
export function readArrow(bytes: Uint8Array): { readonly schema: Schema; batches(): Iterable<ColumnBatch> } {
  const table = new IpcTable(() => new MemoryAccess(bytes));
  const indices = table.schema.fields.map((_, i) => i);
  return {
    schema: table.schema,
    batches: () => {
      const { batches } = table.read(indices, WHOLE);
      return batches as Iterable<ColumnBatch>;
    },
  };
}

/** A table as Arrow IPC, whole. */
export function writeArrow(schema: Schema, batches: readonly ColumnBatch[], format: 'file' | 'stream'): Uint8Array {
  const encoder = new ArrowEncoder(format, schema);
  return joinPieces([...batches.flatMap((batch) => encoder.batch(batch)), ...encoder.end()]);
}
