/** Tests of numbers, and functions of integers: isnan, iszero, nanvl, pi, factorial, gcd, lcm. */
import { bitmapBytes, compactInt64, expandInt64, getBit, isValid, setBit } from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import { constantColumn, nullColumn } from '../build.ts';
import { decimalCommon } from '../decimal/types.ts';
import { materialize } from '../gather.ts';
import { type Node, plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, constant, isNullConstant, nullInstead } from '../simplify.ts';
import {
  BOOLEAN,
  bitsOf,
  FLOAT32,
  FLOAT64,
  INT64,
  isDecimal,
  isFloat,
  isInteger,
  isNumeric,
  isSigned,
} from '../types.ts';
import { booleanColumn, bothValid, decimal, isNullScalar, numeric, type Vector, validityBits } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import { oneOf, twoOf } from './math-float.ts';
import { coerceUniform } from './signature.ts';

function tested(name: string, test: (argument: Vector, bits: Uint8Array) => void): ScalarFunction {
  return {
    name,
    bind: (args) => {
      const [argument, ...others] = args;
      if (argument === undefined || others.length > 0) throw new Refusal(name, 'takes one argument');
      const { type } = argument;
      if (type.kind === 'Null') return nullInstead(name, BOOLEAN, args);
      if (!isNumeric(type.kind) && !isDecimal(type)) throw new Refusal(name, `isn't supported for ${type.kind}`);
      if (isNullConstant(argument)) return nullInstead(name, BOOLEAN, args);
      return callNode({
        name,
        type: BOOLEAN,
        args: [argument],
        mayFail: false,
        evaluate: oneOf((vector) => {
          const { length, validity } = vector.column;
          const bits = new Uint8Array(bitmapBytes(length));
          test(vector, bits);
          return { column: booleanColumn(bits, length, validity), scalar: vector.scalar };
        }),
      });
    },
  };
}

function setNaNs({ column }: Vector, bits: Uint8Array): void {
  if (!isFloat(column.type.kind)) return;
  const { values } = numeric(column);
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) setBit(bits, i);
}

function setZeros({ column }: Vector, bits: Uint8Array): void {
  const { values } = isDecimal(column.type) ? decimal(column) : numeric(column);
  // biome-ignore lint/suspicious/noDoubleEquals: 0 == 0n
  for (let i = 0; i < values.length; i++) if (values[i] == 0) setBit(bits, i);
}

/** Two Float32 stay; every other pair of numbers is computed as Float64. */
function bindNanvl(given: readonly Node[]): Node {
  const [x, y, ...others] = given;
  if (x === undefined || y === undefined || others.length > 0) throw new Refusal('nanvl', 'takes two arguments');
  const type = x.type.kind === 'Float32' && y.type.kind === 'Float32' ? FLOAT32 : FLOAT64;
  for (const { kind } of [x.type, y.type]) {
    if (!isNumeric(kind) && !kind.startsWith('Decimal') && kind !== 'Null') {
      throw new Refusal('nanvl', `isn't supported for ${kind}`);
    }
  }
  const args = [castTo(x, type), castTo(y, type)];
  return callNode({ name: 'nanvl', type, args, mayFail: false, evaluate: twoOf(nanvl) });
}

function nanvl(x: Vector, y: Vector, length: number): Vector {
  const first = numeric(x.column);
  if (x.scalar) return isValid(first, 0) && Number.isNaN(first.values[0]) ? y : x;
  const second = numeric(materialize(y, length));
  const values = first.values.slice();
  const validity = validityBits(first).slice();
  // Bytes, not numbers: a NaN of y keeps its bits.
  const size = values.BYTES_PER_ELEMENT;
  const target = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const source = new Uint8Array(second.values.buffer, second.values.byteOffset, second.values.byteLength);
  for (let i = 0; i < length; i++) {
    if (!Number.isNaN(values[i]) || !getBit(validity, i)) continue;
    target.set(source.subarray(i * size, (i + 1) * size), i * size);
    if (!isValid(second, i)) validity[i >> 3] = (validity[i >> 3] ?? 0) & ~(1 << (i & 7));
  }
  return { column: { ...first, values, validity }, scalar: false };
}

