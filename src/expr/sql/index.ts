/** SQL text in: `fromSql("a + 1 > sqrt(b)")` gives the expression that DataFusion 55's `DataFrame.parse_sql_expr` gives. */
import type { Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import type { Expr } from '../model.ts';
import { Cursor, DEFAULT_SQL_LIMITS, type SqlLimits } from './cursor.ts';
import { SqlRefusal } from './errors.ts';
import { parseExpr } from './parse.ts';
import { Planner } from './plan.ts';
import { tokenize } from './tokens.ts';

export { DEFAULT_SQL_LIMITS, type SqlLimits } from './cursor.ts';

export interface UdfDeclaration {
  /** As it is registered. SQL reaches it unquoted only if it is in lower case. */
  readonly name: string;
  readonly family: 'scalar' | 'aggregate' | 'window';
}

export interface FromSqlOptions {
  /** The columns that the text may name. Without it any name is a column, and what only a type could decide is refused. */
  readonly schema?: Schema | undefined;
  /** Functions beyond the built-in ones; they travel by name. One with a built-in's name takes its place. */
  readonly udfs?: readonly UdfDeclaration[] | undefined;
  readonly limits?: Partial<SqlLimits> | undefined;
}

/**
 * The expression of SQL text, columns without a relation: `exprToProto` of it gives the bytes that python:55.0.0 writes for a
 * DataFrame whose columns have none. What the engine refuses is refused, as is what it reads but drops in silence (named
 * windows) and what it could only tell by types that are not known here.
 *
 * Throws `DfxError` with the byte offset in the text: SQL_SYNTAX, SQL_UNSUPPORTED, UNKNOWN_FUNCTION, COLUMN_MISSING, LIMIT.
 */
export function fromSql(text: string, options: FromSqlOptions = {}): Expr {
  const limits: SqlLimits = { ...DEFAULT_SQL_LIMITS, ...options.limits };
  if (text.length > limits.maxLength) {
    throw new DfxError(
      'LIMIT',
      `found ${text.length} characters of SQL, expected at most ${limits.maxLength} (maxLength)`,
    );
  }
  try {
    return read(text, options, limits);
  } catch (error) {
    if (error instanceof SqlRefusal) throw error.inBytes(text);
    // Only a `maxDepth` beyond the default can get here: how deep the stack goes is the platform's secret.
    if (error instanceof RangeError)
      throw new DfxError('LIMIT', 'found nesting that passes the stack', { cause: error });
    throw error;
  }
}

function read(text: string, options: FromSqlOptions, limits: SqlLimits): Expr {
  const tooMany = () => new SqlRefusal('LIMIT', `found more than ${limits.maxTokens} tokens (maxTokens)`, 0);
  const cursor = new Cursor(tokenize(text, limits.maxTokens, tooMany), limits);
  const command = cursor.keyword();
  if (command === 'CREATE' || command === 'COPY' || command === 'EXPLAIN')
    throw cursor.fail('an expression, not a command');
  const syntax = parseExpr(cursor);
  const alias = cursor.takeWords('AS') ? cursor.ident('a name after AS').text : null;
  if (cursor.peek().kind !== 'end') throw cursor.fail('the end of the expression');
  const udfs = new Map((options.udfs ?? []).map(({ name, family }) => [name, family] as const));
  const { expr } = new Planner(options.schema ?? null, udfs).plan(syntax);
  return alias === null ? expr : { kind: 'alias', expr, name: alias, relation: null, metadata: [] };
}
