/**
 * Comparisons as DataFusion 55 makes them: floats in IEEE 754's total order (a NaN equals itself, a positive one is above
 * every number and a negative one below), with -0.0 equal to 0.0 in SQL's operators; strings by their bytes; false before true.
 */
import {
  bitmapBytes,
  type Column,
  expandInt64,
  isValid,
  type StringColumn,
  setBit,
  type Values,
} from '../../io/column.ts';
import { nullColumn } from './build.ts';
import { comparedBits } from './functions/strings-scan.ts';
import { gather, materialize } from './gather.ts';
import { BitOutput, generate, type Shape, testLoop } from './kernels.ts';
import type { CompareOp, Zeros } from './nodes.ts';
import { integerBits, numberBits, SYMBOL } from './number-test.ts';
import { rowOrder } from './order.ts';
import { BOOLEAN, isFloat } from './types.ts';
import { booleanBits, bothValid, isNullScalar, shapeOf, type Vector, validityBits } from './vector.ts';

type PlainOp = Exclude<CompareOp, 'IsDistinctFrom' | 'IsNotDistinctFrom'>;

/** `output`: where the bits go. */
export function compare(
  fn: CompareOp,
  left: Vector,
  right: Vector,
  length: number,
  zeros: Zeros = 'equal',
  output: BitOutput = new BitOutput(),
): Vector {
  const scalar = left.scalar && right.scalar;
  const rows = scalar ? 1 : length;
  if (fn === 'IsDistinctFrom' || fn === 'IsNotDistinctFrom') {
    return { column: distinct(fn, left, right, rows, zeros), scalar };
  }
  if (isNullScalar(left) || isNullScalar(right) || left.column.layout === 'null' || right.column.layout === 'null') {
    return { column: nullColumn(BOOLEAN, 1), scalar: true };
  }
  const validity = scalar ? null : bothValid(left, right);
  const bits = testBits(fn, left, right, rows, zeros, output);
  return { column: { layout: 'boolean', type: BOOLEAN, length: rows, validity, bits }, scalar };
}

function distinct(
  fn: 'IsDistinctFrom' | 'IsNotDistinctFrom',
  left: Vector,
  right: Vector,
  rows: number,
  zeros: Zeros,
): Column {
  const a = validityBits(materialize(left, rows));
  const b = validityBits(materialize(right, rows));
  const comparable = left.column.layout !== 'null' && right.column.layout !== 'null';
  const same = comparable ? testBits('Eq', left, right, rows, zeros) : new Uint8Array(a.length);
  const bits = new Uint8Array(a.length);
  for (let i = 0; i < bits.length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    const equal = (x & y & (same[i] ?? 0)) | (~x & ~y);
    bits[i] = fn === 'IsNotDistinctFrom' ? equal : ~equal;
  }
  return { layout: 'boolean', type: BOOLEAN, length: rows, validity: null, bits };
}

/** A dictionary's rows as the values that they stand for. */
function withoutDictionary(column: Column): Column {
  return column.layout === 'dictionary' ? withoutDictionary(gather(column.values, column.indices)) : column;
}

function testBits(
  fn: PlainOp,
  left: Vector,
  right: Vector,
  rows: number,
  zeros: Zeros,
  output: BitOutput = new BitOutput(),
): Uint8Array {
  const a = withoutDictionary(left.column);
  const b = withoutDictionary(right.column);
  if (a.layout === 'numeric' && b.layout === 'numeric') {
    return isFloat(a.type.kind)
      ? testFloats(fn, a.values, b.values, shapeOf(left, right), rows, zeros, output)
      : testIntegers(fn, a.type.kind, b.type.kind, a.values, b.values, shapeOf(left, right), rows, output);
  }
  if (a.layout === 'boolean' && b.layout === 'boolean') {
    return testBooleans(fn, { ...left, column: a }, { ...right, column: b }, rows);
  }
  if (a.layout === 'string' && b.layout === 'string') {
    return comparedBits(fn, { column: a, scalar: left.scalar }, { column: b, scalar: right.scalar }, rows);
  }
  if (a.layout === 'decimal' && b.layout === 'decimal') {
    if (a.values instanceof Float64Array && b.values instanceof Float64Array) {
      return integerBits(fn, a.values, b.values, shapeOf(left, right), rows, output.take(rows));
    }
    const bits = new Uint8Array(bitmapBytes(rows));
    const x = Array.from<number | bigint, bigint>(a.values, BigInt);
    const y = Array.from<number | bigint, bigint>(b.values, BigInt);
    testLoop(`x${SYMBOL[fn]}y`, shapeOf(left, right))(x, y, bits, rows, none);
    return bits;
  }
  const bits = new Uint8Array(bitmapBytes(rows));
  const order = rowOrder(a, b);
  for (let row = 0; row < rows; row++) {
    const i = left.scalar ? 0 : row;
    const j = right.scalar ? 0 : row;
    if (isValid(a, i) && isValid(b, j) && passes(fn, order(i, j))) setBit(bits, row);
  }
  return bits;
}

