/** Numbers as Rust's `Display` writes them: no exponents, and the fewest digits that read back to the same value. */

export { decimalText } from '../wire/arrow/index.ts';

/** `1`, `0.0000001`, `-0`, `NaN`, `inf`. */
export function float64Text(value: number): string {
  return special(value) ?? withoutExponent(shortestText(value));
}

/** Like `float64Text` with the fewest digits that read back to the same 32-bit float: `0.1`, `340282350000…`. */
export function float32Text(value: number): string {
  return special(value) ?? withoutExponent(shortest32(value));
}

/** The value with an exponent where plain digits would be long: `1e20`, `1.5`. Reads back to the same 64-bit float. */
export function shortestText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e');
}

/** The fewest digits that read back to the same 32-bit float, with an exponent where plain digits would be long. */
export function shortest32(value: number): string {
  if (value === 0) return shortestText(value); // toPrecision drops the sign of zero
  // Nine significant digits tell any two 32-bit floats apart (IEEE 754, section 5.12.2).
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return shortestText(Number(text));
  }
  return shortestText(Number(value.toPrecision(9)));
}

/**
 * Like `shortest32`, of a value that isn't negative. Of two candidates that are equally near, ryu takes the even one (`1068.4062` for
 * 1068.40625), lexical-core the greater.
 */
export function nearestShortest32(value: number, ties: 'even' | 'up'): string {
  if (value === 0 || !Number.isFinite(value)) return shortestText(value);
  const exact = value.toExponential(60);
  for (let digits = 1; digits < 9; digits++) {
    const text = ties === 'even' ? roundedToEven(value, exact, digits) : value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return shortestText(Number(text));
    // Below a power of two floats are closer: the digits above may fit where the nearest ones don't.
    const above = stepUp(text);
    if (Number(text) < value && Math.fround(above) === value) return shortestText(above);
  }
  return shortestText(Number(value.toPrecision(9)));
}

/** `exact` are all digits of `value`: a 32-bit float halfway between two candidates has few. */
function roundedToEven(value: number, exact: string, digits: number): string {
  const [mantissa = '', exponent = '0'] = exact.split('e');
  const all = mantissa.replace('.', '');
  const isHalf = all[digits] === '5' && !/[1-9]/.test(all.slice(digits + 1));
  const isEven = Number(all[digits - 1]) % 2 === 0;
  return isHalf && isEven ? `${all.slice(0, digits)}e${Number(exponent) - digits + 1}` : value.toPrecision(digits);
}

/** One more in the last digit. */
function stepUp(text: string): number {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return Number(`${BigInt(whole + fraction) + 1n}e${Number(exponent) - fraction.length}`);
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  if (value === Number.NEGATIVE_INFINITY) return '-inf';
  return undefined;
}

function withoutExponent(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?e(-?\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}`;
}

/** Exponents between which arrow-rs writes plain digits (its ryu, "pretty" form): `0.00001` and `1e-6`, `1.0` and `1e20`. */
const PRETTY = { 32: { least: -6, most: 13 }, 64: { least: -5, most: 16 } } as const;

/** A float as arrow-rs prints it: `1.0`, `0.00012`, `1e-6`, `3.4028235e38`. */
export function arrowFloatText(value: number, bits: 32 | 64): string {
  return prettyFloat(value, bits, PRETTY[bits]);
}

/** A 32-bit float as Rust's `{:?}` prints it: plain digits go as far as those of 64 bits. */
export function debugFloat32Text(value: number): string {
  return prettyFloat(value, 32, PRETTY[64]);
}

function prettyFloat(value: number, bits: 32 | 64, plainly: { readonly least: number; readonly most: number }): string {
  const spelled = special(value);
  if (spelled !== undefined) return spelled;
  const plain = withoutExponent(
    bits === 32 ? signed(value, nearestShortest32(Math.abs(value), 'even')) : shortestText(value),
  );
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(plain) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return `${sign}0.0`;
  // The decimal point stands this many digits after the first one's place.
  const point = whole === '0' ? digits.length - fraction.length : whole.length;
  if (point > plainly.least && point <= plainly.most) return /\./.test(plain) ? plain : `${plain}.0`;
  const [first = '', rest = ''] = [digits.charAt(0), digits.slice(1).replace(/0+$/, '')];
  return `${sign}${first}${rest === '' ? '' : `.${rest}`}e${point - 1}`;
}

function signed(value: number, text: string): string {
  return value < 0 || Object.is(value, -0) ? `-${text}` : text;
}

/** As arrow-rs prints it: digits beyond the precision are cut off, and a zero gets a negative scale's zeros too (`000`). */
export function arrowDecimalText(unscaled: bigint, precision: number, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const kept = digits.slice(0, precision);
  if (scale <= 0) return sign + kept + '0'.repeat(-scale);
  if (digits.length > scale && kept.length >= scale) return `${sign}${kept.slice(0, -scale)}.${kept.slice(-scale)}`;
  return `${sign}0.${digits.padStart(scale, '0')}`;
}
