/** The inputs and payloads of the replay benchmark, made once a run. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePayload } from '../../src/expr/encode.ts';
import { decodePayload } from '../../src/expr/payload.ts';
import { fromSql } from '../../src/expr/sql/index.ts';
import { outputOf } from '../processes.ts';
import type { BenchOptions } from '../section.ts';
import { writeCsv } from './data.ts';

const toArrow = fileURLToPath(new URL('to_arrow.py', import.meta.url));

export interface Inputs {
  readonly rows: number;
  readonly csv: string;
  readonly arrow: string;
}

export function makeInputs(rows: number, { folder, python }: BenchOptions): Inputs {
  const csv = join(folder, `${rows}.csv`);
  const arrow = join(folder, `${rows}.arrow`);
  writeCsv(csv, rows);
  outputOf({ file: python, args: [toArrow, csv, arrow] });
  return { rows, csv, arrow };
}

/** Writes the payload of a SQL text, and gives its path. */
export function makePayload(name: string, sql: string, { folder }: BenchOptions): string {
  const path = join(folder, `${name}.bin`);
  const bytes = encodePayload(fromSql(sql));
  if (decodePayload(bytes).exprs.length !== 1) throw new Error(`${name}: not one expression`);
  writeFileSync(path, bytes);
  return path;
}
