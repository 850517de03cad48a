import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeCallable,
  type PyValue,
  readPickle,
  readSourceUdf,
  type SourceUdfInput,
  type UdfFamily,
  writeSourceUdf,
} from '../../../src/wire/pickle/index.ts';
import { bytesOf, hexOf } from './corpus.ts';
import { askPython } from './python.ts';

const SCALAR = `
def above(arr):
    return pc.greater(arr, threshold)
`;
const AGGREGATE = `
from datafusion import Accumulator

class MySum(Accumulator):
    def __init__(self):
        self.total = start["at"][0]

    def update(self, values):
        self.total += sum(values.to_pylist())

    def merge(self, states):
        self.total += sum(states[0].to_pylist())

    def state(self):
        return [pa.scalar(self.total)]

    def evaluate(self):
        return pa.scalar(self.total)
`;
const WINDOW = `
from datafusion.user_defined import WindowEvaluator

def make():
    class Shift(WindowEvaluator):
        def evaluate_all(self, values, num_rows):
            return pa.array([v + by for v in values[0].to_pylist()])
    return Shift()
`;

function udf(family: UdfFamily, more: Partial<SourceUdfInput>): SourceUdfInput {
  return {
    family,
    name: 'u',
    source: 'def f(a): return a',
    entry: 'f',
    captures: [],
    imports: [],
    inputSchema: Uint8Array.of(1),
    returnSchema: Uint8Array.of(2),
    stateSchema: family === 'aggregate' ? Uint8Array.of(3) : undefined,
    volatility: 'immutable',
    ...more,
  };
}

const CAPTURES: readonly (readonly [string, PyValue])[] = [
  ['none', null],
  ['flag', true],
  ['small', -1],
  ['big', 2n ** 70n],
  ['ratio', 0.5],
  ['whole', { float: 2 }],
  ['minus_zero', -0],
  ['text', '"""\n\\ é \u{1f600}'],
  ['data', Uint8Array.of(0, 255)],
  ['items', [1, [2, [3, []]], { tuple: [4] }]],
  [
    'table',
    new Map<PyValue, PyValue>([
      ['__proto__', 1],
      ['10', 2],
      ['9', new Map([[{ tuple: [1, 2] }, null]])],
    ]),
  ],
];
const IMPORTS = ['math', 'os.path', 'pyarrow.compute as pc', 'functools:partial', 'collections:OrderedDict as Ordered'];

test('a source UDF reads back as it was written', () => {
  const input = udf('aggregate', { captures: CAPTURES, imports: IMPORTS });
  const body = writeSourceUdf(input);
  assert.deepEqual(writeSourceUdf(input), body);
  const read = readSourceUdf(readPickle(body));
  assert.ok(read !== null);
  const { file, captureValues, callable, ...rest } = read;
  assert.deepEqual(rest, input);
  assert.equal(file, '<dfx u>');
  assert.deepEqual(captureValues.map(([name, value]) => [name, value.kind]).slice(0, 3), [
    ['none', 'none'],
    ['flag', 'bool'],
    ['small', 'int'],
  ]);
  assert.equal(callable.kind, 'call');
});

test('describeCallable tells a source UDF', () => {
  const reading = readPickle(
    writeSourceUdf(udf('scalar', { captures: [['threshold', 10]], imports: ['pyarrow.compute as pc'] })),
  );
  assert.ok(reading.value?.kind === 'tuple');
  const callable = reading.value.items[1];
  assert.ok(callable !== undefined);
  const report = describeCallable(callable, reading);
  assert.deepEqual(
    [report.kind, report.qualname, report.file, report.source?.source],
    ['source', 'f', '<dfx u>', 'def f(a): return a'],
  );
  assert.deepEqual(
    report.captures.map(({ name, type, preview, bytes }) => [name, type, preview, bytes]),
    [['threshold', 'int', '10', 2]],
  );
  assert.deepEqual(
    report.imports.map(({ module, name }) => [module, name]),
    [['pyarrow.compute', '']],
  );
});

