import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallableDocument, FieldReport, UdfReport, ValueReport } from '../../src/inspect/model.ts';
import { inspectPayload } from '../../src/inspect/report.ts';
import { displayDataType, parseDataType } from '../../src/wire/arrow/index.ts';
import {
  fixtureBytes,
  type ManifestCallable,
  type ManifestPair,
  type ManifestUdf,
  type ManifestValue,
  manifest,
} from './fixtures.ts';

/** Payloads whose bytes don't tell their container: made by hand, or nearly empty. */
const AMBIGUOUS = new Map([
  ['exprs/built-retired-field-5.bin', 'holds a variant that DataFusion 41 retired; the number lives on in plans'],
  ['exprs/built-retired-field-16.bin', 'the same'],
  ['exprs/built-retired-field-21.bin', 'the same'],
  ['plans/expr-list-0.bin', 'no bytes at all'],
]);

function isAmbiguous(path: string): boolean {
  return AMBIGUOUS.has(path.slice(path.indexOf('/') + 1));
}

test('tells size, hash and container of every fixture', () => {
  for (const entry of manifest) {
    const report = inspectPayload(fixtureBytes(entry.path), { file: entry.path });
    assert.equal(report.bytes, entry.bytes, entry.path);
    assert.equal(report.sha256, entry.sha256, entry.path);
    assert.equal(report.file, entry.path);
    if (entry.category === 'broken' || isAmbiguous(entry.path)) continue;
    assert.equal(report.container, entry.container, entry.path);
  }
});

test('an ambiguous payload is read as --as says', () => {
  for (const entry of manifest.filter(({ path, bytes }) => isAmbiguous(path) && bytes > 0)) {
    const as = entry.container;
    assert.ok(as === 'expr' || as === 'logical-plan');
    const report = inspectPayload(fixtureBytes(entry.path), { as });
    assert.equal(report.container, as);
  }
});

test('reads every payload that the real receiver takes without an error', () => {
  for (const entry of manifest) {
    // flipped bits may give what another message fits better; `--as expr` reads it
    if (entry.receiver?.accepts !== true || entry.category === 'broken' || isAmbiguous(entry.path)) continue;
    const { error } = inspectPayload(fixtureBytes(entry.path));
    assert.equal(error, null, `${entry.path}: ${error?.message}`);
  }
});

/** By-name calls that look like calls of the built-in function: their bytes are the same. */
const LIKE_BUILT_IN = new Set(['abs', 'sum', 'rank']);
/** The manifest names what loading gave; dfx names what the bytes ask for. */
const KINDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['reference', ['by-reference', 'builtin']],
  ['function', ['function', 'source']],
  ['lambda', ['lambda', 'source']],
  ['class', ['class', 'source', 'by-reference']],
]);

test('lists the UDFs of every fixture with what the real Python found in them', () => {
  let compared = 0;
  for (const entry of manifest) {
    // damaged frames are in the manifest as they were meant
    if (entry.udfs === undefined || entry.udfsError !== undefined || entry.category === 'broken') continue;
    const report = inspectPayload(fixtureBytes(entry.path));
    const expected = entry.udfs.filter(({ transport, name }) => transport === 'inline' || !LIKE_BUILT_IN.has(name));
    const found = report.udfs.flatMap((udf) =>
      // the manifest has each name once, and each frame as often as it stands there
      Array.from(
        { length: udf.transport === 'inline' ? udf.uses : 1 },
        (_, use): UdfReport => ({ ...udf, offset: udf.offsets[use] ?? udf.offset }),
      ),
    );
    // an envelope around bytes that only its codec reads is a UDF to dfx, and nothing that Python could load
    const listed = found.filter(({ transport, name, magic }) =>
      transport === 'inline' ? magic !== 'DFPYCHN' : !LIKE_BUILT_IN.has(name ?? ''),
    );
    const byOffset = [...listed].sort((a, b) => a.offset - b.offset);
    assert.equal(byOffset.length, expected.length, entry.path);
    const isEscaped = entry.container === 'pickle';
    byOffset.forEach((udf, at) => {
      const wanted = expected[at];
      assert.ok(wanted !== undefined);
      compareUdf(udf, wanted, entry.path, isEscaped);
      compared++;
    });
  }
  assert.ok(compared > 500, `${compared} UDFs`);
});

