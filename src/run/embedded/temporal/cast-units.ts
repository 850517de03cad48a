/** Between dates, times, timestamps, durations and intervals: arrow-cast 59's arithmetic of units and zones. */
import { type Column, type IntervalColumn, isValid, type NumericColumn } from '../../../io/column.ts';
import { FIRST_SECOND, LAST_SECOND, SECONDS_PER_DAY, UNITS_PER_SECOND } from '../../../io/temporal-text.ts';
import { type LocalOffsets, zoneOf } from '../../../io/zone.ts';
import { formatDataType } from '../../../wire/arrow/index.ts';
import type { DataType, TimeUnit } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { Failing } from '../cast/define.ts';
import { beyond } from './cast-text.ts';
import { bigAt, Instants, Int64Builder } from './int64.ts';

const MILLIS_PER_DAY = 86_400_000;

function failingOf(column: Column, to: DataType, safe: boolean): Failing {
  return new Failing(
    column,
    safe,
    (row) =>
      `Cannot cast ${formatDataType(column.type)}${column.layout === 'numeric' ? ` ${column.values[row]}` : ''} to ${formatDataType(to)}: it doesn't fit`,
  );
}

/** Every value times `factor`; `wrapping` takes a product modulo 2^64. */
function multiplied(
  column: NumericColumn,
  to: DataType,
  factor: number,
  safe: boolean,
  wrapping = false,
): NumericColumn {
  const { length, values } = column;
  if (factor === 1) return { ...column, type: to };
  const failing = failingOf(column, to, safe);
  const builder = new Int64Builder(length);
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    const value = values[row] ?? 0;
    if (typeof value === 'number' && builder.putProduct(row, value, factor, 0)) continue;
    const product = BigInt(value) * BigInt(factor);
    const fitting = BigInt.asIntN(64, product);
    if (wrapping || fitting === product) builder.putBig(row, fitting);
    else failing.fail(row);
  }
  return { layout: 'numeric', type: to, length, validity: failing.validity(), values: builder.values() };
}

/** Every value divided by `divisor`, the rest dropped. */
function divided(column: NumericColumn, to: DataType, divisor: number): NumericColumn {
  const { length, values, validity } = column;
  const builder = new Int64Builder(length);
  const big = BigInt(divisor);
  for (let row = 0; row < length; row++) {
    const value = values[row] ?? 0;
    // The remainder of doubles is exact, and so is the quotient without it.
    if (typeof value === 'number') builder.put(row, (value - (value % divisor)) / divisor);
    else builder.putBig(row, value / big);
  }
  return { layout: 'numeric', type: to, length, validity, values: builder.values() };
}

/** From units of `from` a second to units of `to` a second. */
function rescaled(column: NumericColumn, to: DataType, units: readonly [TimeUnit, TimeUnit], safe: boolean) {
  const [from, into] = units.map((unit) => UNITS_PER_SECOND[unit]) as [number, number];
  return from > into ? divided(column, to, from / into) : multiplied(column, to, into / from, safe);
}

/** A 64-bit count as one of 32 bits. */
function narrowed(column: NumericColumn, to: DataType, safe: boolean): NumericColumn {
  const { length, values } = column;
  const failing = failingOf(column, to, safe);
  const out = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    const value = Number(values[row] ?? 0);
    if (value < -2_147_483_648 || value > 2_147_483_647) failing.fail(row);
    else out[row] = value;
  }
  return { layout: 'numeric', type: to, length, validity: failing.validity(), values: out };
}

