/** Floats as text, as arrow-cast 59 writes them (the layout of the `ryu` crate): `1.0`, `1e16`, `1.5e-7`, `NaN`, `inf`. */

export function formatFloat64(value: number): string {
  return special(value) ?? layOut(value < 0, Math.abs(value).toString(), 16, -5);
}

export function formatFloat32(value: number): string {
  return special(value) ?? layOut(value < 0, shortest32(Math.abs(value)), 13, -6);
}

/** As Rust's `{:?}` prints a float: plain notation goes further. */
export function debugFloat32(value: number): string {
  return special(value) ?? layOut(value < 0, shortest32(Math.abs(value)), 16, -5);
}

function special(value: number): string | null {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  if (value === Number.NEGATIVE_INFINITY) return '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  return null;
}

/** The fewest digits that read back as this float, and of those the nearest. */
function shortest32(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = toEven(value, digits);
    if (Math.fround(Number(text)) === value) return text;
    // Below a power of two floats are closer: the digits above may fit where the nearest ones don't.
    const above = stepUp(text);
    if (Number(text) < value && Math.fround(above) === value) return above.toPrecision(digits);
  }
  return value.toPrecision(9);
}

/** Rounded to so many digits, halves to even as ryu does it (`toPrecision` rounds them up). */
function toEven(value: number, digits: number): string {
  const text = value.toPrecision(digits);
  const exact = value.toExponential(40).replace('.', '').split('e')[0] ?? '';
  const half = exact[digits] === '5' && !/[1-9]/.test(exact.slice(digits + 1));
  const even = Number(exact[digits - 1]) % 2 === 0;
  return half && even ? `${exact.slice(0, digits)}e${exponentOf(value) - digits + 1}` : text;
}

function exponentOf(value: number): number {
  return Number(value.toExponential(40).split('e')[1]);
}

/** One more in the last digit. */
function stepUp(text: string): number {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return Number(`${BigInt(whole + fraction) + 1n}e${Number(exponent) - fraction.length}`);
}

/** Plain notation while the point lies within `most` digits, or after fewer than `-least` zeros. */
function layOut(negative: boolean, text: string, most: number, least: number): string {
  const [mantissa = '', exponentText = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const all = `${whole}${fraction}`;
  const lead = all.search(/[1-9]/);
  const digits = all.slice(lead).replace(/0+$/, '');
  // The value is 0.digits times ten to the power of `point`.
  const point = whole.length - lead + Number(exponentText);
  const sign = negative ? '-' : '';
  if (point > 0 && point <= most) {
    return digits.length <= point
      ? `${sign}${digits.padEnd(point, '0')}.0`
      : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  }
  if (point > least && point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const tail = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${sign}${digits[0]}${tail}e${point - 1}`;
}
