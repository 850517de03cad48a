/** `to_timestamp` and its kin, `to_date`, `to_time`, `to_unixtime`, `from_unixtime`, `to_local_time`. */
import { isValid, type NumericColumn, type StringColumn, valueAt } from '../../../io/column.ts';
import { FIRST_SECOND, LAST_SECOND, UNITS_PER_SECOND } from '../../../io/temporal-text.ts';
import { UTC, type Zone, zoneOf } from '../../../io/zone.ts';
import type { DataType, TimeUnit } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { Failing } from '../cast/define.ts';
import type { ScalarFunction } from '../functions/define.ts';
import { type Node, plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, nullConstant } from '../simplify.ts';
import { INT32, INT64, isInteger, isString } from '../types.ts';
import { isNullScalar, numeric, strings, type Vector } from '../vector.ts';
import { beyond } from './cast-text.ts';
import { Instants, Int64Builder } from './int64.ts';
import { InstantParser, parseDate } from './parse.ts';
import { formatItems } from './strftime.ts';
import type { Moment } from './strftime-fields.ts';
import { FormatReader } from './strftime-read.ts';

const NANOSECONDS: DataType = { kind: 'Timestamp', unit: 'Nanosecond', timezone: null };
const SECONDS: DataType = { kind: 'Timestamp', unit: 'Second', timezone: null };
const DATE32: DataType = { kind: 'Date32' };

function stamp(unit: TimeUnit): DataType {
  return { kind: 'Timestamp', unit, timezone: null };
}

/** How one text becomes a value of a row; null where it is none. */
type Reading = (data: Uint8Array, from: number, to: number) => boolean;

/** Values of texts, of which each must be one. `put` gives false where the value doesn't fit. */
function convertTexts(
  name: string,
  type: DataType,
  value: Node,
  make: (length: number) => {
    readonly read: (column: StringColumn, row: number) => boolean;
    readonly values: () => NumericColumn['values'];
  },
): Node {
  return callNode({
    name,
    type,
    args: [value],
    mayFail: true,
    evaluate: ([vector]) => {
      if (vector === undefined) throw new DfxError('DEFECT', `${name} without a value`);
      return evaluateTexts(name, type, vector, make);
    },
  });
}

function evaluateTexts(
  name: string,
  type: DataType,
  vector: Vector,
  make: (length: number) => {
    readonly read: (column: StringColumn, row: number) => boolean;
    readonly values: () => NumericColumn['values'];
  },
): Vector {
  if (isNullScalar(vector)) return { column: nullColumn(type, 1), scalar: true };
  const column = strings(vector.column);
  const { length, validity } = column;
  const { read, values } = make(length);
  for (let row = 0; row < length; row++) {
    if (isValid(column, row) && !read(column, row)) {
      throw new DfxError('EXECUTION', `${name}: error parsing ${JSON.stringify(String(valueAt(column, row)))}`);
    }
  }
  return { column: { layout: 'numeric', type, length, validity, values: values() }, scalar: vector.scalar };
}

/** Nanoseconds cut to units towards zero; null beyond 64 bits of nanoseconds. */
function unitsOf(second: number, nanos: number, unit: TimeUnit): bigint | null {
  const whole = BigInt(second) * 1_000_000_000n + BigInt(nanos);
  if (BigInt.asIntN(64, whole) !== whole) return null;
  return whole / BigInt(1e9 / UNITS_PER_SECOND[unit]);
}

/** Seconds that are surely within nanoseconds of 64 bits, not negative: cutting is rounding down. */
const SURE_SECONDS = 9_000_000_000;

function putUnits(builder: Int64Builder, row: number, { second, nanos }: Moment, unit: TimeUnit): boolean {
  if (second >= 0 && second < SURE_SECONDS) {
    const perSecond = UNITS_PER_SECOND[unit];
    return builder.putProduct(row, second, perSecond, Math.floor(nanos / (1e9 / perSecond)));
  }
  const units = unitsOf(second, nanos, unit);
  if (units === null) return false;
  builder.putBig(row, units);
  return true;
}

interface Format {
  readonly reader: FormatReader;
  /** Where the format ends in the name of a time zone: what reads a text of several words without its last. */
  readonly zoned: FormatReader | null;
}

