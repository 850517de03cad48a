/**
 * Where an expression may fail on some row, the answer depends on whether the engine looks at that row at all. DataFusion 55
 * skips operands of AND and OR by batch, and its optimizer drops operands that can't change a value. Where that could happen
 * to an operand that may fail, the expression is refused; everywhere else a failing row fails the run, here as there.
 */

import type { Bound } from './bind.ts';
import { castMayFail } from './cast/index.ts';
import { decimalMayFail } from './decimal/arithmetic.ts';
import { type Aggregate, childrenOf, type Node, plainValue } from './nodes.ts';
import { Refusal } from './refusal.ts';
import { isDecimal, isFloat, sameType } from './types.ts';

/** Throws a Refusal naming the node. */
export function refuseUncertain({ root, aggregates, windows }: Bound): void {
  checkNode(root);
  for (const { operands } of windows) operands.forEach(checkNode);
  for (const aggregate of aggregates) {
    refuseDistinct(aggregate);
    refuseRepeatedTests(aggregate);
    const { bound, filter, name } = aggregate;
    if (filter !== null) checkNode(filter);
    for (const operand of bound.operands) {
      checkNode(operand);
      if (!mayFail(operand)) continue;
      if (filter !== null)
        throw new Refusal(name, `has a FILTER and an argument that may fail (${failingOp(operand)})`);
      // `count` of what is never null becomes `count(*)`.
      if (!operand.nullable) throw new Refusal(name, `may drop an argument that may fail (${failingOp(operand)})`);
    }
  }
  refuseTwinNames(aggregates);
  const zeros = new Set<number>();
  for (const node of [root, ...aggregates.flatMap(({ bound, filter }) => [...bound.operands, filter])]) {
    if (node !== null) collectZeros(node, zeros);
  }
  if (zeros.size > 1)
    throw new Refusal('literal', 'both 0.0 and -0.0 appear, which the real engine merges by their bits');
}

function refuseDistinct({ bound, distinct, name }: Aggregate): void {
  if (distinct && bound.operands.some((operand) => !operand.nullable && operand.op !== 'column')) {
    // The grouping's two schemas disagree about nulls ("Physical input schema should be the same as ...").
    throw new Refusal(name, 'DISTINCT of an expression that is never null fails in the real engine');
  }
}

/** Casts are no part of a result's name, and two results of one name are an error there. */
function refuseTwinNames(aggregates: readonly Aggregate[]): void {
  aggregates.forEach((one, i) => {
    const twin = aggregates.slice(0, i).find((other) => {
      if (one.name !== other.name || one.distinct !== other.distinct) return false;
      const a = one.bound.operands;
      const b = other.bound.operands;
      if (a.length === 0 || a.length !== b.length) return false;
      const equal = (how: Sameness): boolean => a.every((operand, k) => same(operand, b[k] ?? operand, how));
      return equal('without casts') && !equal('exactly');
    });
    if (twin !== undefined) throw new Refusal(one.name, 'stands twice with arguments that differ by a cast only');
  });
}

/**
 * `x IS TRUE` and its kin, shared by two places of an aggregate's argument, make the real engine disagree with itself about
 * nulls. CASE with boolean results repeats its conditions.
 */
function refuseRepeatedTests({ name, bound, filter }: Aggregate): void {
  const tests: Node[] = [];
  let booleanCase = false;
  const todo = [...bound.operands, filter].filter((node) => node !== null);
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (node.op === 'is_bool') tests.push(node);
    if (node.op === 'case' && node.type.kind === 'Boolean') booleanCase = true;
    for (const child of childrenOf(node)) todo.push(child);
  }
  if (tests.length > 1 || (tests.length === 1 && booleanCase)) {
    throw new Refusal(name, 'repeats a test for true or false');
  }
}

const known = new WeakMap<Node, boolean>();

/** Whether some row makes the node, or one below it, an error. */
export function mayFail(node: Node): boolean {
  let answer = known.get(node);
  if (answer === undefined) {
    answer = failsItself(node) || childrenOf(node).some(mayFail);
    known.set(node, answer);
  }
  return answer;
}

function failsItself(node: Node): boolean {
  switch (node.op) {
    case 'arithmetic': {
      if (isDecimal(node.type)) return decimalMayFail(node.fn, node.left, node.right, node.type);
      if (isFloat(node.type.kind) || (node.fn !== 'Divide' && node.fn !== 'Modulo')) return false;
      if (node.right.op !== 'constant') return true;
      const divisor = plainValue(node.right);
      if (divisor === null) return false;
      return divisor === 0 || (divisor === -1 && node.fn === 'Divide');
    }
    case 'cast':
      return !node.safe && castMayFail(node.operand.type, node.type);
    case 'call':
      return node.mayFail;
    default:
      return false;
  }
}