test('a changed byte is not recognised as a source UDF', () => {
  const body = writeSourceUdf(udf('scalar', { captures: [['a', 1]] }));
  const tampered = body.slice();
  const at = new TextDecoder('latin1').decode(body).indexOf('getitem');
  tampered[at] = 0x47;
  assert.equal(readSourceUdf(readPickle(tampered)), null);
});

test('what the receiver would refuse is refused', () => {
  const refused = (more: Partial<SourceUdfInput>, family: UdfFamily = 'scalar'): string => {
    try {
      writeSourceUdf(udf(family, more));
    } catch (error) {
      return error instanceof Error ? error.message : '?';
    }
    return 'accepted';
  };
  assert.equal(refused({ name: '' }), 'a source UDF needs its name');
  assert.equal(
    refused({ source: 'a\0' }),
    "the source of a source UDF holds a NUL character, which Python's compile refuses",
  );
  assert.equal(
    refused({ source: '\ud800' }),
    "the source of a source UDF holds a lone surrogate, which Python's compile refuses",
  );
  assert.equal(refused({ entry: 'a.b' }), 'entry "a.b" is no Python name');
  assert.equal(refused({ captures: [['a b', 1]] }), 'captured name "a b" is no Python name');
  assert.equal(
    refused({
      captures: [
        ['a', 1],
        ['a', 2],
      ],
    }),
    'the global "a" of a source UDF is defined twice',
  );
  assert.equal(
    refused({ captures: [['__builtins__', null]] }),
    'the global "__builtins__" of a source UDF is defined twice',
  );
  assert.equal(refused({ imports: ['os; x'] }), 'import "os; x" is no module name');
  assert.equal(refused({ imports: ['os.path', 'os.path'] }), 'accepted');
  assert.equal(refused({ stateSchema: undefined }, 'aggregate'), 'an aggregate UDF needs a state schema');
  assert.equal(refused({ stateSchema: Uint8Array.of(1) }), 'a scalar UDF has no state schema');
});

test('the real engine runs source UDFs of each family', () => {
  const families = ['scalar', 'aggregate', 'window'] as const;
  const schemas = askPython(
    'source_udf_oracle.py',
    families.map((family) => ({ ask: 'schemas', family })),
  ) as string[][];
  const bodies = families.map((family, i) => {
    const [input = '', returns = '', state] = schemas[i] ?? [];
    const common = {
      inputSchema: bytesOf(input),
      returnSchema: bytesOf(returns),
      stateSchema: state === undefined ? undefined : bytesOf(state),
    };
    if (family === 'scalar')
      return udf(family, {
        ...common,
        name: 'above',
        source: SCALAR,
        entry: 'above',
        captures: [['threshold', 10]],
        imports: ['pyarrow.compute as pc'],
      });
    if (family === 'aggregate')
      return udf(family, {
        ...common,
        name: 'total',
        source: AGGREGATE,
        entry: 'MySum',
        captures: [['start', new Map([['at', [100]]])]],
        imports: ['pyarrow as pa'],
      });
    return udf(family, {
      ...common,
      name: 'shifted',
      source: WINDOW,
      entry: 'make',
      captures: [['by', 1000]],
      imports: ['pyarrow as pa'],
    });
  });
  const answers = askPython(
    'source_udf_oracle.py',
    bodies.map((body) => ({
      ask: 'run',
      family: body.family,
      body: hexOf(writeSourceUdf(body)),
      call: body.family === 'scalar',
    })),
  ) as { rows: unknown; traceback?: string }[];
  const [scalar, aggregate, window] = answers;
  const { traceback, ...rest } = scalar ?? { traceback: '' };
  assert.deepEqual(rest, {
    name: 'above',
    made: 'above',
    again: 'above',
    rows: [false, true, true, false],
    'bytes again': true,
  });
  // The traceback shows the source line that the pickle put into linecache.
  assert.match(traceback ?? '', /File "<dfx above>", line 3, in above\n\s+return pc\.greater\(arr, threshold\)\n/);
  assert.deepEqual(aggregate, { name: 'total', made: 'MySum', again: 'MySum', rows: [167] });
  assert.deepEqual(window, { name: 'shifted', made: 'make', again: 'make', rows: [1003, 1017, 1042, 1005] });
});
