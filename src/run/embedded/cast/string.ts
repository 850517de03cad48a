/** CAST and TRY_CAST between texts and numbers or booleans, as arrow-cast 59 does them for DataFusion 55. */

import { arrowFloatText } from '../../../expr/number-text.ts';
import {
  bitmapBytes,
  type Column,
  getBit,
  isValid,
  type NumberValues,
  type NumericColumn,
  type StringColumn,
  setBit,
  valueAt,
} from '../../../io/column.ts';
import { parseCastBoolean, parseDouble, parseFloat32, parseInteger, putParsed } from '../../../io/number-text.ts';
import { DfxError } from '../../../wire/errors.ts';
import { type FloatKind, type IntegerKind, isFloat, isNumeric, isString, type StringKind } from '../types.ts';
import { booleanColumn } from '../vector.ts';
import { type CastFamily, Failing } from './define.ts';
import { IntegerSink } from './integer-sink.ts';
import { buildStrings } from './text-sink.ts';

export const STRING_CASTS: CastFamily = {
  can: (from, to) => (isString(from.kind) && isPlain(to.kind)) || (isPlain(from.kind) && isString(to.kind)),
  mayFail: (_from, to) => !isString(to.kind),
  cast: (column, { kind }, safe) => {
    switch (column.layout) {
      case 'string':
        if (isString(kind)) return { ...column, type: { kind } };
        if (kind === 'Boolean') return stringToBoolean(column, safe);
        if (isNumeric(kind)) return stringToNumber(column, kind, safe);
        break;
      case 'boolean':
        if (isString(kind)) return buildStrings(kind, column, (row) => (getBit(column.bits, row) ? 'true' : 'false'));
        break;
      case 'numeric':
        if (isString(kind)) return numberToString(column, kind);
        break;
    }
    throw new DfxError('DEFECT', `a cast from ${column.type.kind} to ${kind}`);
  },
};

function isPlain(kind: string): boolean {
  return kind === 'Boolean' || isString(kind) || isNumeric(kind);
}

function stringToNumber(column: StringColumn, kind: IntegerKind | FloatKind, safe: boolean): Column {
  const { length, offsets, data } = column;
  const failing = new Failing(
    column,
    safe,
    (row) => `Cannot cast string '${String(valueAt(column, row))}' to value of ${kind} type`,
  );
  if (isFloat(kind)) {
    const values = kind === 'Float64' ? new Float64Array(length) : new Float32Array(length);
    const parse = kind === 'Float64' ? parseDouble : parseFloat32;
    for (let i = 0; i < length; i++) {
      if (!isValid(column, i)) continue;
      const value = parse(data, offsets[i] ?? 0, offsets[i + 1] ?? 0);
      if (value === undefined) failing.fail(i);
      else putParsed(values, i, value, data, offsets[i] ?? 0);
    }
    return { layout: 'numeric', type: { kind }, length, validity: failing.validity(), values };
  }
  const sink = new IntegerSink(kind, length);
  for (let i = 0; i < length; i++) {
    if (!isValid(column, i)) continue;
    const value = parseInteger(data, offsets[i] ?? 0, offsets[i + 1] ?? 0);
    if (value === undefined || !sink.put(i, value)) failing.fail(i);
  }
  return { layout: 'numeric', type: { kind }, length, validity: failing.validity(), values: sink.values() };
}

function stringToBoolean(column: StringColumn, safe: boolean): Column {
  const { length } = column;
  const bits = new Uint8Array(bitmapBytes(length));
  const failing = new Failing(
    column,
    safe,
    (row) => `Cannot cast value '${String(valueAt(column, row)).toLowerCase().trim()}' to value of Boolean type`,
  );
  for (let i = 0; i < length; i++) {
    const text = valueAt(column, i);
    if (typeof text !== 'string') continue;
    const value = parseCastBoolean(text);
    if (value === undefined) failing.fail(i);
    else if (value) setBit(bits, i);
  }
  return booleanColumn(bits, length, failing.validity());
}

function numberToString(column: NumericColumn, kind: StringKind): Column {
  const { values } = column;
  const from = column.type.kind;
  const bits = from === 'Float64' ? 64 : from === 'Float32' ? 32 : null;
  if (bits === null && !(values instanceof BigInt64Array || values instanceof BigUint64Array)) {
    return integersToStrings(column, values, kind);
  }
  return buildStrings(kind, column, (row) => {
    const value = values[row] ?? 0;
    return bits === null ? String(value) : arrowFloatText(Number(value), bits);
  });
}

/** A safe integer has 16 digits and a sign at most. */
const MOST_DIGITS = 17;

function integersToStrings(column: NumericColumn, values: NumberValues, kind: StringKind): Column {
  const { length, validity } = column;
  const offsets = new Int32Array(length + 1);
  const data = new Uint8Array(length * MOST_DIGITS);
  let at = 0;
  for (let i = 0; i < length; i++) {
    if (validity === null || isValid(column, i)) at = writeInteger(data, at, values[i] ?? 0);
    offsets[i + 1] = at;
  }
  return { layout: 'string', type: { kind }, length, validity, offsets, data: data.slice(0, at) };
}

/** Writes the digits of a safe integer; gives the place behind them. */
function writeInteger(data: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  if (rest < 0) {
    data[at++] = 0x2d;
    rest = -rest;
  }
  // Nine digits at a time are small integers, which divide fast.
  if (rest >= 1_000_000_000) {
    const high = Math.floor(rest / 1_000_000_000);
    at = writeInteger(data, at, high);
    let low = rest - high * 1_000_000_000;
    for (let place = at + 8; place >= at; place--) {
      const next = (low / 10) | 0;
      data[place] = 0x30 + low - next * 10;
      low = next;
    }
    return at + 9;
  }
  let small = rest | 0;
  let digits = 1;
  for (let limit = 10; limit <= small; limit *= 10) digits++;
  for (let place = at + digits - 1; place >= at; place--) {
    const next = (small / 10) | 0;
    data[place] = 0x30 + small - next * 10;
    small = next;
  }
  return at + digits;
}
