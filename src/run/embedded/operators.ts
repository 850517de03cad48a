/**
 * Binary operators that are neither comparisons nor AND and OR: each family knows the types that it takes, and the first that takes
 * the operands makes the node.
 */
import type { DataType } from '../../wire/arrow/types.ts';
import { BITWISE_OPERATORS } from './bitwise.ts';
import { arithmeticCommon } from './coerce.ts';
import { arithmeticResult, decimalOperands } from './decimal/types.ts';
import { TEXT_OPERATORS } from './functions/text-operators.ts';
import { type ArithmeticOp, type Node, plainValue } from './nodes.ts';
import { Refusal } from './refusal.ts';
import { castTo, fold, isNullConstant, nullConstant, nullInstead } from './simplify.ts';
import { TEMPORAL_OPERATORS } from './temporal/operators.ts';
import { type DecimalType, isDecimal, isInteger, isNumeric, isSigned, NULL } from './types.ts';

export interface OperatorFamily {
  /**
   * The typed node of `left op right`, operands not yet cast; null where the family doesn't take these types. `op` as DataFusion
   * spells it (`Plus`, `BitwiseAnd`, `StringConcat`). Throws a Refusal for what the family knows and doesn't compute.
   */
  take(op: string, left: Node, right: Node): Node | null;
  /** The typed node of `-operand`, or null. */
  negate(operand: Node): Node | null;
}

const ARITHMETIC = new Set<string>(['Plus', 'Minus', 'Multiply', 'Divide', 'Modulo']);

function valueType(type: DataType): DataType {
  return type.kind === 'Dictionary' ? type.value : type;
}

const NUMERIC_OPERATORS: OperatorFamily = {
  take: (op, left, right) => {
    if (!ARITHMETIC.has(op)) return null;
    const fn = op as ArithmeticOp;
    const one = valueType(left.type);
    const other = valueType(right.type);
    const decimals = isDecimal(one) && other.kind === 'Null' ? ([one, one] as const) : decimalOperands(one, other);
    if (decimals !== null) return decimalNode(fn, castTo(left, decimals[0]), castTo(right, decimals[1]));
    const type = one.kind === 'Null' && isDecimal(other) ? other : arithmeticCommon(one, other);
    if (type === null) return null;
    if (isDecimal(type)) return decimalNode(fn, castTo(left, type), castTo(right, type));
    if (!isNumeric(type.kind)) throw new Refusal(op, `isn't supported for ${type.kind}`);
    const a = castTo(left, type);
    const b = castTo(right, type);
    if (isNullConstant(a) || isNullConstant(b)) return nullInstead(op, type, [a, b]);
    return fold({ op: 'arithmetic', fn, type, nullable: a.nullable || b.nullable, left: a, right: b });
  },
  negate: (operand) => {
    const { kind } = operand.type;
    if (kind === 'Null') return nullConstant(NULL);
    const signed = isDecimal(operand.type) || (isNumeric(kind) && !(isInteger(kind) && !isSigned(kind)));
    if (!signed) return null;
    return fold({ op: 'negative', type: operand.type, nullable: operand.nullable, operand });
  },
};

function decimalNode(fn: ArithmeticOp, left: Node, right: Node): Node {
  const type = arithmeticResult(fn, left.type as DecimalType, right.type as DecimalType);
  if (type === null) throw new Refusal(fn, 'gives a decimal of a scale or precision that is none');
  if (isNullConstant(left) || isNullConstant(right)) return nullInstead(fn, type, [left, right]);
  const simple = withoutOnes(fn, type, left, right);
  return simple ?? fold({ op: 'arithmetic', fn, type, nullable: left.nullable || right.nullable, left, right });
}

/** The optimizer makes a cast of `x * 1` and `x / 1`, and a literal of another type of `x * 0` and `x % 1`. */
function withoutOnes(fn: ArithmeticOp, type: DecimalType, left: Node, right: Node): Node | null {
  const constants = left.op === 'constant' && right.op === 'constant';
  if (!constants && (fn === 'Multiply' || fn === 'Divide') && isOne(right)) return castTo(left, type);
  if (!constants && fn === 'Multiply' && isOne(left)) return castTo(right, type);
  const gone = fn === 'Multiply' ? plainValue(left) === 0 || plainValue(right) === 0 : fn === 'Modulo' && isOne(right);
  const other = left.op === 'constant' ? right : left;
  if (gone && !other.nullable) throw new Refusal(fn, 'of a decimal that is never null becomes a literal');
  return null;
}

function isOne(node: Node): boolean {
  const value = plainValue(node);
  if (!isDecimal(node.type) || node.type.scale < 0 || (typeof value !== 'number' && typeof value !== 'bigint'))
    return false;
  return BigInt(value) === 10n ** BigInt(node.type.scale);
}

const FAMILIES: readonly OperatorFamily[] = [NUMERIC_OPERATORS, TEMPORAL_OPERATORS, TEXT_OPERATORS, BITWISE_OPERATORS];

export function operatorNode(op: string, left: Node, right: Node): Node {
  for (const family of FAMILIES) {
    const node = family.take(op, left, right);
    if (node !== null) return node;
  }
  throw new Refusal(op, `doesn't take ${left.type.kind} and ${right.type.kind}`);
}

const NEGATED_BITS = new Map<string, string>([
  ['BitwiseAnd', 'BitwiseOr'],
  ['BitwiseOr', 'BitwiseAnd'],
]);

export function negativeNode(operand: Node): Node {
  if (operand.op === 'negative') return operand.operand;
  const swapped = operand.op === 'call' ? NEGATED_BITS.get(operand.name) : undefined;
  if (swapped !== undefined && operand.op === 'call') {
    // `-(a & b)` becomes `-a | -b` there, as if minus were the complement (`distribute_negation`).
    const [left, right] = operand.args.map(negativeNode);
    if (left !== undefined && right !== undefined) return operatorNode(swapped, left, right);
  }
  for (const family of FAMILIES) {
    const node = family.negate(operand);
    if (node !== null) return node;
  }
  throw new Refusal('negative', `takes signed numbers only, found ${operand.type.kind}`);
}
