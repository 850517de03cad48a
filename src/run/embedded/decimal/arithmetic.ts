/**
 * `+ - * / %` and unary minus of decimals, as arrow-arith 59 computes them: on the unscaled integers, which overflow with an error
 * at the limits of the integer, not at the precision. A quotient is cut, not rounded.
 */
import { type DecimalColumn, isValid } from '../../../io/column.ts';
import { decimalsOfWords } from '../../../io/decimal-words.ts';
import { DfxError } from '../../../wire/errors.ts';
import { compactDecimals, nullColumn } from '../build.ts';
import { generate, type Shape } from '../kernels.ts';
import { type ArithmeticOp, type Node, plainValue } from '../nodes.ts';
import { type DecimalType, isDecimal } from '../types.ts';
import { bothValid, decimal, isNullScalar, shapeOf, type Vector } from '../vector.ts';
import { maxPrecision, nativeBits } from './types.ts';
import { type Operand, productWords, quotients } from './wide.ts';

interface Scaling {
  /** What the unscaled integers are multiplied by before the operator. */
  readonly left: bigint;
  readonly right: bigint;
}

function scalingOf(fn: ArithmeticOp, left: DecimalType, right: DecimalType, result: DecimalType): Scaling {
  if (fn === 'Multiply') return { left: 1n, right: 1n };
  if (fn === 'Divide') {
    const power = result.scale - left.scale + right.scale;
    return { left: power > 0 ? 10n ** BigInt(power) : 1n, right: power < 0 ? 10n ** BigInt(-power) : 1n };
  }
  return { left: 10n ** BigInt(result.scale - left.scale), right: 10n ** BigInt(result.scale - right.scale) };
}

/** Whether some values of the operands give an error. */
export function decimalMayFail(fn: ArithmeticOp, left: Node, right: Node, result: DecimalType): boolean {
  if (!isDecimal(left.type) || !isDecimal(right.type)) return true;
  const { precision: p1, scale: s1 } = left.type;
  const { precision: p2, scale: s2 } = right.type;
  const max = maxPrecision(result.kind);
  switch (fn) {
    case 'Plus':
    case 'Minus':
      return result.scale + Math.max(p1 - s1, p2 - s2) + 1 > max;
    case 'Multiply':
      return p1 + p2 > max;
    case 'Divide':
    case 'Modulo': {
      const { left: up, right: down } = scalingOf(fn, left.type, right.type, result);
      const divisor = plainValue(right);
      return divisor === undefined || divisor === 0 || p1 + digitsOf(up) > max || p2 + digitsOf(down) > max;
    }
  }
}

function digitsOf(power: bigint): number {
  return power.toString().length - 1;
}

/** The type of the result is what `arithmeticResult` says. */
export function decimalArithmetic(
  fn: ArithmeticOp,
  type: DecimalType,
  left: Vector,
  right: Vector,
  length: number,
): Vector {
  if (isNullScalar(left) || isNullScalar(right)) return { column: nullColumn(type, 1), scalar: true };
  const scalar = left.scalar && right.scalar;
  const rows = scalar ? 1 : length;
  const a = decimal(left.column);
  const b = decimal(right.column);
  if (!isDecimal(a.type) || !isDecimal(b.type)) throw new DfxError('DEFECT', `decimals of type ${a.type.kind}`);
  const scaling = scalingOf(fn, a.type, b.type, type);
  const validity = scalar ? null : bothValid(left, right);
  const safe = safely(fn, type, scaling, a, b, shapeOf(left, right), rows);
  const wide =
    safe === null && type.kind === 'Decimal128' ? widely(fn, type, scaling, left, right, rows, validity) : null;
  if (wide !== null) return { column: wide, scalar };
  const values = safe ?? exactly(fn, type, scaling, left, right, rows);
  return { column: { layout: 'decimal', type, length: rows, validity, values }, scalar };
}

type SafeLoop = (a: Float64Array, b: Float64Array, p: number, q: number, out: Float64Array, n: number) => number;

const EXPRESSIONS: Record<ArithmeticOp, string> = {
  Plus: 's+t',
  Minus: 's-t',
  Multiply: 's*t+0',
  Divide: 'Math.trunc(s/t)+0',
  Modulo: 's%t+0',
};

