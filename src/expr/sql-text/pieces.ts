/** The text of one node, with its operands still to be written. */
import { formatDataType } from '../../wire/arrow/type-text.ts';
import { type FunctionFacts, findFunction } from '../functions.ts';
import type { Expr, ExprOf, UnaryKind } from '../model.ts';
import { operatorByName, PRECEDENCE } from '../operators.ts';
import { type FunctionNode, familyOf } from '../walk.ts';
import { type Binding, bindingOf, operandNeedsParentheses, predicateOperandNeedsParentheses } from './binding.ts';
import { functionName, identifier, quoted, relationName, stringLiteral, tableName } from './identifiers.ts';
import { impliedAlias } from './implied-alias.ts';
import { type LiteralStyle, type LiteralText, sqlLiteral } from './literals.ts';
import { sqlTypeName } from './type-names.ts';
import { frameText, type Piece, separated, sortPieces, standingAlone } from './windows.ts';

export interface NodeContext {
  readonly literals: LiteralStyle;
  /** Told why the node's text reads back as another expression. */
  readonly lose: (expr: Expr, reason: string) => void;
}

const TEST_WORDS: Record<Exclude<UnaryKind, 'not' | 'negative'>, string> = {
  is_null: 'IS NULL',
  is_not_null: 'IS NOT NULL',
  is_true: 'IS TRUE',
  is_false: 'IS FALSE',
  is_unknown: 'IS UNKNOWN',
  is_not_true: 'IS NOT TRUE',
  is_not_false: 'IS NOT FALSE',
  is_not_unknown: 'IS NOT UNKNOWN',
};

const PATTERN_WORDS = { like: 'LIKE', ilike: 'ILIKE', similar_to: 'SIMILAR TO' } as const;

/** SQL gives a window function of these names, not the aggregate. */
const WINDOW_FIRST: ReadonlySet<string> = new Set(['first_value', 'last_value', 'nth_value']);

const TEXT_KINDS: ReadonlySet<string> = new Set(['Utf8', 'LargeUtf8', 'Utf8View']);

/** DataFusion's planner makes other calls of these operators where the operands are lists. */
const REPLANNED: ReadonlySet<string> = new Set(['AtArrow', 'ArrowAt']);
/** Operators that the default dialect doesn't read. */
const UNREAD: ReadonlySet<string> = new Set(['Question', 'QuestionAnd', 'QuestionPipe', 'Colon']);

