// The fewest digits that read back to the same float, the nearest to it among those: Giulietti's Schubfach (2020), with 128-bit powers for both
// widths. The text is that of the ryu crate's `pretty` form, which arrow prints floats with.

import { highProduct } from './decimal';
import { POWERS, SMALLEST_POWER } from './powers';

let digits: u64 = 0;
let exponent: i32 = 0;

/** Powers below 10^-27 and above 10^55 are cut off in the table: here they must be rounded up. */
// @ts-ignore: decorator
@inline
function roundToOdd(high: u64, low: u64, value: u64): u64 {
  const x1 = highProduct(low, value);
  let y0 = high * value;
  let y1 = highProduct(high, value);
  y0 += x1;
  if (y0 < x1) y1++;
  return y1 | <u64>(y0 > 1);
}

/** `significand * 2^binary` into `digits * 10^exponent`. `closer`: the next float below is half as far as the one above. */
function shorten(significand: u64, binary: i32, closer: bool): void {
  const odd = significand & 1;
  const centre = significand << 2;
  const power = (binary * 1262611 - (closer ? 524031 : 0)) >> 22;
  const shift = <u64>(binary + ((-power * 1741647) >> 19) + 1);
  const at = POWERS + (<usize>(-power - SMALLEST_POWER) << 4);
  const high = load<u64>(at);
  const low = load<u64>(at, 8) + <u64>(-power < -27 || -power > 55);
  const below = roundToOdd(high, low, (centre - 2 + <u64>closer) << shift) + odd;
  const value = roundToOdd(high, low, centre << shift);
  const above = roundToOdd(high, low, (centre + 2) << shift) - odd;
  const s = value >> 2;
  if (s >= 10) {
    const tenth = s / 10;
    const lowInside = below <= 40 * tenth;
    const highInside = 40 * tenth + 40 <= above;
    if (lowInside !== highInside) {
      digits = tenth + <u64>highInside;
      exponent = power + 1;
      return;
    }
  }
  const lowInside = below <= 4 * s;
  const highInside = 4 * s + 4 <= above;
  exponent = power;
  if (lowInside !== highInside) {
    digits = s + <u64>highInside;
    return;
  }
  const middle = 4 * s + 2;
  digits = s + <u64>(value > middle || (value === middle && (s & 1) !== 0));
}

/** Eight digits as text, the first in the lowest byte. */
// @ts-ignore: decorator
@inline
export function eightText(value: u32): u64 {
  const high = value / 10000;
  const fours = <u64>high | (<u64>(value - high * 10000) << 32);
  const hundreds = ((fours * 10486) >> 20) & 0x7f0000007f;
  const twos = hundreds | ((fours - hundreds * 100) << 16);
  const tens = ((twos * 103) >> 10) & 0x000f000f000f000f;
  return tens | ((twos - tens * 10) << 8) | 0x3030303030303030;
}

/** `value` without zeros before it; gives the place behind it. */
export function writeUnsigned(value: u64, to: usize): usize {
  let out = to;
  let rest: u32;
  if (value >= 100000000) {
    const high = value / 100000000;
    if (high >= 100000000) {
      const top = high / 100000000;
      out = writeHead(<u32>top, out);
      store<u64>(out, eightText(<u32>(high - top * 100000000)));
      out += 8;
    } else {
      out = writeHead(<u32>high, out);
    }
    rest = <u32>(value - high * 100000000);
    store<u64>(out, eightText(rest));
    return out + 8;
  }
  return writeHead(<u32>value, out);
}

/** Up to eight digits, without zeros before them. */
// @ts-ignore: decorator
@inline
function writeHead(value: u32, out: usize): usize {
  const text = eightText(value);
  const zeros = min(<u64>7, ctz(text ^ 0x3030303030303030) >> 3);
  store<u64>(out, text >> (zeros << 3));
  return out + <usize>(8 - zeros);
}

const SCRATCH = memory.data(48, 16);

/** `plainTo` digits at most stand before the point without an exponent, and fewer than `zerosTo` zeros behind it. */
function layOut(to: usize, plainTo: i32, zerosTo: i32): usize {
  // Zeros at the end say nothing.
  if (digits % 100000000 === 0) {
    digits /= 100000000;
    exponent += 8;
  }
  for (let tenth = digits / 10; tenth * 10 === digits; tenth = digits / 10) {
    digits = tenth;
    exponent++;
  }
  const count = <i32>(writeUnsigned(digits, SCRATCH) - SCRATCH);
  const point = count + exponent;
  const first = v128.load(SCRATCH);
  if (exponent >= 0 && point <= plainTo) {
    v128.store(to, first);
    v128.store(to + count, i8x16.splat(48));
    store<u16>(to + point, 0x302e);
    return to + point + 2;
  }
  if (point > 0 && point <= plainTo) {
    v128.store(to, first);
    store<u8>(to + point, 46);
    v128.store(to + point + 1, v128.load(SCRATCH + point));
    return to + count + 1;
  }
  if (point > zerosTo && point <= 0) {
    store<u64>(to, 0x3030303030302e30);
    const at = to + 2 - point;
    v128.store(at, first);
    store<u8>(at, load<u8>(SCRATCH, 16), 16);
    return at + count;
  }
  store<u8>(to, load<u8>(SCRATCH));
  let out = to + 1;
  if (count > 1) {
    store<u8>(out, 46);
    v128.store(out + 1, v128.load(SCRATCH, 1));
    out += count;
  }
  store<u8>(out++, 101);
  let power = point - 1;
  if (power < 0) {
    store<u8>(out++, 45);
    power = -power;
  }
  return writeHead(<u32>power, out);
}

/** `inf`, `NaN`, `0.0`. */
// @ts-ignore: decorator
@inline
function writeSpecial(isZero: bool, isNan: bool, to: usize): usize {
  store<u32>(to, isZero ? 0x302e30 : isNan ? 0x4e614e : 0x666e69);
  return to + 3;
}

/** At most 24 bytes, and 16 more that are overwritten. */
export function writeDouble(bits: u64, to: usize): usize {
  let out = to;
  const fraction = bits & 0xfffffffffffff;
  const biased = <i32>((bits >> 52) & 0x7ff);
  const isNan = biased === 0x7ff && fraction !== 0;
  if (bits >> 63 && !isNan) store<u8>(out++, 45);
  if (biased === 0x7ff || (bits << 1) === 0) return writeSpecial(biased === 0, isNan, out);
  if (biased !== 0) {
    const significand = fraction | 0x10000000000000;
    const binary = biased - 1075;
    if (binary <= 0 && binary > -53 && (significand & ((<u64>1 << <u64>-binary) - 1)) === 0) {
      // A whole number below 2^53 has no shorter form.
      digits = significand >> <u64>-binary;
      exponent = 0;
    } else {
      shorten(significand, binary, fraction === 0 && biased > 1);
    }
  } else {
    shorten(fraction, -1074, false);
  }
  return layOut(out, 16, -5);
}

export function writeFloat(bits: u32, to: usize): usize {
  let out = to;
  const fraction = bits & 0x7fffff;
  const biased = <i32>((bits >> 23) & 0xff);
  const isNan = biased === 0xff && fraction !== 0;
  if (bits >> 31 && !isNan) store<u8>(out++, 45);
  if (biased === 0xff || bits << 1 === 0) return writeSpecial(biased === 0, isNan, out);
  if (biased !== 0) shorten(fraction | 0x800000, biased - 150, fraction === 0 && biased > 1);
  else shorten(fraction, -149, false);
  return layOut(out, 13, -6);
}
