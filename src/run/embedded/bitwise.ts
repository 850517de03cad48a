/** `& | # << >>` of integers, as arrow-arith 59 computes them: a shift counts modulo the bits of the type. */
import { compactInt64, expandInt64, type Values } from '../../io/column.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { newValues, nullColumn } from './build.ts';
import { mayFail, same } from './fallible.ts';
import { mapLoop, type Shape } from './kernels.ts';
import type { Node } from './nodes.ts';
import type { OperatorFamily } from './operators.ts';
import { Refusal } from './refusal.ts';
import { callNode, castTo, isNullConstant, nullInstead } from './simplify.ts';
import { bitsOf, type IntegerKind, isDecimal, isInteger, isNumeric, isSigned, type Kind } from './types.ts';
import { bothValid, isNullScalar, numeric, shapeOf, type Vector } from './vector.ts';

type BitwiseOp = 'BitwiseAnd' | 'BitwiseOr' | 'BitwiseXor' | 'BitwiseShiftLeft' | 'BitwiseShiftRight';

const OPS: ReadonlySet<string> = new Set([
  'BitwiseAnd',
  'BitwiseOr',
  'BitwiseXor',
  'BitwiseShiftLeft',
  'BitwiseShiftRight',
]);

export const BITWISE_OPERATORS: OperatorFamily = {
  take: (op, left, right) => {
    if (!OPS.has(op)) return null;
    const type = commonInteger(left.type, right.type);
    if (type === null) return null;
    const a = castTo(left, type);
    const b = castTo(right, type);
    if (isNullConstant(a) || isNullConstant(b)) return nullInstead(op, type, [a, b]);
    // `x & 0` and its kin are simplified, x isn't looked at.
    if (mayFail(a) || mayFail(b)) throw new Refusal(op, 'has an operand that may fail');
    refuseLikeness(op, a, b);
    return callNode({
      name: op,
      type,
      args: [a, b],
      mayFail: false,
      evaluate: ([x, y], length) => {
        if (x === undefined || y === undefined) throw new DfxError('DEFECT', `${op} without its operands`);
        return bitwise(op as BitwiseOp, x, y, length);
      },
    });
  },
  negate: () => null,
};

/** The optimizer takes `x # x` for 0 where x is null too, and minus for the complement (`-x | x` for -1). */
function refuseLikeness(op: string, a: Node, b: Node): void {
  const opposite = isNegativeOf(a, b) || isNegativeOf(b, a);
  const repeated = op === 'BitwiseXor' && (holds(a, b) || holds(b, a));
  if (opposite || repeated) throw new Refusal(op, 'has one operand on both sides, which the real engine simplifies');
}

function isNegativeOf(node: Node, other: Node): boolean {
  return node.op === 'negative' && same(node.operand, other, 'exactly');
}

function holds(node: Node, needle: Node): boolean {
  if (same(node, needle, 'exactly')) return true;
  return node.op === 'call' && node.name === 'BitwiseXor' && node.args.some((arg) => holds(arg, needle));
}

/** `bitwise_coercion`: floats and decimals become the other side's integer. */
function commonInteger(left: DataType, right: DataType): { readonly kind: IntegerKind } | null {
  const numbers = [left, right].filter((type) => type.kind !== 'Null');
  if (numbers.length === 0 || !numbers.every((type) => isNumeric(type.kind) || isDecimal(type))) return null;
  const kinds = numbers.map(({ kind }) => kind);
  const [only] = kinds;
  if (only !== undefined && kinds.every((kind) => kind === only)) return isInteger(only) ? { kind: only } : null;
  const has = (kind: Kind): boolean => kinds.includes(kind);
  const both = (one: Kind, others: readonly Kind[]): boolean => has(one) && others.some(has);
  if (has('UInt64')) return { kind: 'UInt64' };
  if (has('Int64') || both('UInt32', ['Int8', 'Int16', 'Int32'])) return { kind: 'Int64' };
  if (has('Int32') || both('UInt16', ['Int16', 'Int8'])) return { kind: 'Int32' };
  if (has('UInt32')) return { kind: 'UInt32' };
  if (has('Int16') || both('Int8', ['UInt8'])) return { kind: 'Int16' };
  if (has('UInt16')) return { kind: 'UInt16' };
  if (has('Int8')) return { kind: 'Int8' };
  return has('UInt8') ? { kind: 'UInt8' } : null;
}

function bitwise(op: BitwiseOp, left: Vector, right: Vector, length: number): Vector {
  const a = numeric(left.column);
  const { type } = a;
  if (!isInteger(type.kind)) throw new DfxError('DEFECT', `${op} of ${type.kind}`);
  if (isNullScalar(left) || isNullScalar(right)) return { column: nullColumn(type, 1), scalar: true };
  const scalar = left.scalar && right.scalar;
  const rows = scalar ? 1 : length;
  const shape = shapeOf(left, right);
  const compute = bitsOf(type.kind) === 64 ? wide : narrow;
  const values = compute(op, type.kind, a.values, numeric(right.column).values, shape, rows);
  const validity = scalar ? null : bothValid(left, right);
  return { column: { layout: 'numeric', type, length: rows, validity, values }, scalar };
}

const SYMBOL: Record<BitwiseOp, string> = {
  BitwiseAnd: '&',
  BitwiseOr: '|',
  BitwiseXor: '^',
  BitwiseShiftLeft: '<<',
  BitwiseShiftRight: '>>',
};

function narrow(op: BitwiseOp, kind: IntegerKind, a: Values, b: Values, shape: Shape, rows: number): Values {
  const out = newValues(kind, rows);
  const shift = op === 'BitwiseShiftLeft' || op === 'BitwiseShiftRight';
  const symbol = op === 'BitwiseShiftRight' && !isSigned(kind) ? '>>>' : SYMBOL[op];
  const expression = shift ? `x${symbol}(y&${bitsOf(kind) - 1})` : `x${symbol}y`;
  mapLoop(expression, shape)(a as Int32Array, b as Int32Array, out, rows);
  return out;
}

/** On words of 32 bits where bits don't move, so that no BigInt is made. */
function wide(op: BitwiseOp, kind: IntegerKind, a: Values, b: Values, shape: Shape, rows: number): Values {
  const sort = kind === 'UInt64' ? 'UInt64' : 'Int64';
  const x = expandInt64(a, sort);
  const y = expandInt64(b, sort);
  const out = sort === 'UInt64' ? new BigUint64Array(rows) : new BigInt64Array(rows);
  if (op === 'BitwiseShiftLeft' || op === 'BitwiseShiftRight') {
    const loop = mapLoop(`x${SYMBOL[op]}(y&63n)`, shape);
    loop(x as unknown as ArrayLike<unknown>, y as unknown as ArrayLike<unknown>, out, rows);
    return compactInt64(out);
  }
  const left = new Int32Array(x.buffer, x.byteOffset, x.length * 2);
  const right = new Int32Array(y.buffer, y.byteOffset, y.length * 2);
  const words = new Int32Array(out.buffer);
  const i = shape[0] === 's' ? 1 : -1;
  const j = shape[1] === 's' ? 1 : -1;
  for (let k = 0; k < words.length; k++) {
    const p = left[k & i] ?? 0;
    const q = right[k & j] ?? 0;
    words[k] = op === 'BitwiseAnd' ? p & q : op === 'BitwiseOr' ? p | q : p ^ q;
  }
  return compactInt64(out);
}
