/** An expression at a glance. */
import { findFunction } from '../expr/functions.ts';
import type { Expr } from '../expr/model.ts';
import type { PayloadExpr } from '../expr/payload.ts';
import { sqlText } from '../expr/sql-text.ts';
import { columnsOf, countNodes, depth, functionsOf } from '../expr/walk.ts';
import type { Tape } from '../wire/protobuf/index.ts';
import { compiledByIndex } from '../wire/protobuf/index.ts';
import type { ExpressionReport, ProtobufReport } from './model.ts';

/** `shown` is the expression that is printed: the payload's own, or the one without its literals. */
export function expressionReport(payload: PayloadExpr, shown: Expr): ExpressionReport {
  const { expr, span, path, tape } = payload;
  const { sql, exact } = sqlText(shown);
  return {
    path,
    offset: span.start,
    bytes: span.end - span.start,
    kind: expr.kind,
    sql,
    sqlExact: exact && shown === expr,
    columns: columnsOf(expr),
    functions: functionsOf(expr).map(({ name, family }) => ({
      name,
      family,
      builtIn: findFunction(name, family) !== undefined,
    })),
    nodes: countNodes(expr),
    depth: depth(expr),
    messageDepth: tape.depth,
  };
}

/** Messages whose one member says what the node is: their members are what is counted. */
const NODES: ReadonlySet<string> = new Set([
  'LogicalExprNode',
  'PhysicalExprNode',
  'LogicalPlanNode',
  'PhysicalPlanNode',
]);

export function protobufReport(message: string, tapes: readonly Tape[]): ProtobufReport {
  const counts = new Map<string, number>();
  const isNode: boolean[] = [];
  let fields = 0;
  let messages = 0;
  let deepest = 0;
  for (const tape of tapes) {
    fields += tape.length - 1;
    deepest = Math.max(deepest, tape.depth);
    for (let entry = 0; entry < tape.length; entry++) {
      const index = tape.message(entry);
      if (index < 0) continue;
      messages++;
      isNode[index] ??= NODES.has(compiledByIndex(index).def.name);
      if (!isNode[index]) continue;
      for (let at = entry + 1; at < tape.next(entry); at = tape.next(at)) {
        const field = tape.field(at);
        if (field !== null && field.def.oneof !== null)
          counts.set(field.def.name, (counts.get(field.def.name) ?? 0) + 1);
      }
    }
  }
  const nodes = [...counts].map(([name, count]) => ({ name, count }));
  return { message, fields, messages, depth: deepest, nodes };
}
