/**
 * Expressions by precedence, as sqlparser 0.62 reads them with DataFusion's default dialect. A loop takes the operators that
 * follow an operand, so that `a + 1 + …` nests in the tree but not in the parser.
 */

import type { UnaryKind } from '../model.ts';
import { operatorBySql, PRECEDENCE } from '../operators.ts';
import type { Cursor } from './cursor.ts';
import { syntax, unsupported } from './errors.ts';
import { parsePrefix } from './parse-prefix.ts';
import { parseSuffixes } from './parse-suffix.ts';
import { parseType } from './parse-type.ts';
import { parseValue } from './parse-value.ts';
import type { Syntax } from './syntax.ts';

/** Operators with another spelling in the text than in the table, or that the table leaves out since nothing plans them. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['==', '='],
  ['<>', '!='],
  ['<=>', 'IS NOT DISTINCT FROM'],
]);
/** Read as operators, and then refused by the engine's planner. */
const MEANINGLESS: ReadonlyMap<string, number> = new Map([
  ['&&', PRECEDENCE.pipe],
  ['^@', 50],
  [':=', PRECEDENCE.compare],
]);
/** Where only the precedence is known to sqlparser: the text stops being an expression there. */
const NO_INFIX: ReadonlyMap<string, number> = new Map([
  ['#', PRECEDENCE.caret],
  ['!', 50],
  ['[', 50],
  ['@', PRECEDENCE.pipe],
]);

const COMPARABLE: ReadonlySet<string> = new Set([
  ...['=', '!=', '<', '<=', '>', '>=', '~', '~*', '!~', '!~*', '~~', '~~*', '!~~', '!~~*'],
]);

const LIKE_WORDS: ReadonlySet<string> = new Set(['LIKE', 'ILIKE', 'SIMILAR', 'RLIKE', 'REGEXP', 'MATCH', 'MEMBER']);

function operatorPrecedence(cursor: Cursor): number {
  const token = cursor.peek();
  if (token.kind !== 'op') return 0;
  const text = token.text;
  if (text === '::') return 50;
  if (text === ':') {
    // Before a string or a number it separates the key and the value of a map.
    const next = cursor.peek(1);
    return next.kind === 'number' || (next.kind === 'string' && next.style === 'single') ? 0 : PRECEDENCE.pipe;
  }
  if (text === '<=>') return PRECEDENCE.compare;
  const known = operatorBySql(SPELLINGS.get(text) ?? text);
  return known?.precedence ?? MEANINGLESS.get(text) ?? NO_INFIX.get(text) ?? 0;
}

/** How tightly the next token binds to what stands before it; 0 where it doesn't continue an expression. */
function nextPrecedence(cursor: Cursor): number {
  const keyword = cursor.keyword();
  if (keyword === '') return operatorPrecedence(cursor);
  if (keyword === 'OR') return PRECEDENCE.or;
  if (keyword === 'AND') return PRECEDENCE.and;
  if (keyword === 'XOR') return 24;
  if (keyword === 'IS') return PRECEDENCE.is;
  if (keyword === 'IN' || keyword === 'BETWEEN' || keyword === 'OVERLAPS' || keyword === 'OPERATOR')
    return PRECEDENCE.between;
  if (keyword === 'DIV') return PRECEDENCE.multiply;
  if (keyword === 'AT') {
    return cursor.keyword(1) === 'TIME' && cursor.keyword(2) === 'ZONE' ? PRECEDENCE.atTimeZone : 0;
  }
  if (keyword === 'NOT') {
    const next = cursor.keyword(1);
    if (next === 'IN' || next === 'BETWEEN') return PRECEDENCE.between;
    if (next === 'NULL') return PRECEDENCE.is;
    return LIKE_WORDS.has(next) ? PRECEDENCE.like : 0;
  }
  return LIKE_WORDS.has(keyword) ? PRECEDENCE.like : 0;
}

/** An expression whose operators all bind tighter than `precedence`. */
export function parseSubexpr(cursor: Cursor, precedence: number): Syntax {
  return cursor.nested(() => {
    let expr = parseSuffixes(cursor, parsePrefix(cursor));
    if (cursor.keyword() === 'COLLATE')
      throw unsupported('found COLLATE, which the engine has no meaning for', cursor.peek().start);
    for (;;) {
      const next = nextPrecedence(cursor);
      if (precedence >= next) return expr;
      expr = parseInfix(cursor, expr, next);
    }
  });
}

