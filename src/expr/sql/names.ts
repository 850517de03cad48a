/**
 * The names that the engine gives to expressions. They reach the bytes where a call is written by an alias: `pow(a, 2)` travels
 * as `power(a, 2) AS "pow(a,Int64(2))"`, with the operands as `Display` prints them, and `count(*)` as `count(1) AS
 * "count(*)"`, with the name that a column of it would have.
 */
import { displayDataType } from '../../wire/arrow/index.ts';
import { findFunction } from '../functions.ts';
import type { Expr, ExprOf, FrameBound, SortExpr, UnaryKind, WindowFrame } from '../model.ts';
import { operatorByName } from '../operators.ts';
import { scalarText, scalarValueText } from '../scalar-text.ts';

/** `display`: `Display` of `Expr`. `schema`: `Expr::schema_name`, which leaves casts out and prints functions by their own rules. */
type Style = 'display' | 'schema';

interface Part {
  readonly expr: Expr;
  readonly style: Style;
}

type Piece = string | Part;

/** `Operator::precedence`, which is the engine's own and not that of its parser. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ['Or', 5],
  ['And', 10],
  ...['Eq', 'NotEq', 'LtEq', 'GtEq'].map((name): [string, number] => [name, 15]),
  ...['Lt', 'Gt'].map((name): [string, number] => [name, 20]),
  ...['LikeMatch', 'NotLikeMatch', 'ILikeMatch', 'NotILikeMatch'].map((name): [string, number] => [name, 25]),
  ...['Plus', 'Minus'].map((name): [string, number] => [name, 40]),
  ...['Multiply', 'Divide', 'Modulo'].map((name): [string, number] => [name, 45]),
]);

function precedence(op: string): number {
  return PRECEDENCE.get(op) ?? 30;
}

const TESTS: ReadonlyMap<UnaryKind, string> = new Map([
  ['is_null', 'IS NULL'],
  ['is_not_null', 'IS NOT NULL'],
  ['is_true', 'IS TRUE'],
  ['is_false', 'IS FALSE'],
  ['is_unknown', 'IS UNKNOWN'],
  ['is_not_true', 'IS NOT TRUE'],
  ['is_not_false', 'IS NOT FALSE'],
  ['is_not_unknown', 'IS NOT UNKNOWN'],
]);

function joined(exprs: readonly Expr[], style: Style, separator: string): Piece[] {
  return exprs.flatMap((expr, i): Piece[] => (i === 0 ? [{ expr, style }] : [separator, { expr, style }]));
}

/** Sort keys print as `Display` in both styles. */
function sorts(list: readonly SortExpr[]): Piece[] {
  return list.flatMap(({ expr, asc, nullsFirst }, i): Piece[] => [
    i === 0 ? '' : ', ',
    { expr, style: 'display' },
    `${asc ? ' ASC' : ' DESC'} NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`,
  ]);
}

function bound(value: FrameBound): string {
  if (value.kind === 'CURRENT_ROW') return 'CURRENT ROW';
  const count = value.value === null || value.value.kind === 'Null' ? 'UNBOUNDED' : scalarValueText(value.value);
  return `${count} ${value.kind}`;
}

function frame(window: WindowFrame): string {
  return ` ${window.units} BETWEEN ${bound(window.start)} AND ${bound(window.end ?? { kind: 'CURRENT_ROW' })}`;
}

function nullTreatment(value: string): string {
  return value === 'IGNORE_NULLS' ? 'IGNORE NULLS' : 'RESPECT NULLS';
}

function filterOf(filter: Expr | null): Piece[] {
  return filter === null ? [] : [' FILTER (WHERE ', { expr: filter, style: 'display' }, ')'];
}

