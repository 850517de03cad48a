/** `+` and `-` of dates, times, timestamps, durations and intervals, on columns. */
import { type Column, isValid, type NumericColumn, type Values } from '../../../io/column.ts';
import {
  FIRST_SECOND as FIRST,
  LAST_SECOND as LAST,
  SECONDS_PER_DAY,
  UNITS_PER_SECOND,
} from '../../../io/temporal-text.ts';
import { UTC, zoneOf } from '../../../io/zone.ts';
import { formatDataType } from '../../../wire/arrow/index.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { bothValid, isNullScalar, numeric, type Vector } from '../vector.ts';
import { addInt64, bigAt, Instants, Int64Builder } from './int64.ts';
import { moveDay, moveOnCalendar, Spans } from './spans.ts';

/** Computes one row after the other of two operands; the row numbers are those of either side. */
export type Kernel = (left: Column, right: Column, rows: PairedRows) => Column;

interface PairedRows {
  readonly length: number;
  readonly validity: Uint8Array | null;
  readonly scalarLeft: boolean;
  readonly scalarRight: boolean;
  isRow(row: number): boolean;
}

/** Nulls, scalars and batches are the same for every kernel. */
export function pairwise(type: DataType, kernel: Kernel): (args: readonly Vector[], length: number) => Vector {
  return ([left, right], length) => {
    if (left === undefined || right === undefined)
      throw new DfxError('DEFECT', 'an operator with fewer than two operands');
    if (isNullScalar(left) || isNullScalar(right)) return { column: nullColumn(type, 1), scalar: true };
    const scalar = left.scalar && right.scalar;
    const validity = bothValid(left, right);
    const count = scalar ? 1 : length;
    const probe = {
      layout: 'boolean',
      type: { kind: 'Boolean' },
      length: count,
      validity,
      bits: new Uint8Array(0),
    } as const;
    const rows: PairedRows = {
      length: count,
      validity,
      scalarLeft: left.scalar,
      scalarRight: right.scalar,
      isRow: (row) => isValid(probe, row),
    };
    return { column: kernel(left.column, right.column, rows), scalar };
  };
}

function overflow(operation: string, column: Column, row: number): DfxError {
  const value = column.layout === 'numeric' ? ` ${column.values[row]}` : '';
  return new DfxError('EXECUTION', `${operation} of ${formatDataType(column.type)}${value} leaves its range`);
}

function numericColumn(type: DataType, rows: PairedRows, values: Values): NumericColumn {
  return { layout: 'numeric', type, length: rows.length, validity: rows.validity, values };
}

/** 64-bit counts of one unit: timestamps and durations. */
export function counts(type: DataType, subtract: boolean): Kernel {
  return (left, right, rows) => {
    const failed = (row: number): void => {
      throw overflow(subtract ? 'a difference' : 'a sum', left, rows.scalarLeft ? 0 : row);
    };
    const a = numeric(left).values;
    const b = numeric(right).values;
    const { length, scalarLeft, scalarRight } = rows;
    const values = addInt64(a, b, subtract, length, rows.isRow, failed, scalarLeft, scalarRight);
    return numericColumn(type, rows, values);
  };
}

/** Days between dates; milliseconds of Date64 wrap around. */
export function dayDifference(wide: boolean): Kernel {
  return (left, right, rows) => {
    const a = numeric(left).values;
    const b = numeric(right).values;
    const builder = new Int64Builder(rows.length);
    for (let row = 0; row < rows.length; row++) {
      if (!rows.isRow(row)) continue;
      const i = rows.scalarLeft ? 0 : row;
      const j = rows.scalarRight ? 0 : row;
      const x = a[i] ?? 0;
      const y = b[j] ?? 0;
      if (!wide) {
        builder.put(row, Number(x) - Number(y));
      } else if (typeof x === 'number' && typeof y === 'number' && Number.isSafeInteger(x - y)) {
        builder.put(row, Math.trunc((x - y - ((x - y) % 86_400_000)) / 86_400_000));
      } else {
        builder.putBig(row, BigInt.asIntN(64, BigInt(x) - BigInt(y)) / 86_400_000n);
      }
    }
    return numericColumn({ kind: 'Int64' }, rows, builder.values());
  };
}

/** A timestamp moved by an interval, rounded down to its unit. */
export function moveInstant(type: DataType & { kind: 'Timestamp' }, subtract: boolean): Kernel {
  const zone = type.timezone === null ? UTC : zoneOf(type.timezone);
  if (zone === null) throw new DfxError('DEFECT', `the time zone ${JSON.stringify(type.timezone)}`);
  const perSecond = UNITS_PER_SECOND[type.unit];
  const nanosPerUnit = 1e9 / perSecond;
  return (left, right, rows) => {
    const instants = new Instants(numeric(left).values, type.unit);
    const spans = new Spans(right, subtract);
    const builder = new Int64Builder(rows.length);
    const valid = rows.validity !== null;
    if (rows.scalarRight) spans.read(0);
    for (let row = 0; row < rows.length; row++) {
      if (valid && !rows.isRow(row)) continue;
      instants.read(rows.scalarLeft ? 0 : row);
      if (!rows.scalarRight) spans.read(row);
      let second = moveOnCalendar(instants.seconds, spans, zone) + spans.seconds;
      let nanos = instants.nanos + spans.nanos;
      if (nanos >= 1e9) {
        nanos -= 1e9;
        second++;
      }
      const inside = second >= FIRST && second <= LAST;
      if (!inside || !builder.putProduct(row, second, perSecond, Math.floor(nanos / nanosPerUnit))) {
        throw overflow('an interval from the', left, rows.scalarLeft ? 0 : row);
      }
    }
    return numericColumn(type, rows, builder.values());
  };
}

