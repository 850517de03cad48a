/** The values of aggregate payloads: as the datafusion-python `multiprocessing` example prints them, and as JSON. */

import type { Cells } from '../../io/out/cells.ts';
import type { ValueResult } from '../../run/run.ts';
import { escapeText } from './escape.ts';
import { type JsonMember, jsonArray, jsonObject } from './json-text.ts';

/** The example's column widths; longer labels and values widen their own line only where the label isn't known before. */
const LABEL_WIDTH = 16;
const VALUE_WIDTH = 6;

export function labelWidth(labels: readonly string[]): number {
  return Math.max(LABEL_WIDTH, ...labels.map((label) => escapeText(label).length));
}

export function valueLine(result: ValueResult, cells: Cells, width: number): string {
  const label = escapeText(result.payload.label).padStart(width);
  const value = escapeText(cells.text(0) ?? 'NULL').padStart(VALUE_WIDTH);
  return `  [${label}] = ${value}   (worker pid: ${result.column.pid})`;
}

export function valueMembers(result: ValueResult, cells: Cells): readonly JsonMember[] {
  const { payload, column } = result;
  return [
    ['label', JSON.stringify(payload.label)],
    ['file', JSON.stringify(payload.file)],
    ['sha256', JSON.stringify(payload.hash)],
    ['type', JSON.stringify(column.type)],
    ['rows', String(column.rows)],
    ['value', cells.json(0)],
    ['pid', String(column.pid)],
    ['engine', JSON.stringify({ ...column.engine, reason: column.reason })],
    ['seconds', JSON.stringify(column.seconds)],
  ];
}

/** The document `dfx.run/1`. */
export function runDocument(
  shape: 'rows' | 'value',
  facts: { readonly input: string | null; readonly output: string | null; readonly seconds: number },
  results: readonly (readonly JsonMember[])[],
): string {
  return jsonObject([
    ['schema', '"dfx.run/1"'],
    ['shape', JSON.stringify(shape)],
    ['pid', String(process.pid)],
    ['input', JSON.stringify(facts.input)],
    ['output', JSON.stringify(facts.output)],
    ['results', jsonArray(results.map(jsonObject))],
    ['seconds', String(facts.seconds)],
  ]);
}
