// Columns from the places of their separators: row i's field of column c ends at place i * columns + c and starts behind the one before.
//
// A reader stops at a field that it can't take (it is quoted and holds quotes, has blanks around it, is out of range, or no value at all)
// and gives its row: the caller reads that one and goes on behind it.

import { escape, nullLength, nullText, quote } from './dialect';
import { parseDouble, parsedBits } from './decimal';

let nulls: u32 = 0;
let wide: bool = false;

/** Rows without a value since `startColumn`. */
export function nullCount(): u32 {
  return nulls;
}

/** Whether the reader stopped at an integer that no double holds. */
export function isWide(): bool {
  return wide;
}

export function startColumn(): void {
  nulls = 0;
  wide = false;
}

// @ts-ignore: decorator
@inline
export function fieldStart(place: usize, column: u32): usize {
  let start = <usize>load<u32>(place - 4) + 1;
  if (column === 0) {
    // Line ends that are no records: the LF of CRLF, blank lines.
    while (load<u8>(start) === 10 || load<u8>(start) === 13) start++;
  }
  return start;
}

/** Of a field in quotes: whether its text is what stands between them. */
export function isPlain(start: usize, end: usize): bool {
  if (end - start < 2 || load<u8>(end - 1) !== quote) return false;
  for (let at = start + 1; at < end - 1; at++) {
    const byte = load<u8>(at);
    if (byte === quote || <u32>byte === escape) return false;
  }
  // A quote that an escape byte keeps from closing is seen above.
  return true;
}

function isNullText(start: usize): bool {
  for (let at: usize = 0; at < nullLength; at++) if (load<u8>(start + at) !== load<u8>(nullText + at)) return false;
  return true;
}

// @ts-ignore: decorator
@inline
export function isNull(start: usize, end: usize): bool {
  return end - start === nullLength && (nullLength === 0 || isNullText(start));
}

// @ts-ignore: decorator
@inline
function clear(bits: usize, row: u32): void {
  const at = bits + (row >> 3);
  store<u8>(at, load<u8>(at) & ~(<u8>1 << <u8>(row & 7)));
}

const ZEROS: u64 = 0x3030303030303030;

/** Whether all eight bytes are digits. */
// @ts-ignore: decorator
@inline
export function areDigits(bytes: u64): bool {
  return (((bytes + 0x4646464646464646) | (bytes - ZEROS)) & 0x8080808080808080) === 0;
}

