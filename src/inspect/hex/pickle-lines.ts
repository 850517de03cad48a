/** The bytes of a pickle: one line an opcode, and what its byte strings are known to hold. */

import type { DfxError } from '../../wire/errors.ts';
import { disassemble, type PickleInstruction, type PickleReading } from '../../wire/pickle/index.ts';
import type { Tape } from '../../wire/protobuf/index.ts';
import { looksLikeIpc, streamRegion } from './arrow-lines.ts';
import { type HexLine, type HexRegion, quotedText } from './cover.ts';
import { type HexOptions, protobufRegion } from './protobuf-lines.ts';

/** Messages inside the pickle's byte strings, by where they start. */
export type MessagesAt = ReadonlyMap<number, { readonly tape: Tape; readonly error: DfxError | null }>;

export function pickleRegion(
  reading: PickleReading,
  depth: number,
  options: HexOptions,
  messages: MessagesAt = new Map(),
): HexRegion {
  return {
    start: reading.offset,
    end: reading.offset + reading.bytes.length,
    depth,
    gap: { kind: 'unread', label: 'not read' },
    hideGaps: options.redact,
    parts: opcodeLines(reading, depth, options, messages),
  };
}

function* opcodeLines(
  reading: PickleReading,
  base: number,
  options: HexOptions,
  messages: MessagesAt,
): Generator<HexLine | HexRegion, void, void> {
  for (const step of disassemble(reading.bytes, { reading })) {
    if (step.kind !== 'op') {
      yield {
        offset: step.offset,
        end: step.end,
        depth: base,
        kind: 'unread',
        label: step.kind === 'error' ? 'not read' : 'behind STOP',
        value: step.kind === 'error' ? step.error.message : 'receivers ignore it',
        hiddenFrom: options.redact ? step.offset : null,
      };
      continue;
    }
    const depth = base + step.depth;
    const hide = options.redact && isData(step);
    const line = {
      offset: step.offset,
      depth,
      kind: 'opcode' as const,
      label: step.opcode.name,
      hiddenFrom: hide ? step.offset + 1 : null,
    };
    const { argument } = step;
    if (argument?.kind === 'bytes' && argument.value.buffer === reading.bytes.buffer) {
      const start = reading.offset + argument.value.byteOffset - reading.bytes.byteOffset;
      const place = { start, end: start + argument.value.length, depth: depth + 1 };
      const message = messages.get(start);
      const nested =
        message !== undefined
          ? protobufRegion(message.tape, message.error, depth + 1, options)
          : looksLikeIpc(argument.value)
            ? streamRegion(argument.value, place)
            : null;
      if (nested !== null) {
        const what = message === undefined ? 'Arrow IPC stream' : 'the expression';
        yield { ...line, end: start, value: `${what}, ${argument.value.length} bytes`, hiddenFrom: null };
        yield nested;
        continue;
      }
    }
    yield { ...line, end: step.end, value: hide ? `redacted, ${step.end - step.offset - 1} bytes` : opcodeText(step) };
  }
}

export type Op = Extract<PickleInstruction, { kind: 'op' }>;

/** Whether the opcode's argument is a value or a name, and no index or length. */
export function isData({ argument, memo, opcode }: Op): boolean {
  if (argument === null || memo !== null) return false;
  return opcode.name !== 'PROTO' && opcode.name !== 'FRAME';
}

/** The argument and what it means: `10`, `"pyarrow" "compute": imports pyarrow.compute`. */
export function opcodeText(step: Op): string {
  const { argument, memo, note } = step;
  const parts: string[] = [];
  switch (argument?.kind) {
    case 'int':
    case 'float':
    case 'bool':
      parts.push(String(argument.value).slice(0, 60));
      break;
    case 'text':
      parts.push(quotedText(argument.value));
      break;
    case 'pair':
      parts.push(`${quotedText(argument.module)} ${quotedText(argument.name)}`);
      break;
    case 'bytes':
      parts.push(`${argument.value.length} bytes`);
      break;
    case undefined:
      if (memo !== null) parts.push(`memo ${memo}`);
  }
  if (step.mark !== null) parts.push(`to the mark at ${step.mark}`);
  if (note !== '') parts.push(note);
  return parts.join(', ');
}
