/**
 * The values of Arrow vectors as text and as JSON, exact to the last digit: apache-arrow's own accessors round timestamps to
 * milliseconds as doubles and leave the point out of decimals.
 *
 * Text is what arrow-rs prints into CSV (arrow-cast 59, `display`): `1.0`, `2020-02-29`, `01ff`. Instants with a zone are
 * given in UTC and end in `Z`; durations and intervals are ISO 8601. JSON writes integers beyond 2^53 and non-finite floats
 * as strings.
 */
import {
  type DataType as ArrowType,
  DateUnit,
  type Decimal,
  type Duration,
  type FixedSizeList,
  IntervalUnit,
  type List,
  type RecordBatch,
  type Struct,
  type Time,
  type Timestamp,
  TimeUnit,
  Type,
  Vector,
} from 'apache-arrow';
import { dateText, timestampText, timeText, UNITS_PER_SECOND } from '../../expr/calendar.ts';
import { decimalText, shortest32, shortestText } from '../../expr/number-text.ts';
import type { TimeUnit as UnitName } from '../../wire/arrow/index.ts';
import { toHex } from '../../wire/encoding.ts';
import { DfxError } from '../../wire/errors.ts';

export interface Cells {
  /** Null for a null. */
  text(row: number): string | null;
  /** JSON text. */
  json(row: number): string;
}

const UNIT_NAMES: Record<TimeUnit, UnitName> = {
  [TimeUnit.SECOND]: 'Second',
  [TimeUnit.MILLISECOND]: 'Millisecond',
  [TimeUnit.MICROSECOND]: 'Microsecond',
  [TimeUnit.NANOSECOND]: 'Nanosecond',
};

/** Reads the cells of one column of one batch. */
export function cellsOf(batch: RecordBatch, column: number): Cells {
  const vector = batch.getChildAt(column);
  const name = batch.schema.fields[column]?.name ?? '';
  if (vector === null) throw new DfxError('DEFECT', `a batch has no column ${column}`);
  return vectorCells(vector, name);
}

function vectorCells(vector: Vector, name: string): Cells {
  if (vector.data.length !== 1) return chunkedCells(vector, name);
  const type: ArrowType = vector.type;
  switch (type.typeId as Type) {
    case Type.Null:
      return { text: () => null, json: () => 'null' };
    case Type.Bool:
      return plain(vector, (value: boolean) => String(value));
    case Type.Int:
      return plain(vector, (value: number | bigint) => String(value), integerJson);
    case Type.Float:
      return plain(vector, type.toString() === 'Float32' ? float32 : float64, (text, value: number) =>
        Number.isFinite(value) ? text : JSON.stringify(text),
      );
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return plain(vector, (value: string) => value, quoted);
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
      return plain(vector, (value: Uint8Array) => toHex(value), quoted);
    case Type.Date: {
      const unit = (type as ArrowType & { unit: DateUnit }).unit;
      return raw(vector, (value) =>
        unit === DateUnit.DAY ? dateText(Number(value)) : timestampText(value, 'Millisecond'),
      );
    }
    case Type.Time: {
      const unit = UNIT_NAMES[(type as Time).unit];
      return raw(vector, (value) => timeText(value, unit));
    }
    case Type.Timestamp: {
      const { unit, timezone } = type as Timestamp;
      const zone = timezone === null || timezone === undefined || timezone === '' ? '' : 'Z';
      return raw(vector, (value) => `${timestampText(value, UNIT_NAMES[unit])}${zone}`);
    }
    case Type.Duration: {
      const unit = UNIT_NAMES[(type as Duration).unit];
      return raw(vector, (value) => `PT${secondsText(value, unit)}S`);
    }
    case Type.Decimal: {
      const { scale } = type as Decimal;
      return words(vector, (value) => decimalText(wordsToInteger(value), scale), unquoted);
    }
    case Type.Interval: {
      const unit = (type as ArrowType & { unit: IntervalUnit }).unit;
      return words(vector, (value) => intervalText(value, unit), quoted);
    }
    case Type.List:
    case Type.LargeList:
    case Type.FixedSizeList:
      return nested(vector, listCells(vector as Vector<List | FixedSizeList>, name));
    case Type.Struct:
      return nested(vector, structCells(vector as Vector<Struct>, name));
    case Type.Map:
      return nested(vector, mapCells(vector, name));
    case Type.Dictionary:
      return dictionaryCells(vector, name);
    default:
      throw new DfxError(
        'UNSUPPORTED',
        `the column ${JSON.stringify(name)} has the type ${type}, which has no text form`,
        {
          hint: 'write it as it is with --output FILE.arrow, or put an arrow_cast around the expression',
        },
      );
  }
}

/** Cells through apache-arrow's accessor, where that is exact. */
function plain<T>(
  vector: Vector,
  toText: (value: T) => string,
  toJson: (text: string, value: T) => string = unquoted,
): Cells {
  const get = (row: number): T | null => vector.get(row) as T | null;
  return {
    text: (row) => {
      const value = get(row);
      return value === null ? null : toText(value);
    },
    json: (row) => {
      const value = get(row);
      return value === null ? 'null' : toJson(toText(value), value);
    },
  };
}

/** Cells from the buffer of whole numbers behind the accessor. A batch's vector has one chunk. */
function raw(vector: Vector, toText: (value: number | bigint) => string): Cells {
  const values: ArrayLike<number | bigint> = vector.data[0]?.values ?? [];
  return fromText(vector, (row) => toText(values[row] ?? 0), quoted);
}

/** Cells from the 32-bit words of a value: `vector.get` gives a view of them. */
function words(
  vector: Vector,
  toText: (value: Int32Array | Uint32Array) => string,
  toJson: (text: string) => string,
): Cells {
  return plain(vector, toText, toJson);
}

