/** UDFs from source, each in two modes that give the same. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePayload } from '../../src/expr/encode.ts';
import { fromJson } from '../../src/expr/json/index.ts';
import { outputOf } from '../processes.ts';
import type { BenchOptions } from '../section.ts';

export const UDF_MODES = ['row', 'batch'] as const;
/** How often a function is called: with the values of a row, or with columns. */
export type UdfMode = (typeof UDF_MODES)[number];

export type SourceUdf = 'python-arithmetic' | 'python-text' | 'javascript-arithmetic';

interface Declared {
  readonly inputs: string;
  readonly returns: string;
  readonly code: Readonly<Record<UdfMode, object>>;
}

const IMPORTS = ['pyarrow as pa', 'pyarrow.compute as pc'];

const UDFS: Readonly<Record<SourceUdf, Declared>> = {
  'python-arithmetic': {
    inputs: 'Int64',
    returns: 'Int64',
    code: {
      row: { python: { source: 'def f(id):\n    return id * 2 + 1\n', entry: 'f' } },
      batch: {
        python: {
          source:
            'one, two = pa.scalar(1), pa.scalar(2)\n\ndef f(ids):\n    return pc.add(pc.multiply(ids, two), one)\n',
          entry: 'f',
          imports: IMPORTS,
        },
      },
    },
  },
  'python-text': {
    inputs: 'Int64',
    returns: 'Utf8',
    code: {
      row: { python: { source: 'def f(id):\n    return str(id).rjust(9, "0")\n', entry: 'f' } },
      batch: {
        python: {
          source: 'def f(ids):\n    return pc.utf8_lpad(pc.cast(ids, pa.string()), 9, "0")\n',
          entry: 'f',
          imports: IMPORTS,
        },
      },
    },
  },
  // Over Float64, which both modes hold as plain numbers.
  'javascript-arithmetic': {
    inputs: 'Float64',
    returns: 'Float64',
    code: {
      row: { javascript: { source: 'const f = (id) => id * 2 + 1;', entry: 'f' } },
      batch: { javascript: { source: 'const f = (ids) => ids.values.map((id) => id * 2 + 1);', entry: 'f' } },
    },
  },
};

/** Writes a payload that calls the UDF with the column `id`, and gives its path. */
export function makeSourcePayload(udf: SourceUdf, mode: UdfMode, { folder, python }: BenchOptions): string {
  const { inputs, returns, code } = UDFS[udf];
  const members = Object.entries(code[mode]).map(([language, source]) => [language, { ...source, mode }]);
  const declared = { name: 'f', family: 'scalar', inputs: [inputs], returns, volatility: 'immutable' };
  const json = {
    expr: { udf: 'f', args: [{ col: 'id' }] },
    udfs: [{ ...declared, ...Object.fromEntries(members) }],
  };
  const [major = 0, minor = 0] = outputOf({ file: python, args: ['-c', 'import sys; print(*sys.version_info[:2])'] })
    .split(' ')
    .map(Number);
  const path = join(folder, `${udf}-${mode}.bin`);
  writeFileSync(path, encodePayload(fromJson(JSON.stringify(json), { targetPython: { major, minor } })));
  return path;
}
