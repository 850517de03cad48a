/** What an expression can start with. */
import { PRECEDENCE } from '../operators.ts';
import type { Cursor } from './cursor.ts';
import { syntax, unsupported } from './errors.ts';
import { parseExpr, parseSubexpr, refuseSubquery } from './parse.ts';
import { parseCall } from './parse-call.ts';
import { parseForm } from './parse-form.ts';
import { parseInterval } from './parse-interval.ts';
import { parseType, startsTypedString } from './parse-type.ts';
import { parseValue } from './parse-value.ts';
import type { Ident, Syntax } from './syntax.ts';
import type { Token } from './tokens.ts';

/** Words that can't be columns without quotes: where their form doesn't read, neither does the text. */
const RESERVED: ReadonlySet<string> = new Set(['EXISTS', 'INTERVAL', 'STRUCT', 'TRIM']);

export function parsePrefix(cursor: Cursor): Syntax {
  if (startsTypedString(cursor)) {
    const typed = cursor.attempt(() => parseTypedString(cursor));
    if (typed !== undefined) return typed;
  }
  const token = cursor.next();
  if (token.kind === 'word') return parseWord(cursor, token);
  const start = token.start;
  if (token.kind === 'op') return parsePunctuation(cursor, token.text, token);
  if (token.kind === 'end') throw cursor.fail('an expression', token);
  return { kind: 'value', value: parseValueAgain(cursor, token), start };
}

/** The value of a token that was taken already. */
function parseValueAgain(cursor: Cursor, token: Token) {
  if (token.kind === 'number') return { kind: 'number', text: token.text, long: token.long } as const;
  if (token.kind === 'string') return { kind: 'string', text: token.text, style: token.style } as const;
  if (token.kind === 'placeholder') return { kind: 'placeholder', text: token.text } as const;
  throw cursor.fail('a value', token);
}

/** `DATE '2020-01-01'`: any type but a foreign one, then a literal. */
function parseTypedString(cursor: Cursor): Syntax {
  const start = cursor.peek().start;
  const type = parseType(cursor);
  if (type.kind === 'named' && type.name === 'INTERVAL') return parseInterval(cursor, start);
  if (type.kind === 'named' && type.name.startsWith('CUSTOM ')) throw cursor.fail('a type');
  return { kind: 'typed', type, value: parseValue(cursor), start };
}

function parsePunctuation(cursor: Cursor, text: string, token: Token): Syntax {
  const start = token.start;
  switch (text) {
    case '-':
    case '+':
      return { kind: 'unary', op: text, expr: parseSubexpr(cursor, PRECEDENCE.multiply), start };
    case '~':
      return { kind: 'unary', op: '~', expr: parseSubexpr(cursor, PRECEDENCE.add), start };
    case '[':
      return parseArray(cursor, start);
    case '(':
      return parseParentheses(cursor, start);
    case '{':
      return parseBraces(cursor, start);
    case ':':
    case '@': {
      const next = cursor.next();
      const fits = next.kind === 'word' || (next.kind === 'number' && !next.long);
      if (!fits || next.start !== token.end) throw cursor.fail(`a name right after ${text}`, next);
      return { kind: 'value', value: { kind: 'placeholder', text: text + next.text }, start };
    }
    default:
      throw cursor.fail('an expression', token);
  }
}

function parseArray(cursor: Cursor, start: number): Syntax {
  const items = cursor.isOp(']') ? [] : cursor.list(() => parseExpr(cursor));
  cursor.expectOp(']');
  return { kind: 'array', items, start };
}

function parseParentheses(cursor: Cursor, start: number): Syntax {
  refuseSubquery(cursor);
  const items = cursor.list(() => parseExpr(cursor));
  cursor.expectOp(')');
  const [only] = items;
  return items.length === 1 && only !== undefined
    ? { kind: 'nested', expr: only, start }
    : { kind: 'tuple', items, start };
}

/** `{'a': 1}`, and the ODBC forms `{fn f(x)}`, `{d '…'}`, `{t '…'}`, `{ts '…'}`. */
function parseBraces(cursor: Cursor, start: number): Syntax {
  const odbc = cursor.attempt((): Syntax => {
    const word = cursor.next();
    if (word.kind !== 'word') throw cursor.fail('an ODBC form', word);
    if (word.keyword === 'FN') return parseCall(cursor, cursor.ident(), word.start);
    const name = new Map([
      ['t', 'TIME'],
      ['d', 'DATE'],
      ['ts', 'TIMESTAMP'],
    ]).get(word.text);
    if (name === undefined || word.quote !== '') throw cursor.fail('an ODBC form', word);
    const type = { kind: 'named', name, numbers: [], unsigned: false, zoned: false } as const;
    return { kind: 'typed', type, value: parseValue(cursor), start };
  });
  if (odbc !== undefined) {
    cursor.expectOp('}');
    return odbc;
  }
  const entry = () => {
    const key = cursor.ident('a key').text;
    cursor.expectOp(':');
    return { key, value: parseExpr(cursor) };
  };
  const items = cursor.isOp('}') ? [] : cursor.list(entry);
  cursor.expectOp('}');
  return { kind: 'dictionary', items, start };
}

