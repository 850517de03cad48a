/** Disassembled pickles, one opcode a line. */
import type { OpcodeLine } from '../../inspect/opcodes.ts';
import { escapeText } from './escape.ts';
import { cutText } from './layout.ts';
import type { Style } from './style.ts';

const MAX_INDENT = 16;

export function opcodeRow(line: OpcodeLine, width: number, style: Style, cut: boolean): string {
  const indent = ' '.repeat(Math.min(line.depth, MAX_INDENT) * 2);
  const opcode = `${indent}${line.opcode}`.padEnd(20);
  const row = `${opcode}${line.text === '' ? '' : ` ${escapeText(line.text)}`}`.trimEnd();
  const shown = cut ? cutText(row, Math.max(20, width - 9)) : row;
  const painted = shown.startsWith(opcode)
    ? `${style.opcode(opcode)}${shown.slice(opcode.length)}`
    : style.opcode(shown);
  return `${style.dim(String(line.offset).padStart(7))}  ${painted.trimEnd()}\n`;
}
