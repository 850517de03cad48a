/** CAST and TRY_CAST to and from bytes, as arrow-cast 59 does them for DataFusion 55. */
import { type Column, expandInt64, isValid, type NumericColumn, type StringColumn } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { gather } from '../gather.ts';
import { isBinary, isInteger, isString } from '../types.ts';
import { type CastFamily, Failing } from './define.ts';

export const BINARY_CASTS: CastFamily = {
  can: (from, to) => {
    if (isBinary(to.kind)) {
      if (isInteger(from.kind)) return to.kind !== 'BinaryView';
      return isString(from.kind) || isBinary(from.kind) || from.kind === 'FixedSizeBinary';
    }
    if (isString(to.kind)) return isBinary(from.kind);
    return to.kind === 'FixedSizeBinary' && (from.kind === 'Binary' || from.kind === 'LargeBinary');
  },
  mayFail: (_from, to) => !isBinary(to.kind),
  cast: (column, to, safe) => {
    if (column.layout === 'numeric') return integersAsBytes(column, to);
    if (column.layout !== 'string') throw new DfxError('DEFECT', `a cast from ${column.type.kind} to ${to.kind}`);
    if (isString(to.kind)) return asText(column, to, safe);
    return to.kind === 'FixedSizeBinary' ? asFixedSize(column, to, to.size, safe) : { ...column, type: to };
  },
};

/** Little-endian, as long as the type. */
function integersAsBytes(column: NumericColumn, type: DataType): Column {
  const { length, validity } = column;
  const wide = column.type.kind === 'Int64' || column.type.kind === 'UInt64';
  const values = wide ? expandInt64(column.values, column.type.kind === 'UInt64' ? 'UInt64' : 'Int64') : column.values;
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const offsets = Int32Array.from({ length: length + 1 }, (_, row) => row * values.BYTES_PER_ELEMENT);
  return { layout: 'string', type, length, validity, offsets, data };
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isText(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function asText(column: StringColumn, type: DataType, safe: boolean): Column {
  const { length, offsets, data } = column;
  const failing = new Failing(column, safe, () => 'Encountered non UTF-8 data');
  // One look at all bytes: a text can't end within a character, so each row is looked at only where something is wrong.
  const whole = isText(data.subarray(offsets[0] ?? 0, offsets[length] ?? 0));
  let broken = false;
  for (let i = 0; i < length; i++) {
    const first = data[offsets[i] ?? 0] ?? 0;
    const cut = (offsets[i + 1] ?? 0) > (offsets[i] ?? 0) && (first & 0xc0) === 0x80;
    if (!(whole && !cut) && isValid(column, i) && !isText(data.subarray(offsets[i] ?? 0, offsets[i + 1] ?? 0))) {
      broken = true;
      failing.fail(i);
    }
  }
  const validity = failing.validity();
  if (!broken) return { ...column, type, validity };
  // Rows without a value must not hold what is no text.
  const rows = Int32Array.from({ length }, (_, i) => i);
  const texts = emptied({ ...column, validity });
  return { ...gather(texts, rows), type } as Column;
}

/** The same rows, without bytes in those that have no value. */
function emptied(column: StringColumn): StringColumn {
  const { length, offsets, data } = column;
  const out = new Int32Array(length + 1);
  const pieces: number[] = [];
  for (let i = 0; i < length; i++) {
    if (isValid(column, i)) for (let at = offsets[i] ?? 0; at < (offsets[i + 1] ?? 0); at++) pieces.push(data[at] ?? 0);
    out[i + 1] = pieces.length;
  }
  return { ...column, offsets: out, data: Uint8Array.from(pieces) };
}

function asFixedSize(column: StringColumn, type: DataType, size: number, safe: boolean): Column {
  const { length, offsets, data } = column;
  const failing = new Failing(
    column,
    safe,
    () => 'Byte slice does not have the same length as FixedSizeBinaryBuilder value lengths',
  );
  for (let i = 0; i < length; i++) {
    if (isValid(column, i) && (offsets[i + 1] ?? 0) - (offsets[i] ?? 0) !== size) failing.fail(i);
  }
  const validity = failing.validity();
  const out = Int32Array.from({ length: length + 1 }, (_, i) => i * size);
  const bytes = new Uint8Array(length * size);
  const kept = { ...column, validity };
  for (let i = 0; i < length; i++) {
    if (isValid(kept, i)) bytes.set(data.subarray(offsets[i] ?? 0, offsets[i + 1] ?? 0), i * size);
  }
  return { layout: 'string', type, length, validity, offsets: out, data: bytes };
}
