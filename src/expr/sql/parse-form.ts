/** Calls with a grammar of their own: CASE, CAST, EXTRACT, SUBSTRING, POSITION, TRIM, OVERLAY, CEIL and FLOOR. */
import { PRECEDENCE } from '../operators.ts';
import type { Cursor } from './cursor.ts';
import { unsupported } from './errors.ts';
import { parseExpr, parseSubexpr } from './parse.ts';
import { parseCall } from './parse-call.ts';
import { parseDateField } from './parse-interval.ts';
import { parseType } from './parse-type.ts';
import { parseValue } from './parse-value.ts';
import type { Syntax } from './syntax.ts';
import type { Token } from './tokens.ts';

/** Undefined where the word has no such grammar. A syntax error leaves the caller the reading as a plain call or column. */
export function parseForm(
  cursor: Cursor,
  keyword: string,
  token: Token & { readonly kind: 'word' },
): Syntax | undefined {
  const start = token.start;
  switch (keyword) {
    case 'CASE':
      return parseCase(cursor, start);
    case 'CAST':
    case 'TRY_CAST':
    case 'SAFE_CAST':
      return parseCast(cursor, keyword !== 'CAST', start);
    case 'CONVERT':
    case 'TRY_CONVERT':
      return parseConvert(cursor, keyword, start);
    case 'EXTRACT':
      return parseExtract(cursor, start);
    case 'SUBSTR':
    case 'SUBSTRING':
      return parseSubstring(cursor, start);
    case 'POSITION':
      return cursor.isOp('(') ? parsePosition(cursor, token) : undefined;
    case 'TRIM':
      return parseTrim(cursor, start);
    case 'OVERLAY':
      return parseOverlay(cursor, start);
    case 'CEIL':
    case 'FLOOR':
      return parseRounding(cursor, keyword === 'CEIL' ? 'ceil' : 'floor', start);
    default:
      return undefined;
  }
}

function parseCase(cursor: Cursor, start: number): Syntax {
  let operand: Syntax | null = null;
  if (!cursor.takeWords('WHEN')) {
    operand = parseExpr(cursor);
    cursor.expectWords('WHEN');
  }
  const branches: { when: Syntax; then: Syntax }[] = [];
  do {
    const when = parseExpr(cursor);
    cursor.expectWords('THEN');
    branches.push({ when, then: parseExpr(cursor) });
  } while (cursor.takeWords('WHEN'));
  const otherwise = cursor.takeWords('ELSE') ? parseExpr(cursor) : null;
  cursor.expectWords('END');
  return { kind: 'case', operand, branches, otherwise, start };
}

function parseCast(cursor: Cursor, safe: boolean, start: number): Syntax {
  cursor.expectOp('(');
  const expr = parseExpr(cursor);
  cursor.expectWords('AS');
  const type = parseType(cursor);
  const extra = cursor.takeOneOf(['ARRAY', 'FORMAT']);
  if (extra !== null)
    throw unsupported(`found ${extra} after the type of a cast, which the engine has no meaning for`, start);
  cursor.expectOp(')');
  // A cast in parentheses isn't part of a chain: the wrapper keeps it out of the operand loop.
  return { kind: 'nested', expr: { kind: 'cast', expr, type, safe, start }, start };
}

function parseConvert(cursor: Cursor, keyword: string, start: number): Syntax {
  cursor.expectOp('(');
  parseExpr(cursor);
  if (cursor.takeWords('USING')) cursor.ident();
  else {
    cursor.expectOp(',');
    parseType(cursor);
  }
  cursor.expectOp(')');
  return { kind: 'unsupported', what: keyword, start };
}

function form(name: string, args: readonly Syntax[], start: number): Syntax {
  return { kind: 'form', name, args, start };
}

function parseExtract(cursor: Cursor, start: number): Syntax {
  cursor.expectOp('(');
  const text = parseDateField(cursor);
  if (!cursor.takeWords('FROM') && !cursor.takeOp(',')) throw cursor.fail("FROM or ','");
  const expr = parseExpr(cursor);
  cursor.expectOp(')');
  const field: Syntax = { kind: 'value', value: { kind: 'string', text, style: 'single' }, start };
  return form('date_part', [field, expr], start);
}

function parseSubstring(cursor: Cursor, start: number): Syntax {
  cursor.expectOp('(');
  const expr = parseExpr(cursor);
  const from = cursor.takeOp(',') || cursor.takeWords('FROM') ? parseExpr(cursor) : null;
  const length = cursor.takeWords('FOR') || cursor.takeOp(',') ? parseExpr(cursor) : null;
  cursor.expectOp(')');
  if (from === null && length === null) return { kind: 'unsupported', what: 'SUBSTRING without FROM and FOR', start };
  const first: Syntax = from ?? { kind: 'value', value: { kind: 'number', text: '1', long: false }, start };
  return form('substr', length === null ? [expr, first] : [expr, first, length], start);
}

function parsePosition(cursor: Cursor, token: Token & { readonly kind: 'word' }): Syntax {
  const start = token.start;
  const sought = cursor.attempt((): Syntax => {
    cursor.expectOp('(');
    const part = parseSubexpr(cursor, PRECEDENCE.between);
    cursor.expectWords('IN');
    const whole = parseExpr(cursor);
    cursor.expectOp(')');
    return form('strpos', [whole, part], start);
  });
  return sought ?? parseCall(cursor, { text: token.text, quote: '' }, start);
}

function parseTrim(cursor: Cursor, start: number): Syntax {
  cursor.expectOp('(');
  const where = cursor.takeOneOf(['BOTH', 'LEADING', 'TRAILING']);
  const name = where === 'LEADING' ? 'ltrim' : where === 'TRAILING' ? 'rtrim' : 'btrim';
  const expr = parseExpr(cursor);
  if (cursor.takeWords('FROM')) {
    const whole = parseExpr(cursor);
    cursor.expectOp(')');
    return form(name, [whole, expr], start);
  }
  if (cursor.takeOp(',')) {
    // The engine keeps the first of the characters and forgets the side.
    const [characters] = cursor.list(() => parseExpr(cursor));
    cursor.expectOp(')');
    return form('btrim', characters === undefined ? [expr] : [expr, characters], start);
  }
  cursor.expectOp(')');
  return form(name, [expr], start);
}

function parseOverlay(cursor: Cursor, start: number): Syntax {
  cursor.expectOp('(');
  const expr = parseExpr(cursor);
  cursor.expectWords('PLACING');
  const what = parseExpr(cursor);
  cursor.expectWords('FROM');
  const args = [expr, what, parseExpr(cursor)];
  if (cursor.takeWords('FOR')) args.push(parseExpr(cursor));
  cursor.expectOp(')');
  return form('overlay', args, start);
}

function parseRounding(cursor: Cursor, name: 'ceil' | 'floor', start: number): Syntax {
  cursor.expectOp('(');
  const expr = parseExpr(cursor);
  let what: string | null = null;
  if (cursor.takeWords('TO')) {
    parseDateField(cursor);
    what = `${name.toUpperCase()} to a date or time field`;
  } else if (cursor.takeOp(',')) {
    const scale = parseValue(cursor);
    if (scale.kind !== 'number') throw cursor.fail('a number');
    what = `${name.toUpperCase()} with a scale`;
  }
  cursor.expectOp(')');
  return what === null ? form(name, [expr], start) : { kind: 'unsupported', what, start };
}
