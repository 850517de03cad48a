import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toJson } from '../../../src/expr/json/index.ts';
import { readPayload } from '../../../src/expr/payload.ts';
import {
  describeCallable,
  disassemble,
  findRisks,
  previewOf,
  readPickle,
  readPickledExprs,
} from '../../../src/wire/pickle/index.ts';
import { latin1 } from './corpus.ts';

/** Pickles of 400 KB in which the memo makes one long part belong to a great many others: quadratic, looked at naively. */
const SIZE = 400_000;
const PROTO = '\x80\x04';

function text(value: string): string {
  const size = value.length;
  if (size < 256) return `\x8c${String.fromCharCode(size)}${value}`;
  return `X${String.fromCharCode(size & 255, (size >> 8) & 255, (size >> 16) & 255, 0)}${value}`;
}

/** SHORT_BINBYTES or BINBYTES. */
function bytes(value: string): string {
  const size = value.length;
  if (size < 256) return `C${String.fromCharCode(size)}${value}`;
  return `B${String.fromCharCode(size & 255, (size >> 8) & 255, (size >> 16) & 255, 0)}${value}`;
}

function imported(module: string, name: string): string {
  return `${text(module)}${text(name)}\x93`;
}

/** `piece` again and again, for `share` of the size. */
function many(piece: string, share = 0.5): string {
  return piece.repeat(Math.max(1, Math.floor((SIZE * share) / piece.length)));
}

/** BINPUT and BINGET. */
const put = (at: number): string => `q${String.fromCharCode(at)}`;
const get = (at: number): string => `h${String.fromCharCode(at)}`;

const METHOD = `${imported('builtins', 'getattr')}${imported('datafusion.expr', 'Expr')}${text('_reconstruct')}\x86R`;
const EXPR = `${METHOD}${bytes('\n\x03\n\x01a')}\x85R`;
const CLOUDPICKLE = 'cloudpickle.cloudpickle';

function code(names: string, bytecode = bytes('\x97\0')): string {
  const head = 'K\x02K\0K\0K\x02K\x03K\x03';
  const tail = `${text('f')}${text('f')}${text('f')}K\x01${bytes('')}${bytes('')}${names}${names}`;
  return `${imported('types', 'CodeType')}(${head}${bytecode}${names}${names}${names}${tail}tR`;
}

const SHARED_NAMES = `(${many(text('os'))}t${put(5)}0`;
const PICKLES: readonly (readonly [what: string, pickle: string])[] = [
  ['calls of calls', `${imported('builtins', 'list')}${many(')R', 1)}.`],
  ['more findings than a call has arguments', `${imported('a', 'b')}${many('Nb', 1)}.`],
  ['one long name of many imports', `${text('m'.repeat(SIZE / 2))}${put(0)}0(${many(`${get(0)}${get(0)}\x93`)}t.`],
  ['one long dotted name', `${text('os.'.repeat(SIZE / 6))}${put(0)}0(${many(`${get(0)}${get(0)}\x93`)}t.`],
  [
    'one long name of many calls',
    `${text('m'.repeat(SIZE / 2))}${put(0)}${get(0)}\x93${put(1)}0(${many(`${get(1)})R`)}t.`,
  ],
  [
    'one long attribute',
    `${imported('builtins', 'getattr')}${put(0)}0${imported('a', 'b')}${put(1)}0${text('m'.repeat(SIZE / 2))}${put(2)}0(` +
      `${many(`${get(0)}${get(1)}${get(2)}\x86R`)}t.`,
  ],
  ['one long key of many items', `}(${text('k'.repeat(SIZE / 2))}${put(0)}N${many(`${get(0)}N`)}u.`],
  [
    'one long key of many expressions',
    `${EXPR}${put(1)}0}(${text('k'.repeat(SIZE / 2))}${put(0)}${get(1)}${many(`${get(0)}${get(1)}`)}u.`,
  ],
  [
    'dangerous arguments of many calls',
    `(${many('cos\nsystem\n')}t${put(0)}0${imported('builtins', 'map')}${put(1)}0(${many(`${get(1)}${get(0)}R`)}t.`,
  ],
  ['the same names in many code objects', `${SHARED_NAMES}(${many(code(get(5)))}t.`],
  [
    'the same bytecode in many code objects',
    `${bytes('\x97\0l\0'.repeat(SIZE / 8))}${put(6)}0)${put(5)}0(${many(code(get(5), get(6)))}t.`,
  ],
  [
    'one state of many functions',
    `${imported(CLOUDPICKLE, '_make_function')}${put(0)}${imported(CLOUDPICKLE, '_function_setstate')}${put(1)}00}(` +
      `${many(`${text('k')}N`)}u${put(2)}0(${many(`${get(0)}(NNNNtR${put(4)}${get(1)}${get(4)}${get(2)}\x86R0`)}t.`,
  ],
  [
    'one state of many classes, each made',
    `${imported(CLOUDPICKLE, '_make_skeleton_class')}${put(0)}${imported(CLOUDPICKLE, '_class_setstate')}${put(1)}00}(` +
      `${many(`${text('__new__')}N`)}u${put(2)}0(${many(`${get(0)}(NNNNNNtR${put(4)}${get(1)}${get(4)}${get(2)}\x86R0)R`)}t.`,
  ],
  [
    'one tuple of many partials',
    `${imported('functools', 'partial')}${put(0)}0(${many('N')}t${put(2)}0(${many(`${get(0)}${get(2)}R`)}t.`,
  ],
  [
    'one long expression many times',
    `${METHOD}${bytes(`\n${'\x22'.repeat(SIZE / 2)}`)}\x85R${put(0)}0(${many(get(0))}t.`,
  ],
  [
    'the bytes of one expression many times',
    `${METHOD}${put(0)}${bytes('\x22'.repeat(SIZE / 2))}${put(1)}00(${many(`${get(0)}${get(1)}\x85R`)}t.`,
  ],
  [
    'the text of one expression many times',
    `${METHOD}${put(0)}${imported('_codecs', 'encode')}${put(1)}${text('x'.repeat(SIZE / 2))}${text('latin1')}\x86${put(2)}000(` +
      `${many(`${get(0)}${get(1)}${get(2)}R\x85R`)}t.`,
  ],
  ['the same bytes many times', `(${bytes('x'.repeat(SIZE / 2))}${put(0)}${many(get(0))}t.`],
  ['the same text many times', `(${text('x'.repeat(SIZE / 2))}${put(0)}${many(get(0))}t.`],
  [
    'one expression at the end of a long path',
    `${EXPR}${put(0)}0${many(']', 0.3)}(${many(get(0), 0.3)}e${many('a', 0.29)}.`,
  ],
];