/** The number of eight digits, the first in the lowest byte. */
// @ts-ignore: decorator
@inline
export function eightDigits(bytes: u64): u64 {
  const pairs = (bytes - ZEROS) * 10 + ((bytes - ZEROS) >> 8);
  return (
    ((pairs & 0x000000ff000000ff) * 0x000f424000000064 + ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32
  );
}

/** The `count` bytes at `at`, 1 to 8, with zeros as digits before them. */
// @ts-ignore: decorator
@inline
export function lastDigits(at: usize, count: usize): u64 {
  return (load<u64>(at) << ((8 - count) << 3)) | ((ZEROS >> 8) >> ((count - 1) << 3));
}

let parsedInteger: u64 = 0;

/** Up to 19 digits into `parsedInteger`. */
// @ts-ignore: decorator
@inline
function parseDigits(start: usize, end: usize): bool {
  const count = end - start;
  if (count - 1 < 8) {
    const bytes = lastDigits(start, count);
    if (!areDigits(bytes)) return false;
    parsedInteger = eightDigits(bytes);
    return true;
  }
  return parseManyDigits(start, end);
}

function parseManyDigits(start: usize, end: usize): bool {
  const count = end - start;
  if (count - 1 >= 19) return false;
  const low = load<u64>(end - 8);
  if (!areDigits(low)) return false;
  if (count <= 16) {
    const high = lastDigits(start, count - 8);
    if (!areDigits(high)) return false;
    parsedInteger = eightDigits(high) * 100000000 + eightDigits(low);
    return true;
  }
  const middle = load<u64>(end - 16);
  const high = lastDigits(start, count - 16);
  if (!areDigits(middle) || !areDigits(high)) return false;
  parsedInteger = eightDigits(high) * 10000000000000000 + eightDigits(middle) * 100000000 + eightDigits(low);
  return true;
}

const SAFE: u64 = 9007199254740991;

/** Int64 and UInt64 as doubles. Stops with `isWide` at the first that isn't safe. */
export function readSafeIntegers(
  places: usize, columns: u32, column: u32, from: u32, rows: u32, values: usize, valid: usize, offset: u32, signed: bool,
): u32 {
  const step = <usize>columns * 4;
  let place = places + (<usize>from * columns + column) * 4;
  wide = false;
  for (let row = from; row < rows; row++, place += step) {
    let start = fieldStart(place, column);
    let end = <usize>load<u32>(place);
    let first = load<u8>(start);
    if (first === quote && end > start) {
      if (!isPlain(start, end)) return row;
      start++;
      end--;
      first = load<u8>(start);
    }
    const at = values + (<usize>(offset + row) << 3);
    if (isNull(start, end)) {
      store<f64>(at, 0);
      clear(valid, offset + row);
      nulls++;
      continue;
    }
    if (first === 45) {
      if (!signed || !parseDigits(start + 1, end)) return row;
      if (parsedInteger > SAFE) {
        wide = true;
        return row;
      }
      store<f64>(at, <f64>-(<i64>parsedInteger));
    } else {
      if (!parseDigits(start + <usize>(first === 43), end)) return row;
      if (parsedInteger > SAFE) {
        wide = true;
        return row;
      }
      store<f64>(at, <f64>(<i64>parsedInteger));
    }
  }
  return rows;
}

/**
 * Integers as they are, of 1 << `size` bytes, in `[-least, most]`: a magnitude beyond stops the reader, as does anything negative of an unsigned
 * type but zero.
 */
export function readIntegers(
  places: usize, columns: u32, column: u32, from: u32, rows: u32, values: usize, valid: usize, offset: u32, size: u32,
  least: u64, most: u64,
): u32 {
  const step = <usize>columns * 4;
  let place = places + (<usize>from * columns + column) * 4;
  for (let row = from; row < rows; row++, place += step) {
    let start = fieldStart(place, column);
    let end = <usize>load<u32>(place);
    let first = load<u8>(start);
    if (first === quote && end > start) {
      if (!isPlain(start, end)) return row;
      start++;
      end--;
      first = load<u8>(start);
    }
    const at = values + (<usize>(offset + row) << size);
    let value: i64 = 0;
    if (isNull(start, end)) {
      clear(valid, offset + row);
      nulls++;
    } else if (first === 45) {
      if (least === 0 || !parseDigits(start + 1, end) || parsedInteger > least) return row;
      value = -(<i64>parsedInteger);
    } else {
      if (!parseDigits(start + <usize>(first === 43), end) || parsedInteger > most) return row;
      value = <i64>parsedInteger;
    }
    if (size === 3) store<i64>(at, value);
    else if (size === 2) store<i32>(at, <i32>value);
    else if (size === 1) store<i16>(at, <i16>value);
    else store<i8>(at, <i8>value);
  }
  return rows;
}

/** A row without a value. */
// @ts-ignore: decorator
@inline
export function noteNull(valid: usize, row: u32): void {
  clear(valid, row);
  nulls++;
}

/** Doubles that are safe integers, as 64-bit integers in the same place. */
export function widen(values: usize, count: u32): void {
  const end = values + (<usize>count << 3);
  for (let at = values; at < end; at += 8) store<i64>(at, <i64>load<f64>(at));
}

export function readDoubles(
  places: usize, columns: u32, column: u32, from: u32, rows: u32, values: usize, valid: usize, offset: u32,
): u32 {
  const step = <usize>columns * 4;
  let place = places + (<usize>from * columns + column) * 4;
  for (let row = from; row < rows; row++, place += step) {
    let start = fieldStart(place, column);
    let end = <usize>load<u32>(place);
    if (load<u8>(start) === quote && end > start) {
      if (!isPlain(start, end)) return row;
      start++;
      end--;
    }
    const at = values + (<usize>(offset + row) << 3);
    if (isNull(start, end)) {
      store<u64>(at, 0);
      clear(valid, offset + row);
      nulls++;
      continue;
    }
    if (!parseDouble(start, end)) return row;
    store<u64>(at, parsedBits);
  }
  return rows;
}

/** Stops where rounding the double once more might not give the float that is nearest to the text. */
export function readFloats(
  places: usize, columns: u32, column: u32, from: u32, rows: u32, values: usize, valid: usize, offset: u32,
): u32 {
  const step = <usize>columns * 4;
  let place = places + (<usize>from * columns + column) * 4;
  for (let row = from; row < rows; row++, place += step) {
    let start = fieldStart(place, column);
    let end = <usize>load<u32>(place);
    if (load<u8>(start) === quote && end > start) {
      if (!isPlain(start, end)) return row;
      start++;
      end--;
    }
    const at = values + (<usize>(offset + row) << 2);
    if (isNull(start, end)) {
      store<u32>(at, 0);
      clear(valid, offset + row);
      nulls++;
      continue;
    }
    if (!parseDouble(start, end)) return row;
    const exponent = <u32>(parsedBits >> 52) & 0x7ff;
    // Halfway between two floats, or outside of what a float of full precision is: 2^-126 to 2^127.
    if ((parsedBits & 0x1fffffff) === 0x10000000 || (exponent - 897 > 252 && parsedBits << 1 !== 0)) return row;
    store<f32>(at, <f32>reinterpret<f64>(parsedBits));
  }
  return rows;
}

/** `true` and `false` in any case, one bit a row; `bits` holds zeros. */
export function readBooleans(
  places: usize, columns: u32, column: u32, from: u32, rows: u32, bits: usize, valid: usize, offset: u32,
): u32 {
  const step = <usize>columns * 4;
  let place = places + (<usize>from * columns + column) * 4;
  for (let row = from; row < rows; row++, place += step) {
    let start = fieldStart(place, column);
    let end = <usize>load<u32>(place);
    if (load<u8>(start) === quote && end > start) {
      if (!isPlain(start, end)) return row;
      start++;
      end--;
    }
    if (isNull(start, end)) {
      clear(valid, offset + row);
      nulls++;
      continue;
    }
    const word = load<u32>(start) | 0x20202020;
    if (end - start === 4 && word === 0x65757274) {
      const at = bits + ((offset + row) >> 3);
      store<u8>(at, load<u8>(at) | (<u8>1 << <u8>((offset + row) & 7)));
    } else if (end - start !== 5 || word !== 0x736c6166 || (load<u8>(start, 4) | 0x20) !== 101) {
      return row;
    }
  }
  return rows;
}

/** The text of a quoted field, written to `to`; gives the place behind it. */
function unquote(start: usize, end: usize, to: usize): usize {
  let out = to;
  let at = start + 1;
  for (; at < end; at++) {
    let byte = load<u8>(at);
    if (<u32>byte === escape && byte !== quote) {
      // The byte behind it is text, whatever it is.
      if (++at >= end) break;
      byte = load<u8>(at);
    } else if (byte === quote) {
      if (at + 1 >= end || load<u8>(at + 1) !== quote) {
        at++;
        break;
      }
      at++;
    }
    store<u8>(out++, byte);
  }
  // Behind the closing quote everything is text.
  for (; at < end; at++) store<u8>(out++, load<u8>(at));
  return out;
}

// What inference sees in a field: bits of src/io/csv-infer.ts.
const SEEN_INTEGER: u32 = 2;
const SEEN_FLOAT: u32 = 4;
const SEEN_TEXT: u32 = 256;

let seenKinds: u32 = 0;

export function seen(): u32 {
  return seenKinds;
}

/** Adds to `seen` what the fields of a column plainly are. Stops at one that takes a pattern, and no longer looks once there is text. */
export function lookAt(places: usize, columns: u32, column: u32, from: u32, rows: u32): u32 {
  if (from === 0) seenKinds = 0;
  const step = <usize>columns * 4;
  let place = places + (<usize>from * columns + column) * 4;
  for (let row = from; row < rows && seenKinds < SEEN_TEXT; row++, place += step) {
    const start = fieldStart(place, column);
    const end = <usize>load<u32>(place);
    const first = load<u8>(start);
    if (first === quote && end > start) return row;
    if (isNull(start, end)) continue;
    const letter = <u32>first | 32;
    if (letter - 97 < 26) {
      // Longer than `falſe`, whose s is two bytes, or of another letter than `true`, `false`, `nan` and `inf` start with.
      if (end - start <= 6 && (letter === 116 || letter === 102 || letter === 110 || letter === 105)) return row;
      seenKinds |= SEEN_TEXT;
      continue;
    }
    const digits = start + <usize>(first === 45);
    let points: usize = 0;
    for (let at = digits; at < end; at++) {
      const byte = <u32>load<u8>(at);
      if (byte === 46) points++;
      else if (byte - 48 > 9) return row;
    }
    if (points > 1 || end - digits <= points) return row;
    if (points === 0 && end - start >= 19) return row;
    seenKinds |= points === 1 ? SEEN_FLOAT : SEEN_INTEGER;
  }
  return rows;
}

/** Where one field starts and ends, its quotes included. */
export function fieldAt(places: usize, columns: u32, column: u32, row: u32): usize {
  return fieldStart(places + (<usize>row * columns + column) * 4, column);
}

export function fieldEnd(places: usize, columns: u32, column: u32, row: u32): usize {
  return <usize>load<u32>(places + (<usize>row * columns + column) * 4);
}

/** One field's text without its quotes, for readers that take one field. Gives its length. */
export function copyField(places: usize, columns: u32, column: u32, row: u32, to: usize): u32 {
  const place = places + (<usize>row * columns + column) * 4;
  const start = fieldStart(place, column);
  const end = <usize>load<u32>(place);
  if (load<u8>(start) === quote && end > start) return <u32>(unquote(start, end, to) - to);
  memory.copy(to, start, end - start);
  return <u32>(end - start);
}

/** Marks a row as null where the text that `copyField` wrote is the null text. */
export function markNull(text: usize, length: usize, valid: usize, row: u32): bool {
  if (!isNull(text, text + length)) return false;
  clear(valid, row);
  nulls++;
  return true;
}

/**
 * Text and where it ends: `data` has room for all fields and 16 bytes more, `length` bytes of it are taken. Gives how many are then.
 */
export function readTexts(
  places: usize, columns: u32, column: u32, rows: u32, offsets: usize, data: usize, length: usize, valid: usize, offset: u32,
): usize {
  const step = <usize>columns * 4;
  let place = places + <usize>column * 4;
  let out = data + length;
  let slot = offsets + (<usize>offset << 2) + 4;
  for (let row: u32 = 0; row < rows; row++, place += step, slot += 4) {
    const start = fieldStart(place, column);
    const end = <usize>load<u32>(place);
    const from = out;
    if (load<u8>(start) === quote && end > start) {
      out = unquote(start, end, out);
    } else {
      v128.store(out, v128.load(start));
      for (let at: usize = 16; at < end - start; at += 16) v128.store(out + at, v128.load(start + at));
      out += end - start;
    }
    if (isNull(from, out)) {
      out = from;
      clear(valid, offset + row);
      nulls++;
    }
    store<u32>(slot, <u32>(out - data));
  }
  return out - data;
}