function compareUdf(udf: UdfReport, wanted: ManifestUdf, path: string, inPickle: boolean): void {
  const about = `${path}: ${wanted.name}`;
  assert.equal(udf.name, wanted.name, about);
  assert.equal(udf.transport, wanted.transport, about);
  assert.equal(udf.family, wanted.family, about);
  if (wanted.transport === 'by-name') return;
  assert.equal(udf.magic, wanted.magic, about);
  assert.equal(udf.version, wanted.version, about);
  assert.equal(udf.python, wanted.python, about);
  assert.equal(udf.bytes, wanted.bytes, about);
  if (!inPickle) assert.equal(udf.offset, wanted.offset, about);
  assert.equal(udf.codec?.id ?? null, wanted.codec ?? null, about);
  assert.equal(udf.volatility, wanted.volatility, about);
  assert.deepEqual(asTheEngine(udf.inputs), wanted.inputs, about);
  assert.deepEqual(asTheEngine(udf.returns), wanted.returns?.slice(0, 1), about);
  assert.deepEqual(asTheEngine(udf.state), wanted.state, about);
  // what a call at load time gives can't be told by looking
  if (wanted.callable == null || udf.risks.some(({ onLoad }) => onLoad)) return;
  assert.ok(udf.callable !== null, about);
  compareCallable(udf.callable, wanted.callable, about);
}

/** The manifest has types as the engine prints them; reports spell units out. */
function asTheEngine(fields: readonly FieldReport[] | null): readonly unknown[] | null {
  if (fields === null) return null;
  return fields.map(({ name, type, nullable, metadata }) => ({
    name,
    type: displayDataType(parseDataType(type)),
    nullable,
    ...(metadata === undefined ? {} : { metadata: [...metadata].sort(([a], [b]) => (a < b ? -1 : 1)) }),
  }));
}

function compareCallable(found: CallableDocument, wanted: ManifestCallable, about: string): void {
  const kinds = KINDS.get(wanted.kind) ?? [wanted.kind];
  assert.ok(kinds.includes(found.kind), `${about}: ${found.kind}, expected ${wanted.kind}`);
  if (found.kind === 'source' || found.kind === 'by-reference') return;
  const inner = wanted.function ?? wanted;
  if (inner.qualname !== undefined) assert.equal(found.qualname, inner.qualname, about);
  if (inner.module !== undefined) assert.equal(found.module, inner.module, about);
  if (inner.file !== undefined) assert.equal(found.file, inner.file, about);
  if (inner.line !== undefined) assert.equal(found.line, inner.line, about);
  // the manifest leaves out what takes any number
  const named = found.arguments.filter((name) => !name.startsWith('*'));
  if (inner.arguments !== undefined) assert.deepEqual(named, inner.arguments, about);
  if (inner.defaults !== undefined) compareValues(found.defaults, inner.defaults, about);
  if (inner.keywordDefaults !== undefined) compareNamed(found.keywordDefaults, inner.keywordDefaults, about);
  if (inner.globals !== undefined) compareNamed(found.globals, inner.globals, about);
  if (wanted.methods !== undefined) {
    assert.deepEqual([...found.methods.map(({ name }) => name)].sort(), [...wanted.methods].sort(), about);
  }
  switch (wanted.kind) {
    case 'function':
    case 'lambda':
      compareNamed(found.captures, wanted.captures ?? [], about);
      break;
    case 'instance':
      // slots are no attributes to Python's `vars`, which the manifest was made with
      if (wanted.attributes?.length !== 0) compareNamed(found.captures, wanted.attributes ?? [], about);
      break;
    case 'partial': {
      const args = wanted.args ?? [];
      compareValues(found.captures.slice(0, args.length), args, about);
      const keywords = wanted.keywords ?? [];
      compareNamed(found.captures.slice(args.length, args.length + keywords.length), keywords, about);
      break;
    }
    default:
  }
}

