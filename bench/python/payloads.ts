/** The payloads of the Python sections, made by the real package with the interpreter that runs them: frames carry its version. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outputOf } from '../processes.ts';
import type { BenchOptions } from '../section.ts';

const makeUdfs = fileURLToPath(new URL('make_udfs.py', import.meta.url));
const makeIds = fileURLToPath(new URL('make_ids.py', import.meta.url));

const MAIN_LABELS = ['count_above_10', 'count_above_30', 'count_above_60', 'custom_sum'] as const;

/** The main job's payloads as `label=file`, and its twelve values. */
export function mainJob({ folder, python, root }: BenchOptions): {
  readonly operands: readonly string[];
  readonly values: string;
} {
  const out = join(folder, 'main');
  outputOf({ file: python, args: ['-B', join(root, 'fixtures', 'main', 'make.py'), '--out', out] });
  return {
    operands: MAIN_LABELS.map((label) => `${label}=${join(out, `${label}.bin`)}`),
    values: join(out, 'values.csv'),
  };
}

/** What `make_udfs.py` makes: a function of the column `id` each. */
export type UdfName = 'add_one' | 'times_two' | 'minus_one' | 'rounds' | 'nap' | 'short_nap' | 'spin';

/** A folder with a payload a UDF: `add_one.bin`. */
export function makeUdfPayloads({ folder, python }: BenchOptions): (name: UdfName) => string {
  const out = join(folder, 'udfs');
  mkdirSync(out, { recursive: true });
  outputOf({ file: python, args: ['-B', makeUdfs, out] });
  return (name) => join(out, `${name}.bin`);
}

/** An Arrow file of one column `id`, 0 and up, in record batches of so many rows. */
export function makeIdFile(rows: number, batchRows: number, { folder, python }: BenchOptions): string {
  const path = join(folder, `ids-${rows}-${batchRows}.arrow`);
  outputOf({ file: python, args: ['-B', makeIds, path, String(rows), String(batchRows)] });
  return path;
}
