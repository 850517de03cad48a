/** A run's rows on their way to a file or a pipe: what workers send is handed on as it is where the format allows that. */
import type { ColumnBatch } from '../io/column.ts';
import { ArrowEncoder } from '../io/ipc/encoder.ts';
import { ArrowStreamReader } from '../io/ipc/stream-reader.ts';
import { type Block, END_OF_STREAM, encodeSchema, FILE_START, fileEnd, hasDictionaries } from '../io/ipc/write.ts';
import { type TextFormat, textEncoder } from '../io/out/text.ts';
import type { Plan } from '../run/plan/plan.ts';
import type { RowsPart, RowsStream, Target } from '../run/run.ts';
import type { Field, Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import type { RowFormat } from './run-format.ts';

/** Takes text or bytes; resolves when it is ready for more. */
export type Write = (data: string | Uint8Array) => Promise<void>;

/** Where a result goes. */
export interface Destination {
  readonly write: Write;
  /** Workers may write to a file themselves: `leave` gives the place of so many bytes. Null: everything comes through `write`. */
  readonly file: { readonly path: string; readonly leave: (bytes: number) => number } | null;
}

/** One part of the rows, here or by the worker that keeps it. */
async function writePart({ chunks, kept }: RowsPart, { write, file }: Destination): Promise<void> {
  if (kept !== null) {
    if (file === null) throw new DfxError('DEFECT', 'a worker keeps rows that it has no file for');
    kept.place(file.leave(kept.bytes));
  }
  for (const chunk of chunks) await write(chunk);
}

/** What the workers are asked for: they write the lines of text formats themselves. */
export interface Wanted {
  readonly output: 'arrow' | TextFormat;
  readonly delimiter?: string;
  readonly target?: Target | null;
}

export function wantedFor(format: RowFormat): Wanted {
  switch (format) {
    case 'csv':
      return { output: 'csv', delimiter: ',' };
    case 'tsv':
      return { output: 'csv', delimiter: '\t' };
    case 'ndjson':
      return { output: 'ndjson' };
    case 'table':
    case 'arrow':
    case 'arrow-stream':
    case 'parquet':
      return { output: 'arrow' };
  }
}

/** The columns alone. */
export function withoutRows({ schema }: RowsStream): RowsStream {
  const none = async function* (): RowsStream['parts'] {};
  return { schema, parts: none() };
}

/** Refuses columns that the output can't hold before anything is read, where their types are known by then. */
export function checkColumns(format: RowFormat, { planned, groups, table }: Plan, output: string | null): void {
  if (format !== 'csv' && format !== 'tsv' && format !== 'ndjson') return;
  const kept = groups.flatMap(({ keep }) => keep);
  const fields = planned.flatMap(({ payload, type }): readonly Field[] =>
    type === null ? [] : [{ name: payload.label, type, nullable: true, metadata: [] }],
  );
  const known = (table?.schema.fields ?? []).filter(({ name }) => kept.includes(name));
  ofOutput(output, () => textEncoderFor(format, { fields: [...known, ...fields], metadata: [] }));
}

/** What is wrong with the columns is a matter of the output, not of a payload. */
function ofOutput<T>(output: string | null, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof DfxError && output !== null ? error.at({ file: output }) : error;
  }
}

/** Writes every row. Not for tables, whose end decides what is shown. */
export async function writeRows(
  format: RowFormat,
  rows: RowsStream,
  destination: Destination,
  output: string | null,
): Promise<void> {
  const { write } = destination;
  switch (format) {
    case 'csv':
    case 'tsv':
    case 'ndjson': {
      const { head } = ofOutput(output, () => textEncoderFor(format, rows.schema));
      if (head.length > 0) await write(head);
      for await (const part of rows.parts) await writePart(part, destination);
      return;
    }
    case 'arrow-stream':
      for (const piece of encodeSchema(rows.schema).pieces) await write(piece);
      for await (const part of rows.parts) await writePart(part, destination);
      await write(END_OF_STREAM);
      return;
    case 'arrow':
      // A file has one dictionary for all batches, and workers have each their own.
      if (hasDictionaries(rows.schema)) return encodeRows(format, rows, write, output);
      return writeArrowFile(rows, destination);
    case 'parquet':
      return encodeRows(format, rows, write, output);
    case 'table':
      throw new DfxError('DEFECT', 'a table to be written as a stream');
  }
}

