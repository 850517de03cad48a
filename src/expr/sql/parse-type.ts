/** SQL type names as sqlparser reads them. Which of them the engine takes is the planner's matter (types.ts). */
import type { Cursor } from './cursor.ts';
import { syntax } from './errors.ts';
import type { Ident, TypeSyntax } from './syntax.ts';

/** How the part in parentheses after a name is read. */
type Shape = 'none' | 'precision' | 'scale' | 'length';

const SHAPES: ReadonlyMap<string, Shape> = new Map(
  [
    ...[
      'BOOLEAN',
      'BOOL',
      'REAL',
      'FLOAT4',
      'FLOAT8',
      'FLOAT32',
      'FLOAT64',
      'INT16',
      'INT32',
      'INT64',
      'INT128',
      'INT256',
    ],
    ...[
      'UINT8',
      'UINT16',
      'UINT32',
      'UINT64',
      'UINT128',
      'UINT256',
      'HUGEINT',
      'UBIGINT',
      'UHUGEINT',
      'USMALLINT',
      'UTINYINT',
    ],
    ...['UUID', 'DATE', 'DATE32', 'JSON', 'JSONB', 'REGCLASS', 'TEXT', 'TINYTEXT', 'MEDIUMTEXT', 'LONGTEXT', 'BYTEA'],
    ...['TINYBLOB', 'MEDIUMBLOB', 'LONGBLOB', 'TRIGGER', 'TSVECTOR', 'TSQUERY', 'SIGNED', 'UNSIGNED'],
  ].map((name): [string, Shape] => [name, 'none']),
);

const PRECISION: ReadonlySet<string> = new Set([
  ...['TINYINT', 'SMALLINT', 'MEDIUMINT', 'INT', 'INT2', 'INT4', 'INT8', 'INTEGER', 'BIGINT', 'CLOB', 'BINARY', 'BLOB'],
  ...['BYTES', 'BIT', 'VARBIT', 'DATETIME', 'TIMESTAMP', 'TIMESTAMPTZ', 'TIMESTAMP_NTZ', 'TIME', 'TIMETZ', 'STRING'],
]);
const SCALE: ReadonlySet<string> = new Set([
  'FLOAT',
  'DOUBLE',
  'NUMERIC',
  'DECIMAL',
  'DEC',
  'BIGNUMERIC',
  'BIGDECIMAL',
]);
const LENGTH: ReadonlySet<string> = new Set(['VARCHAR', 'NVARCHAR', 'CHARACTER', 'CHAR', 'VARBINARY']);
/** The names after which UNSIGNED belongs to the type. */
const MAY_BE_UNSIGNED: ReadonlySet<string> = new Set([
  ...[
    'FLOAT',
    'REAL',
    'DOUBLE',
    'DOUBLE PRECISION',
    'DECIMAL',
    'DEC',
    'TINYINT',
    'SMALLINT',
    'MEDIUMINT',
    'INT',
    'INT2',
  ],
  ...['INT4', 'INT8', 'INTEGER', 'BIGINT'],
]);
const MAY_BE_SIGNED: ReadonlySet<string> = new Set(['TINYINT', 'SMALLINT', 'MEDIUMINT', 'INT', 'INTEGER', 'BIGINT']);

function shapeOf(name: string): Shape | undefined {
  if (PRECISION.has(name)) return 'precision';
  if (SCALE.has(name)) return 'scale';
  if (LENGTH.has(name)) return 'length';
  return SHAPES.get(name);
}

function named(name: string, numbers: readonly number[] = [], unsigned = false, zoned = false): TypeSyntax {
  return { kind: 'named', name, numbers, unsigned, zoned };
}

/** The rest of `(10)`, `(10, 2)`, `(MAX)` after a name; nothing where no parenthesis follows. */
function parameters(cursor: Cursor, shape: Shape): readonly number[] {
  if (shape === 'none' || !cursor.takeOp('(')) return [];
  const numbers: number[] = [];
  if (shape === 'length' && cursor.takeWords('MAX')) {
    numbers.push(0);
  } else {
    numbers.push(cursor.wholeNumber());
    if (shape === 'length') cursor.takeOneOf(['CHARACTERS', 'OCTETS']);
    if (shape === 'scale' && cursor.takeOp(',')) {
      const negative = cursor.takeOp('-');
      if (!negative) cursor.takeOp('+');
      const scale = cursor.wholeNumber();
      numbers.push(negative ? -scale : scale);
    }
  }
  cursor.expectOp(')');
  return numbers;
}

function zone(cursor: Cursor): boolean {
  if (cursor.takeWords('WITH')) {
    cursor.expectWords('TIME', 'ZONE');
    return true;
  }
  if (cursor.takeWords('WITHOUT')) cursor.expectWords('TIME', 'ZONE');
  return false;
}

const INTERVAL_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['YEAR', ['MONTH']],
  ['DAY', ['HOUR', 'MINUTE', 'SECOND']],
  ['HOUR', ['MINUTE', 'SECOND']],
  ['MINUTE', ['SECOND']],
  ['MONTH', []],
  ['SECOND', []],
]);