export function nodePieces(expr: Expr, isRoot: boolean, context: NodeContext): Piece[] {
  switch (expr.kind) {
    case 'column':
      return [`${expr.relation === null ? '' : `${relationName(expr.relation)}.`}${identifier(expr.name)}`];
    case 'alias':
      return aliasPieces(expr, isRoot, context);
    case 'literal': {
      const literal = sqlLiteral(expr.value, context.literals);
      if (literal.loss !== null) context.lose(expr, literal.loss);
      return [literal.text];
    }
    case 'binary':
      return binaryPieces(expr, context);
    case 'not':
      return ['NOT ', ...wrapped(expr.expr, binding(expr.expr, context).precedence < PRECEDENCE.not)];
    case 'negative':
      return ['-', ...wrapped(expr.expr, negationNeedsParentheses(expr.expr, context))];
    case 'is_null':
    case 'is_not_null':
    case 'is_true':
    case 'is_false':
    case 'is_unknown':
    case 'is_not_true':
    case 'is_not_false':
    case 'is_not_unknown':
      return [...tested(expr.expr, context), ` ${TEST_WORDS[expr.kind]}`];
    case 'between':
      return [
        ...tested(expr.expr, context),
        expr.negated ? ' NOT BETWEEN ' : ' BETWEEN ',
        ...tested(expr.low, context),
        ' AND ',
        ...tested(expr.high, context),
      ];
    case 'like':
    case 'ilike':
    case 'similar_to':
      return patternPieces(expr, context);
    case 'case':
      if (expr.whenThen.length === 0) context.lose(expr, 'SQL has no CASE without WHEN');
      return casePieces(expr);
    case 'cast':
    case 'try_cast':
      return castPieces(expr, context);
    case 'in_list':
      if (expr.list.length === 0) context.lose(expr, 'SQL has no IN with an empty list');
      return [
        ...tested(expr.expr, context),
        expr.negated ? ' NOT IN (' : ' IN (',
        ...separated(expr.list.map((item) => [item])),
        ')',
      ];
    case 'wildcard':
      context.lose(expr, 'SQL takes the wildcard as an argument only, and replaces it');
      return [expr.qualifier === null ? '*' : `${tableName(expr.qualifier)}.*`];
    case 'scalar_function':
    case 'higher_order_function':
    case 'aggregate_function':
    case 'window_function':
      return functionPieces(expr, expr.name, context);
    case 'grouping_sets':
      context.lose(expr, 'GROUPING SETS stands in GROUP BY only');
      return [
        'GROUPING SETS (',
        ...separated(expr.sets.map((set) => ['(', ...separated(set.map((item) => [item])), ')'])),
        ')',
      ];
    case 'cube':
    case 'rollup':
      context.lose(expr, `${expr.kind.toUpperCase()} stands in GROUP BY only`);
      return [`${expr.kind.toUpperCase()} (`, ...separated(expr.exprs.map((item) => [item])), ')'];
    case 'placeholder':
      return placeholderPieces(expr, isRoot, context);
    case 'unnest':
      if (expr.exprs.length !== 1) context.lose(expr, 'SQL unnests exactly one expression');
      return [`${expr.outer ? 'unnest_outer' : 'unnest'}(`, ...separated(expr.exprs.map((item) => [item])), ')'];
    case 'scalar_subquery':
      context.lose(expr, 'a subquery travels as a plan, not as SQL');
      return [`"$subquery"('${expr.subquery.length} bytes')`];
    case 'lambda': {
      context.lose(expr, 'the default SQL dialect has no lambdas');
      const params = expr.params.map(identifier).join(', ');
      return [`${expr.params.length === 1 ? params : `(${params})`} -> `, expr.body];
    }
    case 'lambda_variable':
      context.lose(expr, 'the default SQL dialect has no lambdas');
      return [identifier(expr.name)];
    case 'opaque':
      context.lose(expr, 'the node is of no kind that SQL knows');
      return [`"$opaque"('${expr.raw.length} bytes')`];
  }
}

function binding(expr: Expr, context: NodeContext): Binding {
  return bindingOf(
    expr,
    (literal): LiteralText => sqlLiteral(literal.value, context.literals),
    (cast) => zoneOf(cast) !== null,
  );
}

/** `push(...more)` would take the call stack for 100,000 arguments. */
function append(pieces: Piece[], more: readonly Piece[]): void {
  for (const piece of more) pieces.push(piece);
}

function wrapped(expr: Expr, parentheses: boolean): Piece[] {
  return parentheses ? ['(', expr, ')'] : [expr];
}

function tested(expr: Expr, context: NodeContext): Piece[] {
  return wrapped(expr, predicateOperandNeedsParentheses(binding(expr, context)));
}

/** `-5` is a literal: a negated literal keeps its parentheses, `-(5)`. */
function negationNeedsParentheses(operand: Expr, context: NodeContext): boolean {
  return operand.kind === 'literal' || binding(operand, context).precedence <= PRECEDENCE.negative;
}

function aliasPieces(expr: ExprOf<'alias'>, isRoot: boolean, context: NodeContext): Piece[] {
  const call = impliedAlias(expr);
  if (call !== null) {
    return call.called === null ? ['count(*)'] : functionPieces(call.node, call.called, context);
  }
  if (expr.relation !== null) context.lose(expr, "an alias's relation is not part of SQL");
  if (expr.metadata.length > 0) context.lose(expr, "an alias's metadata is not part of SQL");
  const pieces: Piece[] = [expr.expr, ` AS ${identifier(expr.name)}`];
  if (isRoot) return pieces;
  context.lose(expr, 'SQL has no alias inside an expression');
  return ['(', ...pieces, ')'];
}