/** Integers of any two types, by value. */
function testIntegers(
  fn: PlainOp,
  leftKind: string,
  rightKind: string,
  a: Values,
  b: Values,
  shape: Shape,
  rows: number,
  output: BitOutput,
): Uint8Array {
  if (!isWide(a) && !isWide(b)) return integerBits(fn, a, b, shape, rows, output.take(rows));
  const bits = new Uint8Array(bitmapBytes(rows));
  const loop = testLoop(`x${SYMBOL[fn]}y`, shape);
  const wide = isWide(a) || isWide(b);
  const x = wide ? expandInt64(a, leftKind === 'UInt64' ? 'UInt64' : 'Int64') : a;
  const y = wide ? expandInt64(b, rightKind === 'UInt64' ? 'UInt64' : 'Int64') : b;
  loop(x as ArrayLike<unknown>, y as ArrayLike<unknown>, bits, rows, none);
  return bits;
}

function isWide(values: Values): values is BigInt64Array | BigUint64Array {
  return values instanceof BigInt64Array || values instanceof BigUint64Array;
}

function none(): number {
  return 0;
}

const FLOAT_TEST: Record<PlainOp, string> = {
  Eq: '(x===y||(x!==x&&t(i)===0))',
  NotEq: '!(x===y||(x!==x&&t(i)===0))',
  Lt: '(x<y||((x!==x||y!==y)&&t(i)<0))',
  LtEq: '(x<=y||((x!==x||y!==y)&&t(i)<=0))',
  Gt: '(x>y||((x!==x||y!==y)&&t(i)>0))',
  GtEq: '(x>=y||((x!==x||y!==y)&&t(i)>=0))',
};

function testFloats(
  fn: PlainOp,
  a: Values,
  b: Values,
  shape: Shape,
  rows: number,
  zeros: Zeros,
  output: BitOutput,
): Uint8Array {
  if (zeros === 'equal' && !isWide(a) && !isWide(b)) {
    const found = numberBits(fn, a, b, shape, rows, output.take(rows));
    if (found !== null) return found;
  }
  const bits = new Uint8Array(bitmapBytes(rows));
  const order = totalOrder(a, b, shape);
  const test = zeros === 'distinct' && fn === 'Eq' ? '(x===y?(x!==0||1/x===1/y):(x!==x&&t(i)===0))' : FLOAT_TEST[fn];
  testLoop(test, shape)(a as ArrayLike<unknown>, b as ArrayLike<unknown>, bits, rows, order);
  return bits;
}

/** Compares the rows at i by their bits: the order of the integers that Rust's `total_cmp` maps them to. */
function totalOrder(a: Values, b: Values, shape: Shape): (row: number) => number {
  const left = totalKeys(a);
  const right = totalKeys(b);
  return (row) => {
    const x = left(shape[0] === 's' ? 0 : row);
    const y = right(shape[1] === 's' ? 0 : row);
    return x < y ? -1 : x > y ? 1 : 0;
  };
}

export function totalKeys(values: Values): (row: number) => bigint {
  if (values instanceof Float32Array) {
    const words = new Int32Array(values.buffer, values.byteOffset, values.length);
    return (row) => {
      const word = words[row] ?? 0;
      return BigInt(word ^ ((word >> 31) >>> 1));
    };
  }
  const words = new BigInt64Array(values.buffer, values.byteOffset, values.length);
  return (row) => {
    const word = words[row] ?? 0n;
    return word < 0n ? word ^ 0x7fffffffffffffffn : word;
  };
}

function testBooleans(fn: PlainOp, left: Vector, right: Vector, rows: number): Uint8Array {
  const a = booleanBits(materialize(left, rows));
  const b = booleanBits(materialize(right, rows));
  const bits = new Uint8Array(a.length);
  for (let i = 0; i < bits.length; i++) bits[i] = testByte(fn, a[i] ?? 0, b[i] ?? 0);
  return bits;
}

