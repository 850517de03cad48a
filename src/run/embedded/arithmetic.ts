/**
 * `+ - * / %` and unary minus, as arrow-arith 59 computes them for DataFusion 55: integers wrap, except that a division by
 * zero and the one quotient that doesn't fit are errors; floats follow IEEE 754.
 *
 * A NaN keeps the bits that the reference engine gives it on x86-64, since its sign decides comparisons (total order): an
 * operand's NaN is passed on, and one that arises is negative.
 */
import { expandInt64, isValid, type Values } from '../../io/column.ts';
import { DfxError } from '../../wire/errors.ts';
import { newValues, nullColumn } from './build.ts';
import { generate, loopOnce, mapLoop, Output, type Shape, safeMapLoop } from './kernels.ts';
import type { ArithmeticOp } from './nodes.ts';
import { type IntegerKind, integerRange, isFloat, isInteger, isSigned, type NumericKind } from './types.ts';
import { bothValid, isNullScalar, numeric, shapeOf, type Vector } from './vector.ts';

const SYMBOL: Record<ArithmeticOp, string> = { Plus: '+', Minus: '-', Multiply: '*', Divide: '/', Modulo: '%' };

/** `output`: what the values go to, of one kind for all calls. */
export function arithmetic(
  fn: ArithmeticOp,
  kind: NumericKind,
  left: Vector,
  right: Vector,
  length: number,
  output: Output = new Output(),
): Vector {
  const scalar = left.scalar && right.scalar;
  if (isNullScalar(left) || isNullScalar(right)) return { column: nullColumn({ kind }, 1), scalar: true };
  const rows = scalar ? 1 : length;
  const shape = shapeOf(left, right);
  const a = numeric(left.column).values;
  const b = numeric(right.column).values;
  const validity = scalar ? null : bothValid(left, right);
  let values: Values;
  if (isFloat(kind)) {
    values = floats(fn, kind, a, b, shape, output.take(kind, rows));
  } else {
    if (fn === 'Divide' || fn === 'Modulo') checkDivision(fn, kind, left, right, rows);
    values =
      kind === 'Int64' || kind === 'UInt64'
        ? wide(fn, kind, a, b, shape, output.take('Float64', rows))
        : narrow(fn, kind, a, b, shape, output.take(kind, rows));
  }
  return { column: { layout: 'numeric', type: { kind }, length: rows, validity, values }, scalar };
}

function narrow(fn: ArithmeticOp, kind: IntegerKind, a: Values, b: Values, shape: Shape, out: Values): Values {
  const rows = out.length;
  // Stores into typed arrays wrap; only products of 32 bits don't fit a double before.
  const expression =
    fn === 'Multiply'
      ? 'Math.imul(x,y)'
      : fn === 'Divide'
        ? 'y===0?0:Math.trunc(x/y)'
        : fn === 'Modulo'
          ? 'y===0?0:x%y'
          : `x${SYMBOL[fn]}y`;
  mapLoop(expression, shape, kind)(a as Int32Array, b as Int32Array, out, rows);
  return out;
}

/** `+0` turns -0 into 0: safe integers have no -0. */
const SAFE: Record<ArithmeticOp, string> = {
  Plus: 'x+y',
  Minus: 'x-y',
  Multiply: 'x*y+0',
  Divide: 'y===0?0:Math.trunc(x/y)+0',
  Modulo: 'y===0?0:x%y+0',
};
const WIDE: Record<ArithmeticOp, string> = {
  Plus: 'x+y',
  Minus: 'x-y',
  Multiply: 'x*y',
  Divide: 'y===0n?0n:x/y',
  Modulo: 'y===0n?0n:x%y',
};

