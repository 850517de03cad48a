/** Names in SQL text. DataFusion lower-cases bare identifiers, so anything but a plain lower-case word is quoted. */
import type { TableReference } from '../model.ts';

const PLAIN = /^[a-z_][a-z0-9_]*$/;

/**
 * Words that are quoted as a name: those that sqlparser 0.62 reads as something else where an expression may start or go on
 * (`user`, `interval`, `any` after an operator, `end` inside CASE), and those that are reserved in PostgreSQL.
 */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'all analyse analyze and any array as asc asymmetric at between both by case cast ceil check cluster collate column ' +
    'constraint convert create cross cube current current_catalog current_date current_role current_schema current_time ' +
    'current_timestamp current_user default deferrable desc distinct distribute div do else end escape except exclude ' +
    'exists explain extract false fetch filter floor following for foreign from full grant group grouping having ignore ' +
    'ilike in initially inner intersect interval into is isnull join lambda lateral leading left like limit localtime ' +
    'localtimestamp map match member minus natural not notnull null nulls offset on only operator or order outer over ' +
    'overlaps overlay partition placing position preceding primary prior qualify range references regexp respect ' +
    'returning right rlike rollup row rows safe_cast select session_user set sets similar some sort struct substr ' +
    'substring symmetric table then to top trailing trim true try_cast try_convert unbounded union unique unknown ' +
    'unnest update user using values view when where window with within xor'
  ).split(' '),
);

/** Function names that sqlparser reads with a grammar of their own, so that a plain call must quote them. */
const SPECIAL_CALLS: ReadonlySet<string> = new Set(
  (
    'all any array as case cast convert cube current_catalog current_date current_time current_timestamp current_user ' +
    'distinct end exists extract from grouping_sets in interval is lambda localtime localtimestamp match not null or and ' +
    'position prior rollup safe_cast select session_user some struct substring table trim try_cast try_convert user ' +
    'values when true false xor div'
  ).split(' '),
);

/** Calls with a grammar of their own that reads these numbers of arguments as a plain call. */
const SPECIAL_ARGUMENTS: ReadonlyMap<string, readonly number[]> = new Map([
  ['substr', [2, 3]],
  ['floor', [1]],
  ['ceil', [1]],
  ['overlay', [3, 4]],
]);

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A column, alias or table name. */
export function identifier(name: string): string {
  return PLAIN.test(name) && !RESERVED.has(name) ? name : quoted(name);
}

/** A function's name before `(`. */
export function functionName(name: string, argumentCount: number): string {
  if (!PLAIN.test(name) || SPECIAL_CALLS.has(name)) return quoted(name);
  const counts = SPECIAL_ARGUMENTS.get(name);
  return counts === undefined || counts.includes(argumentCount) ? name : quoted(name);
}

/**
 * The relation of a column travels as one text, `table`, `schema.table` or `catalog.schema.table`, with quotes where a part
 * needs them. Quoted parts stay as they are; the others are quoted where SQL would change them.
 */
export function relationName(relation: string): string {
  if (/^(?:"(?:[^"]|"")*"|[^".]+)(?:\.(?:"(?:[^"]|"")*"|[^".]+)){0,2}$/.test(relation)) {
    const parts = relation.match(/"(?:[^"]|"")*"|[^".]+/g) ?? [];
    return parts.map((part) => (part.startsWith('"') ? part : identifier(part))).join('.');
  }
  return quoted(relation);
}

export function tableName(table: TableReference): string {
  const parts: string[] = [];
  if ('catalog' in table) parts.push(table.catalog);
  if ('schema' in table) parts.push(table.schema);
  parts.push(table.table);
  return parts.map(identifier).join('.');
}

/** A string literal. DataFusion's default dialect has no backslash escapes: only the quote is doubled. */
export function stringLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
