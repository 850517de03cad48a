/**
 * Typed nodes, made as DataFusion 55 would have them after coercion and optimization: constants are computed, operands cast,
 * and the rewrites made that decide an answer or whether a failing row is looked at.
 */
import type { Column } from '../../io/column.ts';
import { isValid, valueAt } from '../../io/column.ts';
import { DfxError } from '../../wire/errors.ts';
import {
  comparisonCommon,
  integerRange,
  isInteger,
  isNumeric,
  isSigned,
  isString,
  type Kind,
  kindOf,
} from './coerce.ts';
import { compile } from './compile.ts';
import { mayFail } from './fallible.ts';
import { type CompareOp, childrenOf, type Node } from './nodes.ts';
import { Refusal } from './refusal.ts';
import { constantColumn } from './vector.ts';

type Branch = { readonly when: Node; readonly then: Node };

export function caseNode(kind: Kind, base: Node | null, branches: readonly Branch[], otherwise: Node | null): Node {
  const nullable = otherwise === null || otherwise.nullable || branches.some(({ then }) => then.nullable);
  return { op: 'case', kind, nullable, base, branches, otherwise };
}

/** Branches that a constant condition never takes go, and one that it always takes is the last. */
export function prunedCase(kind: Kind, branches: readonly Branch[], otherwise: Node | null): Node {
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
  if (kept.length === 0) return last ?? constant(constantColumn(kind, null));
  return fold(caseNode(kind, null, kept, last));
}

export function constant(value: Column): Node {
  const kind = kindOf(value.type);
  if (kind === null) throw new DfxError('DEFECT', `a constant of type ${value.type.kind}`);
  return { op: 'constant', kind, nullable: !isValid(value, 0), value };
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

export function castTo(node: Node, kind: Kind): Node {
  if (node.kind === kind) return node;
  const castable =
    node.kind === 'Null' ||
    kind === 'Boolean' ||
    isString(kind) ||
    (isNumeric(kind) && (isNumeric(node.kind) || isString(node.kind) || node.kind === 'Boolean'));
  if (!castable) throw new Refusal('cast', `from ${node.kind} to ${kind} isn't supported`);
  return fold({ op: 'cast', kind, nullable: node.nullable, safe: false, operand: node });
}

/** AND, OR and NOT take booleans and nulls only. */
export function asBoolean(node: Node, name: string): Node {
  if (node.kind !== 'Boolean' && node.kind !== 'Null')
    throw new Refusal(name, `takes booleans only, found ${node.kind}`);
  return castTo(node, 'Boolean');
}

export function isNullNode(operand: Node, negated: boolean): Node {
  if (mayFail(operand) && (!operand.nullable || operand.op === 'case')) drop('is_null', [operand]);
  return fold({ op: 'is_null', kind: 'Boolean', nullable: false, negated, operand });
}

export function negated(operand: Node): Node {
  return { op: 'not', kind: 'Boolean', nullable: operand.nullable, operand };
}

export function isNullConstant(node: Node): boolean {
  return node.op === 'constant' && valueAt(node.value, 0) === null;
}

/** A null operand makes the result null, and the optimizer drops the others: refused where these could fail. */
export function nullInstead(name: string, kind: Kind, dropped: readonly Node[]): Node {
  drop(name, dropped);
  return constant(constantColumn(kind, null));
}

function drop(name: string, dropped: readonly Node[]): void {
  const failing = dropped.find(mayFail);
  if (failing !== undefined) throw new Refusal(name, `drops an operand that may fail (${failing.op})`);
}

/** The value of a boolean constant, undefined for anything else. */
function constantBoolean(node: Node): boolean | null | undefined {
  if (node.op !== 'constant') return undefined;
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
  return fold({ op: 'logic', fn, kind: 'Boolean', nullable: left.nullable || right.nullable, left, right });
}

export function commonOf(
  name: string,
  nodes: readonly Node[],
  meet: (left: Kind, right: Kind) => Kind | 'Wide' | null,
): Kind {
  let kind: Kind | null = null;
  let signed = false;
  let unsigned = false;
  for (const node of nodes) {
    signed ||= isSigned(node.kind);
    unsigned ||= node.kind === 'UInt64';
    const next: Kind | 'Wide' | null = kind === null ? node.kind : meet(kind, node.kind);
    if (next === null) throw new Refusal(name, `has no common type for ${kind} and ${node.kind}`);
    if (next === 'Wide' || (signed && unsigned))
      throw new Refusal(name, 'a signed integer with a UInt64 gives a decimal');
    kind = next;
  }
  if (kind === null) throw new DfxError('DEFECT', 'no operands');
  return kind;
}

export function compareNodes(fn: CompareOp, left: Node, right: Node): Node {
  const kind = comparisonCommon(left.kind, right.kind);
  if (kind === null) throw new Refusal(fn, `doesn't take ${left.kind} and ${right.kind}`);
  // Decimal128(20, 0) holds both sides exactly: integers are compared by value.
  let a = kind === 'Wide' ? left : castTo(left, kind);
  let b = kind === 'Wide' ? right : castTo(right, kind);
  const distinct = fn === 'IsDistinctFrom' || fn === 'IsNotDistinctFrom';
  if (!distinct && (isNullConstant(a) || isNullConstant(b))) return nullInstead(fn, 'Boolean', [a, b]);
  if (kind === 'Wide') [a, b] = [literalLike(a, b), literalLike(b, a)];
  [a, b] = unwrapCasts(a, b);
  const nullable = !distinct && (left.nullable || right.nullable);
  return fold({ op: 'compare', fn, kind: 'Boolean', nullable, left: a, right: b });
}

/**
 * `CAST(x AS t) < literal` becomes `x < literal` where both types are integers and the literal fits the type of x: then a
 * value of x that doesn't fit t neither fails nor is null (`unwrap_cast_in_comparison` of DataFusion 55).
 */
function unwrapCasts(left: Node, right: Node): [Node, Node] {
  let a = left;
  let b = right;
  for (;;) {
    if (a.op === 'cast' && b.op === 'constant' && unwraps(a, b)) {
      b = castTo(b, a.operand.kind);
      a = a.operand;
    } else if (b.op === 'cast' && a.op === 'constant' && unwraps(b, a)) {
      a = castTo(a, b.operand.kind);
      b = b.operand;
    } else {
      return [a, b];
    }
  }
}

/** An integer literal that fits the other side's type takes it: the cast to a decimal is taken off like any other. */
function literalLike(node: Node, other: Node): Node {
  return node.op === 'constant' && fits(node, other.kind) ? castTo(node, other.kind) : node;
}

function unwraps(cast: Node & { op: 'cast' }, literal: Node): boolean {
  // A null fits every type, so a cast between integers and strings goes too.
  const mixed = [cast.kind, cast.operand.kind].every((kind) => isInteger(kind) || isString(kind));
  if (mixed && isNullConstant(literal)) return true;
  return isInteger(cast.kind) && isInteger(cast.operand.kind) && fits(literal, cast.operand.kind);
}

/** Whether the constant is null or within the integers of `kind`. */
export function fits(node: Node, kind: Kind): boolean {
  if (node.op !== 'constant' || !isInteger(kind)) return false;
  const value = valueAt(node.value, 0);
  if (value === null) return true;
  if (typeof value !== 'number' && typeof value !== 'bigint') return false;
  const { low, high } = integerRange(kind);
  return value >= low && value <= high;
}
