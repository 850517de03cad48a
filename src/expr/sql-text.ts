/**
 * SQL text of an expression: for people, and for a parser where SQL can say the same.
 *
 * The text keeps every character of names and strings, control characters included: whoever writes it to a terminal escapes
 * them first.
 */
import type { Expr } from './model.ts';
import type { LiteralStyle } from './sql-text/literals.ts';
import { nodePieces } from './sql-text/pieces.ts';

export type { LiteralStyle } from './sql-text/literals.ts';

export interface SqlOptions {
  /** Whether numbers and strings of types other than SQL's own are written with their type. Default: `typed`. */
  readonly literals?: LiteralStyle | undefined;
}

/** Something of the expression that the text doesn't say, or says as another expression of (where possible) the same value. */
export interface SqlLoss {
  readonly expr: Expr;
  readonly reason: string;
}

export interface SqlText {
  readonly sql: string;
  /** True where DataFusion 55 (default dialect) reads the text back as the same expression, given the schema and functions. */
  readonly exact: boolean;
  readonly losses: readonly SqlLoss[];
}

/** The text, and what it leaves out. Takes any depth, and time in proportion to the expression. */
export function sqlText(root: Expr, options: SqlOptions = {}): SqlText {
  const losses: SqlLoss[] = [];
  const context = {
    literals: options.literals ?? 'typed',
    lose: (expr: Expr, reason: string) => {
      losses.push({ expr, reason });
    },
  };
  const out: string[] = [];
  const pending: (string | Expr)[] = [root];
  for (let piece = pending.pop(); piece !== undefined; piece = pending.pop()) {
    if (typeof piece === 'string') {
      out.push(piece);
      continue;
    }
    const pieces = nodePieces(piece, piece === root && out.length === 0, context);
    for (let index = pieces.length - 1; index >= 0; index--) {
      const next = pieces[index];
      if (next !== undefined) pending.push(next);
    }
  }
  return { sql: out.join(''), exact: losses.length === 0, losses };
}

/** SQL text of an expression. What SQL can't say prints as something readable; `sqlText` tells what that was. */
export function toSql(expr: Expr, options: SqlOptions = {}): string {
  return sqlText(expr, options).sql;
}

/** Whether the SQL text of the expression reads back as the same expression. */
export function sqlIsExact(expr: Expr, options: SqlOptions = {}): boolean {
  return sqlText(expr, options).exact;
}
