/** INTERVAL literals and the fields of dates that they share with EXTRACT. */
import type { Cursor } from './cursor.ts';
import { unsupported } from './errors.ts';
import { parsePrefix } from './parse-prefix.ts';
import type { Syntax } from './syntax.ts';

const UNITS: ReadonlySet<string> = new Set([
  ...[
    'YEAR',
    'YEARS',
    'MONTH',
    'MONTHS',
    'WEEK',
    'WEEKS',
    'DAY',
    'DAYS',
    'HOUR',
    'HOURS',
    'MINUTE',
    'MINUTES',
    'SECOND',
  ],
  ...[
    'SECONDS',
    'CENTURY',
    'DECADE',
    'DOW',
    'DOY',
    'EPOCH',
    'ISODOW',
    'ISOYEAR',
    'JULIAN',
    'MICROSECOND',
    'MICROSECONDS',
  ],
  ...['MILLENIUM', 'MILLENNIUM', 'MILLISECOND', 'MILLISECONDS', 'NANOSECOND', 'NANOSECONDS', 'QUARTER', 'TIMEZONE'],
  ...['TIMEZONE_HOUR', 'TIMEZONE_MINUTE'],
]);

/** The fields that EXTRACT knows beside the units; any other name is passed on as it is written. */
const MORE_FIELDS: ReadonlySet<string> = new Set([
  ...['DAYOFWEEK', 'DAYOFYEAR', 'DATE', 'DATETIME', 'ISOWEEK', 'TIME', 'TIMEZONE_ABBR', 'TIMEZONE_REGION'],
]);

/** A field as the engine prints it: known ones in upper case, others as written, quotes and all. */
export function parseDateField(cursor: Cursor): string {
  const token = cursor.peek();
  const ident = cursor.ident('a date or time field');
  if (token.kind === 'word' && token.quote === '' && (UNITS.has(token.keyword) || MORE_FIELDS.has(token.keyword))) {
    if (token.keyword !== 'WEEK' || !cursor.takeOp('(')) return token.keyword;
    const day = cursor.ident();
    cursor.expectOp(')');
    return `WEEK(${day.quote}${day.text}${day.quote})`;
  }
  return `${ident.quote}${ident.text.replaceAll(ident.quote === '' ? '\0' : ident.quote, ident.quote + ident.quote)}${ident.quote}`;
}

/** After INTERVAL: a literal, perhaps with a sign, and perhaps a unit. */
export function parseInterval(cursor: Cursor, start: number): Syntax {
  const value = cursor.nested(() => parsePrefix(cursor));
  const keyword = cursor.keyword();
  const unit = UNITS.has(keyword) ? parseDateField(cursor) : null;
  if (cursor.isOp('('))
    throw unsupported('found a precision after an interval, which the engine has no meaning for', start);
  if (unit !== 'SECOND' && cursor.takeWords('TO')) {
    throw unsupported(
      'found TO after an interval, which the engine has no meaning for',
      start,
      'write the units in the string',
    );
  }
  return { kind: 'interval', value, unit, start };
}
