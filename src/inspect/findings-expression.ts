/** What the expression itself tells. */
import type { Expr } from '../expr/model.ts';
import { operatorByName } from '../expr/operators.ts';
import type { PayloadExpr } from '../expr/payload.ts';
import { nodesOf } from '../expr/walk.ts';
import type { Warning } from './model.ts';
import { warning } from './warnings.ts';

/** From here on, planning takes a receiver noticeably long: 2^16 steps. */
const MANY_ALIASES = 16;

export function expressionFindings({ expr, notes, span, error }: PayloadExpr, found: Warning[]): void {
  for (const { code, message, offset } of notes) {
    // what a cut takes away is missing: the error says so
    if (error !== null && code === 'MISSING_FIELD') continue;
    found.push(warning('NODE_UNREADABLE', message, offset));
  }
  const operators = new Set<string>();
  const inside = new Set<Expr>();
  let withMetadata = 0;
  let severalKeys = false;
  let firstMetadata = span.start;
  for (const node of nodesOf(expr)) {
    if (node.kind === 'binary' && !operators.has(node.op)) {
      operators.add(node.op);
      if (operatorByName(node.op)?.readable !== true) {
        const known = operatorByName(node.op) === undefined ? 'is unknown to' : 'can be written but not read by';
        found.push(
          warning(
            'OPERATOR_UNREADABLE',
            `the operator ${node.op} ${known} DataFusion 54 and 55`,
            node.span?.start ?? null,
          ),
        );
      }
    }
    if (node.kind !== 'alias') continue;
    if (node.metadata.length > 0) {
      if (withMetadata === 0) firstMetadata = node.span?.start ?? span.start;
      withMetadata++;
      severalKeys ||= node.metadata.length > 1;
    }
    if (!inside.has(node)) aliasNest(node, inside, found);
  }
  if (withMetadata > 0) {
    const order = severalKeys ? ', and the order of several keys changes from run to run' : '';
    const count = withMetadata === 1 ? "an alias's" : `${withMetadata} aliases'`;
    found.push(warning('METADATA_DROPPED', `receivers drop ${count} metadata${order}`, firstMetadata));
  }
}

function aliasNest(outermost: Expr & { readonly kind: 'alias' }, inside: Set<Expr>, found: Warning[]): void {
  let levels = 1;
  for (let inner: Expr = outermost.expr; inner.kind === 'alias'; inner = inner.expr) {
    inside.add(inner);
    levels++;
  }
  if (levels < MANY_ALIASES) return;
  found.push(
    warning(
      'ALIAS_NESTING',
      `${levels} aliases stand inside each other, which takes the receiver 2^${levels} steps to plan`,
      outermost.span?.start ?? null,
    ),
  );
}
