/** The texts that CSV and JSON share: integers, decimals, booleans, dates, times, durations, intervals, bytes. */
import { formatDataType } from '../../wire/arrow/index.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { type Column, getBit, isValid, type NumericColumn, type StringColumn } from '../column.ts';
import { zoneOf } from '../zone.ts';
import {
  writeDay,
  writeDuration,
  writeInterval,
  writeTime,
  writeTimestamp,
  writeYearMonth,
  type ZoneOffset,
} from './moments.ts';
import { writeBigInteger, writeInteger } from './numbers.ts';
import { type TextBytes, writeAscii, writeHex } from './text-bytes.ts';

/** Writes the cell of a row that has a value. */
export type CellWriter = (row: number) => void;

/** Whether a row shows as null: its own, or the value that its index stands for. */
export function hasValue(column: Column): (row: number) => boolean {
  if (column.layout === 'null') return () => false;
  if (column.layout !== 'dictionary') return (row) => isValid(column, row);
  const inner = hasValue(column.values);
  return (row) => isValid(column, row) && inner(column.indices[row] ?? 0);
}

export function integerCells({ values }: NumericColumn, out: TextBytes): CellWriter {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    return (row) => writeBigInteger(out, values[row] ?? 0n);
  }
  return (row) => writeInteger(out, values[row] ?? 0);
}

export function booleanCells(bits: Uint8Array, out: TextBytes): CellWriter {
  return (row) => writeAscii(out, getBit(bits, row) ? 'true' : 'false');
}

export function hexCells({ offsets, data }: StringColumn, out: TextBytes): CellWriter {
  return (row) => writeHex(out, data, offsets[row] ?? 0, offsets[row + 1] ?? 0);
}

/** Dates, times, timestamps, durations and intervals; null for a type that is none of them. */
export function temporalCells(column: Column, type: DataType, out: TextBytes): CellWriter | null {
  switch (type.kind) {
    case 'Date32':
      return number(column, (value) => writeDay(out, value));
    case 'Date64':
      return any(column, (value) => writeTimestamp(out, value, 'Millisecond', null));
    case 'Time32':
    case 'Time64': {
      const { unit } = type;
      return any(column, (value) => writeTime(out, Number(value), unit));
    }
    case 'Timestamp': {
      const { unit, timezone } = type;
      const offset = timezone === null ? null : zoneOffset(timezone);
      return any(column, (value) => writeTimestamp(out, value, unit, offset));
    }
    case 'Duration': {
      const { unit } = type;
      return any(column, (value) => writeDuration(out, value, unit));
    }
    case 'Interval': {
      if (type.unit === 'YearMonth') return number(column, (value) => writeYearMonth(out, value));
      if (column.layout !== 'interval') throw unfit(column, type);
      const { months, days, rest } = column;
      const digits = type.unit === 'DayTime' ? 3 : 9;
      return (row) => writeInterval(out, months[row] ?? 0, days[row] ?? 0, rest[row] ?? 0, digits);
    }
    default:
      return null;
  }
}

function zoneOffset(name: string): ZoneOffset {
  const zone = zoneOf(name);
  if (zone !== null) return (second) => zone.offsetAt(second);
  throw new DfxError('UNSUPPORTED', `found the time zone ${JSON.stringify(name)}, which has no known offset`, {
    hint: 'write an Arrow file, which keeps the instants and the name',
  });
}

function number(column: Column, write: (value: number) => void): CellWriter {
  if (column.layout !== 'numeric') throw unfit(column, column.type);
  const { values } = column;
  return (row) => write(Number(values[row] ?? 0));
}

function any(column: Column, write: (value: number | bigint) => void): CellWriter {
  if (column.layout !== 'numeric') throw unfit(column, column.type);
  const { values } = column;
  return (row) => write(values[row] ?? 0);
}

export function unfit(column: Column, type: DataType): DfxError {
  return new DfxError('DEFECT', `a ${column.layout} column of the type ${formatDataType(type)}`);
}

/** What a dictionary or runs stand for. */
export function plainType(type: DataType): DataType {
  let plain = type;
  for (;;) {
    if (plain.kind === 'Dictionary') plain = plain.value;
    else if (plain.kind === 'RunEndEncoded') plain = plain.values.type;
    else return plain;
  }
}
