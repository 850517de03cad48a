/**
 * Aliases that SQL text brings by itself: DataFusion plans a call by another name of the function, `length(s)`, as the function
 * under an alias that spells the call, `character_length(s) AS "length(s)"`, and `count(*)` as `count(1) AS "count(*)"`.
 */
import { findFunction } from '../functions.ts';
import type { Expr, ExprOf } from '../model.ts';
import { scalarText } from '../scalar-text.ts';
import { type FunctionNode, familyOf, isFunctionNode } from '../walk.ts';

export interface ImpliedAlias {
  readonly node: FunctionNode;
  /** The name to call the function by; null for `count(*)`. */
  readonly called: string | null;
}

/** How to write the alias as the plain call that gives it; null where it has to be written out. */
export function impliedAlias(alias: ExprOf<'alias'>): ImpliedAlias | null {
  const node = alias.expr;
  if (alias.relation !== null || alias.metadata.length > 0 || !isFunctionNode(node) || node.definition !== null)
    return null;
  if (alias.name === 'count(*)' && isPlainCountOfOne(node)) return { node, called: null };
  const called = alias.name.slice(0, Math.max(0, alias.name.indexOf('(')));
  const facts = findFunction(node.name, familyOf(node));
  if (facts === undefined || facts.name !== node.name || !facts.aliases.includes(called)) return null;
  const names = node.args.map(plainName);
  return names.includes(null) || alias.name !== `${called}(${names.join(',')})` ? null : { node, called };
}

function isPlainCountOfOne(node: FunctionNode): boolean {
  const [argument] = node.args;
  return (
    node.kind === 'aggregate_function' &&
    node.name === 'count' &&
    node.args.length === 1 &&
    argument?.kind === 'literal' &&
    argument.value.kind === 'Int64' &&
    argument.value.value === 1 &&
    !node.distinct &&
    node.filter === null &&
    node.orderBy.length === 0 &&
    node.nullTreatment === null
  );
}

/** The engine's name of a column or literal; null for anything else, whose call is written out under its alias. */
function plainName(expr: Expr): string | null {
  if (expr.kind === 'column') return expr.relation === null ? expr.name : `${expr.relation}.${expr.name}`;
  return expr.kind === 'literal' ? scalarText(expr.value) : null;
}