async function writeArrowFile(rows: RowsStream, destination: Destination): Promise<void> {
  const { write } = destination;
  const { pieces, metadataLength } = encodeSchema(rows.schema);
  await write(FILE_START);
  for (const piece of pieces) await write(piece);
  let offset = FILE_START.length + metadataLength;
  const blocks: Block[] = [];
  for await (const part of rows.parts) {
    for (const { metadata, body } of part.messages) {
      blocks.push({ offset, metadataLength: metadata, bodyLength: body });
      offset += metadata + body;
    }
    await writePart(part, destination);
  }
  await write(fileEnd(rows.schema, [], blocks));
}

async function encodeRows(format: RowFormat, rows: RowsStream, write: Write, output: string | null): Promise<void> {
  const encoder = await batchEncoder(format, rows.schema, output);
  for await (const batch of decodedBatches(rows)) for (const piece of encoder.batch(batch)) await write(piece);
  for (const piece of encoder.end()) await write(piece);
}

/** The rows as columns. A batch is valid until the next one. */
export async function* decodedBatches(rows: RowsStream): AsyncGenerator<ColumnBatch, void, void> {
  const reader = new ArrowStreamReader();
  for (const piece of encodeSchema(rows.schema).pieces) reader.push(piece);
  for await (const { chunks } of rows.parts) {
    for (const chunk of chunks) reader.push(chunk);
    for (let batch = reader.next(); batch !== null; batch = reader.next()) yield batch;
  }
}

/** Batches to the bytes of a format: what `end` gives stands behind the last one. */
export interface BatchEncoder {
  batch(batch: ColumnBatch): readonly Uint8Array[];
  end(): readonly Uint8Array[];
}

export async function batchEncoder(format: RowFormat, schema: Schema, output: string | null): Promise<BatchEncoder> {
  switch (format) {
    case 'arrow':
      return ofOutput(output, () => new ArrowEncoder('file', schema));
    case 'arrow-stream':
      return ofOutput(output, () => new ArrowEncoder('stream', schema));
    case 'parquet': {
      const { ParquetEncoder } = await import('../io/out/parquet.ts');
      return ofOutput(output, () => new ParquetEncoder(schema));
    }
    case 'csv':
    case 'tsv':
    case 'ndjson':
      return new TextRows(ofOutput(output, () => textEncoderFor(format, schema)));
    case 'table':
      throw new DfxError('DEFECT', 'a table to be encoded');
  }
}

class TextRows implements BatchEncoder {
  readonly #encoder: ReturnType<typeof textEncoder>;
  #head: readonly Uint8Array[];

  constructor(encoder: ReturnType<typeof textEncoder>) {
    this.#encoder = encoder;
    this.#head = [encoder.head];
  }

  batch(batch: ColumnBatch): readonly Uint8Array[] {
    // A stream may hold its bytes for longer than the encoder does.
    return [...this.end(), this.#encoder.encode(batch).slice()];
  }

  /** A table without rows still has its header. */
  end(): readonly Uint8Array[] {
    const head = this.#head;
    this.#head = [];
    return head;
  }
}

function textEncoderFor(format: 'csv' | 'tsv' | 'ndjson', schema: Schema): ReturnType<typeof textEncoder> {
  return format === 'ndjson'
    ? textEncoder('ndjson', schema)
    : textEncoder('csv', schema, { delimiter: format === 'tsv' ? '\t' : ',' });
}
