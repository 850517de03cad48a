import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodePayload } from '../../../src/expr/encode.ts';
import { fromJson, parsePythonVersion, toJson } from '../../../src/expr/json/index.ts';
import { decodePayload } from '../../../src/expr/payload.ts';
import { fromProtoJson, toProtoJson } from '../../../src/expr/proto-json-payload.ts';
import { fromSql } from '../../../src/expr/sql/index.ts';
import { sqlIsExact, toSql } from '../../../src/expr/sql-text.ts';
import { columnsOf } from '../../../src/expr/walk.ts';
import { toBase64 } from '../../../src/wire/encoding.ts';
import { DfxError } from '../../../src/wire/errors.ts';
import { askEngine, engineVersion } from './real-engine.ts';

interface Entry {
  readonly path: string;
  readonly container: string;
  readonly category: string;
  readonly how: string;
  readonly canonical?: string;
  readonly receiver: { readonly accepts: boolean } | null;
}
const manifest: readonly Entry[] = JSON.parse(readFileSync('fixtures/manifest.json', 'utf8'));

/** Without the code of inline UDFs, which only the Python that wrote them reads. */
const CATEGORIES = ['exprs', 'literals', 'casts', 'functions', 'aggregates', 'windows'];
const sample = manifest.filter(
  ({ path, container, category, how, canonical, receiver }, at) =>
    path.startsWith('55/') &&
    container === 'expr' &&
    CATEGORIES.includes(category) &&
    how !== 'built' &&
    canonical !== undefined &&
    receiver?.accepts === true &&
    at % 3 === 0,
);

test('expressions made from expr.json, proto JSON and SQL decode in the real engine to what was decoded', () => {
  const asked: {
    readonly path: string;
    readonly way: string;
    readonly bytes: Uint8Array;
    readonly expected: string;
  }[] = [];
  const unrepresentable: string[] = [];
  for (const { path, canonical = '' } of sample) {
    const payload = decodePayload(new Uint8Array(readFileSync(`fixtures/${path}`)));
    const expr = payload.exprs[0]?.expr;
    if (expr === undefined) continue;
    // indented and parsed anew: nothing of the payload's bytes is at hand
    asked.push({ path, way: 'expr.json', bytes: encodePayload(fromJson(toJson(payload))), expected: canonical });
    try {
      const bytes = encodePayload(fromProtoJson(toProtoJson(payload, { indent: 1 })));
      asked.push({ path, way: 'proto JSON', bytes, expected: canonical });
    } catch (error) {
      if (!(error instanceof DfxError) || error.code !== 'UNREPRESENTABLE') throw error;
      unrepresentable.push(path);
    }
    // without a schema SQL knows neither relations nor types
    if (!sqlIsExact(expr) || columnsOf(expr).some(({ relation }) => relation !== null)) continue;
    try {
      asked.push({ path, way: 'SQL', bytes: encodePayload(fromSql(toSql(expr))), expected: canonical });
    } catch (error) {
      if (!(error instanceof DfxError) || error.exitCode !== 3) throw error;
    }
  }
  const answers = askEngine(asked.map(({ bytes }) => ({ canonical: toBase64(bytes) })));
  const wrong = asked.flatMap(({ path, way, expected }, at) =>
    answers[at]?.canonical === expected ? [] : [`${path} through ${way}: ${JSON.stringify(answers[at])}`],
  );
  assert.deepEqual(wrong, []);
  const count = (way: string): number => asked.filter((one) => one.way === way).length;
  assert.ok(count('expr.json') > 500, `${count('expr.json')}`);
  assert.ok(count('proto JSON') + unrepresentable.length === count('expr.json') && unrepresentable.length < 10);
  assert.ok(count('SQL') > 100, `${count('SQL')}`);
});

const SIGNATURE = { inputs: ['Int64'], returns: 'Int64', volatility: 'immutable' } as const;

/** Magic, version, Python major and minor. */
const FRAME_HEADER = 10;

function encodedBytes(document: object): Uint8Array {
  const targetPython = parsePythonVersion(engineVersion()) ?? undefined;
  return encodePayload(fromJson(JSON.stringify(document), { targetPython }));
}