function failingOp(node: Node): string {
  if (failsItself(node)) return node.op === 'arithmetic' ? node.fn : node.op === 'call' ? node.name : node.op;
  const child = childrenOf(node).find(mayFail);
  return child === undefined ? node.op : failingOp(child);
}

function refuse(name: string, operand: Node): never {
  throw new Refusal(name, `${failingOp(operand)} may fail in it, on rows that the real engine may skip`);
}

function checkNode(node: Node): void {
  for (const child of childrenOf(node)) checkNode(child);
  switch (node.op) {
    case 'logic': {
      // The left side is always computed, unless the right side decides alone or both sides have operands in common.
      if (mayFail(node.right)) refuse(node.fn, node.right);
      if (mayFail(node.left) && !isRange(node)) refuse(node.fn, node.left);
      checkMergedZeros(node);
      return;
    }
    case 'arithmetic': {
      for (const [operand, other] of [
        [node.left, node.right],
        [node.right, node.left],
      ] as const) {
        if (!mayFail(operand) || other.op !== 'constant') continue;
        const value = plainValue(other);
        const dropped =
          value === null || (node.fn === 'Multiply' && value === 0) || (node.fn === 'Modulo' && value === 1);
        if (dropped) refuse(node.fn, operand);
      }
      return;
    }
    case 'compare': {
      for (const [operand, other] of [
        [node.left, node.right],
        [node.right, node.left],
      ] as const) {
        if (!mayFail(operand)) continue;
        const gone = other.op === 'constant' && plainValue(other) === null;
        if (gone || same(node.left, node.right, 'exactly')) refuse(node.fn, operand);
      }
      return;
    }
    case 'in_list':
      if (mayFail(node.operand) && node.operand.op === 'cast') refuse(node.op, node.operand);
      return;
    case 'case': {
      const failing = childrenOf(node).find(mayFail);
      if (failing === undefined) return;
      // CASE with boolean results becomes AND and OR; conditions that are constants are taken out.
      if (node.type.kind === 'Boolean') refuse(node.op, failing);
      if (node.branches.some(({ when }) => when.op === 'constant') && node.base === null) refuse(node.op, failing);
      return;
    }
    default:
      return;
  }
}

/** `low <= x AND x <= high`, as BETWEEN is bound: x is computed on the left whatever happens. */
function isRange(node: Node & { op: 'logic' }): boolean {
  const { left, right } = node;
  return left.op === 'compare' && right.op === 'compare' && left.left === right.left && right.right.op === 'constant';
}

type Sameness = 'exactly' | 'without casts';

/** Whether two nodes have the same text, or nearly so: refusing too much is no wrong answer. */
export function same(one: Node, other: Node, how: Sameness): boolean {
  const left = how === 'without casts' ? uncast(one) : one;
  const right = how === 'without casts' ? uncast(other) : other;
  if (left === right) return true;
  if (left.op !== right.op) return false;
  if (how === 'exactly' && !sameType(left.type, right.type)) return false;
  if (left.op === 'column') return right.op === 'column' && left.index === right.index;
  if (left.op === 'call' && right.op === 'call' && left.name !== right.name) return false;
  if (left.op === 'constant') {
    return right.op === 'constant' && Object.is(plainValue(left), plainValue(right));
  }
  const a = childrenOf(left);
  const b = childrenOf(right);
  return a.length === b.length && a.every((child, i) => same(child, b[i] ?? child, how));
}

function uncast(node: Node): Node {
  let inner = node;
  while (inner.op === 'cast') inner = inner.operand;
  return inner;
}

/**
 * Equalities of one column joined by OR become an IN list, which tells -0.0 from 0.0 from four values on; lists that meet in
 * AND or OR are united.
 */
function checkMergedZeros(node: Node): void {
  let values = 0;
  let zero = false;
  const todo: Node[] = [node];
  for (let item = todo.pop(); item !== undefined; item = todo.pop()) {
    if (item.op === 'logic' || item.op === 'not') for (const child of childrenOf(item)) todo.push(child);
    const literals =
      item.op === 'in_list' ? item.list : item.op === 'compare' ? [item.left, item.right].filter(isConstant) : [];
    values += literals.length;
    zero ||= literals.some((literal) => isFloat(literal.type.kind) && isZero(literal));
  }
  if (zero && values > 3) throw new Refusal('logic', 'compares floats with zero among four or more values');
}

function isConstant(node: Node): boolean {
  return node.op === 'constant';
}

function isZero(node: Node): boolean {
  return node.op === 'constant' && plainValue(node) === 0;
}

function collectZeros(node: Node, zeros: Set<number>): void {
  if (node.op === 'constant' && isFloat(node.type.kind)) {
    const value = plainValue(node);
    if (value === 0) zeros.add(Object.is(value, -0) ? 1 : 0);
  }
  for (const child of childrenOf(node)) collectZeros(child, zeros);
}