/** In doubles, where everything on the way is a safe integer that the decimal's integer has too. Null where not. */
function safely(
  fn: ArithmeticOp,
  type: DecimalType,
  { left, right }: Scaling,
  a: DecimalColumn,
  b: DecimalColumn,
  shape: Shape,
  rows: number,
): Float64Array | null {
  const p = Number(left);
  const q = Number(right);
  if (!(a.values instanceof Float64Array) || !(b.values instanceof Float64Array)) return null;
  if (p > Number.MAX_SAFE_INTEGER || q > Number.MAX_SAFE_INTEGER) return null;
  const head = `${shape[0] === 's' ? 'const s=a[0]*p;' : ''}${shape[1] === 's' ? 'const t=b[0]*q;' : ''}`;
  const load = `${shape[0] === 's' ? '' : 'const s=a[i]*p;'}${shape[1] === 's' ? '' : 'const t=b[i]*q;'}`;
  // A divisor of zero counts as unsafe: the slow way says whether its row has a value.
  const zero = fn === 'Divide' || fn === 'Modulo' ? 'if(t===0)return Infinity;' : '';
  const loop = generate<SafeLoop>(
    'a,b,p,q,out,n',
    `let worst=0;${head}for(let i=0;i<n;i++){${load}${zero}const r=${EXPRESSIONS[fn]};out[i]=r;` +
      'const x=s<0?-s:s,y=t<0?-t:t,z=r<0?-r:r;const m=x>y?(x>z?x:z):(y>z?y:z);if(m>worst)worst=m;}return worst;',
  );
  const out = new Float64Array(rows);
  const limit = type.kind === 'Decimal32' ? 2147483647 : Number.MAX_SAFE_INTEGER;
  return loop(a.values, b.values, p, q, out, rows) <= limit ? out : null;
}

/** In several doubles a row, where the operands are safe integers and the operator has a way. Nothing then leaves 128 bits. */
function widely(
  fn: ArithmeticOp,
  type: DecimalType,
  { left: up, right: down }: Scaling,
  left: Vector,
  right: Vector,
  rows: number,
  validity: Uint8Array | null,
): DecimalColumn | null {
  const a = operandOf(left);
  const b = operandOf(right);
  if (a === null || b === null) return null;
  if (fn === 'Multiply') {
    const words = productWords(a, b, rows);
    return words === null ? null : decimalsOfWords(type, rows, validity, words);
  }
  if (fn !== 'Divide' || down !== 1n) return null;
  const values = quotients(a, Number(up), b, rows, validity);
  return values === null ? null : { layout: 'decimal', type, length: rows, validity, values };
}

function operandOf({ column, scalar }: Vector): Operand | null {
  const { values } = decimal(column);
  return values instanceof Float64Array ? { values, step: scalar ? 0 : 1 } : null;
}

const SYMBOL: Record<ArithmeticOp, string> = { Plus: '+', Minus: '-', Multiply: '*', Divide: '/', Modulo: '%' };

function exactly(
  fn: ArithmeticOp,
  type: DecimalType,
  scaling: Scaling,
  left: Vector,
  right: Vector,
  rows: number,
): Float64Array | bigint[] {
  const a = decimal(left.column).values;
  const b = decimal(right.column).values;
  const bits = nativeBits(type.kind);
  const fitting = (value: bigint, x: bigint, symbol: string, y: bigint): bigint => {
    if (BigInt.asIntN(bits, value) === value) return value;
    throw new DfxError('EXECUTION', `Arithmetic overflow: Overflow happened on: ${x} ${symbol} ${y}`);
  };
  const out: bigint[] = new Array<bigint>(rows).fill(0n);
  for (let row = 0; row < rows; row++) {
    const i = left.scalar ? 0 : row;
    const j = right.scalar ? 0 : row;
    if (!isValid(left.column, i) || !isValid(right.column, j)) continue;
    const x = BigInt(a[i] ?? 0);
    const y = BigInt(b[j] ?? 0);
    const s = fitting(x * scaling.left, x, '*', scaling.left);
    const t = fitting(y * scaling.right, y, '*', scaling.right);
    if ((fn === 'Divide' || fn === 'Modulo') && t === 0n) throw new DfxError('EXECUTION', 'Divide by zero error');
    const value =
      fn === 'Plus' ? s + t : fn === 'Minus' ? s - t : fn === 'Multiply' ? s * t : fn === 'Divide' ? s / t : s % t;
    out[row] = fitting(value, s, SYMBOL[fn], t);
  }
  return compactDecimals(out);
}

export function negateDecimal({ column, scalar }: Vector): Vector {
  const { values, type, length, validity } = decimal(column);
  if (values instanceof Float64Array) {
    const negated = values.map((value) => 0 - value);
    return { column: { layout: 'decimal', type, length, validity, values: negated }, scalar };
  }
  return { column: { layout: 'decimal', type, length, validity, values: values.map((value) => -value) }, scalar };
}