/** INTERVAL with `DAY TO HOUR` or a precision after it is a type that the engine refuses: told apart by a number. */
function interval(cursor: Cursor): TypeSyntax {
  let qualified = false;
  const first = cursor.takeOneOf([...INTERVAL_FIELDS.keys()]);
  if (first !== null) {
    qualified = true;
    const last = INTERVAL_FIELDS.get(first) ?? [];
    if (last.length > 0 && cursor.takeWords('TO') && cursor.takeOneOf(last) === null)
      throw cursor.fail(last.join(' or '));
  }
  const precision = parameters(cursor, 'precision');
  return named('INTERVAL', qualified ? [0, ...precision] : precision);
}

interface Parsed {
  readonly type: TypeSyntax;
  /** A `>>` was met where `>` was due: the outer type is closed too. */
  readonly closedOuter: boolean;
}

/** `>` or the first half of `>>`; `already` when the inner type took a whole `>>`. */
function closeAngle(cursor: Cursor, already: boolean): boolean {
  if (already) return false;
  if (cursor.takeOp('>')) return false;
  if (cursor.takeOp('>>')) return true;
  throw cursor.fail("'>'");
}

function struct(cursor: Cursor): Parsed {
  if (!cursor.takeOp('<')) return { type: { kind: 'struct', fields: [] }, closedOuter: false };
  const fields: { name: Ident | null; type: TypeSyntax }[] = [];
  for (;;) {
    const second = cursor.peek(1);
    const isNamed = cursor.peek().kind === 'word' && (second.kind === 'word' || cursor.isOp(':', 1));
    const name = isNamed ? cursor.ident() : null;
    if (isNamed) cursor.takeOp(':');
    const inner = parseNested(cursor);
    fields.push({ name, type: inner.type });
    if (inner.closedOuter || !cursor.takeOp(',')) {
      return { type: { kind: 'struct', fields }, closedOuter: closeAngle(cursor, inner.closedOuter) };
    }
  }
}

function simple(cursor: Cursor, keyword: string): TypeSyntax {
  let name = keyword;
  let shape = shapeOf(keyword);
  if (shape === undefined) throw cursor.fail('a data type');
  if (keyword === 'DOUBLE' && cursor.takeWords('PRECISION')) {
    name = 'DOUBLE PRECISION';
    shape = 'none';
  } else if (keyword === 'CHARACTER' || keyword === 'CHAR' || keyword === 'BIT') {
    if (cursor.takeWords('VARYING')) name = `${keyword} VARYING`;
    else if (keyword !== 'BIT' && cursor.takeWords('LARGE', 'OBJECT')) name = `${keyword} LARGE OBJECT`;
  } else if (keyword === 'SIGNED' || keyword === 'UNSIGNED') {
    if (cursor.takeWords('INTEGER')) name = `${keyword} INTEGER`;
  }
  const numbers = parameters(cursor, shape);
  const unsigned = MAY_BE_UNSIGNED.has(name) && cursor.takeWords('UNSIGNED');
  if (!unsigned && MAY_BE_SIGNED.has(name)) cursor.takeWords('SIGNED');
  const zoned = name === 'TIMESTAMP' || name === 'TIME' ? zone(cursor) : name === 'TIMESTAMPTZ' || name === 'TIMETZ';
  return named(name, numbers, unsigned, zoned);
}

function parseNested(cursor: Cursor): Parsed {
  return cursor.nested(() => {
    const token = cursor.next();
    if (token.kind !== 'word') throw cursor.fail('a data type', token);
    let closedOuter = false;
    let type: TypeSyntax;
    if (token.keyword === 'ARRAY') {
      cursor.expectOp('<');
      const inner = parseNested(cursor);
      closedOuter = closeAngle(cursor, inner.closedOuter);
      type = { kind: 'array', item: inner.type, size: null };
    } else if (token.keyword === 'STRUCT') {
      ({ type, closedOuter } = struct(cursor));
    } else if (token.keyword === 'INTERVAL') {
      type = interval(cursor);
    } else if (shapeOf(token.keyword) !== undefined && !(token.keyword === 'TEXT' && cursor.isOp('('))) {
      type = simple(cursor, token.keyword);
    } else {
      type = custom(cursor, token.text);
    }
    while (cursor.takeOp('[')) {
      const size = cursor.isOp(']') ? null : cursor.wholeNumber();
      cursor.expectOp(']');
      type = { kind: 'array', item: type, size };
    }
    return { type, closedOuter };
  });
}

/** Any other name, dotted and with anything in parentheses: a type of some other engine. */
function custom(cursor: Cursor, first: string): TypeSyntax {
  let name = first;
  while (cursor.takeOp('.')) name += `.${cursor.ident().text}`;
  if (cursor.takeOp('(')) {
    while (!cursor.takeOp(')')) {
      const token = cursor.next();
      const fits = token.kind === 'word' || token.kind === 'number' || token.kind === 'string';
      if (!fits && !(token.kind === 'op' && token.text === ',')) throw cursor.fail("')'", token);
    }
  }
  return named(`CUSTOM ${name}`);
}

/** A whole data type. */
export function parseType(cursor: Cursor): TypeSyntax {
  const start = cursor.peek().start;
  const { type, closedOuter } = parseNested(cursor);
  if (closedOuter) throw syntax("found '>>' after a type, expected '>'", start);
  return type;
}

/** Whether the next word can start a type that may stand before a string (`DATE '2020-01-01'`). */
export function startsTypedString(cursor: Cursor): boolean {
  const keyword = cursor.keyword();
  return shapeOf(keyword) !== undefined || keyword === 'STRUCT' || keyword === 'ARRAY' || keyword === 'INTERVAL';
}
