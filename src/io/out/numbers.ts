/**
 * Numbers as bytes of text. CSV follows arrow-cast's display (floats as the `ryu` crate lays them out), JSON follows arrow-json
 * (floats as `lexical-core` lays them out): both give the fewest digits that read back, and differ in where an exponent starts.
 */
import { arrowDecimalText, arrowFloatText, float32Text, nearestShortest32 } from '../../expr/number-text.ts';
import { type TextBytes, writeAscii } from './text-bytes.ts';

const ZERO = 48;
const MINUS = 45;
const POINT = 46;

/** Digits of a safe integer at most, and its sign. */
const MOST_DIGITS = 17;
const POWERS = Float64Array.from({ length: MOST_DIGITS }, (_, exponent) => Number(`1e${exponent}`));

function digitCount(value: number): number {
  let count = 1;
  while (count < MOST_DIGITS && value >= (POWERS[count] ?? 0)) count++;
  return count;
}

/** The digits of `value`, which is not negative, as the last of `[at, at + count)`; zeros before them. */
function putDigits(bytes: Uint8Array, at: number, count: number, value: number): void {
  let place = at + count - 1;
  let rest = value;
  // 32-bit arithmetic is several times faster than that of doubles.
  while (rest > 0x7fffffff) {
    const quotient = Math.floor(rest / 10);
    bytes[place--] = ZERO + (rest - quotient * 10);
    rest = quotient;
  }
  let small = rest | 0;
  while (place >= at) {
    const quotient = (small / 10) | 0;
    bytes[place--] = ZERO + (small - quotient * 10);
    small = quotient;
  }
}

/** A safe integer. */
export function writeInteger(out: TextBytes, value: number): void {
  out.reserve(MOST_DIGITS);
  let rest = value;
  if (rest < 0) {
    out.bytes[out.at++] = MINUS;
    rest = -rest;
  }
  const count = digitCount(rest);
  putDigits(out.bytes, out.at, count, rest);
  out.at += count;
}

export function writeBigInteger(out: TextBytes, value: bigint): void {
  writeAscii(out, value.toString());
}

/** `value` with zeros before it, `count` digits in all. */
export function writePadded(out: TextBytes, value: number, count: number): void {
  out.reserve(count);
  putDigits(out.bytes, out.at, count, value);
  out.at += count;
}

/** An unscaled safe integer of at most `precision` digits. */
export function writeDecimal(out: TextBytes, unscaled: number, precision: number, scale: number): void {
  const size = Math.abs(unscaled);
  const count = digitCount(size);
  if (scale < 0 || count > precision) {
    writeBigDecimal(out, BigInt(unscaled), precision, scale);
    return;
  }
  if (scale === 0) {
    writeInteger(out, unscaled);
    return;
  }
  const digits = Math.max(count, scale + 1);
  out.reserve(digits + 2);
  const { bytes } = out;
  let { at } = out;
  if (unscaled < 0) bytes[at++] = MINUS;
  putDigits(bytes, at, digits, size);
  const point = at + digits - scale;
  bytes.copyWithin(point + 1, point, at + digits);
  bytes[point] = POINT;
  out.at = at + digits + 1;
}

export function writeBigDecimal(out: TextBytes, unscaled: bigint, precision: number, scale: number): void {
  writeAscii(out, arrowDecimalText(unscaled, precision, scale));
}

/** JSON has no zeros in front: what the engine prints there (`000` for a zero of scale -2) is no JSON. */
export function jsonDecimalText(unscaled: bigint, precision: number, scale: number): string {
  return unscaled === 0n && scale < 0 ? '0' : arrowDecimalText(unscaled, precision, scale);
}

/** Both layouts write plain digits between these: of 64-bit floats JavaScript's own text is the same there. */
const PLAIN_FROM = 1e-5;
const CSV_PLAIN_BELOW = 1e16;
const JSON_PLAIN_BELOW = 1e10;

function writePlainFloat(out: TextBytes, value: number): void {
  if (Number.isInteger(value)) {
    writeInteger(out, value);
    writeAscii(out, '.0');
  } else {
    writeAscii(out, String(value));
  }
}