/** Local times become the instants that they are in a zone. */
function placed(column: NumericColumn, unit: TimeUnit, timezone: string, safe: boolean): NumericColumn {
  const type: DataType = { kind: 'Timestamp', unit, timezone };
  const zone = zoneOf(timezone);
  if (zone === null) throw new DfxError('DEFECT', `the time zone ${JSON.stringify(timezone)}`);
  const { length } = column;
  const failing = failingOf(column, type, safe);
  const instants = new Instants(column.values, unit);
  const perSecond = UNITS_PER_SECOND[unit];
  const nanosPerUnit = 1e9 / perSecond;
  const local: LocalOffsets = { count: 0, first: 0, second: 0 };
  const builder = new Int64Builder(length);
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    instants.read(row);
    const { seconds, nanos } = instants;
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND) {
      failing.fail(row);
      continue;
    }
    zone.resolve(seconds, local);
    const utc = seconds - local.first;
    // chrono panics here, so that TRY_CAST fails too.
    if (utc < FIRST_SECOND || utc > LAST_SECOND) throw new DfxError('EXECUTION', beyond(column, row));
    if (local.count !== 1 || !builder.putProduct(row, utc, perSecond, nanos / nanosPerUnit)) failing.fail(row);
  }
  return { layout: 'numeric', type, length, validity: failing.validity(), values: builder.values() };
}

/** The local second of every instant. Throws where the instant is beyond the calendar, TRY_CAST or not. */
class LocalInstants extends Instants {
  private readonly zone;

  constructor(
    private readonly column: NumericColumn,
    unit: TimeUnit,
    timezone: string | null,
  ) {
    super(column.values, unit);
    this.zone = timezone === null ? null : zoneOf(timezone);
  }

  override read(row: number): void {
    super.read(row);
    if (!onCalendar(this.seconds)) throw new DfxError('EXECUTION', beyond(this.column, row));
    if (this.zone !== null) this.seconds += this.zone.offsetAt(this.seconds);
  }
}

function onCalendar(second: number): boolean {
  return second >= FIRST_SECOND && second <= LAST_SECOND;
}

function instantToDate(column: NumericColumn, unit: TimeUnit, timezone: string | null): NumericColumn {
  const { length, validity } = column;
  const instants = new LocalInstants(column, unit, timezone);
  const values = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    instants.read(row);
    if (!onCalendar(instants.seconds)) throw new DfxError('EXECUTION', beyond(column, row));
    values[row] = Math.floor(instants.seconds / SECONDS_PER_DAY);
  }
  return { layout: 'numeric', type: { kind: 'Date32' }, length, validity, values };
}

function instantToTime(column: NumericColumn, unit: TimeUnit, timezone: string | null, to: DataType, into: TimeUnit) {
  const { length, validity } = column;
  const instants = new LocalInstants(column, unit, timezone);
  const perSecond = UNITS_PER_SECOND[into];
  const nanosPerUnit = 1e9 / perSecond;
  const values = to.kind === 'Time32' ? new Int32Array(length) : new Float64Array(length);
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    instants.read(row);
    const { seconds, nanos } = instants;
    const second = seconds - Math.floor(seconds / SECONDS_PER_DAY) * SECONDS_PER_DAY;
    values[row] = second * perSecond + Math.floor(nanos / nanosPerUnit);
  }
  return { layout: 'numeric', type: to, length, validity, values } as const;
}

function timeToTime(column: NumericColumn, to: DataType, units: readonly [TimeUnit, TimeUnit], safe: boolean) {
  if (to.kind === 'Time64') {
    const [from, into] = [UNITS_PER_SECOND[units[0]], UNITS_PER_SECOND[units[1]]];
    return from > into ? divided(column, to, from / into) : multiplied(column, to, into / from, safe, true);
  }
  // Time32: arrow checks the product, and wraps the quotient of a Time64 at 2^32.
  const wide = rescaled(column, to, units, safe);
  if (column.type.kind === 'Time32' && UNITS_PER_SECOND[units[0]] < UNITS_PER_SECOND[units[1]]) {
    return narrowed(wide, to, safe);
  }
  const { length, validity } = wide;
  const values = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    const value = wide.values[row] ?? 0;
    values[row] = typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value;
  }
  return { layout: 'numeric', type: to, length, validity, values } as const;
}

