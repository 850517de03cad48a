/**
 * The one way from a payload's text to a terminal. Names and strings in a payload are chosen by whoever wrote it: none of their
 * characters may move the cursor, change colours, reverse the reading order or hide others.
 *
 * Escaped are C0, DEL and C1 (ECMA-48 control functions), line and paragraph separators, the bidirectional controls (UAX #9, "Trojan
 * Source"), invisible format characters and tags, private-use characters, and surrogates without a partner.
 */
/** Most texts are plain: this costs a scan and no regular expression with classes. */
const PLAIN = /^[\x20-\x7e]*$/;

export function escapeText(text: string): string {
  return PLAIN.test(text) ? text : text.replace(unsafe(), escapeCharacter);
}

/** Made when it is needed first: classes of Unicode take their time. */
function unsafe(): RegExp {
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|[\u{e0100}-\u{e01ef}]/gu;
}

/** `\x1b`, `\u202e`, `\u{e0001}`. */
function escapeCharacter(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