function binaryPieces(expr: ExprOf<'binary'>, context: NodeContext): Piece[] {
  const operator = operatorByName(expr.op);
  if (operator === undefined) {
    context.lose(expr, `the operator ${expr.op} is unknown`);
    return [`${quoted(expr.op)}(`, ...separated(expr.operands.map((operand) => [operand])), ')'];
  }
  if (REPLANNED.has(expr.op))
    context.lose(expr, `the SQL planner replaces ${operator.sql} between lists by a function`);
  if (UNREAD.has(expr.op)) context.lose(expr, `SQL doesn't read ${operator.sql} as an operator between expressions`);
  if (operator.chains || expr.operands.length === 2) {
    const pieces: Piece[] = [];
    expr.operands.forEach((operand, index) => {
      if (index > 0) pieces.push(` ${operator.sql} `);
      pieces.push(...wrapped(operand, operandNeedsParentheses(binding(operand, context), operator, index === 0)));
    });
    return pieces;
  }
  // `a = b = c` is another thing in other dialects: ((a = b) = c).
  const pieces: Piece[] = ['('.repeat(expr.operands.length - 2)];
  expr.operands.forEach((operand, index) => {
    if (index > 0) pieces.push(index > 1 ? ') ' : ' ', `${operator.sql} `);
    pieces.push(...wrapped(operand, operandNeedsParentheses(binding(operand, context), operator, index === 0)));
  });
  return pieces;
}

function patternPieces(expr: ExprOf<'like' | 'ilike' | 'similar_to'>, context: NodeContext): Piece[] {
  const pieces = [
    ...tested(expr.expr, context),
    ` ${expr.negated ? 'NOT ' : ''}${PATTERN_WORDS[expr.kind]} `,
    ...tested(expr.pattern, context),
  ];
  if (expr.escape === '') return pieces;
  if (!/^[\0-\x7f]$/.test(expr.escape)) context.lose(expr, 'SQL takes one ASCII character after ESCAPE');
  return [...pieces, ` ESCAPE ${stringLiteral(expr.escape)}`];
}

function casePieces(expr: ExprOf<'case'>): Piece[] {
  const pieces: Piece[] = ['CASE'];
  if (expr.expr !== null) pieces.push(' ', expr.expr);
  for (const branch of expr.whenThen) pieces.push(' WHEN ', branch.when, ' THEN ', branch.then);
  if (expr.otherwise !== null) pieces.push(' ELSE ', expr.otherwise);
  pieces.push(' END');
  return pieces;
}

/** The zone of a cast that SQL writes AT TIME ZONE: DataFusion reads it as a cast to nanoseconds in that zone. */
function zoneOf(expr: ExprOf<'cast' | 'try_cast'>): string | null {
  return expr.kind === 'cast' && expr.type.kind === 'Timestamp' && expr.type.unit === 'Nanosecond'
    ? expr.type.timezone
    : null;
}

function isText(expr: Expr): boolean {
  if (expr.kind === 'literal') return TEXT_KINDS.has(expr.value.kind);
  return (expr.kind === 'cast' || expr.kind === 'try_cast') && TEXT_KINDS.has(expr.type.kind);
}

function castPieces(expr: ExprOf<'cast' | 'try_cast'>, context: NodeContext): Piece[] {
  if (expr.nullable === false) context.lose(expr, 'a cast to a field that is not nullable is not part of SQL');
  if (expr.metadata.length > 0) context.lose(expr, "a cast's metadata is not part of SQL");
  const zone = zoneOf(expr);
  if (zone !== null) {
    // The engine plans no operator in front of AT TIME ZONE, only something in parentheses.
    const bare = binding(expr.expr, context).precedence === PRECEDENCE.primary;
    return [...wrapped(expr.expr, !bare), ` AT TIME ZONE ${stringLiteral(zone)}`];
  }
  if (expr.type.kind === 'Timestamp' && expr.type.unit === 'Nanosecond' && !isText(expr.expr)) {
    context.lose(expr, 'SQL reads a number that is cast to TIMESTAMP as seconds');
  }
  const isTry = expr.kind === 'try_cast';
  const name = sqlTypeName(expr.type);
  if (name !== null) return [`${isTry ? 'TRY_CAST' : 'CAST'}(`, expr.expr, ` AS ${name})`];
  const call = isTry ? 'arrow_try_cast' : 'arrow_cast';
  context.lose(expr, `SQL has no name for the type: ${call} stands for the cast`);
  return [`${call}(`, expr.expr, `, ${stringLiteral(formatDataType(expr.type))})`];
}