/** A date moved by the whole days of an interval. Date64 loses its time of day. */
export function moveDate(type: DataType, subtract: boolean): Kernel {
  return (left, right, rows) => {
    const { values } = numeric(left);
    const spans = new Spans(right, subtract);
    const wide = type.kind === 'Date64';
    const out = wide ? new Float64Array(rows.length) : new Int32Array(rows.length);
    if (rows.scalarRight) spans.read(0);
    for (let row = 0; row < rows.length; row++) {
      if (!rows.isRow(row)) continue;
      const i = rows.scalarLeft ? 0 : row;
      if (!rows.scalarRight) spans.read(row);
      const count = Number(values[i] ?? 0);
      const end = moveDay(wide ? Math.trunc(count / 86_400_000) : count, spans);
      if (Number.isNaN(end)) throw overflow('an interval from the', left, i);
      out[row] = wide ? end * 86_400_000 + 0 : end;
    }
    return numericColumn(type, rows, out);
  };
}

/** A time of day moved by the rest of an interval, around the clock. `timeLeft`: the other operand is the interval. */
export function moveTime(type: DataType & { kind: 'Time32' | 'Time64' }, subtract: boolean, timeLeft: boolean): Kernel {
  const perSecond = UNITS_PER_SECOND[type.unit];
  const nanosPerUnit = 1e9 / perSecond;
  const unitsPerDay = SECONDS_PER_DAY * perSecond;
  return (left, right, rows) => {
    const { values } = numeric(timeLeft ? left : right);
    const spans = new Spans(timeLeft ? right : left, subtract);
    const [scalarTime, scalarSpan] = timeLeft
      ? [rows.scalarLeft, rows.scalarRight]
      : [rows.scalarRight, rows.scalarLeft];
    const out = type.kind === 'Time32' ? new Int32Array(rows.length) : new Float64Array(rows.length);
    if (scalarSpan) spans.read(0);
    for (let row = 0; row < rows.length; row++) {
      if (!rows.isRow(row)) continue;
      if (!scalarSpan) spans.read(row);
      const value = values[scalarTime ? 0 : row] ?? 0;
      if (typeof value === 'bigint') {
        out[row] = wrappedTime(value, spans, BigInt(nanosPerUnit), BigInt(unitsPerDay));
        continue;
      }
      const time = value % unitsPerDay;
      const moved = time + (spans.seconds % SECONDS_PER_DAY) * perSecond + Math.floor(spans.nanos / nanosPerUnit);
      const around = moved % unitsPerDay;
      out[row] = (around < 0 ? around + unitsPerDay : around) + 0;
    }
    return numericColumn(type, rows, out);
  };
}

/** Counts that are no time of day wrap at 64 bits before they do around the clock. */
function wrappedTime(time: bigint, spans: Spans, nanosPerUnit: bigint, unitsPerDay: bigint): number {
  const nanos = (BigInt(spans.seconds) * 1_000_000_000n + BigInt(spans.nanos)) % (nanosPerUnit * unitsPerDay);
  const whole = nanos / nanosPerUnit - (nanos % nanosPerUnit < 0n ? 1n : 0n);
  const around = BigInt.asIntN(64, time + whole) % unitsPerDay;
  return Number(around < 0n ? around + unitsPerDay : around);
}

/** A part of an interval, unless it leaves its range. */
function interval32(value: number, column: Column, row: number): number {
  if (value < -2_147_483_648 || value > 2_147_483_647) throw overflow('arithmetic', column, row);
  return value;
}

type Parts = (out: IntervalParts, i: number, j: number, row: number) => void;

interface IntervalParts {
  readonly months: Int32Array;
  readonly days: Int32Array;
  readonly rest: Int64Builder;
}

function intervals(type: DataType, rows: PairedRows, parts: Parts): Column {
  const { length, validity } = rows;
  const out = { months: new Int32Array(length), days: new Int32Array(length), rest: new Int64Builder(length) };
  for (let row = 0; row < length; row++) {
    if (rows.isRow(row)) parts(out, rows.scalarLeft ? 0 : row, rows.scalarRight ? 0 : row, row);
  }
  if (type.kind === 'Interval' && type.unit === 'YearMonth') return numericColumn(type, rows, out.months);
  return { layout: 'interval', type, length, validity, months: out.months, days: out.days, rest: out.rest.values() };
}

function putRest(rest: Int64Builder, row: number, value: bigint, narrow: boolean, column: Column, at: number): void {
  if (BigInt.asIntN(narrow ? 32 : 64, value) !== value) throw overflow('arithmetic', column, at);
  rest.putBig(row, value);
}

/** Intervals of one unit, part by part. */
export function addIntervals(type: DataType & { kind: 'Interval' }, subtract: boolean): Kernel {
  const sign = subtract ? -1 : 1;
  return (left, right, rows) =>
    intervals(type, rows, (out, i, j, row) => {
      if (left.layout === 'numeric' && right.layout === 'numeric') {
        out.months[row] = interval32(Number(left.values[i] ?? 0) + sign * Number(right.values[j] ?? 0), left, i);
      } else if (left.layout === 'interval' && right.layout === 'interval') {
        out.months[row] = interval32((left.months[i] ?? 0) + sign * (right.months[j] ?? 0), left, i);
        out.days[row] = interval32((left.days[i] ?? 0) + sign * (right.days[j] ?? 0), left, i);
        const rest = bigAt(left.rest, i) + BigInt(sign) * bigAt(right.rest, j);
        putRest(out.rest, row, rest, type.unit === 'DayTime', left, i);
      }
    });
}
