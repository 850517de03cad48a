/** `date_trunc` of timestamps and times. */
import { isValid, type NumericColumn } from '../../../io/column.ts';
import {
  type CivilDate,
  daysFromCivil,
  FIRST_SECOND,
  LAST_SECOND,
  SECONDS_PER_DAY,
  setCivilDate,
  UNITS_PER_SECOND,
} from '../../../io/temporal-text.ts';
import { type LocalOffsets, type Zone, zoneOf } from '../../../io/zone.ts';
import type { DataType, TimeUnit } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import type { ScalarFunction } from '../functions/define.ts';
import { plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, nullConstant } from '../simplify.ts';
import { isString } from '../types.ts';
import { isNullScalar, numeric, type Vector } from '../vector.ts';
import { weekday } from './functions-part.ts';
import { bigAt, Instants, Int64Builder } from './int64.ts';

/** Units a second, or seconds, that the value is cut to; for the others a calendar. */
const FINE = new Map([
  ['microsecond', 1e-6],
  ['millisecond', 1e-3],
  ['second', 1],
  ['minute', 60],
]);
const CLOCK = new Map([...FINE, ['hour', 3_600]]);
const CALENDAR = new Set(['day', 'week', 'month', 'quarter', 'year']);

const NANOSECONDS: DataType = { kind: 'Timestamp', unit: 'Nanosecond', timezone: null };

const dateTrunc: ScalarFunction = {
  name: 'date_trunc',
  aliases: ['datetrunc'],
  bind: ([name, given, ...others]) => {
    if (name === undefined || given === undefined || others.length > 0) {
      throw new Refusal('date_trunc', 'takes a precision and a value');
    }
    const text = plainValue(name);
    const to = typeof text === 'string' ? text.toLowerCase() : '';
    if (!CLOCK.has(to) && !CALENDAR.has(to)) throw new Refusal('date_trunc', 'takes its precision as a constant text');
    const { kind } = given.type;
    if (kind === 'Null') return nullConstant(NANOSECONDS);
    const value = isString(kind) || kind === 'Date32' || kind === 'Date64' ? castTo(given, NANOSECONDS) : given;
    const { type } = value;
    if (type.kind === 'Time32' || type.kind === 'Time64') {
      if (!CLOCK.has(to)) throw new Refusal('date_trunc', `doesn't cut a time to its ${to}`);
      return callNode({
        name: `date_trunc ${to}`,
        type,
        args: [value],
        mayFail: false,
        evaluate: ([vector]) => ({
          column: truncateTime(due(vector), type, CLOCK.get(to) ?? 1),
          scalar: scalarOf(vector),
        }),
      });
    }
    if (type.kind !== 'Timestamp') throw new Refusal('date_trunc', `doesn't take ${kind}`);
    const zone = type.timezone === null ? null : zoneOf(type.timezone);
    if (type.timezone !== null && zone === null) {
      throw new Refusal('date_trunc', `doesn't know the time zone ${JSON.stringify(type.timezone)}`);
    }
    // A calendar of nanoseconds cuts the others too.
    const fine = FINE.has(to) || (zone === null && (to === 'hour' || to === 'day'));
    const mayFail = !fine && type.unit !== 'Nanosecond';
    const { unit } = type;
    return callNode({
      name: `date_trunc ${to}`,
      type,
      args: [value],
      mayFail,
      evaluate: ([vector]) => {
        const scalar = scalarOf(vector);
        if (vector !== undefined && isNullScalar(vector)) return { column: nullColumn(type, 1), scalar };
        const column = due(vector);
        const seconds = to === 'day' ? SECONDS_PER_DAY : (CLOCK.get(to) ?? 1);
        if (fine && !scalar)
          return {
            column: truncateUnits(column, type, Math.round(UNITS_PER_SECOND[unit] * seconds * 1e6) / 1e6),
            scalar,
          };
        return { column: truncateCalendar(column, type, unit, to, zone), scalar };
      },
    });
  },
};

export const TRUNC_FUNCTIONS: readonly ScalarFunction[] = [dateTrunc];

function due(vector: Vector | undefined): NumericColumn {
  if (vector === undefined) throw new DfxError('DEFECT', 'date_trunc without a value');
  return numeric(vector.column);
}

function scalarOf(vector: Vector | undefined): boolean {
  return vector?.scalar === true;
}

