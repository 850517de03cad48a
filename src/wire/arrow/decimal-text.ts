/** Decimals as text: the one form in JSON, SQL text and CSV, and back. */

/** The unscaled integer with its point: `1.23` for 123 with scale 2, `12300` for 123 with scale -2, as Rust and SQL write it. */
export function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  if (scale <= 0) return sign + (unscaled === 0n ? '0' : digits + '0'.repeat(-scale));
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** 76 digits of a Decimal256 and the 128 zeros of scale -128: the longest that `decimalText` gives. */
const DECIMAL = /^(-?)([0-9]{1,204})(?:\.([0-9]{1,204}))?(?:e([0-9]{1,3}))?$/;

/**
 * The unscaled integer, or undefined when the text is no decimal or has digits that the scale can't hold. Takes `12e3` for
 * 12000 too.
 */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '0', fraction = '', exponent = '0'] = match;
  const shift = scale - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  const divisor = 10n ** BigInt(Math.max(0, -shift));
  if (digits % divisor !== 0n) return undefined;
  const unscaled = (digits / divisor) * 10n ** BigInt(Math.max(0, shift));
  return sign === '-' ? -unscaled : unscaled;
}