function wide(fn: ArithmeticOp, kind: 'Int64' | 'UInt64', a: Values, b: Values, shape: Shape, doubles: Values): Values {
  const rows = doubles.length;
  if (a instanceof Float64Array && b instanceof Float64Array && doubles instanceof Float64Array) {
    if (fn === 'Modulo' && shape === 'vs' && remainders(a, b[0] ?? 0, doubles)) return doubles;
    // A negative difference of unsigned integers wraps: it counts as unsafe.
    const expression = kind === 'UInt64' && fn === 'Minus' ? 'x<y?Infinity:x-y' : SAFE[fn];
    if (safeMapLoop(expression, shape)(a, b, doubles, rows)) return doubles;
  }
  const out = kind === 'Int64' ? new BigInt64Array(rows) : new BigUint64Array(rows);
  const loop = mapLoop(WIDE[fn], shape);
  loop(
    expandInt64(a, kind) as unknown as ArrayLike<unknown>,
    expandInt64(b, kind) as unknown as ArrayLike<unknown>,
    out,
    rows,
  );
  return out;
}

/** Beyond it the product below might be rounded. */
const MOST_DIVIDED = 2 ** 52;
const MOST_DIVISOR = 2 ** 31;

/** `x % divisor` of safe integers, without the call that `%` of doubles is. False where some number is too large for that. */
function remainders(values: Float64Array, divisor: number, out: Float64Array): boolean {
  const y = Math.abs(divisor);
  if (y === 0 || y > MOST_DIVISOR) return false;
  let most = 0;
  for (let i = 0; i < out.length; i++) {
    const x = values[i] ?? 0;
    most = Math.max(most, Math.abs(x));
    let rest = x - Math.trunc(x / y) * y;
    // A quotient just below an integer may have been rounded up to it.
    if (x > 0 ? rest < 0 : rest > 0) rest += x > 0 ? y : -y;
    out[i] = rest + 0;
  }
  return most <= MOST_DIVIDED;
}

function checkDivision(fn: 'Divide' | 'Modulo', kind: IntegerKind, left: Vector, right: Vector, rows: number): void {
  const a = numeric(left.column).values;
  const b = numeric(right.column).values;
  // Most divisors have neither a zero nor a -1, which one pass without a look at the nulls shows.
  const suspicious = generate<(b: Values, n: number) => boolean>(
    'b,n',
    'for(let i=0;i<n;i++){if(b[i]==0||b[i]==-1)return true;}return false;',
  );
  if (!suspicious(b, right.scalar ? 1 : rows)) return;
  const low = isSigned(kind) ? integerRange(kind).low : null;
  for (let row = 0; row < rows; row++) {
    const i = left.scalar ? 0 : row;
    const j = right.scalar ? 0 : row;
    if (!isValid(left.column, i) || !isValid(right.column, j)) continue;
    const divisor = b[j] ?? 0;
    // Loose equality: a number or a bigint.
    // biome-ignore lint/suspicious/noDoubleEquals: 0 == 0n
    if (divisor == 0) throw new DfxError('EXECUTION', 'Divide by zero error');
    // biome-ignore lint/suspicious/noDoubleEquals: -1 == -1n
    if (fn === 'Divide' && divisor == -1 && low !== null && (a[i] ?? 0) == low) {
      throw new DfxError('EXECUTION', `Arithmetic overflow: Overflow happened on: ${low} / -1`);
    }
  }
}

type FloatLoop = (a: Values, b: Values, out: Values, n: number) => boolean;

function floats(
  fn: ArithmeticOp,
  kind: 'Float32' | 'Float64',
  a: Values,
  b: Values,
  shape: Shape,
  out: Values,
): Values {
  const rows = out.length;
  const loop = loopOnce(`float ${kind} ${fn} ${shape}`, () => floatLoop(fn, kind, shape));
  if (loop(a, b, out, rows)) settleNaNs(fn, kind, a, b, out, shape);
  return out;
}

