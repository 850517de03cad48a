/** `module:name` UDFs: pickled by a local Python as datafusion-python pickles them itself. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { askEngine, enginePython } from '../expr/json/real-engine.ts';
import { dfx, type Outcome, temporaryFolder } from './dfx.ts';

const folder = temporaryFolder();
after(() => folder.remove());
const python = resolve(enginePython());

writeFileSync(
  join(folder.path, 'shop.py'),
  `import pyarrow as pa
import pyarrow.compute as pc
from datafusion import Accumulator
from datafusion.user_defined import WindowEvaluator

print("a module that prints")
number = 7


def doubled(values):
    return pc.multiply(values, 2)


class Total(Accumulator):
    def __init__(self):
        self.total = 0

    def update(self, values):
        self.total += pc.sum(values).as_py() or 0

    def merge(self, states):
        self.total += pc.sum(states[0]).as_py() or 0

    def state(self):
        return [pa.scalar(self.total, pa.int64())]

    def evaluate(self):
        return pa.scalar(self.total, pa.int64())


class Same(WindowEvaluator):
    def evaluate_all(self, values, num_rows):
        return values[0]
`,
);

/** What the engine's own encoder writes for the same UDFs. */
const ENGINE = `
import pyarrow as pa, shop
from datafusion import col, udf, udaf, udwf
i64 = pa.int64()
print(udf(shop.doubled, [i64], i64, "immutable", "doubled")(col("value")).to_bytes().hex())
print(udaf(shop.Total, [i64], i64, [i64], "immutable", "total")(col("value")).to_bytes().hex())
print(udwf(shop.Same, [i64], i64, "immutable", "same")(col("value")).to_bytes().hex())
`;

function document(name: string, family: string, module: string, more: object = {}): string {
  const { by_value, ...call } = { by_value: false, ...more };
  const signature = { inputs: ['Int64'], returns: 'Int64', volatility: 'immutable' };
  const state = family === 'aggregate' ? { state: ['Int64'] } : {};
  return JSON.stringify({
    expr: { udf: name, args: [{ col: 'value' }], ...call },
    udfs: [{ name, family, ...signature, ...state, python: { module, by_value } }],
  });
}

function encode(input: string, ...args: string[]): Outcome {
  return dfx(['encode', '--encoding', 'hex', '--python', python, ...args], { input, cwd: folder.path });
}

test('the bytes are those of the engine', () => {
  const { stdout, status, stderr } = spawnSync(python, ['-c', ENGINE], { cwd: folder.path, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const expected = stdout.split('\n').filter((line) => /^[0-9a-f]+$/.test(line));
  const made = [
    encode(document('doubled', 'scalar', 'shop:doubled')),
    encode(document('total', 'aggregate', 'shop:Total')),
    encode(document('same', 'window', 'shop:Same', { over: {} })),
  ];
  assert.deepEqual(
    made.map((outcome) => outcome.stdout.trimEnd()),
    expected,
  );
  // what the module prints is no data
  assert.deepEqual(
    made.map((outcome) => outcome.stderr),
    Array(3).fill('a module that prints\n'),
  );
});

test('by value the code travels: a receiver without the module evaluates it', () => {
  const { stdout } = encode(document('doubled', 'scalar', 'shop:doubled', { by_value: true }));
  const payload = Buffer.from(stdout.trimEnd(), 'hex').toString('base64');
  assert.deepEqual(askEngine([{ evaluate: payload, kind: 'column' }])[0]?.values?.slice(0, 3), [6, 34, 84]);
});

test('what is not there is told with what to do next', () => {
  const said = (module: string): string => {
    const { status, stderr } = encode(document('f', 'scalar', module));
    assert.equal(status, 5);
    return stderr.replace('a module that prints\n', '');
  };
  assert.equal(
    said('nowhere:f'),
    `dfx: stdin: the module "nowhere" of the UDF "f" can't be imported: ModuleNotFoundError: No module named 'nowhere'; run in the folder that holds the module, set PYTHONPATH, or name the Python that has it with --python\n`,
  );
  assert.equal(
    said('shop:missing'),
    `dfx: stdin: the UDF "f" is not at shop:missing: module 'shop' has no attribute 'missing'; write "module:name" of a function or class\n`,
  );
  assert.equal(
    said('shop:number'),
    `dfx: stdin: the UDF "f" is not at shop:number: number is of the type int, which can't be called; write "module:name" of a function or class\n`,
  );
});

test('a Python of another version than the target is refused', () => {
  const { status, stderr } = encode(document('f', 'scalar', 'shop:doubled'), '--target-python', '3.8');
  assert.equal(status, 4);
  assert.match(
    stderr,
    /^dfx: stdin: .* is Python 3\.\d+, expected 3\.8, which the frame is for; name a Python 3\.8 with /,
  );
});
