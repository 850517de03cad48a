/** Annotated bytes: offset, bytes, what they mean. */
import type { HexKind, HexLine } from '../../inspect/hex.ts';
import { escapeText } from './escape.ts';
import { cutText } from './layout.ts';
import type { Style } from './style.ts';

export interface HexTextOptions {
  readonly width: number;
  readonly style: Style;
  /** Cuts lines to the width; a pipe gets them whole. */
  readonly cut: boolean;
}

/** Deepest indent that is drawn. */
const MAX_INDENT = 16;
const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The rows of a line: its first bytes with the meaning beside them, further bytes under them. */
export function hexRows(line: HexLine, bytes: Uint8Array, { width, style, cut }: HexTextOptions): string {
  const perRow = width >= 116 ? 16 : 8;
  const digits = Math.max(6, String(bytes.length).length);
  const indent = ' '.repeat(Math.min(line.depth, MAX_INDENT));
  const room = width - digits - 2 - 3 * perRow - 1 - indent.length;
  const value = escapeText(line.value);
  const label = escapeText(line.label);
  const plain = value === '' ? label : `${label}  ${value}`;
  const shown = cut ? cutText(plain, Math.max(12, room)) : plain;
  const meaning = shown.length < label.length ? shown : `${paint(line.kind, style)(label)}${shown.slice(label.length)}`;
  const out: string[] = [];
  for (let at = line.offset; at < line.end; at += perRow) {
    const cells: string[] = [];
    for (let byte = at; byte < Math.min(at + perRow, line.end); byte++) {
      cells.push(line.hiddenFrom !== null && byte >= line.hiddenFrom ? '··' : (DIGITS[bytes[byte] ?? 0] ?? ''));
    }
    const hex = cells.join(' ');
    const offset = style.dim(String(at).padStart(digits));
    if (at === line.offset) out.push(`${offset}  ${hex.padEnd(3 * perRow)} ${indent}${meaning}`);
    else out.push(`${offset}  ${hex}`);
  }
  return `${out.join('\n')}\n`;
}

function paint(kind: HexKind, style: Style): (text: string) => string {
  switch (kind) {
    case 'structure':
      return style.structure;
    case 'name':
      return style.name;
    case 'value':
      return style.value;
    case 'opcode':
      return style.opcode;
    case 'frame':
      return style.heading;
    case 'padding':
      return style.dim;
    case 'unread':
      return style.error;
  }
}
