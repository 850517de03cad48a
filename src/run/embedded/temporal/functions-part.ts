/** `date_part`, which `extract` becomes: parts of dates, times, timestamps, intervals and durations as DataFusion 55 gives them. */
import { type Column, isValid, type NumericColumn } from '../../../io/column.ts';
import {
  type CivilDate,
  daysFromCivil,
  FIRST_SECOND,
  LAST_SECOND,
  SECONDS_PER_DAY,
  setCivilDate,
  UNITS_PER_SECOND,
} from '../../../io/temporal-text.ts';
import { zoneOf } from '../../../io/zone.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { Failing } from '../cast/define.ts';
import type { ScalarFunction } from '../functions/define.ts';
import { plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo } from '../simplify.ts';
import { FLOAT64, INT32, INT64, isString } from '../types.ts';
import { isNullScalar, type Vector } from '../vector.ts';
import { Clock } from './cast-text.ts';
import { bigAt, Instants, Int64Builder } from './int64.ts';
import { intervalUnit } from './parse-interval.ts';

type Part =
  | 'year'
  | 'isoyear'
  | 'quarter'
  | 'month'
  | 'week'
  | 'day'
  | 'doy'
  | 'dow'
  | 'isodow'
  | 'hour'
  | 'minute'
  | 'second'
  | 'millisecond'
  | 'microsecond'
  | 'nanosecond'
  | 'epoch';

/** Null: the engine has no such part. */
function partOf(text: string): Part | null {
  // Quotes are taken off where there are two of them.
  const bare = /^['"][\s\S]*['"]$/.test(text) && text.length > 1 ? text.slice(1, -1) : text;
  const unit = intervalUnit(bare);
  if (unit !== undefined) return unit === 'century' || unit === 'decade' ? null : unit;
  const name = bare.toLowerCase();
  switch (name) {
    case 'qtr':
      return 'quarter';
    case 'isoyear':
    case 'quarter':
    case 'doy':
    case 'dow':
    case 'isodow':
    case 'epoch':
      return name;
    default:
      return null;
  }
}

const CLOCK_PARTS = new Set<Part>(['hour', 'minute', 'second', 'millisecond', 'microsecond', 'nanosecond', 'epoch']);
const SPAN_PARTS = new Set<Part>([...CLOCK_PARTS, 'week', 'day']);

/** Whether arrow-arith 59 has the part of the type. */
function hasPart(type: DataType, part: Part): boolean {
  switch (type.kind) {
    case 'Date32':
    case 'Date64':
    case 'Timestamp':
      return true;
    case 'Time32':
    case 'Time64':
      return CLOCK_PARTS.has(part);
    case 'Duration':
      return SPAN_PARTS.has(part);
    case 'Interval':
      if (type.unit === 'YearMonth') return part === 'year' || part === 'month' || part === 'epoch';
      return SPAN_PARTS.has(part) || (type.unit === 'MonthDayNano' && (part === 'year' || part === 'month'));
    default:
      return false;
  }
}

const datePart: ScalarFunction = {
  name: 'date_part',
  aliases: ['datepart'],
  bind: ([name, given, ...others]) => {
    if (name === undefined || given === undefined || others.length > 0) {
      throw new Refusal('date_part', 'takes the name of a part and a value');
    }
    const text = plainValue(name);
    const part = typeof text === 'string' && name.type.kind !== 'LargeUtf8' ? partOf(text) : null;
    if (part === null) throw new Refusal('date_part', 'takes the name of a part as a constant text');
    const value = isString(given.type.kind)
      ? castTo(given, { kind: 'Timestamp', unit: 'Nanosecond', timezone: null })
      : given;
    if (!hasPart(value.type, part)) throw new Refusal('date_part', `${part} of ${value.type.kind} isn't supported`);
    const type = part === 'epoch' ? FLOAT64 : part === 'nanosecond' ? INT64 : INT32;
    return callNode({
      name: `date_part ${part}`,
      type,
      nullable: value.nullable,
      args: [value],
      mayFail: false,
      evaluate: ([vector]) => {
        if (vector === undefined) throw new DfxError('DEFECT', 'date_part without a value');
        return evaluatePart(vector, part, type);
      },
    });
  },
};

export const PART_FUNCTIONS: readonly ScalarFunction[] = [datePart];

function evaluatePart(vector: Vector, part: Part, type: DataType): Vector {
  const { column, scalar } = vector;
  if (isNullScalar(vector)) return { column: nullColumn(type, 1), scalar };
  if (part === 'epoch') return { column: epoch(column), scalar };
  const read = readerOf(column, part);
  const { length } = column;
  const nulls = new Failing(column, true, () => '');
  if (type.kind === 'Int64') {
    const builder = new Int64Builder(length);
    for (let row = 0; row < length; row++) {
      if (!isValid(column, row)) continue;
      const value = read(row);
      if (Number.isNaN(value)) nulls.fail(row);
      else builder.putProduct(row, value, 1_000_000_000, read.more(row));
    }
    return {
      column: { layout: 'numeric', type, length, validity: nulls.validity(), values: builder.values() },
      scalar,
    };
  }
  const values = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    const value = read(row);
    if (Number.isNaN(value)) nulls.fail(row);
    else values[row] = value;
  }
  return { column: { layout: 'numeric', type, length, validity: nulls.validity(), values }, scalar };
}

