import { DfxError } from '../errors.ts';
import { type Limits, type Span, withLimits } from '../limits.ts';
import { PickleCursor } from './cursor.ts';
import { runBinary, runClassic } from './dispatch.ts';
import { type PickleCall, type PickleGlobal, PickleMachine } from './machine.ts';
import { opcodeOf } from './opcodes.ts';
import type { PickleValue } from './value.ts';

export interface ReadPickleOptions {
  readonly limits?: Partial<Limits> | undefined;
  /** Where the bytes start in the payload; added to every offset. */
  readonly offset?: number | undefined;
}

export interface PickleReading {
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** What PROTO says, else the highest protocol among the opcodes read. */
  readonly protocol: number;
  /** What the pickle stands for; null where reading stopped early. */
  readonly value: PickleValue | null;
  /** What stood on the stack when reading stopped early, bottom first. Empty after a whole reading. */
  readonly partial: readonly PickleValue[];
  /** Absolute offset behind the last whole opcode: behind STOP, or where the error is. */
  readonly end: number;
  /** What follows STOP; receivers ignore it. Empty after an error. */
  readonly trailing: Span;
  readonly opcodes: number;
  /** Every import that loading would make, in order. */
  readonly globals: readonly PickleGlobal[];
  /** Everything that loading would call or change, in order. */
  readonly calls: readonly PickleCall[];
  /** The number of out-of-band buffers that must travel beside the pickle. */
  readonly buffers: number;
  readonly error: DfxError | null;
}

/**
 * Reads a pickle of protocol 0 to 5 without importing or calling anything. Never throws for what is in the bytes: the
 * reading holds what could be read and the error with its offset. Memory is at most some 200 bytes for each byte read,
 * whatever the memo does.
 */
export function readPickle(bytes: Uint8Array, options: ReadPickleOptions = {}): PickleReading {
  const limits = withLimits(options.limits);
  const base = options.offset ?? 0;
  const cursor = new PickleCursor(bytes, base);
  const machine = new PickleMachine(cursor, limits.maxDepth);
  let value: PickleValue | null = null;
  let error: DfxError | null = null;
  try {
    value = run(machine, limits);
  } catch (thrown) {
    if (!(thrown instanceof DfxError)) throw thrown;
    error = thrown;
  }
  const end = base + (error === null ? cursor.pos : cursor.start);
  return {
    bytes,
    offset: base,
    protocol: machine.protocol === 0 ? machine.impliedProtocol : machine.protocol,
    value,
    partial: error === null ? [] : machine.stack,
    end,
    trailing: { start: end, end: error === null ? base + bytes.length : end },
    opcodes: machine.opcodes,
    globals: machine.globals,
    calls: machine.calls,
    buffers: machine.buffers,
    error,
  };
}

function run(m: PickleMachine, limits: Limits): PickleValue {
  const c = m.cursor;
  const bytes = c.bytes;
  if (bytes.length > limits.maxBytes)
    throw c.fail('LIMIT', `the pickle has ${bytes.length} bytes, the limit is ${limits.maxBytes}`);
  while (c.pos < bytes.length) {
    c.start = c.pos;
    if (m.opcodes >= limits.maxNodes)
      throw c.fail('LIMIT', `the pickle has more than ${limits.maxNodes} opcodes, the limit`);
    const byte = bytes[c.pos++] ?? 0;
    if (byte === 0x2e) {
      const value = m.pop();
      m.opcodes++;
      return value;
    }
    if (m.protocol === 0) m.impliedProtocol = Math.max(m.impliedProtocol, opcodeOf(byte)?.protocol ?? 0);
    if (byte >= 0x80) runBinary(m, byte);
    else runClassic(m, byte);
    m.opcodes++;
  }
  c.start = bytes.length;
  throw c.fail(
    'PICKLE_TRUNCATED',
    bytes.length === 0 ? 'the pickle is empty' : 'the pickle ends without STOP',
    'check that the whole payload was copied',
  );
}
