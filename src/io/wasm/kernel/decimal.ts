// Doubles from decimal text, correctly rounded: the algorithm of Lemire, "Number parsing at a gigabyte per second" (2021), with the bounds of
// Mushtak and Lemire, "Fast number parsing without fallback" (2023).

import { areDigits, eightDigits, lastDigits } from './fields';
import { POWERS, SMALLEST_POWER, TENS } from './powers';

/** The bits of the double that `parseDouble` read. */
export let parsedBits: u64 = 0;

const SIGN: u64 = 0x8000000000000000;

/** High half of the product. */
// @ts-ignore: decorator
@inline
export function highProduct(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const middle = a1 * b0 + ((a0 * b0) >> 32);
  return a1 * b1 + (middle >> 32) + ((a0 * b1 + (middle & 0xffffffff)) >> 32);
}

/** The bits of `digits * 10^exponent` rounded to even. */
function scale(digits: u64, exponent: i32): u64 {
  if (digits === 0 || exponent < -342) return 0;
  if (exponent > 308) return 0x7ff0000000000000;
  const shift = clz(digits);
  const normal = digits << shift;
  const power = POWERS + (<usize>(exponent - SMALLEST_POWER) << 4);
  const most = load<u64>(power);
  let high = highProduct(normal, most);
  let low = normal * most;
  if ((high & 0x1ff) === 0x1ff) {
    const more = highProduct(normal, load<u64>(power, 8));
    low += more;
    if (more > low) high++;
  }
  const upper = high >> 63;
  let mantissa = high >> (upper + 9);
  let binary = (((152170 + 65536) * exponent) >> 16) + 63 + <i32>upper - <i32>shift + 1023;
  if (binary <= 0) {
    if (1 - binary >= 64) return 0;
    mantissa >>= <u64>(1 - binary);
    mantissa += mantissa & 1;
    mantissa >>= 1;
    return mantissa;
  }
  // Halfway between two doubles, exactly.
  if (low <= 1 && exponent >= -4 && exponent <= 23 && (mantissa & 3) === 1 && mantissa << (upper + 9) === high) {
    mantissa &= ~(<u64>1);
  }
  mantissa += mantissa & 1;
  mantissa >>= 1;
  if (mantissa >= 0x20000000000000) {
    mantissa = 0x10000000000000;
    binary++;
  }
  if (binary >= 0x7ff) return 0x7ff0000000000000;
  return (mantissa & 0xfffffffffffff) | (<u64>binary << 52);
}

/**
 * Reads `[+-] digits [. digits] [e [+-] digits]` with at least one digit into `parsedBits`. False: other text (infinity, NaN, blanks, nothing
 * numeric), or more digits than can be rounded here; the caller knows what to do.
 */
export function parseDouble(start: usize, end: usize): bool {
  let at = start;
  if (at >= end) return false;
  const sign = load<u8>(at);
  const negative = sign === 45;
  if (negative || sign === 43) at++;
  const firstDigit = at;
  let digits: u64 = 0;
  let digit: u32 = 0;
  while (at < end && (digit = <u32>load<u8>(at) - 48) < 10) {
    digits = digits * 10 + digit;
    at++;
  }
  let count = at - firstDigit;
  let exponent: i32 = 0;
  if (at < end && load<u8>(at) === 46) {
    at++;
    const fraction = at;
    while (end - at >= 8) {
      const bytes = load<u64>(at);
      if (!areDigits(bytes)) break;
      digits = digits * 100000000 + eightDigits(bytes);
      at += 8;
    }
    if (end - at < 8 && end > at) {
      const bytes = lastDigits(at, end - at);
      if (areDigits(bytes)) {
        digits = digits * load<u64>(TENS + ((end - at) << 3)) + eightDigits(bytes);
        at = end;
      }
    }
    while (at < end && (digit = <u32>load<u8>(at) - 48) < 10) {
      digits = digits * 10 + digit;
      at++;
    }
    count += at - fraction;
    exponent = <i32>(fraction - at);
  }
  if (count === 0) return false;
  if (at < end) {
    if ((load<u8>(at) | 0x20) !== 101) return false;
    at++;
    if (at >= end) return false;
    const direction = load<u8>(at);
    if (direction === 45 || direction === 43) at++;
    if (at >= end) return false;
    let written: i32 = 0;
    for (; at < end; at++) {
      digit = <u32>load<u8>(at) - 48;
      if (digit >= 10) return false;
      // Beyond every double, with as many digits as a field of this many bytes may have.
      if (written < 100000000) written = written * 10 + <i32>digit;
    }
    exponent += direction === 45 ? -written : written;
  }
  if (count > 19) {
    parsedBits = 0;
    return parseLong(firstDigit, end, exponent, negative);
  }
  if (digits <= 0x1fffffffffffff && exponent + 22 >= 0 && exponent <= 22) {
    // Two exact doubles: one operation rounds once.
    const whole = <f64>digits;
    const value = exponent < 0 ? whole / load<f64>(TENS + 160 - (exponent << 3)) : whole * load<f64>(TENS + 160 + (exponent << 3));
    parsedBits = reinterpret<u64>(value) | (negative ? SIGN : 0);
    return true;
  }
  parsedBits = scale(digits, exponent) | (negative ? SIGN : 0);
  return true;
}

/** More than 19 digits, zeros before the first included: the text is well formed, and `exponent` is that of its last digit. */
function parseLong(start: usize, end: usize, exponent: i32, negative: bool): bool {
  let digits: u64 = 0;
  let taken: u32 = 0;
  let rest: i32 = 0;
  let cut: u32 = 0;
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    if (byte === 46) continue;
    const digit = <u32>byte - 48;
    if (digit >= 10) break;
    if (taken === 0 && digit === 0) continue;
    if (taken < 19) {
      digits = digits * 10 + digit;
      taken++;
    } else {
      rest++;
      cut |= digit;
    }
  }
  const bits = scale(digits, exponent + rest);
  if (cut !== 0 && bits !== scale(digits + 1, exponent + rest)) return false;
  parsedBits = bits | (negative ? SIGN : 0);
  return true;
}
