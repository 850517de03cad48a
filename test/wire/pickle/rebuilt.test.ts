import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodePayload } from '../../../src/expr/encode.ts';
import { fromJson, toJson } from '../../../src/expr/json/index.ts';
import { decodePayload } from '../../../src/expr/payload.ts';
import { loadPayloads } from '../../../src/run/plan/load.ts';
import { readPickle, readPickledExprs } from '../../../src/wire/pickle/index.ts';
import { hexOf, latin1 } from './corpus.ts';
import { askPython } from './python.ts';

interface Entry {
  readonly path: string;
  readonly canonical?: string;
  readonly canonicals?: readonly string[];
}

const FIXTURES = new URL('../../../fixtures/', import.meta.url);
const MANIFEST: readonly Entry[] = JSON.parse(readFileSync(new URL('manifest.json', FIXTURES), 'utf8'));
const CLOUDPICKLED = MANIFEST.filter(({ path }) => path.endsWith('-cloudpickle.pkl'));

function fixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, FIXTURES)));
}

function canonicalsOf({ canonical, canonicals }: Entry): readonly string[] {
  return canonicals ?? (canonical === undefined ? [] : [canonical]);
}

test('what cloudpickle pickled gives its expressions, as the real engine names them', () => {
  assert.equal(CLOUDPICKLED.length, 32);
  const found = CLOUDPICKLED.map((entry) => ({ entry, ...readPickledExprs(readPickle(fixture(entry.path))) }));
  const names = askPython('canonical_oracle.py', {
    protos: found.map(({ exprs }) => exprs.map(({ proto }) => hexOf(proto))),
  });
  assert.deepEqual(
    names,
    found.map(({ entry }) => canonicalsOf(entry)),
  );
  for (const { entry, exprs, foreign } of found) {
    assert.deepEqual([...new Set(exprs.map(({ rebuilt }) => rebuilt))], [true], entry.path);
    // What loading would run stays foreign: the call on each expression, and what builds the method.
    const told = foreign.map(({ what }) => what);
    for (const what of ['types.MethodType(…)', 'cloudpickle.cloudpickle._make_function', 'types.CodeType'])
      assert.ok(told.includes(what), `${entry.path}: ${told.join(', ')}`);
  }
});

test('the expressions of plain pickles are the same, and not rebuilt', () => {
  for (const { path } of CLOUDPICKLED.filter(({ path }) => !/udf/.test(path))) {
    const plain = readPickledExprs(readPickle(fixture(path.replace('-cloudpickle', '-protocol-4'))));
    const cloud = readPickledExprs(readPickle(fixture(path)));
    const told = (exprs: typeof plain.exprs): unknown => exprs.map(({ path, proto }) => [path, hexOf(proto)]);
    assert.deepEqual(told(cloud.exprs), told(plain.exprs), path);
    assert.ok(plain.exprs.every(({ rebuilt }) => !rebuilt));
  }
});

test('decode, then encode, gives the same bytes; an edited expression is refused', () => {
  for (const entry of CLOUDPICKLED) {
    const bytes = fixture(entry.path);
    const payload = decodePayload(bytes);
    assert.equal(payload.exprs.length, canonicalsOf(entry).length, entry.path);
    assert.ok(hexOf(fromJson(toJson(payload)).bytes) === hexOf(bytes), entry.path);
  }
  const json = toJson(decodePayload(fixture('55/pickles/plain-cloudpickle.pkl')));
  const edited = json.replace('{ "col": "a" }', '{ "col": "b" }');
  assert.notEqual(edited, json);
  assert.throws(() => fromJson(edited), {
    code: 'RAW_MISMATCH',
    message: 'found the expressions changed beside the "raw" bytes that say otherwise',
  });
});

