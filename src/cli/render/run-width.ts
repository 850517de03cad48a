/** How many columns of a terminal a text takes, and texts cut and padded to so many. */

/**
 * Characters that terminals draw two columns wide: East Asian Wide and Fullwidth (UAX #11), as the blocks that hold them, and emoji that
 * show as pictures by themselves.
 */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18d08}\u{1b000}-\u{1b2fb}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Marks that are drawn onto the character before them. */
const MARK = /[\p{Mn}\p{Me}]/u;

/** Most texts are plain: this costs a scan and no regular expression with classes. */
const PLAIN = /^[\x20-\x7e]*$/;

function charWidth(char: string): number {
  if (char.length === 1 && char < '\u0300') return 1;
  return MARK.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
}

export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** At most `width` columns, with an ellipsis at the end of what is left out. */
export function cutToWidth(text: string, width: number): string {
  if (text.length <= width && PLAIN.test(text)) return text;
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const char of text) {
    const more = charWidth(char);
    if (used + more > width - 1) break;
    kept += char;
    used += more;
  }
  return `${kept}…`;
}

export function padToWidth(text: string, width: number, right: boolean): string {
  const padding = ' '.repeat(Math.max(0, width - textWidth(text)));
  return right ? padding + text : text + padding;
}
