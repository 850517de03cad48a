/** Columns of several groups, side by side as one table, and rows that the workers didn't write as text. */
import type { Column, ColumnBatch } from '../../io/column.ts';
import { ArrowStreamReader, type OpenBatch } from '../../io/ipc/stream-reader.ts';
import { BatchEncoder, encodeSchema } from '../../io/ipc/write.ts';
import { textEncoder } from '../../io/out/text.ts';
import { DfxError } from '../../wire/errors.ts';
import type { JobGroup } from '../plan/groups.ts';
import type { OutputOptions } from '../replay.ts';
import type { RowsPart, RowsStream } from '../run.ts';

/** One group's batches in order. */
class Source {
  readonly labels: string;
  readonly #reader = new ArrowStreamReader();
  readonly #parts: AsyncGenerator<RowsPart, void, void>;
  #batch: OpenBatch | null = null;
  #used = 0;

  constructor({ schema, parts }: RowsStream, labels: string) {
    this.labels = labels;
    this.#parts = parts;
    for (const piece of encodeSchema(schema).pieces) this.#reader.push(piece);
  }

  /** Rows left in the batch at hand, or in the next one; 0 at the end. */
  async rows(): Promise<number> {
    while (this.#batch === null || this.#used >= this.#batch.rows) {
      this.#used = 0;
      this.#batch = this.#reader.nextOpen();
      if (this.#batch !== null) continue;
      const next = await this.#parts.next();
      if (next.done === true) return 0;
      for (const chunk of next.value.chunks) this.#reader.push(chunk);
    }
    return this.#batch.rows - this.#used;
  }

  take(rows: number): readonly Column[] {
    const taken = this.#batch?.read(this.#used, this.#used + rows).columns ?? [];
    this.#used += rows;
    return taken;
  }
}

/**
 * Cuts the groups' batches at each other's borders: workers may batch differently, rows are the same. Holds one part a group.
 * Throws EXECUTION when one has more rows than another.
 */
export function zipRows(streams: readonly RowsStream[], groups: readonly JobGroup[]): RowsStream {
  const schema = { fields: streams.flatMap((stream) => stream.schema.fields), metadata: [] };
  const sources = streams.map((stream, at) => {
    const labels = groups[at]?.entries.map(({ payload }) => payload.label) ?? [];
    return new Source(stream, labels.join(', '));
  });
  const parts = async function* (): AsyncGenerator<RowsPart, void, void> {
    const encoder = new BatchEncoder(schema);
    for (;;) {
      const left: number[] = [];
      for (const source of sources) left.push(await source.rows());
      const rows = Math.min(...left);
      if (rows === 0) {
        const long = sources[left.findIndex((count) => count > 0)];
        if (long === undefined) return;
        throw new DfxError('EXECUTION', `${long.labels} gives more rows than ${sources[left.indexOf(0)]?.labels}`, {
          hint: 'run them apart: they are no columns of one table',
        });
      }
      yield encoded(encoder, { length: rows, columns: sources.flatMap((source) => source.take(rows)) });
    }
  };
  return { schema, parts: parts() };
}

function encoded(encoder: BatchEncoder, batch: ColumnBatch): RowsPart {
  const messages = encoder.encode(batch);
  return {
    rows: batch.length,
    kept: null,
    chunks: messages.flatMap(({ pieces }) => pieces),
    messages: messages.map(({ kind, metadataLength, bodyLength }) => ({
      kind: kind === 'dictionary' ? 'dictionary' : 'batch',
      metadata: metadataLength,
      body: bodyLength,
      rows: kind === 'batch' ? batch.length : 0,
    })),
  };
}

/** Arrow that is wanted as lines. */
export function textParts({ schema, parts }: RowsStream, { output, delimiter }: OutputOptions): RowsStream {
  if (output === 'arrow') return { schema, parts };
  const lines = async function* (): AsyncGenerator<RowsPart, void, void> {
    // Whoever reads the rows is the first to refuse columns that text can't hold.
    const encoder = textEncoder(output, schema, { delimiter });
    const reader = new ArrowStreamReader();
    for (const piece of encodeSchema(schema).pieces) reader.push(piece);
    for await (const { chunks } of parts) {
      for (const chunk of chunks) reader.push(chunk);
      for (let batch = reader.next(); batch !== null; batch = reader.next()) {
        yield { rows: batch.length, chunks: [encoder.encode(batch).slice()], messages: [], kept: null };
      }
    }
  };
  return { schema, parts: lines() };
}