export function parseExpr(cursor: Cursor): Syntax {
  return parseSubexpr(cursor, PRECEDENCE.lowest);
}

/** The refusal of `(SELECT …`, wherever an expression may hold one. */
export function refuseSubquery(cursor: Cursor): void {
  const keyword = cursor.keyword();
  if (keyword !== 'SELECT' && keyword !== 'WITH') return;
  const hint = 'run the query first, or write the expression without it';
  throw unsupported('found a subquery, which no expression payload can carry', cursor.peek().start, hint);
}

function parseInfix(cursor: Cursor, left: Syntax, precedence: number): Syntax {
  const token = cursor.next();
  const start = token.start;
  if (token.kind === 'op') {
    if (token.text === '::') return { kind: 'cast', expr: left, type: parseType(cursor), safe: false, start };
    if (token.text === ':') return parseJson(cursor, left, start);
    if (MEANINGLESS.has(token.text)) {
      parseSubexpr(cursor, precedence);
      return { kind: 'unsupported', what: `the operator ${token.text}`, start };
    }
    if (NO_INFIX.has(token.text)) throw cursor.fail('an operator or the end of the expression', token);
    const sql = SPELLINGS.get(token.text) ?? token.text;
    return parseBinary(cursor, left, sql, precedence, start);
  }
  const keyword = token.kind === 'word' ? token.keyword : '';
  switch (keyword) {
    case 'AND':
    case 'OR':
      return parseBinary(cursor, left, keyword, precedence, start);
    case 'XOR':
      return parseBinary(cursor, left, '^', precedence, start);
    case 'IS':
      return parseIs(cursor, left, start);
    case 'AT':
      cursor.expectWords('TIME', 'ZONE');
      return { kind: 'at_time_zone', expr: left, zone: parseSubexpr(cursor, precedence), start };
    case 'OVERLAPS':
      parseSubexpr(cursor, precedence);
      return { kind: 'unsupported', what: 'OVERLAPS', start };
    case 'OPERATOR':
      throw unsupported('found OPERATOR(…), which the engine has no meaning for', start);
    case 'NOT':
    case 'IN':
    case 'BETWEEN':
    case 'LIKE':
    case 'ILIKE':
    case 'SIMILAR':
    case 'RLIKE':
    case 'REGEXP':
    case 'MEMBER':
      return parsePredicate(cursor, left, keyword, start);
    default:
      throw cursor.fail('an operator or the end of the expression', token);
  }
}

function parseBinary(cursor: Cursor, left: Syntax, sql: string, precedence: number, start: number): Syntax {
  const quantifier = cursor.takeOneOf(['ANY', 'ALL', 'SOME']);
  if (quantifier === null) {
    const right = parseSubexpr(cursor, precedence);
    const op = operatorBySql(sql)?.name;
    if (op === undefined) throw unsupported(`found the operator ${sql}, which the engine has no meaning for`, start);
    return { kind: 'binary', op, left, right, start };
  }
  cursor.expectOp('(');
  refuseSubquery(cursor);
  const right = parseSubexpr(cursor, precedence);
  cursor.expectOp(')');
  if (!COMPARABLE.has(sql)) throw syntax(`found ${sql} before ${quantifier}, expected a comparison`, start);
  return { kind: quantifier === 'ALL' ? 'all' : 'any', op: sql, left, right, start };
}

const TESTS: readonly (readonly [readonly string[], UnaryKind])[] = [
  [['NULL'], 'is_null'],
  [['NOT', 'NULL'], 'is_not_null'],
  [['TRUE'], 'is_true'],
  [['NOT', 'TRUE'], 'is_not_true'],
  [['FALSE'], 'is_false'],
  [['NOT', 'FALSE'], 'is_not_false'],
  [['UNKNOWN'], 'is_unknown'],
  [['NOT', 'UNKNOWN'], 'is_not_unknown'],
];