function testByte(fn: PlainOp, x: number, y: number): number {
  switch (fn) {
    case 'Eq':
      return ~(x ^ y);
    case 'NotEq':
      return x ^ y;
    case 'Lt':
      return ~x & y;
    case 'LtEq':
      return ~x | y;
    case 'Gt':
      return x & ~y;
    case 'GtEq':
      return x | ~y;
  }
}

/** The sign of the comparison by bytes. */
export function compareStrings(a: StringColumn, i: number, b: StringColumn, j: number): number {
  let x = a.offsets[i] ?? 0;
  let y = b.offsets[j] ?? 0;
  const lengthA = (a.offsets[i + 1] ?? 0) - x;
  const lengthB = (b.offsets[j + 1] ?? 0) - y;
  const end = x + Math.min(lengthA, lengthB);
  while (x < end) {
    const difference = (a.data[x++] ?? 0) - (b.data[y++] ?? 0);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}

function passes(fn: PlainOp, order: number): boolean {
  switch (fn) {
    case 'Eq':
      return order === 0;
    case 'NotEq':
      return order !== 0;
    case 'Lt':
      return order < 0;
    case 'LtEq':
      return order <= 0;
    case 'Gt':
      return order > 0;
    case 'GtEq':
      return order >= 0;
  }
}

/** IN over a list of values without a null among them; `anyNull` says that the list had one. */
export function inList(
  operand: Vector,
  list: readonly Vector[],
  anyNull: boolean,
  negated: boolean,
  zeros: Zeros,
  length: number,
): Vector {
  const rows = operand.scalar ? 1 : length;
  if (isNullScalar(operand) || operand.column.layout === 'null') {
    return { column: nullColumn(BOOLEAN, 1), scalar: true };
  }
  const found =
    integersFound(operand.column, list, rows) ?? (list.length > 8 ? lookUp(operand.column, list, rows) : null);
  const hits = found ?? new Uint8Array(bitmapBytes(rows));
  if (found === null) {
    for (const item of list) {
      const same = testBits('Eq', operand, item, rows, zeros);
      for (let i = 0; i < hits.length; i++) hits[i] = (hits[i] ?? 0) | (same[i] ?? 0);
    }
  }
  if (operand.column.validity === null && !anyNull) {
    const bits = negated ? hits.map((byte) => ~byte) : hits;
    return { column: { layout: 'boolean', type: BOOLEAN, length: rows, validity: null, bits }, scalar: operand.scalar };
  }
  const valid = validityBits(operand.column);
  const validity = new Uint8Array(valid.length);
  const bits = new Uint8Array(valid.length);
  for (let i = 0; i < bits.length; i++) {
    const hit = hits[i] ?? 0;
    bits[i] = negated ? ~hit : hit;
    // Without a hit, a null in the list leaves it open.
    validity[i] = (valid[i] ?? 0) & (anyNull ? hit : 0xff);
  }
  return {
    column: { layout: 'boolean', type: BOOLEAN, length: rows, validity, bits },
    scalar: operand.scalar,
  };
}

/** Bytes of a table that says which integers of a span are listed. */
const MOST_SPAN = 65_536;

/** A look-up in a table, for listed integers that lie close together. Null where they don't. */
function integersFound(column: Column, list: readonly Vector[], rows: number): Uint8Array | null {
  if (column.layout !== 'numeric' || list.length < 3 || isAnyFloat(column.type.kind) || isWide(column.values))
    return null;
  let low = Infinity;
  let high = -Infinity;
  const numbers: number[] = [];
  for (const { column: item } of list) {
    const value = item.layout === 'numeric' ? item.values[0] : undefined;
    if (typeof value !== 'number') continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    numbers.push(value);
  }
  const span = high - low + 1;
  if (!(span > 0 && span <= MOST_SPAN)) return null;
  const table = new Uint8Array(span + 1);
  for (const value of numbers) table[value - low] = 1;
  const bits = new Uint8Array(bitmapBytes(rows));
  tableLoop(column.type.kind)(column.values, table, low, span, bits, rows);
  return bits;
}

type TableLoop = (a: Values, table: Uint8Array, low: number, span: number, bits: Uint8Array, n: number) => void;

/** What lies outside of the span is looked up at its end, where the table has a 0. */
function tableLoop(kind: string): TableLoop {
  return generate<TableLoop>(
    'a,table,low,span,bits,n',
    `/*${kind}*/for(let i=0,k=0;i<n;k++){let byte=0;for(let j=0;j<8&&i<n;j++,i++){const d=a[i]-low;byte|=table[d>=0&&d<span?d:span]<<j;}bits[k]=byte;}`,
  );
}

function isAnyFloat(kind: string): boolean {
  return kind === 'Float16' || isFloat(kind);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A hash look-up for long lists of integers and strings. Null: no set fits (floats go by bits). */
function lookUp(column: Column, list: readonly Vector[], rows: number): Uint8Array | null {
  const bits = new Uint8Array(bitmapBytes(rows));
  if (column.layout === 'string') {
    const texts = new Set(list.map(({ column: item }) => (item.layout === 'string' ? decoder.decode(item.data) : '')));
    for (let i = 0; i < rows; i++) {
      if (texts.has(decoder.decode(column.data.subarray(column.offsets[i] ?? 0, column.offsets[i + 1] ?? 0)))) {
        setBit(bits, i);
      }
    }
    return bits;
  }
  if (column.layout !== 'numeric' || isFloat(column.type.kind)) return null;
  const numbers = new Set(list.map(({ column: item }) => (item.layout === 'numeric' ? keyOf(item.values[0] ?? 0) : 0)));
  for (let i = 0; i < rows; i++) if (numbers.has(keyOf(column.values[i] ?? 0))) setBit(bits, i);
  return bits;
}

/** One key for an integer in either representation. */
function keyOf(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Three-valued AND and OR. */
export function logic(
  fn: 'And' | 'Or',
  left: Vector,
  right: Vector,
  length: number,
  output: BitOutput = new BitOutput(),
): Vector {
  const scalar = left.scalar && right.scalar;
  const rows = scalar ? 1 : length;
  const a = materialize(left, rows);
  const b = materialize(right, rows);
  const x = booleanBits(a);
  const y = booleanBits(b);
  const bits = output.take(rows);
  if (a.layout === 'boolean' && b.layout === 'boolean' && a.validity === null && b.validity === null) {
    combine(fn, x, y, bits);
    return { column: { layout: 'boolean', type: BOOLEAN, length: rows, validity: null, bits }, scalar };
  }
  const vx = validityBits(a);
  const vy = validityBits(b);
  const validity = new Uint8Array(x.length);
  for (let i = 0; i < bits.length; i++) {
    const p = vx[i] ?? 0;
    const q = vy[i] ?? 0;
    const trueLeft = (x[i] ?? 0) & p;
    const trueRight = (y[i] ?? 0) & q;
    const falseLeft = ~(x[i] ?? 0) & p;
    const falseRight = ~(y[i] ?? 0) & q;
    const yes = fn === 'And' ? trueLeft & trueRight : trueLeft | trueRight;
    const no = fn === 'And' ? falseLeft | falseRight : falseLeft & falseRight;
    bits[i] = yes;
    validity[i] = yes | no;
  }
  return { column: { layout: 'boolean', type: BOOLEAN, length: rows, validity, bits }, scalar };
}

/** Four bytes at a time where they lie so. */
function combine(fn: 'And' | 'Or', x: Uint8Array, y: Uint8Array, bits: Uint8Array): void {
  const areAligned = [x, y, bits].every(({ byteOffset, length }) => byteOffset % 4 === 0 && length >= bits.length);
  const words = areAligned ? bits.length >> 2 : 0;
  const [a, b, out] = [x, y, bits].map(
    ({ buffer, byteOffset }) => new Int32Array(buffer, areAligned ? byteOffset : 0, words),
  ) as [Int32Array, Int32Array, Int32Array];
  if (fn === 'And') for (let i = 0; i < words; i++) out[i] = (a[i] as number) & (b[i] as number);
  else for (let i = 0; i < words; i++) out[i] = (a[i] as number) | (b[i] as number);
  for (let i = 4 * words; i < bits.length; i++) {
    bits[i] = fn === 'And' ? (x[i] ?? 0) & (y[i] ?? 0) : (x[i] ?? 0) | (y[i] ?? 0);
  }
}

/** The rows where a predicate is true: null counts as false. */
export function trueBits(vector: Vector, length: number): Uint8Array {
  const column = materialize(vector, length);
  const bits = booleanBits(column);
  // Without the unused bits of the last byte, which may hold anything.
  if (column.layout === 'boolean' && column.validity === null && (length & 7) === 0) return bits;
  const valid = validityBits(column);
  const out = new Uint8Array(bitmapBytes(length));
  for (let i = 0; i < out.length; i++) out[i] = (bits[i] ?? 0) & (valid[i] ?? 0);
  return out;
}
