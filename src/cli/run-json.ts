/** The document `dfx.run/2`. Rows go out as they come, so that its size is no matter of memory. */
import type { ColumnBatch } from '../io/column.ts';
import { jsonCells } from '../io/out/json-cells.ts';
import { hasValue, plainType } from '../io/out/scalar-cells.ts';
import { TextBytes, writeAscii, writeByte } from '../io/out/text-bytes.ts';
import type { Payload } from '../run/plan/load.ts';
import type { Plan } from '../run/plan/plan.ts';
import type { RunReport } from '../run/report.ts';
import type { ResultColumn } from '../run/run.ts';
import { formatDataType } from '../wire/arrow/index.ts';
import type { DataType, Schema } from '../wire/arrow/types.ts';
import { type JsonMember, jsonArray, jsonObject } from './render/json-text.ts';

export interface DocumentFacts {
  readonly shape: 'rows' | 'value';
  readonly input: string | null;
  readonly output: string | null;
}

/** The document's first members, with the brace before them and no end. */
export function documentHead({ shape, input, output }: DocumentFacts): string {
  return jsonObject([
    ['schema', '"dfx.run/2"'],
    ['shape', JSON.stringify(shape)],
    ['pid', String(process.pid)],
    ['input', JSON.stringify(input)],
    ['output', JSON.stringify(output)],
  ]).slice(0, -1);
}

/** What stands behind the rows: results, report, plan. */
export function documentTail(results: readonly (readonly JsonMember[])[], report: RunReport, seconds: number): string {
  const { explanation, splitting, payloads: _payloads, ...numbers } = report;
  const members: readonly JsonMember[] = [
    ['results', jsonArray(results.map(jsonObject))],
    ['stats', JSON.stringify({ ...numbers, splitting })],
    ['plan', JSON.stringify(explanation)],
    ['seconds', String(seconds)],
  ];
  return `,${jsonObject(members).slice(1)}\n`;
}

export function columnsMember(schema: Schema): string {
  const columns = schema.fields.map(({ name, type, nullable }) => ({ name, type: formatDataType(type), nullable }));
  return `,"columns":${JSON.stringify(columns)}`;
}

/** Rows as lists of their values; a comma before the first one unless it is the document's. */
export function rowsText(schema: Schema, batch: ColumnBatch, isFirst: boolean): Uint8Array {
  const out = new TextBytes(batch.length * 32);
  const columns = batch.columns.map((column, at) => ({
    filled: hasValue(column),
    cells: jsonCells(column, plainType(schema.fields[at]?.type ?? column.type), out, 'exact'),
  }));
  for (let row = 0; row < batch.length; row++) {
    writeAscii(out, isFirst && row === 0 ? '[' : ',[');
    columns.forEach(({ filled, cells }, at) => {
      if (at > 0) writeByte(out, 44);
      if (filled(row)) cells(row);
      else writeAscii(out, 'null');
    });
    writeByte(out, 93);
  }
  return out.bytes.subarray(0, out.at);
}

/** The JSON text of one value. */
export function valueText(batch: ColumnBatch, at: number, type: DataType): string {
  const column = batch.columns[at];
  if (column === undefined || !hasValue(column)(0)) return 'null';
  const out = new TextBytes(64);
  jsonCells(column, plainType(type), out, 'exact')(0);
  return new TextDecoder().decode(out.bytes.subarray(0, out.at));
}

/** One payload's result. `value` is JSON text, null for a column of rows. */
export function resultMembers(
  payload: Payload,
  column: ResultColumn,
  how: RunReport['payloads'][number] | undefined,
  value: string | null,
): readonly JsonMember[] {
  return [
    ['label', JSON.stringify(payload.label)],
    ['file', JSON.stringify(payload.file)],
    ['sha256', JSON.stringify(payload.hash)],
    ['type', JSON.stringify(column.type)],
    ['rows', String(column.rows)],
    ...(value === null ? [] : [['value', value] as const]),
    ['pid', String(column.pid)],
    ['pids', JSON.stringify(column.pids)],
    ['engine', JSON.stringify({ ...column.engine, reason: column.reason })],
    ['how', JSON.stringify({ kind: how?.how ?? 'whole', reason: how?.howReason ?? null })],
    ['seconds', JSON.stringify(column.seconds)],
  ];
}

/** What the plan says of payloads whose columns came out as rows. */
export function rowResults(plan: Plan, schema: Schema, report: RunReport): readonly (readonly JsonMember[])[] {
  return plan.planned.map(({ payload, engine, reason }) => {
    const type = schema.fields.findLast(({ name }) => name === payload.label)?.type;
    const workers = report.workers.filter((worker) => worker.engine?.name === engine);
    return resultMembers(
      payload,
      {
        name: payload.label,
        type: type === undefined ? 'Null' : formatDataType(type),
        pid: workers[0]?.pid ?? 0,
        pids: workers.map(({ pid }) => pid),
        engine: workers[0]?.engine ?? { name: engine, version: '' },
        reason,
        rows: report.rowsIn,
        seconds: { open: report.seconds.open, evaluate: report.seconds.evaluate },
      },
      report.payloads.find(({ label }) => label === payload.label),
      null,
    );
  });
}
