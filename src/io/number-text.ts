/**
 * Numbers and booleans from UTF-8 text, as arrow-cast 59 parses them: for CSV fields and for CAST from strings alike.
 */

const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const ZERO = 48;

/** What arrow's `trim_ascii` takes off: space, tab, LF, form feed, CR (no vertical tab). */
function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 10 || byte === 12 || byte === 13;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

/** The integer, exact: a number while it is safe, else a bigint. Undefined: not an integer. */
export function parseInteger(bytes: Uint8Array, start: number, end: number): number | bigint | undefined {
  let from = start;
  let to = end;
  while (to > from && isBlank(bytes[to - 1] ?? 0)) to--;
  while (from < to && isBlank(bytes[from] ?? 0)) from++;
  const sign = bytes[from];
  const negative = sign === MINUS;
  const digits = negative || sign === PLUS ? from + 1 : from;
  if (digits >= to) return undefined;
  let value = 0;
  for (let at = digits; at < to; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (value <= Number.MAX_SAFE_INTEGER) return negative && value !== 0 ? -value : value;
  const exact = BigInt(latin1(bytes, digits, to));
  return negative ? -exact : exact;
}

const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const SPECIAL = /^([+-]?)(?:(nan)|inf|infinity)$/i;
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** The correctly rounded double. Undefined: not a number. The sign of a NaN's text is for {@link putParsed}. */
export function parseDouble(bytes: Uint8Array, start: number, end: number): number | undefined {
  let from = start;
  let to = end;
  while (to > from && isBlank(bytes[to - 1] ?? 0)) to--;
  while (from < to && isBlank(bytes[from] ?? 0)) from++;
  if (from === to) return undefined;
  // The quick way: a mantissa of at most 15 digits and a power of ten up to 22 are exact doubles, so one division rounds once.
  const sign = bytes[from];
  let at = sign === MINUS || sign === PLUS ? from + 1 : from;
  const firstDigit = at;
  let mantissa = 0;
  let point = -1;
  for (; at < to; at++) {
    const byte = bytes[at] ?? 0;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
    else if (byte === POINT && point < 0) point = at;
    else break;
  }
  if (at === to) {
    const digits = to - firstDigit - (point < 0 ? 0 : 1);
    if (digits > 0 && digits <= 15) {
      const scale = point < 0 ? 0 : to - point - 1;
      const value = mantissa / (POWERS_OF_TEN[scale] ?? 1);
      return sign === MINUS ? -value : value;
    }
  }
  const text = latin1(bytes, from, to);
  if (DECIMAL.test(text)) return Number(text);
  const special = SPECIAL.exec(text);
  if (special === null) return undefined;
  if (special[2] !== undefined) return Number.NaN;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/**
 * Stores what {@link parseDouble} or {@link parseFloat32} gave for the text. A NaN goes in by its bits, with the sign of its text: a
 * JavaScript engine may drop the sign of one that passes through a variable, and the reference engine keeps it.
 */
export function putParsed(
  values: Float64Array | Float32Array,
  index: number,
  value: number,
  bytes: Uint8Array,
  start: number,
): void {
  values[index] = value;
  if (!Number.isNaN(value)) return;
  let from = start;
  while (isBlank(bytes[from] ?? 0)) from++;
  const view = new DataView(values.buffer, values.byteOffset + index * values.BYTES_PER_ELEMENT);
  const negative = bytes[from] === MINUS;
  if (values.BYTES_PER_ELEMENT === 4) view.setUint32(0, negative ? 0xffc0_0000 : 0x7fc0_0000, true);
  else view.setBigUint64(0, negative ? 0xfff8_0000_0000_0000n : 0x7ff8_0000_0000_0000n, true);
}

/** The correctly rounded float of a number's text: rounding the double once more may miss by one at a midpoint. */
export function parseFloat32(bytes: Uint8Array, start: number, end: number): number | undefined {
  const double = parseDouble(bytes, start, end);
  if (double === undefined || !Number.isFinite(double)) return double;
  const float = Math.fround(double);
  if (float === double) return float;
  const other = nextFloat32(float, double > float);
  if ((finite(float) + finite(other)) / 2 !== double) return float;
  const order = compareDecimal(latin1(bytes, start, end).trim(), double);
  if (order === 0) return float;
  return order < 0 === float < other ? float : other;
}

/** Where rounding to infinity starts counting: an infinity stands for the float after the greatest. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Math.sign(value) * 2 ** 128;
}

const floatBits = new Int32Array(1);
const floatValue = new Float32Array(floatBits.buffer);

function nextFloat32(value: number, up: boolean): number {
  if (value === 0) return up ? 2 ** -149 : -(2 ** -149);
  floatValue[0] = value;
  floatBits[0] = (floatBits[0] ?? 0) + (value > 0 === up ? 1 : -1);
  return floatValue[0] ?? 0;
}

/** The sign of `text - double`, exactly. */
function compareDecimal(text: string, double: number): number {
  const parts = /^([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (parts === null) return 0;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  let numerator = BigInt(`${whole}${fraction}` || '0') * (sign === '-' ? -1n : 1n);
  let denominator = 1n;
  const tens = Number(exponent) - fraction.length;
  if (tens >= 0) numerator *= 10n ** BigInt(tens);
  else denominator = 10n ** BigInt(-tens);
  // A double times 2^1074 is an integer.
  const scaled = scaleToInteger(double);
  const left = numerator << 1074n;
  const right = scaled * denominator;
  return left < right ? -1 : left > right ? 1 : 0;
}

function scaleToInteger(double: number): bigint {
  let rest = Math.abs(double);
  let shift = 0n;
  while (!Number.isInteger(rest)) {
    rest *= 2;
    shift++;
  }
  const exact = BigInt(rest) << (1074n - shift);
  return double < 0 ? -exact : exact;
}

/** A CSV field: `true` or `false` in any case. */
export function parseCsvBoolean(bytes: Uint8Array, start: number, end: number): boolean | undefined {
  const length = end - start;
  if (length !== 4 && length !== 5) return undefined;
  const text = latin1(bytes, start, end).toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

const TRUE_WORDS = new Set(['t', 'tr', 'tru', 'true', 'y', 'ye', 'yes', 'on', '1']);
const FALSE_WORDS = new Set(['f', 'fa', 'fal', 'fals', 'false', 'n', 'no', 'of', 'off', '0']);

/** CAST from a string. Blanks of Unicode around the word are ignored (Rust's `trim`). */
export function parseCastBoolean(text: string): boolean | undefined {
  const word = text
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '');
  return TRUE_WORDS.has(word) ? true : FALSE_WORDS.has(word) ? false : undefined;
}

/** Any longer text is refused: the engine counts digits in a byte. */
const MOST_DECIMAL_TEXT = 120;
const DECIMAL_FORM = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?)([0-9]*))?$/;

/**
 * The unscaled integer of a CSV field, as arrow-cast's `parse_decimal` reads it: digits beyond the scale are cut off, and zeros behind the
 * point count as digits of the precision. Undefined: no decimal of that precision and scale.
 */
export function parseDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  precision: number,
  scale: number,
): bigint | undefined {
  if (end - start > MOST_DECIMAL_TEXT) return undefined;
  const text = latin1(bytes, start, end);
  if (!/[0-9]$|.\.$/.test(text)) return undefined;
  const parts = DECIMAL_FORM.exec(text);
  if (parts === null) return undefined;
  const [, sign = '', whole = '', fraction = '', direction = '', exponentText] = parts;
  const leading = whole.replace(/^0+/, '');
  let digits: bigint | undefined;
  if (exponentText === undefined) {
    // Of a negative scale nothing is cut off, and nothing scaled.
    const kept = scale < 0 ? fraction : fraction.slice(0, scale);
    const count = leading.length + kept.length;
    const missing = Math.max(0, scale - kept.length);
    if (count + missing > precision) return undefined;
    digits = BigInt(`${leading}${kept}` || '0') * 10n ** BigInt(missing);
  } else {
    digits = shiftDecimal(leading, fraction, direction === '-', Number(exponentText), precision, scale);
  }
  return sign === '-' && digits !== undefined ? -digits : digits;
}

function shiftDecimal(
  leading: string,
  fraction: string,
  down: boolean,
  exponent: number,
  precision: number,
  scale: number,
): bigint | undefined {
  let count = leading.length + fraction.length;
  if (exponent > 10_000 || (count === 0 && exponent === 0)) return undefined;
  if (down && exponent - (count + scale) > 0) return 0n;
  const point = fraction.length - (down ? -exponent : exponent);
  if (down && point > count) count = point;
  const shift = scale - point;
  if (count + shift < 0 || count + shift > precision) return undefined;
  const digits = BigInt(`${leading}${fraction}` || '0');
  return shift < 0 ? digits / 10n ** BigInt(-shift) : digits * 10n ** BigInt(shift);
}