export function writeFloat64(out: TextBytes, value: number): void {
  const size = Math.abs(value);
  if (size >= PLAIN_FROM && size < CSV_PLAIN_BELOW && Number.isSafeInteger(Math.trunc(value))) {
    writePlainFloat(out, value);
  } else writeAscii(out, arrowFloatText(value, 64));
}

export function writeFloat32(out: TextBytes, value: number): void {
  // A whole number of up to 24 bits has no shorter form than its digits.
  if (Number.isInteger(value) && value !== 0 && Math.abs(value) < 2 ** 24) writePlainFloat(out, value);
  else writeAscii(out, arrowFloatText(value, 32));
}

/** Half floats print as Rust's own `Display` of a 32-bit one: `1`, not `1.0`. */
export function writeFloat16(out: TextBytes, value: number): void {
  writeAscii(out, float32Text(value));
}

/** A finite number. */
export function writeJsonFloat64(out: TextBytes, value: number): void {
  const size = Math.abs(value);
  if (size >= PLAIN_FROM && size < JSON_PLAIN_BELOW) writePlainFloat(out, value);
  else writeAscii(out, jsonFloatText(value, withoutLowerHalf(size, String(size), 53)));
}

/** A finite number. Half floats print like this, too. */
export function writeJsonFloat32(out: TextBytes, value: number): void {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size > 0 && size < 2 ** 24) writePlainFloat(out, value);
  else
    writeAscii(
      out,
      jsonFloatText(value, withoutLowerHalf(size, nearestShortest32(size, isPowerOfTwo(size) ? 'even' : 'up'), 24)),
    );
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}

/**
 * lexical-core takes no text that lies exactly halfway to the float below, though it would read back: it goes on to one that is nearer
 * (`7.600000000000001e22`, where JavaScript and ryu write `7.6e22`). Such halves are integers beyond the float's `bits`.
 */
function withoutLowerHalf(value: number, shortest: string, bits: 24 | 53): string {
  if (value < 2 ** bits || !isLowerHalf(value, shortest, bits)) return shortest;
  const most = bits === 53 ? 17 : 9;
  for (let digits = 1; digits < most; digits++) {
    const text = value.toPrecision(digits);
    const read = bits === 53 ? Number(text) : Math.fround(Number(text));
    if (read === value && !isLowerHalf(value, text, bits)) return text;
  }
  return value.toPrecision(most);
}

/** lexical-core's own bound for 64-bit floats (its DIV_BY_5_THRESHOLD): halves of smaller floats are taken. */
const HALVES_TO = 9;

function isLowerHalf(value: number, text: string, bits: 24 | 53): boolean {
  const below = BigInt(value) - integerOf(text);
  if (below <= 0n) return false;
  // The exponent of a double stands in its bits: a logarithm would be rounded.
  const exponent = ((new Uint32Array(new Float64Array([value]).buffer)[1] ?? 0) >>> 20) - 1023;
  const scale = exponent - bits + 1;
  if (bits === 53 && scale <= HALVES_TO) return false;
  const step = 1n << BigInt(scale);
  return 2n * below === (BigInt(value) === 1n << BigInt(exponent) ? step / 2n : step);
}

/** `7.6e22` as an integer; such texts have no fraction. */
function integerOf(text: string): bigint {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const zeros = Number(exponent) - fraction.length;
  return zeros >= 0
    ? BigInt(whole + fraction) * 10n ** BigInt(zeros)
    : BigInt(whole + fraction) / 10n ** BigInt(-zeros);
}

/** lexical-core 1.0: an exponent below -5 and above 9, and always a fraction: `1.0e10`. */
function jsonFloatText(value: number, shortest: string): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa = '', exponentText = '0'] = shortest.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const all = whole + fraction;
  const lead = all.search(/[1-9]/);
  if (lead < 0) return `${sign}0.0`;
  const digits = all.slice(lead).replace(/0+$/, '');
  const exponent = whole.length - lead - 1 + Number(exponentText);
  if (exponent < -5 || exponent > 9) return `${sign}${digits.charAt(0)}.${digits.slice(1) || '0'}e${exponent}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')}.${digits.slice(exponent + 1) || '0'}`;
}
