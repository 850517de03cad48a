/** `"mode": "row"` of Python UDFs; that it runs is for test/run/python-udfs.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromJson, toJson } from '../../../src/expr/json/index.ts';
import { decodePayload } from '../../../src/expr/payload.ts';
import { DfxError } from '../../../src/wire/errors.ts';

const SOURCE = 'def f(a):\n    return a\n\n# Called row by row: written by hand.\n';

function written(family: string, python: Readonly<Record<string, unknown>>): string {
  const udf = {
    name: 'u',
    family,
    inputs: ['Int64'],
    returns: 'Decimal128(10, 2)',
    ...(family === 'aggregate' ? { state: ['Int64', 'List(Utf8)'] } : {}),
    volatility: 'immutable',
    python: { source: SOURCE, entry: 'f', target: '3.11', ...python },
  };
  const over = family === 'window' ? { over: {} } : {};
  return JSON.stringify({ expr: { udf: 'u', args: [{ col: 'a' }], ...over }, udfs: [udf] });
}

test('a UDF per row comes back as it was written, byte for byte', () => {
  for (const family of ['scalar', 'aggregate']) {
    for (const entry of ['f', 'ünö']) {
      for (const captures of [[], [['table', ['x', null]]]]) {
        const source = SOURCE.replace('def f', `def ${entry}`);
        const { bytes } = fromJson(written(family, { source, entry, captures, mode: 'row' }));
        const json = toJson(decodePayload(bytes));
        const [{ python }] = JSON.parse(json).udfs;
        if (entry === 'f' && captures.length === 0) {
          assert.deepEqual(python, { source, entry, mode: 'row', target: '3.11' });
        }
        assert.deepEqual(fromJson(json).bytes, bytes, `${family} ${entry}`);
      }
    }
  }
});

test('"batch" is what is meant where no mode is given', () => {
  assert.deepEqual(fromJson(written('scalar', { mode: 'batch' })).bytes, fromJson(written('scalar', {})).bytes);
  assert.notDeepEqual(fromJson(written('scalar', { mode: 'row' })).bytes, fromJson(written('scalar', {})).bytes);
});

test('a mode that a UDF can’t have is refused', () => {
  const refused = (family: string, python: Readonly<Record<string, unknown>>, message: string): void => {
    assert.throws(
      () => fromJson(written(family, python)),
      (error) => error instanceof DfxError && error.message === message,
      message,
    );
  };
  refused('scalar', { mode: 'rows' }, 'found "rows" for "mode", expected "row" or "batch"');
  refused('window', { mode: 'row' }, 'found "row" for the "mode" of a window UDF, expected "batch"');
  refused(
    'scalar',
    { mode: 'row', entry: 'dfx_by_row', source: 'def dfx_by_row(a):\n    return a\n' },
    `found the entry "dfx_by_row" of a UDF that is called row by row, expected a name that doesn't begin with dfx_`,
  );
  refused(
    'scalar',
    { mode: 'row', entry: 'f.g' },
    `found the entry "f.g" of a UDF that is called row by row, expected a name that doesn't begin with dfx_`,
  );
});