function floatLoop(fn: ArithmeticOp, kind: 'Float32' | 'Float64', shape: Shape): FloatLoop {
  const head = `${shape[0] === 's' ? 'const x=a[0];' : ''}${shape[1] === 's' ? 'const y=b[0];' : ''}let nan=false;`;
  const load = `${shape[0] === 's' ? '' : 'const x=a[i];'}${shape[1] === 's' ? '' : 'const y=b[i];'}`;
  // Rounding the double result once more is right for these operators on floats (53 >= 2 * 24 + 2 bits).
  return generate<FloatLoop>(
    'a,b,out,n',
    `/*${kind}*/${head}for(let i=0;i<n;i++){${load}const r=x${SYMBOL[fn]}y;out[i]=r;if(r!==r)nan=true;}return nan;`,
  );
}

function settleNaNs(
  fn: ArithmeticOp,
  kind: 'Float32' | 'Float64',
  a: Values,
  b: Values,
  out: Values,
  shape: Shape,
): void {
  const left = new FloatWords(a, kind);
  const right = new FloatWords(b, kind);
  const target = new FloatWords(out, kind);
  // Of two NaNs the first passes. Where the operator commutes, the reference engine (x86-64 wheels) has the vector before the
  // scalar, and of two vectors the right before the left, except in the rows that don't fill its unrolled loop.
  const commutes = fn === 'Plus' || fn === 'Multiply';
  const unrolled = out.length < 8 ? 0 : out.length - (out.length % (kind === 'Float64' ? 4 : 8));
  const rightRows = !commutes ? 0 : shape === 'sv' ? out.length : shape === 'vv' ? unrolled : 0;
  for (let i = 0; i < out.length; i++) {
    if (!Number.isNaN(out[i])) continue;
    const x = shape[0] === 's' ? 0 : i;
    const y = shape[1] === 's' ? 0 : i;
    if (Number.isNaN(a[x]) && !(i < rightRows && Number.isNaN(b[y]))) target.pass(i, left, x);
    else if (Number.isNaN(b[y])) target.pass(i, right, y);
    else target.arise(i);
  }
}

/** The bits of floats, in words of 32. */
class FloatWords {
  private readonly words: Uint32Array;
  private readonly step: 1 | 2;

  constructor(values: Values, kind: 'Float32' | 'Float64') {
    this.step = kind === 'Float64' ? 2 : 1;
    this.words = new Uint32Array(values.buffer, values.byteOffset, values.length * this.step);
  }

  /** Takes a NaN over, made quiet. */
  pass(row: number, from: FloatWords, at: number): void {
    for (let i = 0; i < this.step; i++) this.words[row * this.step + i] = from.words[at * this.step + i] ?? 0;
    const high = (row + 1) * this.step - 1;
    this.words[high] = (this.words[high] ?? 0) | (this.step === 2 ? 0x00080000 : 0x00400000);
  }

  /** The NaN of an operation without one among its operands: negative on x86-64. */
  arise(row: number): void {
    if (this.step === 2) this.words[row * 2] = 0;
    this.words[(row + 1) * this.step - 1] = this.step === 2 ? 0xfff80000 : 0xffc00000;
  }
}

/** Unary minus: integers wrap, floats change their sign bit, a NaN's too. */
export function negate(kind: NumericKind, operand: Vector): Vector {
  const { column, scalar } = operand;
  const source = numeric(column);
  const { length, validity } = column;
  let values: Values;
  if (isInteger(kind)) {
    const zero: Vector = {
      column: { layout: 'numeric', type: { kind }, length: 1, validity: null, values: newValues(kind, 1) },
      scalar: true,
    };
    values = numeric(arithmetic('Minus', kind, zero, { column, scalar: false }, length).column).values;
  } else {
    const step = kind === 'Float64' ? 2 : 1;
    values = source.values.slice();
    const words = new Uint32Array(values.buffer, values.byteOffset, length * step);
    for (let i = step - 1; i < words.length; i += step) words[i] = (words[i] ?? 0) ^ 0x80000000;
  }
  return { column: { layout: 'numeric', type: { kind }, length, validity, values }, scalar };
}
