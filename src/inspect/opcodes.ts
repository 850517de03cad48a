/** Every pickle of a payload, opcode by opcode. */
import { disassemble, type PickleReading } from '../wire/pickle/index.ts';
import { isData, opcodeText } from './hex/pickle-lines.ts';
import type { Inspection } from './report.ts';

export interface PickleListing {
  /** Whose pickle it is. A name in it comes from the payload. */
  readonly title: string;
  readonly reading: PickleReading;
}

export interface OpcodeLine {
  readonly offset: number;
  readonly end: number;
  /** How many marks are open. */
  readonly depth: number;
  /** The name of the opcode; in parentheses where it is none. */
  readonly opcode: string;
  /** The argument and what it means. */
  readonly text: string;
}

/** The outer pickle, then those of the UDFs, in the order of their bytes. */
export function pickleListings({ payload, udfs }: Inspection): readonly PickleListing[] {
  const listings: PickleListing[] = [];
  if (payload?.container === 'pickle') listings.push({ title: 'the payload', reading: payload.pickle });
  for (const { reading, report } of udfs) {
    const pickle = reading?.pickle ?? null;
    if (pickle !== null)
      listings.push({ title: `the ${report.family ?? ''} UDF "${report.name ?? ''}"`, reading: pickle });
  }
  return listings;
}

/** The opcodes, lazily; behind them what follows STOP, or what can't be read. */
export function* opcodeLines(reading: PickleReading, redact = false): Generator<OpcodeLine, void, void> {
  for (const step of disassemble(reading.bytes, { reading })) {
    const { offset, end } = step;
    switch (step.kind) {
      case 'op': {
        const text = redact && isData(step) ? `redacted, ${end - offset - 1} bytes` : opcodeText(step);
        yield { offset, end, depth: step.depth, opcode: step.opcode.name, text };
        break;
      }
      case 'trailing':
        yield { offset, end, depth: 0, opcode: '(behind STOP)', text: `${end - offset} bytes that receivers ignore` };
        break;
      case 'error':
        yield { offset, end, depth: 0, opcode: '(not read)', text: step.error.message };
    }
  }
}
