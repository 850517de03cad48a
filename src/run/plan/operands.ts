/** The payload operands of a run: `payload.bin`, `label=payload.bin`, `-`. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { DfxError } from '../../wire/errors.ts';

export interface PayloadOperand {
  readonly label: string;
  /** `-` for standard input. */
  readonly path: string;
}

/**
 * Splits at the first `=`, unless a file of the whole name exists. Without a label the file's name without its last
 * extension is one. Labels name the result's columns: two alike are refused.
 */
export function readOperands(operands: readonly string[]): readonly PayloadOperand[] {
  const read = operands.map((operand) => readOperand(operand));
  const seen = new Map<string, string>();
  for (const { label, path } of read) {
    const other = seen.get(label);
    if (other !== undefined) {
      throw new DfxError('USAGE', `${other} and ${path} have the same label ${JSON.stringify(label)}`, {
        hint: `name one of them: other=${path}`,
      });
    }
    seen.set(label, path);
  }
  if (read.filter(({ path }) => path === '-').length > 1) {
    throw new DfxError('USAGE', 'standard input can be one payload only', { hint: 'give - once' });
  }
  return read;
}

function readOperand(operand: string): PayloadOperand {
  const equals = operand.indexOf('=');
  if (equals > 0 && equals < operand.length - 1 && !existsSync(operand)) {
    return { label: operand.slice(0, equals), path: operand.slice(equals + 1) };
  }
  if (operand === '-') return { label: 'stdin', path: operand };
  const name = basename(operand);
  const dot = name.lastIndexOf('.');
  return { label: dot > 0 ? name.slice(0, dot) : name, path: operand };
}