function parseWord(cursor: Cursor, token: Token & { readonly kind: 'word' }): Syntax {
  const plain = () => parsePlainWord(cursor, token);
  if (token.quote !== '') return plain();
  const special = () => parseSpecialWord(cursor, token.keyword, token) ?? plain();
  return RESERVED.has(token.keyword) ? special() : cursor.either(special, plain);
}

function identOf(token: Token & { readonly kind: 'word' }): Ident {
  return { text: token.text, quote: token.quote };
}

function parsePlainWord(cursor: Cursor, token: Token & { readonly kind: 'word' }): Syntax {
  if (cursor.isOp('(')) return parseCall(cursor, identOf(token), token.start);
  const next = cursor.peek();
  if (token.text.startsWith('_') && next.kind === 'string' && (next.style === 'single' || next.style === 'hex')) {
    throw unsupported(
      `found the character set ${token.text} before a string, which the engine has no meaning for`,
      token.start,
    );
  }
  return { kind: 'ident', ident: identOf(token), start: token.start };
}

function bareCall(cursor: Cursor, token: Token & { readonly kind: 'word' }, withArgs: boolean): Syntax {
  if (withArgs && cursor.isOp('(')) return parseCall(cursor, identOf(token), token.start, false);
  return {
    kind: 'call',
    name: identOf(token),
    parentheses: false,
    args: [],
    distinct: false,
    orderBy: [],
    withinGroup: [],
    filter: null,
    nullTreatment: null,
    over: null,
    start: token.start,
  };
}

/** Words with a syntax of their own. Undefined for any other word. */
function parseSpecialWord(
  cursor: Cursor,
  keyword: string,
  token: Token & { readonly kind: 'word' },
): Syntax | undefined {
  const start = token.start;
  switch (keyword) {
    case 'TRUE':
    case 'FALSE':
      return { kind: 'value', value: { kind: 'boolean', value: keyword === 'TRUE' }, start };
    case 'NULL':
      return { kind: 'value', value: { kind: 'null' }, start };
    case 'CURRENT_CATALOG':
    case 'CURRENT_USER':
    case 'SESSION_USER':
    case 'USER':
      return bareCall(cursor, token, false);
    case 'CURRENT_TIMESTAMP':
    case 'CURRENT_TIME':
    case 'CURRENT_DATE':
    case 'LOCALTIME':
    case 'LOCALTIMESTAMP':
      return bareCall(cursor, token, true);
    case 'INTERVAL':
      return parseInterval(cursor, start);
    case 'NOT':
      if (cursor.keyword() === 'EXISTS') return parseExists(cursor, start);
      return { kind: 'unary', op: 'NOT', expr: parseSubexpr(cursor, PRECEDENCE.not), start };
    case 'EXISTS':
      return parseExists(cursor, start);
    case 'ARRAY':
      if (cursor.takeOp('[')) return parseArray(cursor, start);
      if (cursor.isOp('(')) return parseArrayQuery(cursor);
      return undefined;
    case 'MAP':
      return cursor.takeOp('{') ? parseMap(cursor, start) : undefined;
    case 'STRUCT':
      return parseStruct(cursor, start);
    default:
      return parseForm(cursor, keyword, token);
  }
}

function parseExists(cursor: Cursor, start: number): Syntax {
  cursor.takeWords('EXISTS');
  cursor.expectOp('(');
  refuseSubquery(cursor);
  throw syntax('found EXISTS without a query', start);
}

function parseArrayQuery(cursor: Cursor): undefined {
  cursor.expectOp('(');
  refuseSubquery(cursor);
  throw cursor.fail('a query');
}

function parseMap(cursor: Cursor, start: number): Syntax {
  const items: Syntax[] = [];
  const entry = () => {
    items.push(parseSubexpr(cursor, PRECEDENCE.pipe));
    cursor.expectOp(':');
    items.push(parseExpr(cursor));
  };
  if (!cursor.isOp('}')) cursor.list(entry);
  cursor.expectOp('}');
  return { kind: 'map', items, start };
}

function parseStruct(cursor: Cursor, start: number): Syntax {
  if (cursor.isOp('<'))
    throw unsupported('found STRUCT<…>(…), which the engine has no meaning for', start, 'Cast a struct instead.');
  cursor.expectOp('(');
  const items = cursor.list(() => {
    const expr = parseExpr(cursor);
    return { expr, name: cursor.takeWords('AS') ? cursor.ident() : null };
  });
  cursor.expectOp(')');
  return { kind: 'struct', items, start };
}