/** The formats that aren't null; `formats` after the value. */
function formatsOf(name: string, formats: readonly Node[]): readonly Format[] {
  const found: Format[] = [];
  for (const node of formats) {
    if (!isString(node.type.kind)) throw new Refusal(name, `takes its formats as texts, found ${node.type.kind}`);
    const text = plainValue(node);
    if (text === undefined) throw new Refusal(name, 'takes constant formats');
    if (typeof text === 'string') found.push(formatOf(name, text));
  }
  return found;
}

function formatOf(name: string, text: string): Format {
  const zoned = text.trimEnd().endsWith(' %Z');
  if (zoned && text.trimEnd() !== text) throw new Refusal(name, 'has space after %Z in its format');
  if (!zoned && text.includes('%Z')) throw new Refusal(name, 'has %Z elsewhere than at the end of its format');
  const reader = new FormatReader(formatItems(text));
  return { reader, zoned: zoned ? new FormatReader(formatItems(text.slice(0, -3))) : null };
}

/** The instant that the first fitting format reads. */
function readMoment(formats: readonly Format[], text: string): Moment | null {
  for (const { reader, zoned } of formats) {
    const trimmed = zoned === null ? text : text.trimEnd();
    const space = zoned === null ? -1 : trimmed.lastIndexOf(' ');
    let moment: Moment | null = null;
    if (zoned === null || space < 0) {
      moment = reader.read(text) ? reader.instant(null) : null;
    } else {
      const name = trimmed.slice(space + 1);
      // Names only, no offsets.
      const zone = /^[+-]/.test(name) ? null : zoneOf(name);
      moment = zone !== null && zoned.read(trimmed.slice(0, space)) ? zoned.instant(zone) : null;
    }
    if (moment !== null) return moment;
  }
  return null;
}

function textToTimestamp(name: string, unit: TimeUnit, value: Node, formats: readonly Node[]): Node {
  const type = stamp(unit);
  if (formats.length === 0) {
    return convertTexts(name, type, value, (length) => {
      const parser = new InstantParser(UTC);
      const builder = new Int64Builder(length);
      const read = ({ data, offsets }: StringColumn, row: number): boolean =>
        parser.parse(data, offsets[row] ?? 0, offsets[row + 1] ?? 0) &&
        putUnits(builder, row, { second: parser.seconds, nanos: parser.nanos }, unit);
      return { read, values: () => builder.values() };
    });
  }
  const found = formatsOf(name, formats);
  if (found.length === 0) return nullConstant(type);
  return convertTexts(name, type, value, (length) => {
    const builder = new Int64Builder(length);
    const read = (column: StringColumn, row: number): boolean =>
      found.some((format) => {
        const moment = readMoment([format], String(valueAt(column, row)));
        return moment !== null && putUnits(builder, row, moment, unit);
      });
    return { read, values: () => builder.values() };
  });
}

function checkArguments(name: string, args: readonly Node[]): readonly [Node, readonly Node[]] {
  const [value, ...formats] = args;
  if (value === undefined) throw new Refusal(name, 'takes a value');
  for (const format of formats) {
    if (!isString(format.type.kind)) throw new Refusal(name, `takes its formats as texts, found ${format.type.kind}`);
  }
  return [value, formats];
}

/** Double seconds as nanoseconds, as Rust's `as i64` takes them: cut, and held at the ends of 64 bits. */
function floatSeconds(value: Node): Node {
  return callNode({
    name: 'to_timestamp',
    type: NANOSECONDS,
    args: [castTo(value, { kind: 'Float64' })],
    mayFail: false,
    evaluate: ([vector]) => {
      if (vector === undefined) throw new DfxError('DEFECT', 'to_timestamp without a value');
      const column = numeric(vector.column);
      const { length, validity, values } = column;
      const builder = new Int64Builder(length);
      for (let row = 0; row < length; row++) {
        if (!isValid(column, row)) continue;
        const nanos = Number(values[row] ?? 0) * 1e9;
        if (Math.abs(nanos) <= Number.MAX_SAFE_INTEGER) builder.put(row, Math.trunc(nanos));
        else if (Number.isNaN(nanos)) builder.put(row, 0);
        else if (nanos >= 2 ** 63) builder.putBig(row, 2n ** 63n - 1n);
        else if (nanos <= -(2 ** 63)) builder.putBig(row, -(2n ** 63n));
        else builder.putBig(row, BigInt(Math.trunc(nanos)));
      }
      return {
        column: { layout: 'numeric', type: NANOSECONDS, length, validity, values: builder.values() },
        scalar: vector.scalar,
      };
    },
  });
}

