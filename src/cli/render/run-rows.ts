/** Row-wise results on their way out: CSV, NDJSON, Arrow, or a table for people. */
import type { RecordBatch, Schema } from 'apache-arrow';
import type { ArrowContainer } from '../../io/out/arrow.ts';
import { escapeText } from './escape.ts';

export const ROW_FORMATS = ['text', 'csv', 'ndjson', 'arrow', 'arrow-stream'] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** Takes text or bytes; resolves when it is ready for more. */
export type Write = (data: string | Uint8Array) => Promise<void>;

/** Rows that a table shows; a terminal is no place for a million. */
const TABLE_ROWS = 40;

export function arrowContainer(format: RowFormat): ArrowContainer | null {
  return format === 'arrow' ? 'file' : format === 'arrow-stream' ? 'stream' : null;
}

/** Writes every batch and returns the number of rows. */
export async function writeRows(
  format: RowFormat,
  schema: Schema,
  batches: AsyncIterable<RecordBatch>,
  write: Write,
): Promise<number> {
  switch (format) {
    case 'csv': {
      const { csvHeader, csvRows } = await import('../../io/out/rows.ts');
      await write(csvHeader(schema.fields.map(({ name }) => name)));
      return eachBatch(batches, (batch) => write(csvRows(batch)));
    }
    case 'ndjson': {
      const { ndjsonRows } = await import('../../io/out/rows.ts');
      return eachBatch(batches, (batch) => write(ndjsonRows(batch)));
    }
    case 'arrow':
    case 'arrow-stream': {
      const { ArrowEncoder } = await import('../../io/out/arrow.ts');
      const encoder = new ArrowEncoder(format === 'arrow' ? 'file' : 'stream', schema);
      const rows = await eachBatch(batches, async (batch) => {
        for (const chunk of encoder.batch(batch)) await write(chunk);
      });
      for (const chunk of encoder.end()) await write(chunk);
      return rows;
    }
    case 'text':
      return writeTable(schema, batches, write);
  }
}

async function eachBatch(
  batches: AsyncIterable<RecordBatch>,
  take: (batch: RecordBatch) => Promise<void>,
): Promise<number> {
  let rows = 0;
  for await (const batch of batches) {
    rows += batch.numRows;
    if (batch.numRows > 0) await take(batch);
  }
  return rows;
}

async function writeTable(schema: Schema, batches: AsyncIterable<RecordBatch>, write: Write): Promise<number> {
  const [{ default: Table }, { cellsOf }] = await Promise.all([import('cli-table3'), import('../../io/out/cells.ts')]);
  const table = new Table({
    head: schema.fields.map(({ name }) => escapeText(name)),
    style: { head: [], border: [], compact: true },
  });
  let shown = 0;
  const rows = await eachBatch(batches, async (batch) => {
    const columns = schema.fields.map((_, at) => cellsOf(batch, at));
    for (let row = 0; row < batch.numRows && shown < TABLE_ROWS; row++, shown++) {
      table.push(columns.map((column) => escapeText(column.text(row) ?? 'NULL')));
    }
  });
  await write(`${table.toString()}\n`);
  const more = rows > shown ? `, the first ${shown.toLocaleString('en')} shown` : '';
  await write(`${rows.toLocaleString('en')} row${rows === 1 ? '' : 's'}${more}\n`);
  return rows;
}
