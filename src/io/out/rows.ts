/** Record batches as lines of text: CSV and NDJSON. */
import type { RecordBatch } from 'apache-arrow';
import { cellsOf } from './cells.ts';

/** RFC 4180: a field is quoted where it holds a comma, a quote or a line end. An empty text is quoted, a null is empty. */
export function csvField(text: string | null): string {
  if (text === null) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvHeader(names: readonly string[]): string {
  return `${names.map(csvField).join(',')}\n`;
}

export function csvRows(batch: RecordBatch): string {
  const columns = batch.schema.fields.map((_, at) => cellsOf(batch, at));
  let text = '';
  for (let row = 0; row < batch.numRows; row++) {
    const fields = columns.map((column) => csvField(column.text(row)));
    // A line without a character would be no row to most readers.
    text += fields.length === 1 && fields[0] === '' ? '""\n' : `${fields.join(',')}\n`;
  }
  return text;
}

/** One JSON object a line, members in the order of the columns. */
export function ndjsonRows(batch: RecordBatch): string {
  const columns = batch.schema.fields.map((field, at) => ({
    key: JSON.stringify(field.name),
    cells: cellsOf(batch, at),
  }));
  let text = '';
  for (let row = 0; row < batch.numRows; row++) {
    text += '{';
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at];
      if (column !== undefined) text += `${at === 0 ? '' : ','}${column.key}:${column.cells.json(row)}`;
    }
    text += '}\n';
  }
  return text;
}