/** Rounded down to a multiple of `units`, which may be less than one: then nothing is cut. Wraps around at 64 bits. */
function truncateUnits(column: NumericColumn, type: DataType, units: number): NumericColumn {
  if (units <= 1) return { ...column, type };
  const { length, validity, values } = column;
  const builder = new Int64Builder(length);
  if (values instanceof BigInt64Array && units % 1_000_000_000 === 0) {
    const instants = new Instants(values, 'Nanosecond');
    const step = units / 1_000_000_000;
    for (let row = 0; row < length; row++) {
      instants.read(row);
      const cut = Math.floor(instants.seconds / step) * step;
      if (!builder.putProduct(row, cut, 1_000_000_000, 0)) {
        builder.putBig(row, BigInt.asIntN(64, BigInt(cut) * 1_000_000_000n));
      }
    }
    return { layout: 'numeric', type, length, validity, values: builder.values() };
  }
  const big = BigInt(units);
  for (let row = 0; row < length; row++) {
    const value = values[row] ?? 0;
    if (typeof value === 'number') {
      const rest = value % units;
      builder.putProduct(row, 1, value - rest, rest < 0 ? -units : 0);
    } else {
      const rest = value % big;
      builder.putBig(row, BigInt.asIntN(64, value - rest - (rest < 0n ? big : 0n)));
    }
  }
  return { layout: 'numeric', type, length, validity, values: builder.values() };
}

const date: CivilDate = { year: 0, month: 1, day: 1 };

/** The local second that a local second is cut to; seconds of an hour and less without a calendar. */
function cutLocal(second: number, to: string): number {
  const step = CLOCK.get(to);
  if (step !== undefined) return step < 1 ? second : Math.floor(second / step) * step;
  const day = Math.floor(second / SECONDS_PER_DAY);
  if (to === 'day') return day * SECONDS_PER_DAY;
  if (to === 'week') return (day - weekday(day)) * SECONDS_PER_DAY;
  setCivilDate(date, day);
  const month = to === 'year' ? 1 : to === 'quarter' ? date.month - ((date.month - 1) % 3) : date.month;
  return daysFromCivil(date.year, month, 1) * SECONDS_PER_DAY;
}

const local: LocalOffsets = { count: 0, first: 0, second: 0 };

function offsetsOf(zone: Zone, second: number): number {
  zone.resolve(second, local);
  return local.count;
}

/** The instant that a cut local time stands for. A time that the clock left out is taken from three hours before it. */
function cutInZone(second: number, to: string, zone: Zone): number {
  const offset = zone.offsetAt(second);
  const cut = cutLocal(second + offset, to);
  const count = offsetsOf(zone, cut);
  if (count === 1) return cut - local.first;
  if (count === 2) return cut - (local.first === offset ? local.first : local.second);
  return offsetsOf(zone, cut - 10_800) === 1 ? cut - local.first : Number.NaN;
}

/** By the calendar, on nanoseconds: what these don't reach is an error. */
function truncateCalendar(
  column: NumericColumn,
  type: DataType,
  unit: TimeUnit,
  to: string,
  zone: Zone | null,
): NumericColumn {
  const { length, validity, values } = column;
  const perSecond = UNITS_PER_SECOND[unit];
  const instants = new Instants(values, unit);
  const builder = new Int64Builder(length);
  const step = CLOCK.get(to) ?? 1;
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    instants.read(row);
    const { seconds, nanos } = instants;
    const inside = withinNanos(seconds, nanos) && seconds >= FIRST_SECOND && seconds <= LAST_SECOND;
    const cut = !inside ? Number.NaN : zone === null ? cutLocal(seconds, to) : cutInZone(seconds, to, zone);
    // Single values are cut to parts of a second towards zero, where columns go down.
    if (inside && step < 1) {
      builder.putBig(row, towardsZero(bigAt(values, row), Math.round(perSecond * step)));
      continue;
    }
    if (!withinNanos(cut, 0) || !builder.putProduct(row, cut, perSecond, 0)) {
      throw new DfxError('EXECUTION', `Timestamp ${values[row]} out of range after truncating to ${to}`);
    }
  }
  return { layout: 'numeric', type, length, validity, values: builder.values() };
}

function towardsZero(value: bigint, units: number): bigint {
  return units <= 1 ? value : value - (value % BigInt(units));
}

function withinNanos(second: number, nanos: number): boolean {
  if (second > -9_223_372_037 && second < 9_223_372_036) return true;
  return (second === -9_223_372_037 && nanos >= 145_224_192) || (second === 9_223_372_036 && nanos <= 854_775_807);
}

/** Towards zero. */
function truncateTime(
  column: NumericColumn,
  type: DataType & { readonly unit: TimeUnit },
  seconds: number,
): NumericColumn {
  const units = Math.round(UNITS_PER_SECOND[type.unit] * seconds * 1e6) / 1e6;
  if (units <= 1) return { ...column, type };
  const { length, validity, values } = column;
  if (type.kind === 'Time32') {
    const out = Int32Array.from(values as Int32Array, (value) => value - (value % units));
    return { layout: 'numeric', type, length, validity, values: out };
  }
  const builder = new Int64Builder(length);
  for (let row = 0; row < length; row++) {
    const value = values[row] ?? 0;
    if (typeof value === 'number') builder.put(row, value - (value % units));
    else builder.putBig(row, value - (value % BigInt(units)));
  }
  return { layout: 'numeric', type, length, validity, values: builder.values() };
}