function scalarCall(expr: ExprOf<'scalar_function' | 'higher_order_function'>, style: Style): Piece[] {
  const { name, args } = expr;
  if (style === 'display') return [`${name}(`, ...joined(args, style, ', '), ')'];
  const [base, ...rest] = args;
  if (base !== undefined && name === 'get_field' && rest.length > 0) {
    const keys = rest.flatMap((key, i): Piece[] => [
      i === 0 ? '' : '][',
      key.kind === 'literal' ? scalarValueText(key.value) : { expr: key, style },
    ]);
    return [{ expr: base, style }, '[', ...keys, ']'];
  }
  if (base !== undefined && (name === 'array_slice' || (name === 'array_element' && rest.length === 1))) {
    return [{ expr: base, style }, '[', ...joined(rest, style, ':'), ']'];
  }
  return [`${name}(`, ...joined(args, style, ','), ')'];
}

function aggregate(expr: ExprOf<'aggregate_function'>, style: Style): Piece[] {
  const { name, orderBy } = expr;
  const ordered = orderBy.length > 0;
  const within = style === 'schema' && findFunction(name, 'aggregate')?.withinGroup === true;
  const args = within && ordered ? expr.args.slice(1) : expr.args;
  const out: Piece[] = [`${name}(${expr.distinct ? 'DISTINCT ' : ''}`];
  out.push(...joined(args, style, style === 'schema' ? ',' : ', '), ')');
  if (expr.nullTreatment !== null) out.push(` ${nullTreatment(expr.nullTreatment)}`);
  out.push(...filterOf(expr.filter));
  if (ordered) out.push(within ? ' WITHIN GROUP [' : ' ORDER BY [', ...sorts(orderBy), ']');
  return out;
}

function windowCall(expr: ExprOf<'window_function'>, style: Style): Piece[] {
  const udwf = expr.family === 'window';
  const separator = udwf && style === 'schema' ? ',' : ', ';
  const out: Piece[] = [
    `${expr.name}(${expr.distinct ? 'DISTINCT ' : ''}`,
    ...joined(expr.args, style, separator),
    ')',
  ];
  // No blank before it, as the engine prints it there.
  const blank = udwf && style === 'display' ? '' : ' ';
  if (expr.nullTreatment !== null) out.push(`${blank}${nullTreatment(expr.nullTreatment)}`);
  out.push(...filterOf(expr.filter));
  if (expr.partitionBy.length > 0) out.push(' PARTITION BY [', ...joined(expr.partitionBy, style, ', '), ']');
  if (expr.orderBy.length > 0) out.push(' ORDER BY [', ...sorts(expr.orderBy), ']');
  if (expr.frame !== null) out.push(frame(expr.frame));
  return out;
}

function binary(expr: ExprOf<'binary'>, style: Style): Piece[] {
  const own = precedence(expr.op);
  const symbol = ` ${operatorByName(expr.op)?.display ?? expr.op} `;
  return expr.operands.flatMap((operand, i): Piece[] => {
    const part: Part = { expr: operand, style };
    const wrapped = style === 'display' && operand.kind === 'binary' && precedence(operand.op) < own;
    return [i === 0 ? '' : symbol, ...(wrapped ? ['(', part, ')'] : [part])];
  });
}

function like(expr: ExprOf<'like' | 'ilike' | 'similar_to'>, style: Style): Piece[] {
  const word = expr.kind === 'similar_to' ? 'SIMILAR TO' : expr.kind.toUpperCase();
  const out: Piece[] = [
    { expr: expr.expr, style },
    `${expr.negated ? ' NOT' : ''} ${word} `,
    { expr: expr.pattern, style },
  ];
  if (expr.escape !== '') out.push(style === 'schema' ? ` CHAR '${expr.escape}'` : ` ESCAPE '${expr.escape}'`);
  return out;
}

function caseOf(expr: ExprOf<'case'>, style: Style): Piece[] {
  const out: Piece[] = ['CASE '];
  if (expr.expr !== null) out.push({ expr: expr.expr, style }, ' ');
  for (const { when, then } of expr.whenThen)
    out.push('WHEN ', { expr: when, style }, ' THEN ', { expr: then, style }, ' ');
  if (expr.otherwise !== null) out.push('ELSE ', { expr: expr.otherwise, style }, ' ');
  return [...out, 'END'];
}