function encoded(document: object): string {
  return toBase64(encodedBytes(document));
}

const above = (threshold: number): object => ({
  name: `above_${threshold}`,
  family: 'scalar',
  ...SIGNATURE,
  python: {
    source: 'def above(values):\n    return pc.cast(pc.greater(values, threshold), pa.int64())\n',
    entry: 'above',
    imports: ['pyarrow as pa', 'pyarrow.compute as pc'],
    captures: [['threshold', threshold]],
  },
});

test('the main job, written by hand and encoded without Python, gives its results in the real engine', () => {
  const counting = (threshold: number): string =>
    encoded({
      expr: { call: 'sum', args: [{ udf: `above_${threshold}`, args: [{ col: 'value' }] }] },
      udfs: [above(threshold)],
    });
  const summing = encoded({
    expr: { udf: 'my_sum', args: [{ col: 'value' }] },
    udfs: [
      {
        name: 'my_sum',
        family: 'aggregate',
        ...SIGNATURE,
        state: ['Int64'],
        python: {
          source: [
            'class MySum(Accumulator):',
            '    def __init__(self):',
            '        self.total = 0',
            '    def update(self, values):',
            '        self.total += pc.sum(values).as_py() or 0',
            '    def merge(self, states):',
            '        self.total += pc.sum(states[0]).as_py() or 0',
            '    def state(self):',
            '        return [pa.scalar(self.total, pa.int64())]',
            '    def evaluate(self):',
            '        return pa.scalar(self.total, pa.int64())',
            '',
          ].join('\n'),
          entry: 'MySum',
          imports: ['pyarrow as pa', 'pyarrow.compute as pc', 'datafusion:Accumulator'],
        },
      },
    ],
  });
  const shifting = encoded({
    expr: { udf: 'shift', args: [{ col: 'value' }], over: {} },
    udfs: [
      {
        name: 'shift',
        family: 'window',
        ...SIGNATURE,
        python: {
          source: [
            'class Shift(WindowEvaluator):',
            '    def evaluate_all(self, values, num_rows):',
            '        return pc.add(values[0], by["much"])',
            '',
          ].join('\n'),
          entry: 'Shift',
          imports: ['pyarrow.compute as pc', 'datafusion.user_defined:WindowEvaluator'],
          captures: [['by', { much: 100 }]],
        },
      },
    ],
  });
  const aggregate = (payload: string) => ({ evaluate: payload, kind: 'aggregate' }) as const;
  const answers = askEngine([
    aggregate(counting(10)),
    aggregate(counting(30)),
    aggregate(counting(60)),
    aggregate(summing),
    { evaluate: shifting, kind: 'column' },
  ]);
  assert.deepEqual(answers, [
    { values: [8] },
    { values: [5] },
    { values: [2] },
    { values: [361] },
    { values: [103, 117, 142, 105, 188, 121, 109, 156, 104, 173, 112, 131] },
  ]);
});

test('the traceback of a source UDF shows the line that raised', () => {
  const source = 'def f(values):\n    raise ValueError("no " + what)\n';
  const python = { source, entry: 'f', captures: [['what', 'luck']] };
  const udfs = [{ name: 'raises', family: 'scalar', ...SIGNATURE, python }];
  const payload = encoded({ expr: { udf: 'raises', args: [{ col: 'value' }] }, udfs });
  const frame = encodedBytes({ container: 'frame', udfs });
  const body = toBase64(frame.subarray(FRAME_HEADER));
  const [engine, called] = askEngine([{ evaluate: payload, kind: 'column' }, { call: body }]);
  // the engine's own text names the place; Python's traceback module, which `dfx run` shows, has the line too
  assert.match(engine?.error ?? '', /value: ValueError\('no luck'\), .*File \\"<dfx raises>\\", line 2, in f/);
  assert.match(
    called?.error ?? '',
    /File "<dfx raises>", line 2, in f\n {4}raise ValueError\("no " \+ what\)\nValueError: no luck\n$/,
  );
});
