/** What the planner passes around, and the nodes it makes in more than one place. */
import type { DataType } from '../../wire/arrow/types.ts';
import type { Expr, Scalar } from '../model.ts';
import { callFacts } from './call-facts.ts';
import { unsupported } from './errors.ts';
import { binaryFacts, type Facts, ofScalar, typed } from './facts.ts';

export interface Planned {
  readonly expr: Expr;
  readonly facts: Facts;
}

/** What the parts of the planner need of each other. */
export interface Scope {
  readonly columns: ReadonlyMap<string, Facts & { readonly metadata: readonly (readonly [string, string])[] }> | null;
  /** Column names in their order. */
  readonly names: readonly string[];
  readonly udfs: ReadonlyMap<string, 'scalar' | 'aggregate' | 'window'>;
}

export function literal(value: Scalar): Planned {
  return { expr: { kind: 'literal', value }, facts: ofScalar(value) };
}

export function utf8(value: string): Planned {
  return literal({ kind: 'Utf8', value });
}

export function scalarCall(name: string, args: readonly Planned[], facts?: Facts): Planned {
  const expr: Expr = { kind: 'scalar_function', name, args: args.map((arg) => arg.expr), definition: null };
  const known =
    facts ??
    callFacts(
      name,
      'scalar',
      args.map((arg) => arg.facts),
    );
  return { expr, facts: known };
}

export function castTo(inner: Planned, type: DataType, safe = false): Planned {
  const kind = safe ? 'try_cast' : 'cast';
  return { expr: { kind, expr: inner.expr, type, nullable: true, metadata: [] }, facts: typed(type) };
}

/**
 * A placeholder without a type takes that of its neighbour, as the engine's `infer_placeholder_types` does after planning:
 * the operands of an operator, the bounds of BETWEEN, the items of IN, the pattern of LIKE.
 */
export function infer(part: Planned, neighbour: Planned, scope: Scope, start: number): Planned {
  const { expr } = part;
  if (expr.kind !== 'placeholder' || expr.type !== null) return part;
  const type = neighbour.facts.exact;
  if (type === null) {
    const why = neighbour.facts.why || 'the type of its neighbour';
    throw unsupported(`found the placeholder ${expr.id}, whose type follows from ${why}, which isn't known`, start);
  }
  const column = neighbour.expr.kind === 'column' ? scope.columns?.get(neighbour.expr.name) : undefined;
  const metadata = column?.metadata ?? [];
  const carries = column === undefined && [...(scope.columns?.values() ?? [])].some((one) => one.metadata.length > 0);
  if (metadata.length > 1 || (carries && neighbour.expr.kind !== 'literal')) {
    // The engine writes the keys of a hash map in no order, and which operators keep metadata is its own affair.
    throw unsupported(`found the placeholder ${expr.id} beside fields with metadata, which it would take over`, start);
  }
  return { expr: { ...expr, type, nullable: true, metadata }, facts: neighbour.facts };
}

/** A chain that may still grow: `a + 1 + …` is one node, and copying its operands for each of 10,000 terms would be quadratic. */
export interface Chain {
  readonly op: string;
  readonly operands: Expr[];
  readonly expr: Expr;
}

/** `left op right`. A left operand with the same operator is the same node of the payload. */
export function binary(
  op: string,
  left: Planned,
  right: Planned,
  scope: Scope,
  start: number,
  chain: Chain | null = null,
): { readonly planned: Planned; readonly chain: Chain } {
  const l = infer(left, right, scope, start);
  const r = infer(right, l, scope, start);
  const facts = binaryFacts(op, l.facts, r.facts);
  if (chain !== null && chain.expr === l.expr && chain.op === op) {
    chain.operands.push(r.expr);
    return { planned: { expr: chain.expr, facts }, chain };
  }
  const operands = l.expr.kind === 'binary' && l.expr.op === op ? [...l.expr.operands, r.expr] : [l.expr, r.expr];
  const expr: Expr = { kind: 'binary', op, operands };
  return { planned: { expr, facts }, chain: { op, operands, expr } };
}
