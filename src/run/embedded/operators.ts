/**
 * Binary operators that are neither comparisons nor AND and OR: each family knows the types that it takes, and the first that takes
 * the operands makes the node.
 */
import { arithmeticCommon } from './coerce.ts';
import { TEXT_OPERATORS } from './functions/text-operators.ts';
import type { ArithmeticOp, Node } from './nodes.ts';
import { Refusal } from './refusal.ts';
import { castTo, fold, isNullConstant, nullConstant, nullInstead } from './simplify.ts';
import { TEMPORAL_OPERATORS } from './temporal/operators.ts';
import { isDecimal, isInteger, isNumeric, isSigned, NULL } from './types.ts';

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

const NUMERIC_OPERATORS: OperatorFamily = {
  take: (op, left, right) => {
    if (!ARITHMETIC.has(op)) return null;
    const type = arithmeticCommon(left.type, right.type);
    if (type === null) return null;
    if (isDecimal(type)) throw new Refusal(op, 'a signed integer with a UInt64 gives a decimal');
    const a = castTo(left, type);
    const b = castTo(right, type);
    if (isNullConstant(a) || isNullConstant(b)) return nullInstead(op, type, [a, b]);
    const nullable = a.nullable || b.nullable;
    return fold({ op: 'arithmetic', fn: op as ArithmeticOp, type, nullable, left: a, right: b });
  },
  negate: (operand) => {
    const { kind } = operand.type;
    if (kind === 'Null') return nullConstant(NULL);
    if (!isNumeric(kind) || (isInteger(kind) && !isSigned(kind))) return null;
    return fold({ op: 'negative', type: operand.type, nullable: operand.nullable, operand });
  },
};

const FAMILIES: readonly OperatorFamily[] = [NUMERIC_OPERATORS, TEMPORAL_OPERATORS, TEXT_OPERATORS];

export function operatorNode(op: string, left: Node, right: Node): Node {
  for (const family of FAMILIES) {
    const node = family.take(op, left, right);
    if (node !== null) return node;
  }
  throw new Refusal(op, `doesn't take ${left.type.kind} and ${right.type.kind}`);
}

export function negativeNode(operand: Node): Node {
  for (const family of FAMILIES) {
    const node = family.negate(operand);
    if (node !== null) return node;
  }
  throw new Refusal('negative', `takes signed numbers only, found ${operand.type.kind}`);
}
