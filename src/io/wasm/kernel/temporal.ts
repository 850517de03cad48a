// Dates and timestamps in the form that nearly every file has: `2020-02-29`, then `T` or a blank, `12:34:56`, a fraction of 1 to 9 digits,
// perhaps a `Z`. Other forms stop the reader.

import { quote } from './dialect';
import { areDigits, fieldStart, isNull, isPlain, lastDigits, eightDigits, noteNull } from './fields';

const NO_DATE: i32 = i32.MIN_VALUE;

/** Days since 1970-01-01 of the ten bytes at `at`, after Hinnant's `days_from_civil`; NO_DATE where they are no date. */
function parseDate(at: usize): i32 {
  const start = load<u64>(at);
  const end = load<u16>(at, 8);
  // Hyphens at 4 and 7: taken for zeros, all others must be digits.
  if ((start & 0xff0000ff00000000) !== 0x2d00002d00000000) return NO_DATE;
  const digits = (start & 0x00ffff00ffffffff) | 0x3000003000000000;
  const day10 = <u32>(end & 0xff) - 48;
  const day1 = <u32>(end >> 8) - 48;
  if (!areDigits(digits) || day10 > 9 || day1 > 9) return NO_DATE;
  const packed = <u32>eightDigits(digits);
  let year = <i32>(packed / 10000);
  const month = (packed / 10) % 100;
  const day = day10 * 10 + day1;
  if (month - 1 >= 12 || day === 0) return NO_DATE;
  if (day > 28) {
    const leap = (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0);
    const days: u32 = month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
    if (day > days) return NO_DATE;
  }
  if (month <= 2) year--;
  const era = (year >= 0 ? year : year - 399) / 400;
  const yearOfEra = year - era * 400;
  const dayOfYear = <i32>((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day) - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

export function readDates(
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
      store<i32>(at, 0);
      noteNull(valid, offset + row);
      continue;
    }
    if (end - start !== 10) return row;
    const days = parseDate(start);
    if (days === NO_DATE) return row;
    store<i32>(at, days);
  }
  return rows;
}

/** Two digits, or something of at least 100. */
// @ts-ignore: decorator
@inline
function pair(at: usize): u32 {
  const high = <u32>load<u8>(at) - 48;
  const low = <u32>load<u8>(at, 1) - 48;
  return high > 9 || low > 9 ? 100 : high * 10 + low;
}

/** In units of which `unit` make a second, as 64-bit integers. Nanoseconds outside of their range stop the reader. */
export function readTimestamps(
  places: usize, columns: u32, column: u32, from: u32, rows: u32, values: usize, valid: usize, offset: u32, unit: u32,
): u32 {
  const step = <usize>columns * 4;
  const nanosecondsPerUnit = 1000000000 / unit;
  let place = places + (<usize>from * columns + column) * 4;
  for (let row = from; row < rows; row++, place += step) {
    let start = fieldStart(place, column);
    let end = <usize>load<u32>(place);
    if (load<u8>(start) === quote && end > start) {
      if (!isPlain(start, end)) return row;
      start++;
      end--;
    }
    const slot = values + (<usize>(offset + row) << 3);
    if (isNull(start, end)) {
      store<i64>(slot, 0);
      noteNull(valid, offset + row);
      continue;
    }
    if (end - start < 10) return row;
    const days = parseDate(start);
    if (days === NO_DATE) return row;
    let seconds = <i64>days * 86400;
    let nanoseconds: u32 = 0;
    if (end - start > 10) {
      const between = load<u8>(start, 10);
      if (end - start < 19 || (between !== 32 && (between | 0x20) !== 116)) return row;
      const hour = pair(start + 11);
      const minute = pair(start + 14);
      const second = pair(start + 17);
      if (load<u8>(start, 13) !== 58 || load<u8>(start, 16) !== 58 || hour > 23 || minute > 59 || second > 59) return row;
      seconds += <i64>(hour * 3600 + minute * 60 + second);
      let to = end;
      if (end - start > 19 && (load<u8>(end - 1) | 0x20) === 122) to--;
      const fraction = to - start - 19;
      if (fraction > 0) {
        if (load<u8>(start, 19) !== 46 || fraction < 2 || fraction > 10) return row;
        const count = fraction - 1;
        const head = min(count, 8);
        const bytes = lastDigits(start + 20, head);
        if (!areDigits(bytes)) return row;
        nanoseconds = <u32>eightDigits(bytes);
        if (count === 9) {
          const last = <u32>load<u8>(start, 28) - 48;
          if (last > 9) return row;
          nanoseconds = nanoseconds * 10 + last;
        } else {
          for (let i = count; i < 9; i++) nanoseconds *= 10;
        }
      }
    }
    // 9,223,372,036 seconds are as many as nanoseconds of 64 bits hold, but for a fraction of one.
    if (unit === 1000000000 && (seconds >= 9223372036 || seconds < -9223372036)) return row;
    store<i64>(slot, seconds * <i64>unit + <i64>(nanoseconds / nanosecondsPerUnit));
  }
  return rows;
}

/** 64-bit integers as doubles in the same place, where all of them are safe. */
export function narrow(values: usize, count: u32): bool {
  const end = values + (<usize>count << 3);
  let beyond: u64 = 0;
  for (let at = values; at < end; at += 8) {
    beyond |= <u64>(<u64>(load<i64>(at) + 9007199254740991) > 18014398509481982);
  }
  if (beyond) return false;
  for (let at = values; at < end; at += 8) store<f64>(at, <f64>load<i64>(at));
  return true;
}