const toTimestamp: ScalarFunction = {
  name: 'to_timestamp',
  bind: (args) => {
    const [value, formats] = checkArguments('to_timestamp', args);
    const { kind } = value.type;
    if (isString(kind)) return textToTimestamp('to_timestamp', 'Nanosecond', value, formats);
    if (isInteger(kind)) return castTo(castTo(value, SECONDS), NANOSECONDS);
    if (kind === 'Null' || kind === 'Timestamp') return castTo(value, NANOSECONDS);
    if (kind === 'Float32' || kind === 'Float64') return floatSeconds(value);
    throw new Refusal('to_timestamp', `doesn't take ${kind}`);
  },
};

function toUnit(name: string, unit: TimeUnit): ScalarFunction {
  return {
    name,
    bind: (args) => {
      const [value, formats] = checkArguments(name, args);
      const { kind } = value.type;
      if (isString(kind)) return textToTimestamp(name, unit, value, formats);
      if (isInteger(kind) || kind === 'Null' || kind === 'Timestamp' || kind.startsWith('Decimal')) {
        return castTo(value, stamp(unit));
      }
      if (kind === 'Float32' || kind === 'Float64') return castTo(castTo(value, INT64), stamp(unit));
      throw new Refusal(name, `doesn't take ${kind}`);
    },
  };
}

const toDate: ScalarFunction = {
  name: 'to_date',
  bind: (args) => {
    const [value, formats] = checkArguments('to_date', args);
    const { kind } = value.type;
    if (isString(kind)) return textToDate(value, formats);
    if (kind === 'Float32' || kind === 'Float64' || kind.startsWith('Decimal')) {
      return castTo(castTo(value, INT64), DATE32);
    }
    if (kind === 'Int32' || kind === 'Int64' || kind === 'Null') return castTo(value, DATE32);
    if (isInteger(kind)) return castTo(castTo(value, INT32), DATE32);
    if (kind === 'Date32' || kind === 'Date64' || kind === 'Timestamp') return castTo(value, DATE32);
    throw new Refusal('to_date', `doesn't take ${kind}`);
  },
};

function textToDate(value: Node, formats: readonly Node[]): Node {
  const found = formatsOf('to_date', formats);
  if (formats.length > 0 && found.length === 0) return nullConstant(DATE32);
  return convertTexts('to_date', DATE32, value, (length) => {
    const values = new Int32Array(length);
    const plain: Reading = (data, from, to) => {
      const days = parseDate(data, from, to, true);
      values[row] = days;
      return !Number.isNaN(days);
    };
    let row = 0;
    const read = (column: StringColumn, at: number): boolean => {
      row = at;
      if (formats.length === 0) return plain(column.data, column.offsets[at] ?? 0, column.offsets[at + 1] ?? 0);
      const moment = readMoment(found, String(valueAt(column, at)));
      // Milliseconds of a leap second count on into the next day.
      if (moment !== null) values[at] = Math.floor((moment.second + Math.floor(moment.nanos / 1e9)) / 86_400);
      return moment !== null;
    };
    return { read, values: () => values };
  });
}

const TIME_FORMATS = ['%H:%M:%S%.f', '%H:%M:%S', '%H:%M'];
const TIME64: DataType = { kind: 'Time64', unit: 'Nanosecond' };

const toTime: ScalarFunction = {
  name: 'to_time',
  bind: (args) => {
    const [value, formats] = checkArguments('to_time', args);
    const { kind } = value.type;
    if (kind === 'Null') return nullConstant(TIME64);
    if (kind === 'Timestamp') return castTo(value, TIME64);
    if (!isString(kind)) throw new Refusal('to_time', `doesn't take ${kind}`);
    const texts = formats.length === 0 ? TIME_FORMATS : formats.map(plainValue);
    if (texts.includes(undefined)) throw new Refusal('to_time', 'takes constant formats');
    const readers = texts.filter((text) => typeof text === 'string').map((text) => new FormatReader(formatItems(text)));
    return convertTexts('to_time', TIME64, value, (length) => {
      const values = new Float64Array(length);
      const read = (column: StringColumn, row: number): boolean => {
        const text = String(valueAt(column, row));
        for (const reader of readers) {
          const time = reader.read(text) ? reader.time() : null;
          if (time === null) continue;
          values[row] = time.second * 1e9 + time.nanos;
          return true;
        }
        return false;
      };
      return { read, values: () => values };
    });
  },
};