const FACTORIALS: readonly bigint[] = Array.from({ length: 21 }, (_, n) => {
  let product = 1n;
  for (let i = 2; i <= n; i++) product *= BigInt(i);
  return product;
});

function factorial({ column, scalar }: Vector): Vector {
  const { length, validity, values } = numeric(column);
  const out = new BigInt64Array(length);
  for (let i = 0; i < length; i++) {
    if (!isValid(column, i)) continue;
    const n = values[i] ?? 0;
    if (n < 0) throw new DfxError('EXECUTION', 'factorial of a negative number is undefined');
    const product = FACTORIALS[Number(n)];
    if (product === undefined) throw new DfxError('EXECUTION', `Overflow happened on FACTORIAL(${n})`);
    out[i] = product;
  }
  return { column: { layout: 'numeric', type: INT64, length, validity, values: compactInt64(out) }, scalar };
}

type Pairwise = 'gcd' | 'lcm';

/** Integers meet at Int64, whatever they are; decimals, with each other and with numbers, at what compares them. */
function bindPair(name: Pairwise, given: readonly Node[]): Node {
  const [x, y, ...others] = given;
  if (x === undefined || y === undefined || others.length > 0) throw new Refusal(name, 'takes two arguments');
  if (x.type.kind === 'Null' || y.type.kind === 'Null') {
    return nullInstead(name, INT64, [castTo(x, INT64), castTo(y, INT64)]);
  }
  const integers = isInteger(x.type.kind) && isInteger(y.type.kind);
  const type = integers ? INT64 : decimalCommon(x.type, y.type);
  if (type === null) throw new Refusal(name, `doesn't take (${x.type.kind}, ${y.type.kind})`);
  if (!integers && name === 'lcm') throw new Refusal(name, 'of decimals may give more digits than their type has');
  const args = [castTo(x, type), castTo(y, type)];
  if (args.some(isNullConstant)) return nullInstead(name, type, args);
  if (!integers) return callNode({ name, type, args, mayFail: false, evaluate: twoOf(decimalGcd) });
  const evaluate = twoOf((a, b, length) => integerPair(name, a, b, length));
  return callNode({ name, type, args, mayFail: pairMayFail(name, x, y), evaluate });
}

function pairMayFail(name: Pairwise, x: Node, y: Node): boolean {
  const narrow = (node: Node): boolean => isInteger(node.type.kind) && bitsOf(node.type.kind) <= 32;
  if (name === 'lcm') return !(narrow(x) && narrow(y) && isSigned(x.type.kind) && isSigned(y.type.kind));
  // Only 2^63 doesn't fit: of two lowest integers, or of one and zero.
  const settled = (node: Node): boolean => {
    const value = plainValue(node);
    return value !== undefined && value !== 0 && value !== -(2n ** 63n);
  };
  return !(settled(x) || settled(y)) && !(narrow(x) && narrow(y));
}

