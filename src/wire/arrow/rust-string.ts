/**
 * String literals as Rust's `Debug` for `str` writes them: in double quotes, with `\"`, `\\`, `\0`, `\t`, `\r`, `\n`, and
 * `\u{hex}` for what is not printable on its own (controls, formats, unassigned, separators but the space, and characters
 * that extend the one before them).
 */
export function debugString(text: string, quote: '"' | "'" = '"'): string {
  let out = quote as string;
  for (const char of text) out += escapeChar(char, quote);
  return out + quote;
}

function escapeChar(char: string, quote: string): string {
  if (char === quote) return `\\${char}`;
  // Of ASCII first: a class of Unicode takes half a millisecond to be made.
  if (char >= ' ' && char <= '~') return char === '\\' ? '\\\\' : char;
  if (!/[\p{C}\p{Zl}\p{Zp}\p{Zs}\p{Grapheme_Extend}]/u.test(char)) return char;
  switch (char) {
    case '\0':
      return '\\0';
    case '\t':
      return '\\t';
    case '\r':
      return '\\r';
    case '\n':
      return '\\n';
    default:
      return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
  }
}
