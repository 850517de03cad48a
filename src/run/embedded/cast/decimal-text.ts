/** Texts as decimals, as arrow-cast 59 reads them: digits with a point, no exponent. */

const LIMIT = 1n << 255n;
const RUST_WHITESPACE =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

/** The unscaled integer at this scale, halves away from zero; null where the text is none, or none of 256 bits. */
export function parseDecimalText(given: string, scale: number): bigint | null {
  const text = given.replace(RUST_WHITESPACE, '');
  const [first = '', decimals = '', ...more] = text.split('.');
  if (more.length > 0) return null;
  const negative = first.startsWith('-');
  const integers = negative || first.startsWith('+') ? first.slice(1) : first;
  if (integers === '' && decimals === '') return null;
  if (!startsWithDigit(integers) || !startsWithDigit(decimals)) return null;
  if (decimals.length <= scale) {
    return within(parsed((negative ? '-' : '') + integers + decimals.padEnd(scale, '0')));
  }
  const fraction = within(parsed(decimals));
  const whole = integers === '' ? 0n : within(parsed(integers));
  if (fraction === null || whole === null) return null;
  const divisor = 10n ** BigInt(decimals.length - scale);
  if (divisor >= LIMIT) return null;
  const rest = fraction % divisor;
  const adjusted = fraction / divisor + (rest >= divisor / 2n ? 1n : 0n);
  const magnitude = BigInt.asIntN(256, whole * 10n ** BigInt(scale) + adjusted);
  return within(negative ? -magnitude : magnitude);
}

function startsWithDigit(text: string): boolean {
  return text === '' || /^[0-9]/.test(text);
}

function parsed(digits: string): bigint | null {
  return /^-?[0-9]+$/.test(digits) ? BigInt(digits) : null;
}

function within(value: bigint | null): bigint | null {
  return value === null || value >= LIMIT || value < -LIMIT ? null : value;
}
