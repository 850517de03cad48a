/** `date_bin`: the start of the interval that an instant lies in. */
import { isValid, type NumericColumn } from '../../../io/column.ts';
import { type CivilDate, setCivilDate, UNITS_PER_SECOND } from '../../../io/temporal-text.ts';
import type { DataType, TimeUnit } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { Failing } from '../cast/define.ts';
import type { ScalarFunction } from '../functions/define.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, isNullConstant } from '../simplify.ts';
import { isString, sameType } from '../types.ts';
import { isNullScalar, numeric } from '../vector.ts';
import { MONTH_DAY_NANO } from './coerce.ts';
import { bigAt, Instants, Int64Builder } from './int64.ts';
import { shiftMonths } from './spans.ts';

/** A timestamp or a time. */
interface Binned {
  readonly kind: DataType['kind'];
  readonly unit: TimeUnit;
}

type Stride = { readonly months: number } | { readonly nanos: bigint };

const NANOSECONDS = { kind: 'Timestamp', unit: 'Nanosecond', timezone: null } as const;
const NANOS_PER_DAY = 86_400_000_000_000n;

const dateBin: ScalarFunction = {
  name: 'date_bin',
  bind: ([span, given, start, ...others]) => {
    if (span === undefined || given === undefined || others.length > 0) {
      throw new Refusal('date_bin', 'takes an interval, a value and an origin');
    }
    const [value, origin] = takenAs(given, isString(span.type.kind), start);
    const { type } = value;
    if (type.kind !== 'Timestamp' && type.kind !== 'Time32' && type.kind !== 'Time64') {
      throw new Refusal('date_bin', `doesn't take ${type.kind}`);
    }
    const wide = isString(span.type.kind) ? castTo(span, MONTH_DAY_NANO) : span;
    const from = originOf(origin, type);
    if (isNullConstant(wide)) throw new Refusal('date_bin', 'takes a constant interval');
    const stride = strideOf(wide);
    const isTime = type.kind !== 'Timestamp';
    if (isTime && ('months' in stride ? stride.months > 0 : stride.nanos >= NANOS_PER_DAY)) {
      throw new Refusal('date_bin', 'takes intervals of less than a day for a time');
    }
    if (isTime && 'months' in stride) throw new Refusal('date_bin', 'takes no months for a time');
    const bin = isTime ? binTimes(type, stride, from) : binInstants(type, type.unit, stride, from);
    return callNode({
      name: 'date_bin',
      type,
      nullable: true,
      args: [value],
      mayFail: false,
      evaluate: ([vector]) => {
        if (vector === undefined) throw new DfxError('DEFECT', 'date_bin without a value');
        if (isNullScalar(vector)) return { column: nullColumn(type, 1), scalar: true };
        return { column: bin(numeric(vector.column)), scalar: vector.scalar };
      },
    });
  },
};

export const BIN_FUNCTIONS: readonly ScalarFunction[] = [dateBin];

/**
 * Value and origin as the signature takes them: as they are where all types stand there (a zone never does), else as timestamps
 * in nanoseconds, whose rows of the signature come first: without zones where both have none, else each with its own or with UTC.
 */
function takenAs(given: Node, textSpan: boolean, start: Node | undefined): readonly [Node, Node | undefined] {
  const { kind } = given.type;
  if (kind === 'Time32' || kind === 'Time64') return [given, start];
  const zones = [given, start].map((node) => (node?.type.kind === 'Timestamp' ? node.type.timezone : null));
  if (zones.every((zone) => zone === null)) {
    const exact = kind === 'Timestamp' && !textSpan && (start === undefined || sameType(start.type, NANOSECONDS));
    if (exact) return [given, start];
    return [instant(given, NANOSECONDS), start === undefined ? undefined : instant(start, NANOSECONDS)];
  }
  const [value, origin] = [given, start].map((node, i) => {
    if (node?.type.kind === 'Utf8View') throw new Refusal('date_bin', 'takes no Utf8View beside a time zone');
    return node === undefined ? undefined : instant(node, { ...NANOSECONDS, timezone: zones[i] ?? '+00' });
  });
  return [value ?? given, origin];
}

function instant(node: Node, type: DataType): Node {
  const { kind } = node.type;
  if (!isString(kind) && kind !== 'Date32' && kind !== 'Date64' && kind !== 'Timestamp') {
    throw new Refusal('date_bin', `doesn't take ${kind}`);
  }
  return castTo(node, type);
}

/** Nanoseconds of the origin. */
function originOf(origin: Node | undefined, type: DataType & Binned): bigint {
  if (origin === undefined) return 0n;
  if (type.kind !== 'Timestamp' && !sameType(origin.type, type)) {
    throw new Refusal('date_bin', `takes an origin of the type ${type.kind}`);
  }
  if (origin.op !== 'constant' || isNullConstant(origin)) throw new Refusal('date_bin', 'takes a constant origin');
  const perUnit = 1_000_000_000n / BigInt(UNITS_PER_SECOND[type.kind === 'Timestamp' ? 'Nanosecond' : type.unit]);
  return bigAt(numeric(origin.value).values, 0) * perUnit;
}

