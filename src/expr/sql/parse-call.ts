/** Function calls with everything that may stand in and after their parentheses. */
import type { Cursor } from './cursor.ts';
import { unsupported } from './errors.ts';
import { parseExpr } from './parse.ts';
import { parseInterval } from './parse-interval.ts';
import type {
  ArgumentSyntax,
  BoundSyntax,
  CallSyntax,
  FrameSyntax,
  Ident,
  SortSyntax,
  Syntax,
  WindowSyntax,
} from './syntax.ts';

type NullTreatment = CallSyntax['nullTreatment'];

interface Arguments {
  readonly args: readonly ArgumentSyntax[];
  readonly distinct: boolean;
  readonly orderBy: readonly SortSyntax[];
  readonly nullTreatment: NullTreatment;
}

const FOREIGN_CLAUSES = ['LIMIT', 'HAVING', 'SEPARATOR', 'RETURNING', 'ABSENT'];

/** The cursor stands at `(`. `clauses` false: nothing may follow the parentheses (the calls that need none). */
export function parseCall(cursor: Cursor, name: Ident, start: number, clauses = true): Syntax {
  cursor.expectOp('(');
  let inner = parseArguments(cursor);
  // `f(1)(2)`: the first list holds the parameters of a parametric aggregate, and the engine's planner forgets them.
  if (clauses && cursor.takeOp('(')) inner = parseArguments(cursor);
  const call = { kind: 'call', name, parentheses: true, start, ...inner } as const;
  if (!clauses) return { ...call, withinGroup: [], filter: null, over: null };
  const withinGroup = cursor.takeWords('WITHIN', 'GROUP') ? parseWithinGroup(cursor) : [];
  let filter: Syntax | null = null;
  if (cursor.takeWords('FILTER') && cursor.takeOp('(') && cursor.takeWords('WHERE')) {
    filter = parseExpr(cursor);
    cursor.expectOp(')');
  }
  const nullTreatment = inner.nullTreatment ?? parseNullTreatment(cursor);
  const over = cursor.takeWords('OVER') ? parseOver(cursor) : null;
  return { ...call, withinGroup, filter, nullTreatment, over };
}

function parseArguments(cursor: Cursor): Arguments {
  const first = cursor.peek();
  if (first.kind === 'word' && ['RETURNING', 'ABSENT'].includes(first.keyword) && cursor.keyword(1) !== '') {
    throw unsupported(`found ${first.text} in a call, which the engine has no meaning for`, first.start);
  }
  if (cursor.takeOp(')')) return { args: [], distinct: false, orderBy: [], nullTreatment: null };
  const quantity = cursor.takeOneOf(['ALL', 'DISTINCT']);
  if (quantity !== null && cursor.takeOneOf(['ALL', 'DISTINCT']) !== null) throw cursor.fail('an argument');
  const args = cursor.list(() => parseArgument(cursor));
  const nullTreatment = parseNullTreatment(cursor);
  const orderBy = cursor.takeWords('ORDER', 'BY') ? cursor.list(() => parseSort(cursor)) : [];
  const foreign = cursor.peek();
  if (foreign.kind === 'word' && (FOREIGN_CLAUSES.includes(foreign.keyword) || foreign.keyword === 'ON')) {
    throw unsupported(`found ${foreign.text} in a call, which the engine has no meaning for`, foreign.start);
  }
  cursor.expectOp(')');
  return { args, distinct: quantity === 'DISTINCT', orderBy, nullTreatment };
}

function parseArgument(cursor: Cursor): ArgumentSyntax {
  const named = cursor.attempt((): ArgumentSyntax => {
    const name = cursor.ident();
    if (!cursor.takeWords('VALUE') && !cursor.takeOp('=>') && !cursor.takeOp(':=')) throw cursor.fail('=>');
    return { name, expr: parseWildcardOrExpr(cursor) };
  });
  return named ?? { name: null, expr: parseWildcardOrExpr(cursor) };
}