/** The part of a row, NaN for a null; of nanoseconds the seconds, to which `more` adds. */
interface PartReader {
  (row: number): number;
  more(row: number): number;
}

function none(): number {
  return 0;
}

function readerOf(column: Column, part: Part): PartReader {
  const { type } = column;
  if (type.kind === 'Duration' || type.kind === 'Interval') return spanReader(column, part);
  if (column.layout !== 'numeric')
    throw new DfxError('DEFECT', `a part of ${type.kind} in the layout ${column.layout}`);
  if (type.kind === 'Time32' || type.kind === 'Time64') return clockReader(column, part);
  if (type.kind === 'Date32' && CLOCK_PARTS.has(part)) return Object.assign(none, { more: none });
  const subsecond = part === 'millisecond' || part === 'microsecond' || part === 'nanosecond';
  if (type.kind === 'Date64' && subsecond) return Object.assign(none, { more: none });
  return instantReader(column, part);
}

const date: CivilDate = { year: 0, month: 1, day: 1 };

function instantReader(column: NumericColumn, part: Part): PartReader {
  const { type, values } = column;
  const unit = type.kind === 'Timestamp' ? type.unit : type.kind === 'Date64' ? 'Millisecond' : 'Second';
  const instants = new Instants(values, unit);
  const zone = type.kind === 'Timestamp' && type.timezone !== null ? zoneOf(type.timezone) : null;
  const perRow = type.kind === 'Date32' ? SECONDS_PER_DAY : 1;
  const of = instantPart(part);
  const read = (row: number): number => {
    instants.read(row);
    const second = instants.seconds * perRow;
    if (!(second >= FIRST_SECOND && second <= LAST_SECOND)) return Number.NaN;
    return of(zone === null ? second : second + zone.offsetAt(second), instants.nanos);
  };
  return Object.assign(read, { more: () => instants.nanos });
}

function instantPart(part: Part): (second: number, nanos: number) => number {
  const day = (second: number): number => Math.floor(second / SECONDS_PER_DAY);
  const ofDay = (second: number): number => second - day(second) * SECONDS_PER_DAY;
  switch (part) {
    case 'year':
      return (second) => {
        setCivilDate(date, day(second));
        return date.year;
      };
    case 'quarter':
      return (second) => {
        setCivilDate(date, day(second));
        return Math.floor((date.month + 2) / 3);
      };
    case 'month':
      return (second) => {
        setCivilDate(date, day(second));
        return date.month;
      };
    case 'day':
      return (second) => {
        setCivilDate(date, day(second));
        return date.day;
      };
    case 'doy':
      return (second) => {
        setCivilDate(date, day(second));
        return day(second) - daysFromCivil(date.year, 1, 1) + 1;
      };
    case 'isoyear':
      return (second) => isoYear(day(second));
    case 'week':
      return (second) => isoWeek(day(second));
    case 'dow':
      return (second) => weekday(day(second) + 1);
    case 'isodow':
      return (second) => weekday(day(second)) + 1;
    case 'hour':
      return (second) => Math.floor(ofDay(second) / 3600);
    case 'minute':
      return (second) => Math.floor(ofDay(second) / 60) % 60;
    case 'millisecond':
      return (second, nanos) => (ofDay(second) % 60) * 1_000 + Math.floor(nanos / 1_000_000);
    case 'microsecond':
      return (second, nanos) => (ofDay(second) % 60) * 1_000_000 + Math.floor(nanos / 1_000);
    default:
      return (second) => ofDay(second) % 60;
  }
}

/** 0 for a Monday: 1970-01-01 was a Thursday. */
export function weekday(day: number): number {
  const from = (day + 3) % 7;
  return from < 0 ? from + 7 : from;
}

/** The year that the Thursday of the week lies in. */
export function isoYear(day: number): number {
  setCivilDate(date, day - weekday(day) + 3);
  return date.year;
}

export function isoWeek(day: number): number {
  const thursday = day - weekday(day) + 3;
  setCivilDate(date, thursday);
  return Math.floor((thursday - daysFromCivil(date.year, 1, 1)) / 7) + 1;
}

function clockReader(column: NumericColumn, part: Part): PartReader {
  const clock = new Clock(column);
  const of = instantPart(part);
  const read = (row: number): number => {
    // Clocks wrap at 2^32 seconds where they are shown; a part looks at the count itself.
    const value = Number(column.values[row] ?? 0);
    return value >= 0 && value < limit && clock.read(row) ? of(clock.second, clock.nanos) : Number.NaN;
  };
  const limit =
    'unit' in column.type && column.type.kind !== 'Interval' ? 86_400 * UNITS_PER_SECOND[column.type.unit] : 0;
  return Object.assign(read, { more: () => clock.nanos });
}

