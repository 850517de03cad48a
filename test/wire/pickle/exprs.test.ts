import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type PyValue,
  readPickle,
  readPickledExprs,
  writePickle,
  writePickledExpr,
} from '../../../src/wire/pickle/index.ts';
import { bytesOf, hexOf, latin1 } from './corpus.ts';
import { askPython } from './python.ts';

interface Told {
  readonly exprs: readonly { readonly proto: string; readonly pickles: readonly string[] }[];
  readonly containers: readonly string[];
}

test('what is read and written is what the real package pickles, in every protocol', () => {
  const told = askPython('exprs_oracle.py', { pickles: [] }) as Told;
  for (const { proto, pickles } of told.exprs) {
    for (const [protocol, pickle] of pickles.entries()) {
      const what = `${proto.length / 2} bytes, protocol ${protocol}`;
      assert.ok(hexOf(writePickledExpr(bytesOf(proto), { protocol })) === pickle, what);
      const { exprs, foreign } = readPickledExprs(readPickle(bytesOf(pickle), { offset: 100 }));
      assert.deepEqual(foreign, [], what);
      const [expr] = exprs;
      assert.ok(expr !== undefined && exprs.length === 1, what);
      assert.ok(hexOf(expr.proto) === proto, what);
      assert.equal(expr.copied, protocol < 3, what);
      if (!expr.copied) assert.ok(pickle.slice((expr.span.start - 100) * 2, (expr.span.end - 100) * 2) === proto, what);
    }
  }
  const [first, second] = told.exprs.map(({ proto }) => proto);
  for (const pickle of told.containers) {
    const { exprs, foreign } = readPickledExprs(readPickle(bytesOf(pickle)));
    assert.deepEqual(foreign, []);
    assert.deepEqual(
      exprs.map(({ path, proto }) => [path, hexOf(proto)]),
      [
        ['[0]', first],
        ['[1]', first],
        ['[2]["k"]', first],
        ['[2][7][0]', second],
      ],
    );
  }
});

const EXPR: PyValue = {
  call: { global: ['builtins', 'getattr'] },
  args: [{ global: ['datafusion.expr', 'Expr'] }, '_reconstruct'],
};

test('what is no expression is foreign, with its callable and offset', () => {
  const foreignOf = (value: PyValue) => {
    const { exprs, foreign } = readPickledExprs(readPickle(writePickle(value, { protocol: 3 }), { offset: 10 }));
    return { exprs: exprs.length, foreign: foreign.map(({ what, offset, path }) => [what, offset, path]) };
  };
  const good: PyValue = { call: EXPR, args: [Uint8Array.of(1)] };
  assert.deepEqual(foreignOf([good]), { exprs: 1, foreign: [] });
  assert.deepEqual(foreignOf([good, { call: { global: ['os', 'system'] }, args: ['id'] }]).foreign, [
    ['os.system', 97, '[1]'],
  ]);
  assert.deepEqual(foreignOf([{ global: ['os', 'system'] }]).foreign, [['os.system', 14, '[0]']]);
  assert.deepEqual(foreignOf([1, 'x', null]).foreign, [
    ['an int', 14, '[0]'],
    ['a str', 16, '[1]'],
    ['a none', 22, '[2]'],
  ]);
  assert.deepEqual(foreignOf({ call: EXPR, args: ['text'] }).foreign.length > 0, true);
  // Another method of Expr, and another class of the same module.
  const other: PyValue = {
    call: { global: ['builtins', 'getattr'] },
    args: [{ global: ['datafusion.expr', 'Expr'] }, 'from_bytes'],
  };
  assert.equal(foreignOf({ call: other, args: [Uint8Array.of(1)] }).exprs, 0);
});

test('a call whose result is dropped is foreign too', () => {
  const good = writePickledExpr(Uint8Array.of(1), { protocol: 3 });
  const dropped = latin1('\x80\x03cos\nsystem\nX\x02\x00\x00\x00id\x85R0');
  const bytes = new Uint8Array([...dropped, ...good.subarray(2)]);
  const { exprs, foreign } = readPickledExprs(readPickle(bytes));
  assert.equal(exprs.length, 1);
  assert.deepEqual(
    foreign.map(({ what, offset }) => [what, offset]),
    [['os.system', 21]],
  );
});

test('a container inside itself is foreign, and shared containers meet a limit', () => {
  assert.deepEqual(readPickledExprs(readPickle(latin1(']2a.'))).foreign, [
    { what: 'a list that contains itself', offset: 0, path: '[0]' },
  ]);
  const doubling = latin1(`]${'2\x86'.repeat(60)}.`);
  assert.throws(() => readPickledExprs(readPickle(doubling)), {
    code: 'LIMIT',
    message: 'the pickle shows more than 1000000 values',
  });
});

test('a broken pickle gives its error', () => {
  assert.throws(() => readPickledExprs(readPickle(latin1('K'))), { code: 'PICKLE_TRUNCATED' });
});