function parseIs(cursor: Cursor, expr: Syntax, start: number): Syntax {
  for (const [words, test] of TESTS) if (cursor.takeWords(...words)) return { kind: 'test', test, expr, start };
  // Everything after FROM, AND and OR too, is the right side.
  if (cursor.takeWords('DISTINCT', 'FROM')) {
    return { kind: 'binary', op: 'IsDistinctFrom', left: expr, right: parseExpr(cursor), start };
  }
  if (cursor.takeWords('NOT', 'DISTINCT', 'FROM')) {
    return { kind: 'binary', op: 'IsNotDistinctFrom', left: expr, right: parseExpr(cursor), start };
  }
  const at = cursor.position();
  cursor.takeWords('NOT');
  cursor.takeOneOf(['NFC', 'NFD', 'NFKC', 'NFKD']);
  if (cursor.takeWords('NORMALIZED')) return { kind: 'unsupported', what: 'IS NORMALIZED', start };
  throw at === cursor.position()
    ? cursor.fail('NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM')
    : cursor.fail('NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM after NOT');
}

/** `first` is the keyword that was taken: NOT, or the predicate itself. */
function parsePredicate(cursor: Cursor, expr: Syntax, first: string, start: number): Syntax {
  const negated = first === 'NOT';
  const after = negated ? cursor.peek() : null;
  const keyword = after === null ? first : cursor.keyword();
  if (after !== null) cursor.next();
  switch (keyword) {
    case 'NULL':
      return { kind: 'test', test: 'is_not_null', expr, start };
    case 'IN':
      return parseIn(cursor, expr, negated, start);
    case 'BETWEEN': {
      const low = parseSubexpr(cursor, PRECEDENCE.between);
      cursor.expectWords('AND');
      const high = parseSubexpr(cursor, PRECEDENCE.between);
      return { kind: 'between', expr, negated, low, high, start };
    }
    case 'LIKE':
    case 'ILIKE': {
      const any = cursor.takeWords('ANY');
      const pattern = parseSubexpr(cursor, PRECEDENCE.like);
      const mark = cursor.takeWords('ESCAPE') ? parseValue(cursor) : null;
      return { kind: keyword === 'LIKE' ? 'like' : 'ilike', expr, negated, any, pattern, escape: mark, start };
    }
    case 'SIMILAR': {
      cursor.expectWords('TO');
      const pattern = parseSubexpr(cursor, PRECEDENCE.like);
      const mark = cursor.takeWords('ESCAPE') ? parseValue(cursor) : null;
      return { kind: 'similar_to', expr, negated, any: false, pattern, escape: mark, start };
    }
    case 'RLIKE':
    case 'REGEXP':
      parseSubexpr(cursor, PRECEDENCE.like);
      return { kind: 'unsupported', what: keyword, start };
    case 'MEMBER':
      throw unsupported('found MEMBER OF, which the engine has no meaning for', start);
    default:
      throw cursor.fail('IN, BETWEEN, LIKE, ILIKE or SIMILAR TO', after ?? cursor.peek());
  }
}

function parseIn(cursor: Cursor, expr: Syntax, negated: boolean, start: number): Syntax {
  if (cursor.takeWords('UNNEST')) throw unsupported('found IN UNNEST, which the engine has no meaning for', start);
  cursor.expectOp('(');
  refuseSubquery(cursor);
  const keyword = cursor.keyword();
  if (['FROM', 'VALUES', 'TABLE'].includes(keyword) && !cursor.isOp(',', 1) && !cursor.isOp(')', 1)) {
    throw unsupported(`found IN (${keyword} …), a query, which no expression payload can carry`, start);
  }
  const list = cursor.list(() => parseExpr(cursor));
  cursor.expectOp(')');
  return { kind: 'in', expr, negated, list, start };
}

/** `a:b.c`: a path into a variant, handed to the engine as text. */
function parseJson(cursor: Cursor, expr: Syntax, start: number): Syntax {
  let path = '';
  for (;;) {
    if (cursor.isOp('[')) throw unsupported('found a path with brackets after :, expected names', cursor.peek().start);
    const token = cursor.next();
    if (token.kind !== 'word') throw cursor.fail('a name after the colon', token);
    path += token.quote === '' ? token.text : `"${token.text.replaceAll('"', '""')}"`;
    if (!cursor.takeOp('.')) break;
    path += '.';
  }
  if (cursor.isOp('[')) throw unsupported('found a path with brackets after :, expected names', cursor.peek().start);
  return { kind: 'json', expr, path, start };
}
