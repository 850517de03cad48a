/** Decimals as text, as arrow-data 59 writes them: no more digits than the precision. */

/** `digits` is an integer as text. With `whole`, every digit is written, those beyond the precision too. */
export function formatDecimal(digits: string, precision: number, scale: number, whole = false): string {
  const negative = digits.startsWith('-');
  const sign = negative ? '-' : '';
  const magnitude = negative ? digits.slice(1) : digits;
  const bound = whole ? digits.length : Math.min(precision, magnitude.length) + sign.length;
  const text = digits.slice(0, bound);
  if (scale === 0) return text;
  if (scale < 0) return text.padEnd(text.length - scale, '0');
  if (magnitude.length > scale) return `${text.slice(0, text.length - scale)}.${text.slice(text.length - scale)}`;
  return `${sign}0.${magnitude.padStart(scale, '0')}`;
}