function parseWildcardOrExpr(cursor: Cursor): Syntax {
  const start = cursor.peek().start;
  if (cursor.isOp('(') && cursor.isOp('*', 1) && cursor.isOp(')', 2)) {
    for (let i = 0; i < 3; i++) cursor.next();
    return { kind: 'wildcard', start };
  }
  if (cursor.takeOp('*')) {
    const option = cursor.takeOneOf(['EXCLUDE', 'EXCEPT', 'REPLACE', 'RENAME', 'ILIKE']);
    if (option !== null) throw unsupported(`found * ${option} in a call, which the engine has no meaning for`, start);
    return { kind: 'wildcard', start };
  }
  for (let at = 0; cursor.peek(at).kind === 'word' && cursor.isOp('.', at + 1); at += 2) {
    if (cursor.isOp('*', at + 2)) {
      throw unsupported('found a wildcard with a table, which only a query has', start, 'write * alone');
    }
  }
  return parseExpr(cursor);
}

function parseNullTreatment(cursor: Cursor): NullTreatment {
  const word = cursor.takeOneOf(['RESPECT', 'IGNORE']);
  if (word === null) return null;
  cursor.expectWords('NULLS');
  return word === 'RESPECT' ? 'RESPECT_NULLS' : 'IGNORE_NULLS';
}

function parseWithinGroup(cursor: Cursor): readonly SortSyntax[] {
  cursor.expectOp('(');
  cursor.expectWords('ORDER', 'BY');
  const orderBy = cursor.list(() => parseSort(cursor));
  cursor.expectOp(')');
  return orderBy;
}

function parseSort(cursor: Cursor): SortSyntax {
  const expr = parseExpr(cursor);
  const direction = cursor.takeOneOf(['ASC', 'DESC']);
  let nullsFirst: boolean | null = null;
  if (cursor.takeWords('NULLS', 'FIRST')) nullsFirst = true;
  else if (cursor.takeWords('NULLS', 'LAST')) nullsFirst = false;
  if (cursor.keyword() === 'WITH' && cursor.keyword(1) === 'FILL') {
    throw unsupported('found WITH FILL, which the engine has no meaning for', cursor.peek().start);
  }
  return { expr, asc: direction === null ? null : direction === 'ASC', nullsFirst };
}

const WINDOW_WORDS = ['PARTITION', 'ORDER', 'ROWS', 'RANGE', 'GROUPS'];

/** Named windows belong to a query: the engine's expression parser drops the name in silence, so they are refused here. */
function parseOver(cursor: Cursor): WindowSyntax {
  const first = cursor.peek();
  const hint = 'write the window out: OVER (PARTITION BY … ORDER BY …)';
  if (!cursor.takeOp('(')) {
    cursor.ident("'(' after OVER");
    throw unsupported('found a named window, which only a query can define', first.start, hint);
  }
  const word = cursor.peek();
  if (word.kind === 'word' && !WINDOW_WORDS.includes(word.keyword)) {
    throw unsupported('found a named window, which only a query can define', word.start, hint);
  }
  const partitionBy = cursor.takeWords('PARTITION', 'BY') ? cursor.list(() => parseExpr(cursor)) : [];
  const orderBy = cursor.takeWords('ORDER', 'BY') ? cursor.list(() => parseSort(cursor)) : [];
  const frame = cursor.isOp(')') ? null : parseFrame(cursor);
  cursor.expectOp(')');
  return { partitionBy, orderBy, frame };
}

function parseFrame(cursor: Cursor): FrameSyntax {
  const units = cursor.takeOneOf(['ROWS', 'RANGE', 'GROUPS']);
  if (units !== 'ROWS' && units !== 'RANGE' && units !== 'GROUPS') throw cursor.fail('ROWS, RANGE or GROUPS');
  if (!cursor.takeWords('BETWEEN')) return { units, start: parseBound(cursor), end: null };
  const start = parseBound(cursor);
  cursor.expectWords('AND');
  return { units, start, end: parseBound(cursor) };
}

function parseBound(cursor: Cursor): BoundSyntax {
  if (cursor.takeWords('CURRENT', 'ROW')) return { kind: 'CURRENT_ROW' };
  let value: Syntax | null = null;
  if (!cursor.takeWords('UNBOUNDED')) {
    const token = cursor.peek();
    // A string alone is an interval here.
    value =
      token.kind === 'string' && token.style === 'single' ? parseInterval(cursor, token.start) : parseExpr(cursor);
  }
  if (cursor.takeWords('PRECEDING')) return { kind: 'PRECEDING', value };
  if (cursor.takeWords('FOLLOWING')) return { kind: 'FOLLOWING', value };
  throw cursor.fail('PRECEDING or FOLLOWING');
}
