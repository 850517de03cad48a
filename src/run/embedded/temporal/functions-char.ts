/** `to_char` (`date_format`): dates, times and timestamps by a chrono format, durations in words. */
import { type Column, isValid, type NumericColumn, valueAt } from '../../../io/column.ts';
import { FIRST_SECOND, isoDurationText, LAST_SECOND, SECONDS_PER_DAY } from '../../../io/temporal-text.ts';
import { zoneOf } from '../../../io/zone.ts';
import type { DataType, TimeUnit } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { buildStrings } from '../cast/text-sink.ts';
import type { ScalarFunction } from '../functions/define.ts';
import { materialize } from '../gather.ts';
import { type Node, plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, nullInstead } from '../simplify.ts';
import { isString, UTF8 } from '../types.ts';
import { isNullScalar, numeric, type Vector } from '../vector.ts';
import {
  beyond,
  Clock,
  FRACTION_DIGITS,
  type PutRow,
  type RowWriter,
  temporalText,
  writtenColumn,
} from './cast-text.ts';
import { bigAt, Instants } from './int64.ts';
import { formatItems } from './strftime.ts';
import { ItemWriter, unwritable, type Written } from './strftime-write.ts';

const toChar: ScalarFunction = {
  name: 'to_char',
  aliases: ['date_format'],
  bind: ([given, format, ...others]) => {
    if (given === undefined || format === undefined || others.length > 0) {
      throw new Refusal('to_char', 'takes a value and a format');
    }
    if (!isString(format.type.kind) && format.type.kind !== 'Null')
      throw new Refusal('to_char', 'takes its format as a text');
    const value = takenValue(given, format);
    const has = writtenOf(value.type);
    const text = plainValue(format);
    if (text === null) return nullInstead('to_char', UTF8, [value]);
    if (has !== null && text !== undefined) {
      const missing = unwritable(formatItems(String(text)), has);
      if (missing !== null) throw new Refusal('to_char', `can't write ${missing} of ${value.type.kind}`);
    }
    return callNode({
      name: 'to_char',
      type: UTF8,
      args: [value, castTo(format, UTF8)],
      mayFail: has !== null && text === undefined,
      evaluate: evaluateToChar,
    });
  },
};

export const CHAR_FUNCTIONS: readonly ScalarFunction[] = [toChar];

/** The value as the signature takes it: timestamps with a zone, or with a format of another type of text, in nanoseconds. */
function takenValue(given: Node, format: Node): Node {
  const { type } = given;
  const wide = (timezone: string): DataType => ({ kind: 'Timestamp', unit: 'Nanosecond', timezone });
  switch (type.kind) {
    case 'Date32':
    case 'Date64':
    case 'Time32':
    case 'Time64':
    case 'Duration':
      return given;
    case 'Timestamp':
      if (type.timezone !== null) return castTo(given, wide(type.timezone));
      return format.type.kind === 'Utf8' ? given : castTo(given, wide('+00'));
    case 'Utf8':
    case 'LargeUtf8':
      return castTo(given, wide('+00'));
    case 'Utf8View':
      return castTo(given, { kind: 'Timestamp', unit: 'Nanosecond', timezone: null });
    default:
      throw new Refusal('to_char', `doesn't take ${type.kind}`);
  }
}

/** Null for durations, which formats don't write. */
function writtenOf(type: DataType): Written | null {
  switch (type.kind) {
    case 'Time32':
    case 'Time64':
      return { date: false, time: true, offset: false };
    case 'Timestamp':
      return { date: true, time: true, offset: type.timezone !== null };
    case 'Duration':
      return null;
    default:
      return { date: true, time: true, offset: false };
  }
}

function evaluateToChar([value, format]: readonly Vector[], length: number): Vector {
  if (value === undefined || format === undefined) throw new DfxError('DEFECT', 'to_char without its arguments');
  if (isNullScalar(value) || isNullScalar(format)) return { column: nullColumn(UTF8, 1), scalar: true };
  const scalar = value.scalar && format.scalar;
  const column = numeric(scalar ? value.column : materialize(value, length));
  const formats = format.scalar ? null : format.column;
  const both: Column = formats === null ? column : ({ ...column, validity: bothValid(column, formats) } as Column);
  if (column.type.kind === 'Duration') {
    const { unit } = column.type;
    const texts = temporalText(column, 'Utf8');
    const text = buildStrings('Utf8', both, (row) => {
      const iso = isIso(String(valueAt(format.column, formats === null ? 0 : row)));
      return iso ? isoText(bigAt(column.values, row), unit) : String(valueAt(texts, row));
    });
    return { column: text, scalar };
  }
  if (formats === null) {
    const writer = rowWriter(column, String(valueAt(format.column, 0)));
    return { column: writtenColumn(both, 'Utf8', () => writer), scalar };
  }
  const writers = new Map<string, RowWriter>();
  const text = writtenColumn(both, 'Utf8', (row) => {
    const name = String(valueAt(formats, row));
    let writer = writers.get(name);
    if (writer === undefined) {
      writer = rowWriter(column, name);
      if (writers.size < 100) writers.set(name, writer);
    }
    return writer;
  });
  return { column: text, scalar };
}

function bothValid(one: Column, other: Column): Uint8Array | null {
  const out = new Uint8Array((one.length + 7) >> 3);
  for (let row = 0; row < one.length; row++) {
    if (isValid(one, row) && isValid(other, row)) out[row >> 3] = (out[row >> 3] ?? 0) | (1 << (row & 7));
  }
  return out;
}

/** Throws for a row that the format can't write. */
function rowWriter(column: NumericColumn, format: string): RowWriter {
  const { type } = column;
  const items = formatItems(format);
  const has = writtenOf(type);
  const missing = has === null ? null : unwritable(items, has);
  const writer = new ItemWriter(items);
  const fail = (row: number): never => {
    throw new DfxError(
      'EXECUTION',
      missing === null ? beyond(column, row) : `to_char can't write ${missing} of ${type.kind}`,
    );
  };
  const { room } = writer;
  if (type.kind === 'Time32' || type.kind === 'Time64') {
    const clock = new Clock(column);
    const put: PutRow = (out, at, row) => {
      if (missing !== null || !clock.read(row)) return fail(row);
      return writer.put(out, at, clock.second, clock.nanos, 0);
    };
    return { room, put };
  }
  const unit = type.kind === 'Timestamp' ? type.unit : type.kind === 'Date64' ? 'Millisecond' : 'Second';
  const perRow = type.kind === 'Date32' ? SECONDS_PER_DAY : 1;
  const zone = type.kind === 'Timestamp' && type.timezone !== null ? zoneOf(type.timezone) : null;
  const instants = new Instants(column.values, unit);
  const put: PutRow = (out, at, row) => {
    instants.read(row);
    const second = instants.seconds * perRow;
    if (missing !== null || !(second >= FIRST_SECOND && second <= LAST_SECOND)) return fail(row);
    const offset = zone === null ? 0 : zone.offsetAt(second);
    return writer.put(out, at, second + offset, instants.nanos, offset);
  };
  return { room, put };
}

function isIso(format: string): boolean {
  return format.length === 7 && format.toUpperCase() === 'ISO8601';
}

function isoText(units: bigint, unit: TimeUnit): string {
  const limit = unit === 'Second' ? (2n ** 63n - 1n) / 1000n : 2n ** 63n - 1n;
  const narrow = unit === 'Second' || unit === 'Millisecond';
  const digits = FRACTION_DIGITS[unit];
  return narrow && (units > limit || units < -limit) ? '<invalid>' : isoDurationText(units, digits);
}