function integerPair(name: Pairwise, x: Vector, y: Vector, length: number): Vector {
  if (isNullScalar(x) || isNullScalar(y)) return { column: nullColumn(INT64, 1), scalar: true };
  const scalar = x.scalar && y.scalar;
  const rows = scalar ? 1 : length;
  const validity = scalar ? null : bothValid(x, y);
  const a = numeric(x.column).values;
  const b = numeric(y.column).values;
  let values: Float64Array | BigInt64Array | BigUint64Array | null = null;
  if (a instanceof Float64Array && b instanceof Float64Array) values = safePair(name, a, x.scalar, b, y.scalar, rows);
  if (values === null) {
    const wideA = expandInt64(a, 'Int64');
    const wideB = expandInt64(b, 'Int64');
    const out = new BigInt64Array(rows);
    for (let row = 0; row < rows; row++) {
      const i = x.scalar ? 0 : row;
      const j = y.scalar ? 0 : row;
      if (!isValid(x.column, i) || !isValid(y.column, j)) continue;
      const p = wideA[i] ?? 0n;
      const q = wideB[j] ?? 0n;
      const result = name === 'gcd' ? wideGcd(p, q) : p === 0n || q === 0n ? 0n : wideLcm(p, q);
      if (result > 2n ** 63n - 1n) {
        const [first, second] = name === 'gcd' && x.scalar && !scalar ? [q, p] : [p, q];
        const text = `Compute error: Signed integer overflow in ${name.toUpperCase()}(${first}, ${second})`;
        throw new DfxError('EXECUTION', text);
      }
      out[row] = result;
    }
    values = compactInt64(out);
  }
  return { column: { layout: 'numeric', type: INT64, length: rows, validity, values }, scalar };
}

/** Null where a multiple is beyond 2^53. */
function safePair(
  name: Pairwise,
  a: Float64Array,
  aScalar: boolean,
  b: Float64Array,
  bScalar: boolean,
  rows: number,
): Float64Array | null {
  const out = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const x = Math.abs(a[aScalar ? 0 : row] ?? 0);
    const y = Math.abs(b[bScalar ? 0 : row] ?? 0);
    const divisor = safeGcd(x, y);
    const result = name === 'gcd' ? divisor : divisor === 0 ? 0 : (x / divisor) * y;
    if (result > Number.MAX_SAFE_INTEGER) return null;
    out[row] = result;
  }
  return out;
}

function safeGcd(x: number, y: number): number {
  let a = x;
  let b = y;
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

function wideGcd(x: bigint, y: bigint): bigint {
  let a = x < 0n ? -x : x;
  let b = y < 0n ? -y : y;
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function wideLcm(x: bigint, y: bigint): bigint {
  const product = (x / wideGcd(x, y)) * y;
  return product < 0n ? -product : product;
}

/** Of the unscaled integers. */
function decimalGcd(x: Vector, y: Vector, length: number): Vector {
  const a = decimal(x.column);
  const b = decimal(y.column);
  const scalar = x.scalar && y.scalar;
  const rows = scalar ? 1 : length;
  if (isNullScalar(x) || isNullScalar(y)) return { column: nullColumn(a.type, 1), scalar: true };
  const validity = scalar ? null : bothValid(x, y);
  const column = { layout: 'decimal', type: a.type, length: rows, validity } as const;
  if (a.values instanceof Float64Array && b.values instanceof Float64Array) {
    const values = safePair('gcd', a.values, x.scalar, b.values, y.scalar, rows);
    if (values !== null) return { column: { ...column, values }, scalar };
  }
  const values = Array.from({ length: rows }, (_, row) =>
    wideGcd(BigInt(a.values[x.scalar ? 0 : row] ?? 0), BigInt(b.values[y.scalar ? 0 : row] ?? 0)),
  );
  return { column: { ...column, values }, scalar };
}

export const NUMBER_FUNCTIONS: readonly ScalarFunction[] = [
  tested('isnan', setNaNs),
  tested('iszero', setZeros),
  { name: 'nanvl', bind: bindNanvl },
  {
    name: 'pi',
    bind: (args) => {
      if (args.length > 0) throw new Refusal('pi', 'takes no arguments');
      return constant(constantColumn(FLOAT64, Math.PI));
    },
  },
  {
    name: 'factorial',
    bind: (given) => {
      const args = coerceUniform('factorial', given, 1, [INT64]);
      if (args.some(isNullConstant)) return nullInstead('factorial', INT64, args);
      return callNode({ name: 'factorial', type: INT64, args, mayFail: true, evaluate: oneOf(factorial) });
    },
  },
  { name: 'gcd', bind: (args) => bindPair('gcd', args) },
  { name: 'lcm', bind: (args) => bindPair('lcm', args) },
];