/** Seconds on a busy machine; each of these took minutes, or the whole heap, before what it multiplies was bounded. */
const SLOW = 8_000;
const MUCH = 1_000_000_000;

for (const [what, pickle] of PICKLES) {
  test(`in time and memory: ${what}`, () => {
    const payload = latin1(`${PROTO}${pickle}`);
    assert.ok(payload.length < 1_000_000);
    const reading = readPickle(payload);
    const steps: readonly (readonly [string, () => unknown])[] = [
      ['readPickledExprs', () => readPickledExprs(reading)],
      ['findRisks', () => findRisks(reading)],
      ['describeCallable', () => reading.value !== null && describeCallable(reading.value, reading)],
      ['previewOf', () => reading.value !== null && previewOf(reading.value)],
      ['disassemble', () => Array.from(disassemble(payload, { reading })).length],
      ['readPayload', () => readPayload(payload)],
      ['toJson', () => toJson(readPayload(payload, { as: 'pickle', encoding: 'raw' }))],
    ];
    for (const [step, run] of steps) {
      const start = performance.now();
      try {
        run();
      } catch (error) {
        // A limit of its own is an answer; running out of stack or heap isn't.
        assert.equal((error as { code?: unknown }).code, 'LIMIT', `${step}: ${error}`);
      }
      assert.ok(performance.now() - start < SLOW, `${step} took ${performance.now() - start} ms`);
    }
    assert.ok(process.memoryUsage().heapUsed < MUCH, `${process.memoryUsage().heapUsed} bytes`);
  });
}

test('what is left out is said', () => {
  const risks = findRisks(readPickle(latin1(`${PROTO}${SHARED_NAMES}(${many(code(get(5)))}t.`)));
  assert.deepEqual(
    risks.filter(({ code }) => code === 'malformed').map(({ severity, message }) => [severity, message]),
    [['warning', 'the pickle uses its own parts so many times over that not everything in it was looked at']],
  );
});

test('a great many findings are counted, and hide no worse one', () => {
  const count = 30_000;
  const calls = Array.from({ length: count }, (_, i) => `cx\ny${i}\n)R0`).join('');
  const risks = findRisks(readPickle(latin1(`${PROTO}${calls}cos\nsystem\n)R.`)));
  assert.equal(risks.length, 10_000 + 2);
  assert.deepEqual(
    risks.filter(({ what }) => !what.startsWith('x.y')).map(({ code, severity, message }) => [code, severity, message]),
    [
      ['malformed', 'warning', `${count - 10_000} more findings of the severity warning are not listed`],
      ['dangerous-call', 'danger', 'os.system is called when the pickle is loaded'],
    ],
  );
});

test('an expression shared beyond the limit names it', () => {
  const pickle = latin1(`${PROTO}${METHOD}${bytes('\x22'.repeat(200_000))}\x85R${put(0)}0(${get(0).repeat(100)}t.`);
  const most = 4 * 1024 * 1024 + 4 * pickle.length;
  assert.throws(() => readPickledExprs(readPickle(pickle)), {
    code: 'LIMIT',
    message: `the pickle shows more than ${most} bytes of shared expressions`,
  });
});