function fromText(vector: Vector, toText: (row: number) => string, toJson: (text: string) => string): Cells {
  return {
    text: (row) => (vector.isValid(row) ? toText(row) : null),
    json: (row) => (vector.isValid(row) ? toJson(toText(row)) : 'null'),
  };
}

/** A nested value has one form, in text and in JSON. */
function nested(vector: Vector, json: (row: number) => string): Cells {
  return fromText(vector, json, unquoted);
}

function listCells(vector: Vector<List | FixedSizeList>, name: string): (row: number) => string {
  return (row) => {
    const items = vector.get(row) as Vector | null;
    if (items === null) return 'null';
    const cells = vectorCells(items, name);
    return `[${Array.from({ length: items.length }, (_, at) => cells.json(at)).join(',')}]`;
  };
}

function structCells(vector: Vector<Struct>, name: string): (row: number) => string {
  const members = vector.type.children.map((child, at) => {
    const member = vector.getChildAt(at);
    if (member === null) throw new DfxError('DEFECT', `the struct ${JSON.stringify(name)} has no member ${at}`);
    return { key: JSON.stringify(child.name), cells: vectorCells(member, child.name) };
  });
  return (row) => `{${members.map(({ key, cells }) => `${key}:${cells.json(row)}`).join(',')}}`;
}

/** A map is a list of pairs: its keys may be of any type and may repeat. */
function mapCells(vector: Vector, name: string): (row: number) => string {
  const data = vector.data[0];
  const entries = data?.children[0];
  const [keys, values] = (entries?.children ?? []).map((child) => vectorCells(new Vector([child]), name));
  if (data === undefined || keys === undefined || values === undefined) {
    throw new DfxError('DEFECT', `the map ${JSON.stringify(name)} has no keys and values`);
  }
  const offsets: ArrayLike<number> = data.valueOffsets;
  return (row) => {
    const from = offsets[row] ?? 0;
    const count = (offsets[row + 1] ?? from) - from;
    const pairs = Array.from({ length: count }, (_, at) => `[${keys.json(from + at)},${values.json(from + at)}]`);
    return `[${pairs.join(',')}]`;
  };
}

/** The dictionary's own values: a row holds the place of its value. */
function dictionaryCells(vector: Vector, name: string): Cells {
  const data = vector.data[0];
  if (data?.dictionary === undefined) {
    throw new DfxError('DEFECT', `the column ${JSON.stringify(name)} came without its dictionary`);
  }
  const cells = vectorCells(data.dictionary as Vector, name);
  const indices: ArrayLike<number | bigint> = data.values;
  return {
    text: (row) => (vector.isValid(row) ? cells.text(Number(indices[row] ?? 0)) : null),
    json: (row) => (vector.isValid(row) ? cells.json(Number(indices[row] ?? 0)) : 'null'),
  };
}

/** A vector of several chunks, as a dictionary that grew: each row is read from its chunk. */
function chunkedCells(vector: Vector, name: string): Cells {
  const chunks = vector.data.map((data) => ({ length: data.length, cells: vectorCells(new Vector([data]), name) }));
  const find = (row: number): readonly [Cells, number] => {
    let at = row;
    for (const chunk of chunks) {
      if (at < chunk.length) return [chunk.cells, at];
      at -= chunk.length;
    }
    throw new DfxError('DEFECT', `row ${row} lies beyond its column ${JSON.stringify(name)}`);
  };
  return {
    text: (row) => {
      const [cells, at] = find(row);
      return cells.text(at);
    },
    json: (row) => {
      const [cells, at] = find(row);
      return cells.json(at);
    },
  };
}

function unquoted(text: string): string {
  return text;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function integerJson(text: string, value: number | bigint): string {
  return typeof value === 'bigint' && BigInt(Number.MAX_SAFE_INTEGER) < (value < 0n ? -value : value)
    ? `"${text}"`
    : text;
}

/** With a point, so that a float is told from an integer: `1.0`, `1e20`. */
function withPoint(text: string): string {
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function special(value: number): string | null {
  if (Number.isFinite(value)) return null;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
}

function float64(value: number): string {
  return special(value) ?? withPoint(shortestText(value));
}

function float32(value: number): string {
  return special(value) ?? withPoint(shortest32(value));
}

/** Little-endian 32-bit words of a two's complement integer. */
function wordsToInteger(value: Int32Array | Uint32Array): bigint {
  let integer = 0n;
  for (let at = value.length - 1; at >= 0; at--) integer = (integer << 32n) | BigInt((value[at] ?? 0) >>> 0);
  return BigInt.asIntN(value.length * 32, integer);
}

/** `1.5` for 1500 milliseconds. */
function secondsText(value: number | bigint, unit: UnitName): string {
  const perSecond = UNITS_PER_SECOND[unit];
  const units = BigInt(value);
  const size = units < 0n ? -units : units;
  const fraction = String(size % perSecond).padStart(String(perSecond).length - 1, '0');
  const digits = size % perSecond === 0n ? '' : `.${fraction.replace(/0+$/, '')}`;
  return `${units < 0n ? '-' : ''}${size / perSecond}${digits}`;
}

function intervalText(value: Int32Array | Uint32Array, unit: IntervalUnit): string {
  const [first = 0, second = 0] = value;
  switch (unit) {
    case IntervalUnit.YEAR_MONTH:
      return `P${Math.trunc(first / 12)}Y${first % 12}M`;
    case IntervalUnit.DAY_TIME:
      return `P${first}DT${secondsText(second, 'Millisecond')}S`;
    case IntervalUnit.MONTH_DAY_NANO:
      return `P${first}M${second}DT${secondsText(wordsToInteger(value.slice(2)), 'Nanosecond')}S`;
  }
}
