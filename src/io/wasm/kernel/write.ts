// Rows as lines of CSV. A column is described by four words: its kind, the places of its values, of its validity (0: every row has a value), and
// of its offsets where it has some.

import { writeDouble, writeFloat, writeUnsigned } from './shortest';

const NOTHING: u32 = 0;
const BOOLEAN: u32 = 1;
/** 64-bit integers as doubles, and as they are. */
const SAFE: u32 = 2;
const LONG: u32 = 3;
const UNSIGNED_LONG: u32 = 4;
const INT: u32 = 5;
const SHORT: u32 = 6;
const BYTE: u32 = 7;
const UNSIGNED_INT: u32 = 8;
const UNSIGNED_SHORT: u32 = 9;
const UNSIGNED_BYTE: u32 = 10;
const DOUBLE: u32 = 11;
const FLOAT: u32 = 12;
const TEXT: u32 = 13;
/** Text that needs no quotes, of the rows that are written one after the other. */
const READY: u32 = 14;

/** Beside a kind: the values are those of the rows that are written, one after the other. */
const PICKED: u32 = 32;

const QUOTE: u8 = 34;

// @ts-ignore: decorator
@inline
function writeSigned(value: i64, out: usize): usize {
  if (value >= 0) return writeUnsigned(<u64>value, out);
  store<u8>(out, 45);
  return writeUnsigned(-value, out + 1);
}

// @ts-ignore: decorator
@inline
function copy(from: usize, length: usize, to: usize): usize {
  v128.store(to, v128.load(from));
  for (let at: usize = 16; at < length; at += 16) v128.store(to + at, v128.load(from + at));
  return to + length;
}

function writeQuoted(from: usize, length: usize, to: usize): usize {
  let out = to;
  store<u8>(out++, QUOTE);
  for (let at: usize = 0; at < length; at++) {
    const byte = load<u8>(from + at);
    if (byte === QUOTE) store<u8>(out++, QUOTE);
    store<u8>(out++, byte);
  }
  store<u8>(out++, QUOTE);
  return out;
}

/** Quoted where it holds the delimiter, a quote or a line end. */
// @ts-ignore: decorator
@inline
function writeText(from: usize, length: usize, delimiter: v128, to: usize): usize {
  for (let at: usize = 0; at < length; at += 16) {
    const bytes = v128.load(from + at);
    const special = v128.or(
      v128.or(i8x16.eq(bytes, delimiter), i8x16.eq(bytes, i8x16.splat(<i8>QUOTE))),
      v128.or(i8x16.eq(bytes, i8x16.splat(10)), i8x16.eq(bytes, i8x16.splat(13))),
    );
    const left = length - at;
    const found = <u32>i8x16.bitmask(special) & (left >= 16 ? 0xffff : (1 << <u32>left) - 1);
    if (found !== 0) return writeQuoted(from, length, to);
  }
  return copy(from, length, to);
}

/**
 * Writes the rows whose numbers stand at `rows` (0: the first `count`) and gives the place behind them. There is room for each column's longest text,
 * twice the bytes of strings, and 64 bytes more.
 */
export function writeRows(columns: usize, width: u32, rows: usize, count: u32, delimiter: u32, to: usize): usize {
  let out = to;
  const separator = i8x16.splat(<i8>delimiter);
  const end = columns + (<usize>width << 4);
  for (let line: u32 = 0; line < count; line++) {
    const numbered = rows === 0 ? <usize>line : <usize>load<u32>(rows + (<usize>line << 2));
    const start = out;
    for (let column = columns; column < end; column += 16) {
      if (column !== columns) store<u8>(out++, <u8>delimiter);
      const kind = load<u32>(column);
      const values = <usize>load<u32>(column, 4);
      const validity = <usize>load<u32>(column, 8);
      if (validity !== 0 && ((load<u8>(validity + (numbered >> 3)) >> <u8>(numbered & 7)) & 1) === 0) continue;
      const row = kind & PICKED ? <usize>line : numbered;
      switch (kind & ~PICKED) {
        case NOTHING:
          break;
        case BOOLEAN:
          if ((load<u8>(values + (row >> 3)) >> <u8>(row & 7)) & 1) {
            store<u32>(out, 0x65757274);
            out += 4;
          } else {
            store<u64>(out, 0x65736c6166);
            out += 5;
          }
          break;
        case SAFE:
          out = writeSigned(<i64>load<f64>(values + (row << 3)), out);
          break;
        case LONG:
          out = writeSigned(load<i64>(values + (row << 3)), out);
          break;
        case UNSIGNED_LONG:
          out = writeUnsigned(load<u64>(values + (row << 3)), out);
          break;
        case INT:
          out = writeSigned(<i64>load<i32>(values + (row << 2)), out);
          break;
        case SHORT:
          out = writeSigned(<i64>load<i16>(values + (row << 1)), out);
          break;
        case BYTE:
          out = writeSigned(<i64>load<i8>(values + row), out);
          break;
        case UNSIGNED_INT:
          out = writeUnsigned(<u64>load<u32>(values + (row << 2)), out);
          break;
        case UNSIGNED_SHORT:
          out = writeUnsigned(<u64>load<u16>(values + (row << 1)), out);
          break;
        case UNSIGNED_BYTE:
          out = writeUnsigned(<u64>load<u8>(values + row), out);
          break;
        case DOUBLE:
          out = writeDouble(load<u64>(values + (row << 3)), out);
          break;
        case FLOAT:
          out = writeFloat(load<u32>(values + (row << 2)), out);
          break;
        case TEXT: {
          const offsets = <usize>load<u32>(column, 12) + (row << 2);
          const from = <usize>load<u32>(offsets);
          out = writeText(values + from, <usize>load<u32>(offsets, 4) - from, separator, out);
          break;
        }
        case READY: {
          const offsets = <usize>load<u32>(column, 12) + (<usize>line << 2);
          const from = <usize>load<u32>(offsets);
          out = copy(values + from, <usize>load<u32>(offsets, 4) - from, out);
          break;
        }
      }
    }
    // A line without a character would be no row to most readers.
    if (out === start) {
      store<u16>(out, 0x2222);
      out += 2;
    }
    store<u8>(out++, 10);
  }
  return out;
}