/** `called` is the name in the text: an alias of the function where the node stands under the alias that SQL gives it. */
function functionPieces(expr: FunctionNode, called: string, context: NodeContext): Piece[] {
  if (expr.definition !== null) context.lose(expr, `the definition of ${expr.name} is not part of SQL`);
  const facts = findFunction(expr.name, familyOf(expr));
  if (facts !== undefined && facts.name !== expr.name) {
    context.lose(expr, `SQL reads ${expr.name} as another name of ${facts.name}`);
  }
  switch (expr.kind) {
    case 'higher_order_function':
      if (!expr.args.some((arg) => arg.kind === 'lambda')) context.lose(expr, `SQL wants a lambda in ${expr.name}`);
      return callPieces(expr.args, called);
    case 'scalar_function':
      return callPieces(expr.args, called);
    case 'aggregate_function':
      return aggregatePieces(expr, called, facts, context);
    case 'window_function':
      return windowPieces(expr, called, context);
  }
}

function callPieces(args: readonly Expr[], called: string): Piece[] {
  return [`${functionName(called, args.length)}(`, ...separated(args.map((arg) => [arg])), ')'];
}

function aggregatePieces(
  expr: ExprOf<'aggregate_function'>,
  called: string,
  facts: FunctionFacts | undefined,
  context: NodeContext,
): Piece[] {
  if (expr.nullTreatment !== null && facts?.nullTreatment !== true) {
    context.lose(expr, `SQL takes no IGNORE NULLS or RESPECT NULLS on ${expr.name}`);
  }
  // The value to order comes from WITHIN GROUP, and SQL puts it before the arguments.
  const ordered = facts?.withinGroup === true && expr.orderBy.length > 0;
  const args = ordered ? expr.args.slice(1) : expr.args;
  const pieces: Piece[] = [`${functionName(called, args.length)}(${expr.distinct ? 'DISTINCT ' : ''}`];
  append(pieces, separated(args.map((arg) => [arg])));
  if (ordered) {
    if (expr.orderBy.length !== 1) context.lose(expr, 'WITHIN GROUP takes one sort key');
    pieces.push(') WITHIN GROUP (ORDER BY ', ...sortPieces(expr.orderBy), ')');
  } else {
    if (expr.orderBy.length > 0) {
      pieces.push(args.length > 0 ? ' ORDER BY ' : 'ORDER BY ', ...sortPieces(expr.orderBy));
    }
    pieces.push(')');
  }
  pushSuffixes(pieces, expr);
  return pieces;
}

function pushSuffixes(pieces: Piece[], expr: ExprOf<'aggregate_function' | 'window_function'>): void {
  if (expr.filter !== null) pieces.push(' FILTER (WHERE ', expr.filter, ')');
  if (expr.nullTreatment !== null) pieces.push(` ${expr.nullTreatment.replace('_', ' ')}`);
}

function windowPieces(expr: ExprOf<'window_function'>, called: string, context: NodeContext): Piece[] {
  if (expr.family === 'aggregate' && WINDOW_FIRST.has(expr.name)) {
    context.lose(expr, `SQL makes the window function ${expr.name} of it, not the aggregate`);
  }
  const pieces: Piece[] = [
    `${functionName(called, expr.args.length)}(${expr.distinct ? 'DISTINCT ' : ''}`,
    ...separated(expr.args.map((arg) => [arg])),
    ')',
  ];
  pushSuffixes(pieces, expr);
  const clauses: Piece[][] = [];
  if (expr.partitionBy.length > 0) {
    clauses.push(['PARTITION BY ', ...separated(expr.partitionBy.map((item) => standingAlone(item)))]);
  }
  if (expr.orderBy.length > 0) clauses.push(['ORDER BY ', ...sortPieces(expr.orderBy)]);
  const frame = frameText(expr);
  if (frame.loss !== null) context.lose(expr, frame.loss);
  if (frame.text !== '') clauses.push([frame.text]);
  pieces.push(' OVER (');
  clauses.forEach((clause, index) => {
    if (index > 0) pieces.push(' ');
    append(pieces, clause);
  });
  pieces.push(')');
  return pieces;
}

function placeholderPieces(expr: ExprOf<'placeholder'>, isRoot: boolean, context: NodeContext): Piece[] {
  if (expr.type !== null) context.lose(expr, "a placeholder's type is not part of SQL");
  else if (!isRoot) context.lose(expr, 'SQL gives a placeholder the type of what stands beside it');
  if (/^\$(?:[1-9][0-9]*|[A-Za-z_][A-Za-z0-9_]*)$/.test(expr.id)) return [expr.id];
  context.lose(expr, 'SQL placeholders are $1, $2, … or $name');
  return [`"$placeholder"(${stringLiteral(expr.id)})`];
}
