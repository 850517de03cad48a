/**
 * Typed nodes, made as DataFusion 55 would have them after coercion and optimization: constants are computed, operands cast,
 * and the rewrites made that decide an answer or whether a failing row is looked at.
 */
import type { Column } from '../../io/column.ts';
import { isValid, valueAt } from '../../io/column.ts';
import { formatDataType } from '../../wire/arrow/index.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { constantColumn } from './build.ts';
import { canCast } from './cast/index.ts';
import { comparisonCommon } from './coerce.ts';
import { compile } from './compile.ts';
import { mayFail } from './fallible.ts';
import type { Call } from './functions/define.ts';
import { floorRange } from './functions/math-preimage.ts';
import { type CompareOp, childrenOf, type Node } from './nodes.ts';
import { isComparable } from './order.ts';
import { Refusal } from './refusal.ts';
import { tryCastWraps } from './temporal/cast.ts';
import { yearRange } from './temporal/preimage.ts';
import { BOOLEAN, integerRange, isInteger, type Kind, sameType } from './types.ts';
import { literalBelow } from './unwrap.ts';

type Branch = { readonly when: Node; readonly then: Node };

export function caseNode(type: DataType, base: Node | null, branches: readonly Branch[], otherwise: Node | null): Node {
  const nullable = otherwise === null || otherwise.nullable || branches.some(({ then }) => then.nullable);
  return { op: 'case', type, nullable, base, branches, otherwise };
}

/** Branches that a constant condition never takes go, and one that it always takes is the last. */
export function prunedCase(type: DataType, branches: readonly Branch[], otherwise: Node | null): Node {
  const kept: Branch[] = [];
  let last = otherwise;
  for (const [i, branch] of branches.entries()) {
    const condition = constantBoolean(branch.when);
    if (condition === undefined) {
      kept.push(branch);
    } else if (condition === true) {
      drop('case', [
        ...branches.slice(i + 1).flatMap(({ when, then }) => [when, then]),
        ...(last === null ? [] : [last]),
      ]);
      last = branch.then;
      break;
    } else {
      drop('case', [branch.then]);
    }
  }
  if (kept.length === 0) return last ?? constant(constantColumn(type, null));
  return fold(caseNode(type, null, kept, last));
}

export function constant(value: Column): Node {
  return { op: 'constant', type: value.type, nullable: !isValid(value, 0), value };
}

export function nullConstant(type: DataType): Node {
  return constant(constantColumn(type, null));
}

/** The node of a call, computed at once where its arguments are constants. */
export function callNode({ name, type, nullable, args, mayFail: fails, evaluate }: Call): Node {
  const anyNull = args.some((arg) => arg.nullable);
  return fold({ op: 'call', type, nullable: nullable ?? anyNull, name, args, mayFail: fails, evaluate });
}

/** Computes a node whose operands are constants, once. */
export function fold(node: Node): Node {
  const operands = childrenOf(node);
  if (operands.length === 0 || !operands.every((operand) => operand.op === 'constant')) return node;
  try {
    const { column } = compile(node)({ length: 1, column: noColumn });
    return constant(column);
  } catch (error) {
    if (error instanceof DfxError && error.code === 'EXECUTION') {
      // When it fails (at planning, at the first batch, or in a branch never taken) is the real engine's to say.
      throw new Refusal(node.op, `its constant operands give an error: ${error.message}`);
    }
    throw error;
  }
}

function noColumn(index: number): never {
  throw new DfxError('DEFECT', `a constant expression asked for column ${index}`);
}

export function castTo(node: Node, type: DataType): Node {
  return castNode(node, type, false);
}

/** `safe` is TRY_CAST. */
export function castNode(node: Node, type: DataType, safe: boolean): Node {
  if (sameType(node.type, type)) return node;
  if (!canCast(node.type, type)) {
    const name = safe ? 'try_cast' : 'cast';
    throw new Refusal(name, `from ${formatDataType(node.type)} to ${formatDataType(type)} isn't supported`);
  }
  if (safe && node.op !== 'constant' && tryCastWraps(node.type, type)) {
    throw new Refusal('try_cast', `from Date64 to ${formatDataType(type)} wraps around in the real engine`);
  }
  return fold({ op: 'cast', type, nullable: node.nullable || safe, safe, operand: node });
}

/** AND, OR and NOT take booleans and nulls only. */
export function asBoolean(node: Node, name: string): Node {
  const { kind } = node.type;
  if (kind !== 'Boolean' && kind !== 'Null') throw new Refusal(name, `takes booleans only, found ${kind}`);
  return castTo(node, BOOLEAN);
}

export function isNullNode(operand: Node, negated: boolean): Node {
  if (mayFail(operand) && (!operand.nullable || operand.op === 'case')) drop('is_null', [operand]);
  return fold({ op: 'is_null', type: BOOLEAN, nullable: false, negated, operand });
}

export function negated(operand: Node): Node {
  return { op: 'not', type: BOOLEAN, nullable: operand.nullable, operand };
}

