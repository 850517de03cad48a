/** CSV that comes once, in order: from a pipe, or from a program in the same process. */
import type { Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import type { ColumnBatch } from './column.ts';
import type { CsvTable } from './csv.ts';
import { CsvCutter } from './csv-cut.ts';
import type { CsvDialect } from './csv-dialect.ts';
import { HeadCutter } from './csv-head.ts';
import { READ_SIZE } from './csv-infer.ts';
import { CsvReader } from './csv-reader.ts';
import { type RowsBefore, readInOnePiece, WHOLE } from './split.ts';

/**
 * `chunks` are the caller's no more: they are kept until their rows were read. `infer`: the schema, from as many reads of `READ_SIZE` as it
 * takes.
 */
export async function openCsvStream(
  chunks: AsyncIterable<Uint8Array>,
  dialect: CsvDialect,
  header: boolean,
  infer: (reads: AsyncIterable<Uint8Array>) => Promise<Schema>,
): Promise<CsvTable> {
  const rest = chunks[Symbol.asyncIterator]();
  // What was looked at for the schema is kept for the rows.
  const kept: Uint8Array[] = [];
  const look = async function* (): AsyncGenerator<Uint8Array> {
    const read = new Uint8Array(READ_SIZE);
    let filled = 0;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      kept.push(next.value);
      for (let at = 0; at < next.value.length; ) {
        const part = next.value.subarray(at, at + READ_SIZE - filled);
        read.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < READ_SIZE) continue;
        filled = 0;
        yield read;
      }
    }
    if (filled > 0) yield read.subarray(0, filled);
  };
  const schema = await infer(look());
  let taken = false;
  const all = async function* (): AsyncGenerator<Uint8Array> {
    if (taken) throw new DfxError('DEFECT', 'a stream was read twice');
    taken = true;
    yield* kept.splice(0);
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  };
  let headLines = 0;
  const pieces = async function* (bytes: number): AsyncGenerator<Uint8Array> {
    const cutter = new CsvCutter(dialect, header, bytes);
    for await (const chunk of all()) {
      for (let at = 0; at < chunk.length; at += bytes) {
        for (const piece of cutter.push(chunk.subarray(at, at + bytes))) {
          headLines = cutter.headLines;
          yield piece;
        }
      }
    }
    for (const piece of cutter.finish()) {
      headLines = cutter.headLines;
      yield piece;
    }
  };
  return {
    schema,
    stream: { pieces, headLines: () => headLines },
    splits: () => [WHOLE],
    read: (indices, _split, before = { rows: 0, lines: 0 }) =>
      readInOnePiece(streamBatches(all(), new CsvReader(schema, indices, dialect), dialect, header, before)),
  };
}

async function* streamBatches(
  pieces: AsyncIterable<Uint8Array>,
  reader: CsvReader,
  dialect: CsvDialect,
  header: boolean,
  before: RowsBefore,
): AsyncGenerator<ColumnBatch> {
  const cutter = new HeadCutter(dialect, header);
  reader.start({
    rows: before.rows,
    lines: () => cutter.lines + before.lines,
    aligned: true,
    stop: Number.POSITIVE_INFINITY,
  });
  for await (const piece of pieces) {
    let rest = cutter.push(piece);
    while (rest.length > 0) {
      const room = reader.room();
      const part = rest.subarray(0, room.length);
      room.set(part);
      reader.put(part.length);
      rest = rest.subarray(part.length);
      yield* ready(reader);
    }
  }
  const rest = cutter.finish();
  const room = reader.room();
  room.set(rest);
  reader.put(rest.length);
  reader.end();
  yield* ready(reader);
}

function* ready(reader: CsvReader): Generator<ColumnBatch> {
  for (let batch = reader.next(); batch !== null; batch = reader.next()) yield batch;
}