/** The pieces of one node; null where the reader of SQL never makes such a node. */
function pieces({ expr, style }: Part): readonly Piece[] | null {
  switch (expr.kind) {
    case 'column':
      return [expr.relation === null ? expr.name : `${expr.relation}.${expr.name}`];
    case 'literal':
      return [scalarText(expr.value)];
    case 'placeholder':
      return [expr.id];
    case 'wildcard':
      return ['*'];
    case 'alias':
      return style === 'schema' ? [expr.name] : [{ expr: expr.expr, style }, ` AS ${expr.name}`];
    case 'cast':
    case 'try_cast': {
      if (style === 'schema') return [{ expr: expr.expr, style }];
      const word = expr.kind === 'cast' ? 'CAST' : 'TRY_CAST';
      return [`${word}(`, { expr: expr.expr, style }, ` AS ${displayDataType(expr.type)})`];
    }
    case 'not':
      return ['NOT ', { expr: expr.expr, style }];
    case 'negative':
      return ['(- ', { expr: expr.expr, style }, ')'];
    case 'is_null':
    case 'is_not_null':
    case 'is_true':
    case 'is_false':
    case 'is_unknown':
    case 'is_not_true':
    case 'is_not_false':
    case 'is_not_unknown':
      return [{ expr: expr.expr, style }, ` ${TESTS.get(expr.kind) ?? ''}`];
    case 'binary':
      return binary(expr, style);
    case 'between':
      return [
        { expr: expr.expr, style },
        expr.negated ? ' NOT BETWEEN ' : ' BETWEEN ',
        { expr: expr.low, style },
        ' AND ',
        { expr: expr.high, style },
      ];
    case 'like':
    case 'ilike':
    case 'similar_to':
      return like(expr, style);
    case 'case':
      return caseOf(expr, style);
    case 'in_list': {
      const list = joined(expr.list, style, ', ');
      const word = expr.negated ? ' NOT IN ' : ' IN ';
      return [{ expr: expr.expr, style }, word, ...(style === 'schema' ? list : ['([', ...list, '])'])];
    }
    case 'scalar_function':
    case 'higher_order_function':
      return scalarCall(expr, style);
    case 'aggregate_function':
      return aggregate(expr, style);
    case 'window_function':
      return windowCall(expr, style);
    case 'unnest':
      return [style === 'schema' && expr.outer ? 'UNNEST_OUTER(' : 'UNNEST(', ...joined(expr.exprs, style, ', '), ')'];
    case 'lambda':
    case 'lambda_variable':
    case 'grouping_sets':
    case 'cube':
    case 'rollup':
    case 'scalar_subquery':
    case 'opaque':
      return null;
  }
}

/** A call by an alias within another prints its operands twice: names double with each level, and the engine lets them. */
const LONGEST = 4 * 1024 * 1024;

function text(root: Part): string | null {
  const stack: Piece[] = [root];
  const out: string[] = [];
  let length = 0;
  for (let piece = stack.pop(); piece !== undefined; piece = stack.pop()) {
    if (typeof piece === 'string') {
      length += piece.length;
      if (length > LONGEST) return null;
      out.push(piece);
      continue;
    }
    const parts = pieces(piece) ?? ['?'];
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i];
      if (part !== undefined) stack.push(part);
    }
  }
  return out.join('');
}

/** As the engine's `Display` prints the expression: `power(a, Int64(2))`, `CAST(a AS Int32)`. Null past 4 MB. */
export function displayName(expr: Expr): string | null {
  return text({ expr, style: 'display' });
}

/** The name of the column that the expression gives: `power(a,Int64(2))`, `a` for a cast of `a`. Null past 4 MB. */
export function schemaName(expr: Expr): string | null {
  return text({ expr, style: 'schema' });
}