export function isNullConstant(node: Node): boolean {
  return node.op === 'constant' && !isValid(node.value, 0);
}

/** A null operand makes the result null, and the optimizer drops the others: refused where these could fail. */
export function nullInstead(name: string, type: DataType, dropped: readonly Node[]): Node {
  drop(name, dropped);
  return nullConstant(type);
}

function drop(name: string, dropped: readonly Node[]): void {
  const failing = dropped.find(mayFail);
  if (failing !== undefined) throw new Refusal(name, `drops an operand that may fail (${failing.op})`);
}

/** The value of a boolean constant, undefined for anything else. */
function constantBoolean(node: Node): boolean | null | undefined {
  if (node.op !== 'constant' || (node.type.kind !== 'Boolean' && node.type.kind !== 'Null')) return undefined;
  const value = valueAt(node.value, 0);
  return typeof value === 'boolean' || value === null ? value : undefined;
}

/** What one side decides alone, or leaves to the other. */
function decided(fn: 'And' | 'Or', one: Node, other: Node): Node | null {
  const value = constantBoolean(one);
  if (value === undefined || value === null) return null;
  if (value === (fn === 'And')) return other;
  drop(fn, [other]);
  return one;
}

export function logicNodes(fn: 'And' | 'Or', left: Node, right: Node): Node {
  const short = decided(fn, left, right) ?? decided(fn, right, left);
  if (short !== null) return short;
  return fold({ op: 'logic', fn, type: BOOLEAN, nullable: left.nullable || right.nullable, left, right });
}

export function commonOf(
  name: string,
  nodes: readonly Node[],
  meet: (left: DataType, right: DataType) => DataType | null,
): DataType {
  let type: DataType | null = null;
  for (const node of nodes) {
    const next: DataType | null = type === null ? node.type : meet(type, node.type);
    if (next === null) {
      throw new Refusal(name, `has no common type for ${type?.kind} and ${node.type.kind}`);
    }
    type = next;
  }
  if (type === null) throw new DfxError('DEFECT', 'no operands');
  return type;
}

export function compareNodes(fn: CompareOp, left: Node, right: Node): Node {
  const type = comparisonCommon(left.type, right.type);
  if (type === null) throw new Refusal(fn, `doesn't take ${left.type.kind} and ${right.type.kind}`);
  if (!isComparable(type)) throw new Refusal(fn, `isn't supported for ${type.kind}`);
  // Decimal128(20, 0) holds an Int64 and a UInt64 exactly: integers are compared by value.
  const wide = type.kind === 'Decimal128' && isInteger(left.type.kind) && isInteger(right.type.kind);
  let a = wide ? left : castTo(left, type);
  let b = wide ? right : castTo(right, type);
  const distinct = fn === 'IsDistinctFrom' || fn === 'IsNotDistinctFrom';
  if (!distinct && (isNullConstant(a) || isNullConstant(b))) return nullInstead(fn, BOOLEAN, [a, b]);
  if (wide) [a, b] = [literalLike(a, b), literalLike(b, a)];
  [a, b] = unwrapCasts(fn, a, b);
  if (!distinct && (isNullConstant(a) || isNullConstant(b))) return nullInstead(fn, BOOLEAN, []);
  const range = yearRange(fn, a, b) ?? floorRange(fn, a, b);
  if (range !== null) return range;
  const nullable = !distinct && (left.nullable || right.nullable);
  return fold({ op: 'compare', fn, type: BOOLEAN, nullable, left: a, right: b });
}

/** `left = right` of operands of one type, as they are. */
export function equalNode(left: Node, right: Node): Node {
  if (isNullConstant(left) || isNullConstant(right)) return nullConstant(BOOLEAN);
  return fold({ op: 'compare', fn: 'Eq', type: BOOLEAN, nullable: left.nullable || right.nullable, left, right });
}

function unwrapCasts(fn: CompareOp, left: Node, right: Node): [Node, Node] {
  let a = left;
  let b = right;
  for (;;) {
    const [cast, literal, swapped] = a.op === 'cast' ? [a, b, false] : [b, a, true];
    if (cast.op !== 'cast' || literal.op !== 'constant') return [a, b];
    const below = literalBelow(cast, literal, fn);
    if (below === null) return [a, b];
    [a, b] = swapped ? [constant(below), cast.operand] : [cast.operand, constant(below)];
  }
}

/** An integer literal that fits the other side's type takes it: the cast to a decimal is taken off like any other. */
function literalLike(node: Node, other: Node): Node {
  return node.op === 'constant' && fits(node, other.type.kind) ? castTo(node, other.type) : node;
}

/** Whether the constant is null or within the integers of `kind`. */
function fits(node: Node, kind: Kind): boolean {
  if (node.op !== 'constant' || !isInteger(kind)) return false;
  const value = valueAt(node.value, 0);
  if (value === null) return true;
  if (typeof value !== 'number' && typeof value !== 'bigint') return false;
  const { low, high } = integerRange(kind);
  return value >= low && value <= high;
}