const toUnixtime: ScalarFunction = {
  name: 'to_unixtime',
  bind: (args) => {
    const [value, formats] = checkArguments('to_unixtime', args);
    const { type } = value;
    if (isString(type.kind)) return castTo(textToTimestamp('to_unixtime', 'Second', value, formats), INT64);
    if (formats.length > 0) throw new Refusal('to_unixtime', 'takes formats of texts only');
    switch (type.kind) {
      case 'Null':
      case 'Float32':
      case 'Float64':
        return castTo(value, INT64);
      case 'Date32':
      case 'Date64':
        return castTo(castTo(value, SECONDS), INT64);
      case 'Timestamp':
        return castTo(castTo(value, { ...type, unit: 'Second' }), INT64);
      default:
        if (isInteger(type.kind)) return castTo(value, INT64);
        throw new Refusal('to_unixtime', `doesn't take ${type.kind}`);
    }
  },
};

const fromUnixtime: ScalarFunction = {
  name: 'from_unixtime',
  bind: ([value, zone, ...others]) => {
    const kind = value?.type.kind ?? '';
    if (value === undefined || others.length > 0 || (!isInteger(kind) && kind !== 'Null') || kind === 'UInt64') {
      throw new Refusal('from_unixtime', 'takes an integer and the name of a time zone');
    }
    let timezone: string | null = null;
    if (zone !== undefined) {
      const text = plainValue(zone);
      if (typeof text !== 'string' || zoneOf(text) === null) {
        throw new Refusal('from_unixtime', 'takes its time zone as a constant text');
      }
      timezone = text;
    }
    return castTo(castTo(value, INT64), { kind: 'Timestamp', unit: 'Second', timezone });
  },
};

const toLocalTime: ScalarFunction = {
  name: 'to_local_time',
  bind: ([value, ...others]) => {
    if (value === undefined || others.length > 0) throw new Refusal('to_local_time', 'takes a timestamp');
    const { type } = value;
    if (type.kind === 'Null') return nullConstant(NANOSECONDS);
    if (type.kind !== 'Timestamp') throw new Refusal('to_local_time', `doesn't take ${type.kind}`);
    if (type.timezone === null) return value;
    const zone = zoneOf(type.timezone);
    if (zone === null)
      throw new Refusal('to_local_time', `doesn't know the time zone ${JSON.stringify(type.timezone)}`);
    const { unit } = type;
    const local = stamp(unit);
    return callNode({
      name: 'to_local_time',
      type: local,
      args: [value],
      mayFail: unit === 'Nanosecond' && !(zone.fixed && zone.offsetAt(0) === 0),
      evaluate: ([vector]) => {
        if (vector === undefined) throw new DfxError('DEFECT', 'to_local_time without a value');
        if (isNullScalar(vector)) return { column: nullColumn(local, 1), scalar: true };
        return { column: localTimes(numeric(vector.column), local, unit, zone), scalar: vector.scalar };
      },
    });
  },
};

function localTimes(column: NumericColumn, type: DataType, unit: TimeUnit, zone: Zone): NumericColumn {
  const { length, values } = column;
  const instants = new Instants(values, unit);
  const perSecond = UNITS_PER_SECOND[unit];
  const builder = new Int64Builder(length);
  const failing = new Failing(column, false, (row) => beyond(column, row));
  for (let row = 0; row < length; row++) {
    if (!isValid(column, row)) continue;
    instants.read(row);
    const { seconds, nanos } = instants;
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND) failing.fail(row);
    const shown = seconds + zone.offsetAt(seconds);
    if (shown < FIRST_SECOND || shown > LAST_SECOND) failing.fail(row);
    if (!builder.putProduct(row, shown, perSecond, nanos / (1e9 / perSecond))) failing.fail(row);
  }
  return { layout: 'numeric', type, length, validity: column.validity, values: builder.values() };
}

export const CONVERT_FUNCTIONS: readonly ScalarFunction[] = [
  toTimestamp,
  toUnit('to_timestamp_seconds', 'Second'),
  toUnit('to_timestamp_millis', 'Millisecond'),
  toUnit('to_timestamp_micros', 'Microsecond'),
  toUnit('to_timestamp_nanos', 'Nanosecond'),
  toDate,
  toTime,
  toUnixtime,
  fromUnixtime,
  toLocalTime,
];