/** Whole units and the nanoseconds of an interval's clock or a duration, each cut off towards zero. */
function spanReader(column: Column, part: Part): PartReader {
  const { type } = column;
  if (column.layout === 'interval') {
    if (part === 'year' || part === 'month') {
      const month = (row: number): number => column.months[row] ?? 0;
      return plain((row) => (part === 'year' ? Math.trunc(month(row) / 12) : month(row) % 12) + 0);
    }
    if (part === 'day') return plain((row) => column.days[row] ?? 0);
    if (part === 'week') return plain((row) => Math.trunc((column.days[row] ?? 0) / 7) + 0);
    const perSecond = type.kind === 'Interval' && type.unit === 'DayTime' ? 1_000n : 1_000_000_000n;
    return spanClock((row) => bigAt(column.rest, row), perSecond, part, true);
  }
  if (column.layout !== 'numeric')
    throw new DfxError('DEFECT', `a part of ${type.kind} in the layout ${column.layout}`);
  if (type.kind === 'Interval') {
    const month = (row: number): number => Number(column.values[row] ?? 0);
    return plain((row) => (part === 'year' ? Math.trunc(month(row) / 12) : month(row) % 12) + 0);
  }
  const perSecond = type.kind === 'Duration' ? BigInt(UNITS_PER_SECOND[type.unit]) : 1n;
  return spanClock((row) => bigAt(column.values, row), perSecond, part, false);
}

function plain(read: (row: number) => number): PartReader {
  return Object.assign(read, { more: none });
}

const SECONDS_OF = { week: 604_800n, day: 86_400n, hour: 3_600n, minute: 60n } as const;

/** `clock`: hours of an interval, whose minutes and seconds start again at 60; durations go on. */
function spanClock(count: (row: number) => bigint, perSecond: bigint, part: Part, clock: boolean): PartReader {
  const narrow = (value: bigint): number => (BigInt.asIntN(32, value) === value ? Number(value) : Number.NaN);
  const second = (units: bigint): number => narrow(clock ? (units / perSecond) % 60n : units / perSecond);
  // Nanoseconds that 32 bits don't hold count as none.
  const nanos = (units: bigint): number => {
    const within = clock ? units % (60n * perSecond) : units;
    const value = narrow((within * 1_000_000_000n) / perSecond);
    return Number.isNaN(value) ? 0 : value;
  };
  switch (part) {
    case 'week':
    case 'day':
    case 'hour':
      return plain((row) => narrow(count(row) / (SECONDS_OF[part] * perSecond)));
    case 'minute':
      return plain((row) => narrow(clock ? (count(row) / (60n * perSecond)) % 60n : count(row) / (60n * perSecond)));
    case 'millisecond':
    case 'microsecond': {
      const factor = part === 'millisecond' ? 1_000 : 1_000_000;
      return plain((row) => {
        const units = count(row);
        const whole = second(units);
        if (Number.isNaN(whole)) return whole;
        return (Math.imul(whole, factor) + Math.trunc((nanos(units) % 1e9) / (1e9 / factor))) | 0;
      });
    }
    default:
      return Object.assign((row: number) => second(count(row)), { more: (row: number) => nanos(count(row)) });
  }
}

const SECONDS_PER_MONTH = 30 * SECONDS_PER_DAY;

function epoch(column: Column): Column {
  const { length, type } = column;
  const values = new Float64Array(length);
  const nulls = new Failing(column, true, () => '');
  if (column.layout === 'interval') {
    const perSecond = type.kind === 'Interval' && type.unit === 'DayTime' ? 1e3 : 1e9;
    for (let row = 0; row < length; row++) {
      const days = (column.days[row] ?? 0) * SECONDS_PER_DAY;
      const rest = Number(column.rest[row] ?? 0) / perSecond;
      values[row] = (column.months[row] ?? 0) * 30 * SECONDS_PER_DAY + days + rest;
    }
  } else if (column.layout === 'numeric' && type.kind === 'Duration') {
    const seconds = spanReader(column, 'second');
    for (let row = 0; row < length; row++) {
      if (!isValid(column, row)) continue;
      const second = seconds(row);
      if (Number.isNaN(second)) nulls.fail(row);
      else values[row] = second + (seconds.more(row) % 1e9) / 1e9;
    }
  } else if (column.layout === 'numeric') {
    const [times, by] = epochScale(type);
    for (let row = 0; row < length; row++) values[row] = (Number(column.values[row] ?? 0) * times) / by;
  }
  return { layout: 'numeric', type: FLOAT64, length, validity: nulls.validity(), values };
}

function epochScale(type: DataType): readonly [number, number] {
  switch (type.kind) {
    case 'Timestamp':
    case 'Time32':
    case 'Time64':
      return [1, UNITS_PER_SECOND[type.unit]];
    case 'Date64':
      return [1, 1_000];
    case 'Date32':
      return [SECONDS_PER_DAY, 1];
    default:
      return [SECONDS_PER_MONTH, 1];
  }
}