function compareNamed(found: readonly ValueReport[], wanted: readonly ManifestPair[], about: string): void {
  const sorted = [...found].sort((a, b) => (a.name < b.name ? -1 : 1));
  const expected = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(
    sorted.map(({ name }) => name),
    expected.map(([name]) => name),
    about,
  );
  compareValues(
    sorted,
    expected.map(([, value]) => value),
    about,
  );
}

/** Types whose values are plain data: their `repr` is what dfx shows, up to its width. */
const PLAIN = new Set(['int', 'float', 'bool', 'str', 'bytes', 'list', 'tuple', 'dict', 'frozenset', 'bytearray']);

function compareValues(found: readonly ValueReport[], wanted: readonly ManifestValue[], about: string): void {
  assert.equal(found.length, wanted.length, about);
  wanted.forEach(({ type, repr, name }, at) => {
    const value = found[at];
    assert.ok(value?.value != null);
    assert.ok(value.bytes >= 1, about);
    if (type === 'module') assert.equal(value.value, `module ${name}`, about);
    if (repr === undefined || !PLAIN.has(type)) return;
    assert.equal(value.type, type, about);
    const shown = value.value;
    if (shown.endsWith('…') || shown.includes('…')) assert.equal(shown.slice(0, 40), repr.slice(0, 40), about);
    else assert.equal(shown, repr, about);
  });
}

test('says the columns of a schema as pyarrow does', () => {
  const report = inspectPayload(fixtureBytes('55/plans/schema-temporal.arrows'));
  assert.deepEqual(
    report.arrow?.fields.map(({ name, type }) => `${name}: ${type}`),
    [
      't0: Time32(Second)',
      't1: Time64(Nanosecond)',
      't2: Timestamp(Millisecond, Some("Europe/Paris"))',
      't3: Duration(Microsecond)',
      't4: Interval(MonthDayNano)',
      't5: Date64',
    ],
  );
});

test('finds a UDF in a plan, and where it stands', () => {
  const [udf] = inspectPayload(fixtureBytes('55/plans/physical-aggregate-udf.bin')).udfs;
  assert.equal(udf?.name, 'total');
  assert.match(udf.path, /aggr_expr\[0\]/);
});

test('counts an expression: columns, functions, nodes, levels', () => {
  const { expression, expressions } = inspectPayload(fixtureBytes('main/count_above_10.bin'));
  assert.deepEqual(expressions, []);
  assert.deepEqual(
    { ...expression },
    {
      path: '',
      offset: 0,
      bytes: 1282,
      kind: 'aggregate_function',
      sql: 'sum(above_10(value))',
      sqlExact: false,
      columns: [{ name: 'value', relation: null }],
      functions: [
        { name: 'sum', family: 'aggregate', builtIn: true },
        { name: 'above_10', family: 'scalar', builtIn: false },
      ],
      nodes: 3,
      depth: 3,
      messageDepth: 6,
    },
  );
});

test('shows what could be read of broken bytes, and the error with its place', () => {
  const report = inspectPayload(fixtureBytes('55/broken/header-scalar-version-2.bin'));
  assert.deepEqual(report.error, {
    code: 'FRAME_VERSION',
    message: 'found version 2 of the inline Python scalar UDF frame, expected 1..=1',
    offset: 26,
    hint: 'align the datafusion-python versions of sender and receiver',
  });
  assert.equal(report.expression?.sql, 'outer(a)');
  assert.deepEqual(
    report.udfs.map(({ name, version, python, transport }) => ({ name, version, python, transport })),
    [{ name: 'outer', version: 2, python: '3.11', transport: 'inline' }],
  );
});

test('no bytes are an error, not an exception', () => {
  const report = inspectPayload(new Uint8Array(0));
  assert.equal(report.container, null);
  assert.deepEqual(report.error, {
    code: 'EMPTY_INPUT',
    message: 'found no bytes, expected a payload',
    offset: null,
    hint: 'check the command that writes into the pipe',
  });
});