test('run refuses it and says how to get at the expression, which does get at it', () => {
  const bytes = fixture('55/pickles/plain-cloudpickle.pkl');
  const [expr] = decodePayload(bytes).exprs;
  assert.throws(() => loadPayloads('p', 'p.pkl', bytes), {
    code: 'PICKLE_REFUSED',
    message:
      'the pickle holds cloudpickle.cloudpickle._builtin_type (byte 70), ' +
      'cloudpickle.cloudpickle._builtin_type (byte 109), types.CodeType (byte 305) and 3 more, expected nothing but expressions',
    hint:
      'pickled by cloudpickle, whose code dfx does not run: send pickle.dumps(expr), ' +
      'or take the expression out: dfx decode FILE | dfx encode --format expr -',
  });
  const taken = encodePayload(fromJson(toJson(decodePayload(bytes))), { format: 'expr' });
  assert.deepEqual(taken, new Uint8Array(expr?.bytes ?? []));
  assert.equal(loadPayloads('p', 'p.bin', taken).length, 1);
  assert.throws(() => loadPayloads('p', 'p.pkl', fixture('55/pickles/list-cloudpickle.pkl')), {
    hint: 'pickled by cloudpickle, whose code dfx does not run: send pickle.dumps(expr)',
  });
});

/** The fixture with each place of a text changed to another. */
function changed(from: string, to: string): Uint8Array {
  const bytes = fixture('55/pickles/plain-cloudpickle.pkl');
  const text = Buffer.from(bytes).toString('latin1');
  assert.ok(text.includes(from), from);
  return latin1(text.replaceAll(from, to));
}

test('what only looks like it stays foreign alone', () => {
  const count = (bytes: Uint8Array): number => {
    const { exprs, foreign } = readPickledExprs(readPickle(bytes));
    assert.ok(foreign.some(({ path }) => path === ''));
    return exprs.length;
  };
  // Ray brings cloudpickle under its own name.
  assert.equal(count(changed('\x17cloudpickle.cloudpickle', '\x1bray.cloudpickle.cloudpickle')), 1);
  assert.equal(count(changed('\x17cloudpickle.cloudpickle', '\x17cloudpickle.cloudpickld')), 0);
  for (const [from, to] of [
    ['Expr._reconstruct', 'Eypr._reconstruct'],
    ['\x0c_reconstruct', '\x0c_reconstrucT'],
    ['datafusion.expr', 'datafusion.plan'],
    ['\x04Expr\x94', '\x04Case\x94'],
    ['\x0aMethodType', '\x0amethodType'],
    ['\x08CodeType', '\x08CellType'],
    ['_make_function', '_make_skel_fun'],
    ['from_bytes', 'from_thing'],
    // Without its state the function has no names.
    ['_function_setstate', '_function_getstate'],
    // Constants that hold a tuple; another count of arguments.
    ['N\x85\x94\x8c\x0afrom_bytes', ')\x85\x94\x8c\x0afrom_bytes'],
    ['(K\x02K\x00K\x00K\x02', '(K\x01K\x00K\x00K\x02'],
    // The argument as text.
    ['C)"', '\x8c)"'],
  ] as const) {
    assert.equal(count(changed(from, to)), 0, from);
  }
});

test('an expression under a key of another kind is shown, and its key is foreign', () => {
  const bytes = fixture('55/pickles/dict-nasty-keys-protocol-4.pkl');
  const { exprs, foreign } = readPickledExprs(readPickle(bytes));
  assert.deepEqual(
    exprs.map(({ path }) => path),
    ['["__proto__"]', '["constructor"]', '["1"]', '["0"]', '[0]', '[None]'],
  );
  assert.deepEqual(
    foreign.map(({ what, path }) => [what, path]),
    [['a key that is a none', '']],
  );
});

test('the bytes found are those of the payload', () => {
  const bytes = fixture('55/pickles/plain-cloudpickle.pkl');
  const [expr] = readPickledExprs(readPickle(bytes, { offset: 100 })).exprs;
  assert.ok(expr !== undefined && !expr.copied);
  assert.deepEqual(bytes.subarray(expr.span.start - 100, expr.span.end - 100), expr.proto);
});