/** Types differ; `can` of the family says that the cast is there. */
export function castUnits(column: NumericColumn | IntervalColumn, to: DataType, safe: boolean): Column {
  const { type } = column;
  if (column.layout === 'interval') return intervalTo(column, to, safe);
  switch (type.kind) {
    case 'Date32':
      if (to.kind === 'Date64') return multiplied(column, to, MILLIS_PER_DAY, safe);
      if (to.kind === 'Timestamp') {
        const factor = SECONDS_PER_DAY * UNITS_PER_SECOND[to.unit];
        return inZone(multiplied(column, { ...to, timezone: null }, factor, safe), to, safe);
      }
      break;
    case 'Date64':
      if (to.kind === 'Date32') return narrowed(divided(column, to, MILLIS_PER_DAY), to, safe);
      if (to.kind === 'Timestamp') {
        // TRY_CAST of a column wraps where this overflows: an error here.
        return inZone(rescaled(column, { ...to, timezone: null }, ['Millisecond', to.unit], false), to, safe);
      }
      break;
    case 'Timestamp':
      if (to.kind === 'Timestamp') {
        const timezone = type.timezone === null ? null : to.timezone;
        return inZone(rescaled(column, { ...to, timezone }, [type.unit, to.unit], safe), to, safe);
      }
      if (to.kind === 'Date32') return instantToDate(column, type.unit, type.timezone);
      if (to.kind === 'Date64') return rescaled(column, to, [type.unit, 'Millisecond'], safe);
      if (to.kind === 'Time32' || to.kind === 'Time64') {
        return instantToTime(column, type.unit, type.timezone, to, to.unit);
      }
      break;
    case 'Time32':
    case 'Time64':
      if (to.kind === 'Time32' || to.kind === 'Time64') return timeToTime(column, to, [type.unit, to.unit], safe);
      break;
    case 'Duration':
      if (to.kind === 'Duration') return rescaled(column, to, [type.unit, to.unit], safe);
      if (to.kind === 'Interval') {
        const nanos = rescaled(column, to, [type.unit, 'Nanosecond'], safe);
        return intervalOf(to, nanos, null, null, nanos.values as Float64Array | BigInt64Array);
      }
      break;
    case 'Interval':
      if (to.kind === 'Interval') return intervalOf(to, column, column.values as Int32Array, null, null);
      break;
  }
  throw new DfxError('DEFECT', `a cast from ${type.kind} to ${to.kind}`);
}

/** A timestamp without a zone gets the one of its new type, if that has one; every other is what it is. */
function inZone(column: NumericColumn, to: DataType & { kind: 'Timestamp' }, safe: boolean): NumericColumn {
  if (column.type.kind === 'Timestamp' && column.type.timezone === null && to.timezone !== null) {
    return placed(column, to.unit, to.timezone, safe);
  }
  return { ...column, type: to };
}

function intervalOf(
  type: DataType,
  { length, validity }: Column,
  months: Int32Array | null,
  days: Int32Array | null,
  rest: Float64Array | BigInt64Array | null,
): IntervalColumn {
  const zeros = new Int32Array(months === null || days === null ? length : 0);
  return {
    layout: 'interval',
    type,
    length,
    validity,
    months: months ?? zeros,
    days: days ?? zeros,
    rest: rest ?? new Float64Array(length),
  };
}

function intervalTo(column: IntervalColumn, to: DataType, safe: boolean): Column {
  const { length, validity, months, days, rest } = column;
  if (to.kind === 'Interval') {
    // DayTime to MonthDayNano.
    const millis: NumericColumn = { layout: 'numeric', type: column.type, length, validity, values: rest };
    return intervalOf(to, column, null, days, multiplied(millis, to, 1_000_000, false).values as Float64Array);
  }
  if (to.kind !== 'Duration') throw new DfxError('DEFECT', `a cast from Interval to ${to.kind}`);
  const failing = failingOf(column, to, safe);
  const perUnit = BigInt(1e9 / UNITS_PER_SECOND[to.unit]);
  const builder = new Int64Builder(length);
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    if (months[row] !== 0 || days[row] !== 0) failing.fail(row);
    else builder.putBig(row, bigAt(rest, row) / perUnit);
  }
  return { layout: 'numeric', type: to, length, validity: failing.validity(), values: builder.values() };
}
