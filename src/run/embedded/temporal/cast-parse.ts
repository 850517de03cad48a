/** Text to dates, times, timestamps and intervals. */
import { type Column, isValid, type StringColumn, valueAt } from '../../../io/column.ts';
import { UNITS_PER_SECOND } from '../../../io/temporal-text.ts';
import { UTC, zoneOf } from '../../../io/zone.ts';
import { formatDataType } from '../../../wire/arrow/index.ts';
import type { DataType, TimeUnit } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { Failing } from '../cast/define.ts';
import { Int64Builder } from './int64.ts';
import { InstantParser, parseDate, parseTime } from './parse.ts';
import { parseInterval, toDayTime, toMonths } from './parse-interval.ts';

export function parseTemporal(column: StringColumn, to: DataType, safe: boolean): Column {
  switch (to.kind) {
    case 'Date32':
      return parseDays(column, to, safe);
    case 'Date64':
      return parseMillis(column, to, safe);
    case 'Time32':
    case 'Time64':
      return parseTimes(column, to, to.unit, safe);
    case 'Timestamp':
      return parseInstants(column, to, to.unit, to.timezone, safe);
    case 'Interval':
      return parseIntervals(column, to, to.unit, safe);
    default:
      throw new DfxError('DEFECT', `text to ${to.kind}`);
  }
}

function failingOf(column: StringColumn, to: DataType, safe: boolean, reason: (row: number) => string): Failing {
  const name = formatDataType(to);
  return new Failing(
    column,
    safe,
    (row) => `Cannot cast string '${String(valueAt(column, row))}' to value of ${name} type${reason(row)}`,
  );
}

function noReason(): string {
  return '';
}

function parseDays(column: StringColumn, to: DataType, safe: boolean): Column {
  const { length, offsets, data } = column;
  const failing = failingOf(column, to, safe, noReason);
  const values = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    const days = parseDate(data, offsets[row] ?? 0, offsets[row + 1] ?? 0, true);
    if (Number.isNaN(days)) failing.fail(row);
    else values[row] = days;
  }
  return { layout: 'numeric', type: to, length, validity: failing.validity(), values };
}

function parseMillis(column: StringColumn, to: DataType, safe: boolean): Column {
  const { length, offsets, data } = column;
  const failing = failingOf(column, to, safe, noReason);
  const parser = new InstantParser(UTC);
  const values = new Float64Array(length);
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    const from = offsets[row] ?? 0;
    const end = offsets[row + 1] ?? 0;
    if (end - from > 10) {
      if (parser.parse(data, from, end)) values[row] = parser.seconds * 1000 + Math.floor(parser.nanos / 1e6) + 0;
      else failing.fail(row);
    } else {
      const days = parseDate(data, from, end, false);
      if (Number.isNaN(days)) failing.fail(row);
      else values[row] = days * 86_400_000 + 0;
    }
  }
  return { layout: 'numeric', type: to, length, validity: failing.validity(), values };
}

const INTEGER = /^[+-]?\d+$/;

/** A time of day, or else a bare count of the unit. */
function parseTimes(column: StringColumn, to: DataType, unit: TimeUnit, safe: boolean): Column {
  const { length, offsets, data } = column;
  const failing = failingOf(column, to, safe, noReason);
  const nanosPerUnit = 1e9 / UNITS_PER_SECOND[unit];
  const narrow = to.kind === 'Time32';
  const small = narrow ? new Int32Array(length) : new Int32Array(0);
  const wide = new Int64Builder(narrow ? 0 : length);
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    const nanos = parseTime(data, offsets[row] ?? 0, offsets[row + 1] ?? 0);
    if (!Number.isNaN(nanos)) {
      if (narrow) small[row] = Math.floor(nanos / nanosPerUnit);
      else wide.put(row, Math.floor(nanos / nanosPerUnit));
      continue;
    }
    const text = String(valueAt(column, row));
    const count = INTEGER.test(text) ? BigInt(text.replace(/^\+/, '')) : null;
    if (count === null || BigInt.asIntN(narrow ? 32 : 64, count) !== count) failing.fail(row);
    else if (narrow) small[row] = Number(count);
    else wide.putBig(row, count);
  }
  const values = narrow ? small : wide.values();
  return { layout: 'numeric', type: to, length, validity: failing.validity(), values };
}

function parseInstants(
  column: StringColumn,
  to: DataType,
  unit: TimeUnit,
  timezone: string | null,
  safe: boolean,
): Column {
  const { length, offsets, data } = column;
  const zone = timezone === null ? UTC : zoneOf(timezone);
  if (zone === null) throw new DfxError('DEFECT', `a cast to the time zone ${JSON.stringify(timezone)}`);
  const parser = new InstantParser(zone);
  const failing = failingOf(column, to, safe, () => (parser.problem === '' ? '' : `: ${parser.problem}`));
  const perSecond = UNITS_PER_SECOND[unit];
  const nanosPerUnit = 1e9 / perSecond;
  const builder = new Int64Builder(length);
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    if (!parser.parse(data, offsets[row] ?? 0, offsets[row + 1] ?? 0)) {
      failing.fail(row);
      continue;
    }
    // A leap second counts on into the next one, but not in whole seconds.
    const more = perSecond === 1 ? 0 : Math.floor(parser.nanos / nanosPerUnit);
    if (!builder.putProduct(row, parser.seconds, perSecond, more)) {
      parser.problem = 'it lies outside of 1677-09-21T00:12:43.145224192 to 2262-04-11T23:47:16.854775807';
      failing.fail(row);
    }
  }
  return { layout: 'numeric', type: to, length, validity: failing.validity(), values: builder.values() };
}

function parseIntervals(
  column: StringColumn,
  to: DataType,
  unit: 'YearMonth' | 'DayTime' | 'MonthDayNano',
  safe: boolean,
): Column {
  const { length } = column;
  const failing = failingOf(column, to, safe, noReason);
  const months = new Int32Array(length);
  const days = new Int32Array(length);
  const rest = new Int64Builder(length);
  for (let row = 0; row < length; row++) {
    const text = valueAt(column, row);
    if (typeof text !== 'string') continue;
    if (unit === 'YearMonth') {
      const count = toMonths(parseInterval(text, 'year'));
      if (count === null) failing.fail(row);
      else months[row] = count;
    } else if (unit === 'DayTime') {
      const parts = toDayTime(parseInterval(text, 'day'));
      if (parts === null) failing.fail(row);
      else {
        days[row] = parts[0];
        rest.put(row, parts[1]);
      }
    } else {
      const parsed = parseInterval(text, 'month');
      if (parsed === null) failing.fail(row);
      else {
        months[row] = parsed.months;
        days[row] = parsed.days;
        rest.putBig(row, parsed.nanos);
      }
    }
  }
  const validity = failing.validity();
  if (unit === 'YearMonth') return { layout: 'numeric', type: to, length, validity, values: months };
  return { layout: 'interval', type: to, length, validity, months, days, rest: rest.values() };
}