function strideOf(span: Node): Stride {
  const { type } = span;
  if (type.kind !== 'Interval' || type.unit === 'YearMonth' || span.op !== 'constant') {
    throw new Refusal('date_bin', 'takes a constant interval');
  }
  const column = span.value;
  if (column.layout !== 'interval') throw new DfxError('DEFECT', 'an interval in another layout');
  const months = column.months[0] ?? 0;
  const days = BigInt(column.days[0] ?? 0);
  const rest = bigAt(column.rest, 0);
  if (months !== 0) {
    if (days !== 0n || rest !== 0n) throw new Refusal('date_bin', 'takes months without days and nanoseconds');
    return { months };
  }
  const nanos = days * NANOS_PER_DAY + rest * (type.unit === 'DayTime' ? 1_000_000n : 1n);
  if (nanos === 0n || BigInt.asIntN(64, nanos) !== nanos) throw new Refusal('date_bin', 'takes no such interval');
  return { nanos };
}

/** Null beyond 64 bits. */
function binNanos(source: bigint, stride: bigint, origin: bigint): bigint | null {
  const difference = source - origin;
  if (!fits(source) || !fits(difference)) return null;
  const rest = difference % stride;
  const whole = difference - rest;
  const down = difference < 0n && stride > 1n && rest !== 0n ? whole - stride : whole;
  return fits(down) && fits(origin + down) ? origin + down : null;
}

function fits(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

/** Seconds that are surely within nanoseconds of 64 bits. */
const SURE_SECONDS = 4_600_000_000;

function binInstants(
  type: DataType,
  unit: TimeUnit,
  stride: Stride,
  origin: bigint,
): (column: NumericColumn) => NumericColumn {
  const perSecond = UNITS_PER_SECOND[unit];
  const nanosPerUnit = 1_000_000_000n / BigInt(perSecond);
  const whole =
    'nanos' in stride && stride.nanos > 0n && stride.nanos % 1_000_000_000n === 0n && origin % 1_000_000_000n === 0n;
  const step = whole && 'nanos' in stride ? Number(stride.nanos / 1_000_000_000n) : 0;
  const start = Number(origin / 1_000_000_000n);
  return (column) => {
    const { length, values } = column;
    const instants = new Instants(values, unit);
    const builder = new Int64Builder(length);
    const nulls = new Failing(column, true, () => '');
    for (let row = 0; row < length; row++) {
      if (!isValid(column, row)) continue;
      instants.read(row);
      const { seconds } = instants;
      const difference = seconds - start;
      if (whole && Math.abs(seconds) < SURE_SECONDS && Math.abs(difference) < SURE_SECONDS && step < SURE_SECONDS) {
        builder.putProduct(row, start + Math.floor(difference / step) * step, perSecond, 0);
        continue;
      }
      const source = bigAt(values, row) * nanosPerUnit;
      const bin = 'nanos' in stride ? binNanos(source, stride.nanos, origin) : binMonths(source, stride.months, origin);
      if (bin === null) nulls.fail(row);
      else builder.putBig(row, bin / nanosPerUnit);
    }
    return { layout: 'numeric', type, length, validity: nulls.validity(), values: builder.values() };
  };
}

const date: CivilDate = { year: 0, month: 1, day: 1 };

function binMonths(source: bigint, stride: number, origin: bigint): bigint | null {
  if (!fits(source)) return null;
  const sourceDay = dayOf(source);
  const originDay = dayOf(origin);
  const ofDay = origin - BigInt(originDay) * NANOS_PER_DAY;
  const difference = monthOf(sourceDay) - monthOf(originDay);
  const rest = difference % stride;
  const whole = difference - rest - (difference < 0 && stride > 1 && rest !== 0 ? stride : 0);
  const at = (months: number): bigint | null => {
    const day = shiftMonths(originDay, months);
    return Number.isNaN(day) ? null : BigInt(day) * NANOS_PER_DAY + ofDay;
  };
  let bin = at(whole);
  if (bin !== null && bin > source) bin = at(whole - stride);
  return bin !== null && fits(bin) ? bin : null;
}

function dayOf(nanos: bigint): number {
  const rest = nanos % NANOS_PER_DAY;
  return Number((nanos - rest) / NANOS_PER_DAY) - (rest < 0n ? 1 : 0);
}

function monthOf(day: number): number {
  setCivilDate(date, day);
  return date.year * 12 + date.month;
}

function binTimes(type: DataType & Binned, stride: Stride, origin: bigint): (column: NumericColumn) => NumericColumn {
  const nanosPerUnit = 1_000_000_000n / BigInt(UNITS_PER_SECOND[type.unit]);
  return (column) => {
    const { length, values } = column;
    const nulls = new Failing(column, true, () => '');
    const small = new Int32Array(type.kind === 'Time32' ? length : 0);
    const wide = new Int64Builder(type.kind === 'Time32' ? 0 : length);
    for (let row = 0; row < length; row++) {
      if (!isValid(column, row)) continue;
      const bin = 'nanos' in stride ? binNanos(bigAt(values, row) * nanosPerUnit, stride.nanos, origin) : null;
      if (bin === null) {
        nulls.fail(row);
        continue;
      }
      const units = (bin % NANOS_PER_DAY) / nanosPerUnit;
      if (type.kind === 'Time32') small[row] = Number(BigInt.asIntN(32, units));
      else wide.putBig(row, units);
    }
    const out = type.kind === 'Time32' ? small : wide.values();
    return { layout: 'numeric', type, length, validity: nulls.validity(), values: out };
  };
}
