import type { DfxError } from '../errors.ts';
import { PickleCursor } from './cursor.ts';
import { displayName } from './names.ts';
import { type ArgumentEncoding, HIGHEST_PROTOCOL, type Opcode, opcodeOf } from './opcodes.ts';
import { type PickleReading, type ReadPickleOptions, readPickle } from './read.ts';
import {
  decodeLatin1,
  decodeLong,
  decodeRawUnicodeEscape,
  decodeStringEscape,
  decodeUtf8,
  parseFloatText,
  parseInteger,
} from './text.ts';

/** What follows an opcode: `text` and `pair` decoded, `bytes` a view of the payload (except for STRING's escapes). */
export type PickleArgument =
  | { readonly kind: 'int'; readonly value: number | bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'pair'; readonly module: string; readonly name: string };

/** One line of a disassembly. Together the lines cover every byte of the pickle once, in order. */
export type PickleInstruction =
  | {
      readonly kind: 'op';
      readonly offset: number;
      readonly end: number;
      readonly opcode: Opcode;
      readonly argument: PickleArgument | null;
      /** How many marks are open; an opcode that closes a mark stands at the mark's own depth. */
      readonly depth: number;
      /** Where the mark is that this opcode closes. */
      readonly mark: number | null;
      /** The memo index that this opcode stores or fetches. */
      readonly memo: number | null;
      /** What it means, in words: what is called, imported or fetched. Empty where the opcode says it all. */
      readonly note: string;
    }
  | { readonly kind: 'trailing'; readonly offset: number; readonly end: number }
  | { readonly kind: 'error'; readonly offset: number; readonly end: number; readonly error: DfxError };

export interface DisassembleOptions extends ReadPickleOptions {
  /** A reading of the same bytes at the same offset, where the caller has one. */
  readonly reading?: PickleReading | undefined;
}

/** Takes a pickle apart opcode by opcode, lazily. The last line tells what follows STOP, or the error and the bytes it leaves. */
export function* disassemble(bytes: Uint8Array, options: DisassembleOptions = {}): Generator<PickleInstruction> {
  const reading = options.reading ?? readPickle(bytes, options);
  const base = reading.offset;
  const cursor = new PickleCursor(bytes, base);
  const notes = notesOf(reading);
  const tracker = new Tracker();
  const wholeEnd = base + bytes.length;
  for (let count = 0; count < reading.opcodes; count++) {
    cursor.start = cursor.pos;
    const offset = base + cursor.start;
    const opcode = opcodeOf(bytes[cursor.pos++] ?? 0);
    // The reading went over these opcodes already, so none of them can be unknown or cut short.
    if (opcode === undefined) break;
    const argument = decodeArgument(cursor, opcode.argument);
    const { depth, mark, memo, note } = tracker.step(opcode, argument, offset);
    yield {
      kind: 'op',
      offset,
      end: base + cursor.pos,
      opcode,
      argument,
      depth,
      mark,
      memo,
      note: notes.get(offset) ?? note,
    };
  }
  if (reading.error !== null) yield { kind: 'error', offset: reading.end, end: wholeEnd, error: reading.error };
  else if (reading.end < wholeEnd) yield { kind: 'trailing', offset: reading.end, end: wholeEnd };
}

/** What the reading knows about an opcode by where it stands. */
function notesOf(reading: PickleReading): ReadonlyMap<number, string> {
  const notes = new Map<number, string>();
  for (const { opcode, value, span } of reading.globals) {
    if (opcode === 'STACK_GLOBAL') notes.set(span.end - 1, `imports ${displayName(value)}`);
    else if (opcode !== 'INST') notes.set(span.start, `imports ${displayName(value)}`);
  }
  for (const { how, callee, offset } of reading.calls) {
    const name = displayName(callee);
    switch (how) {
      case 'build':
        notes.set(offset, `sets the state of ${name}`);
        break;
      case 'append':
      case 'additem':
      case 'setitem':
        notes.set(offset, `puts items into ${name}`);
        break;
      case 'newobj':
      case 'newobj_ex':
        notes.set(offset, `makes an instance of ${name}`);
        break;
      case 'reduce':
      case 'inst':
      case 'obj':
        notes.set(offset, `calls ${name}`);
        break;
    }
  }
  return notes;
}

interface Step {
  readonly depth: number;
  readonly mark: number | null;
  readonly memo: number | null;
  readonly note: string;
}

/** Follows stack height, marks and memo, to tell depth and what an index refers to. */
class Tracker {
  private height = 0;
  private readonly marks: { readonly offset: number; readonly height: number }[] = [];
  private readonly memo = new Map<number, number>();

  step(opcode: Opcode, argument: PickleArgument | null, offset: number): Step {
    let mark: number | null = null;
    const [before = '', after = ''] = opcode.effect.split('->');
    const closesMark = before.includes('mark') || (opcode.name === 'POP' && this.marks.at(-1)?.height === this.height);
    if (closesMark) {
      const open = this.marks.pop();
      if (open !== undefined) {
        mark = open.offset;
        this.height = open.height;
      }
      this.height -= namesIn(before.split('mark')[0] ?? '') - (opcode.name === 'POP' ? 1 : 0);
    } else this.height -= namesIn(before);
    const depth = this.marks.length;
    if (opcode.name === 'MARK') this.marks.push({ offset, height: this.height });
    else this.height += namesIn(after);
    const { memo, note } = this.memoStep(opcode, argument, offset);
    return { depth, mark, memo, note };
  }

  private memoStep(opcode: Opcode, argument: PickleArgument | null, offset: number): Pick<Step, 'memo' | 'note'> {
    const index = argument?.kind === 'int' ? Number(argument.value) : null;
    switch (opcode.name) {
      case 'MEMOIZE': {
        const memo = this.memo.size;
        this.memo.set(memo, offset);
        return { memo, note: '' };
      }
      case 'PUT':
      case 'BINPUT':
      case 'LONG_BINPUT':
        if (index !== null) this.memo.set(index, offset);
        return { memo: index, note: '' };
      case 'GET':
      case 'BINGET':
      case 'LONG_BINGET':
        return { memo: index, note: `stored at ${this.memo.get(index ?? -1) ?? '?'}` };
      case 'PROTO':
        return { memo: null, note: index === HIGHEST_PROTOCOL ? 'the highest protocol there is' : '' };
      default:
        return { memo: null, note: '' };
    }
  }
}

function namesIn(effect: string): number {
  return effect.split(' ').filter((word) => word !== '').length;
}

/** Reads an argument that the machine has read before; a text that is broken would have stopped it there. */
function decodeArgument(c: PickleCursor, encoding: ArgumentEncoding): PickleArgument | null {
  switch (encoding) {
    case 'none':
      return null;
    case 'uint1':
      return { kind: 'int', value: c.uint1() };
    case 'uint2':
      return { kind: 'int', value: c.uint2() };
    case 'uint4':
      return { kind: 'int', value: c.uint4() };
    case 'uint8': {
      c.uint8();
      const value = c.view.getBigUint64(c.pos - 8, true);
      return { kind: 'int', value: value <= Number.MAX_SAFE_INTEGER ? Number(value) : value };
    }
    case 'int4':
      return { kind: 'int', value: c.int4() };
    case 'float8':
      return { kind: 'float', value: c.float8() };
    case 'long1':
    case 'long4': {
      const start = c.integerBytes(encoding === 'long1' ? c.uint1() : c.int4());
      return { kind: 'int', value: decodeLong(c.bytes, start, c.pos) };
    }
    case 'bytes1':
      return block(c, c.uint1());
    case 'bytes4':
      return block(c, c.uint4());
    case 'bytes8':
    case 'bytearray8':
      return block(c, c.uint8());
    case 'string1':
      return oldText(block(c, c.uint1()).value);
    case 'string4':
      return oldText(block(c, c.int4()).value);
    case 'unicodestring1':
      return text(c, c.uint1());
    case 'unicodestring4':
      return text(c, c.uint4());
    case 'unicodestring8':
      return text(c, c.uint8());
    case 'decimalnl_short':
    case 'decimalnl_long':
      return decimal(c, encoding === 'decimalnl_short' && c.name === 'INT');
    case 'floatnl':
      return { kind: 'float', value: parseFloatText(line(c)) ?? Number.NaN };
    case 'stringnl': {
      const raw = line(c).trim();
      const escaped = Uint8Array.from(raw.slice(1, -1), (char) => char.charCodeAt(0));
      return oldText(decodeStringEscape(escaped, 0, escaped.length) ?? escaped);
    }
    case 'stringnl_noescape':
      return { kind: 'text', value: line(c) };
    case 'stringnl_noescape_pair':
      return { kind: 'pair', module: line(c), name: line(c) };
    case 'unicodestringnl': {
      const start = c.pos;
      return { kind: 'text', value: decodeRawUnicodeEscape(c.bytes, start, c.line()) ?? '' };
    }
  }
}

function block(c: PickleCursor, length: number): { readonly kind: 'bytes'; readonly value: Uint8Array } {
  const start = c.block(length);
  return { kind: 'bytes', value: c.bytes.subarray(start, c.pos) };
}

function text(c: PickleCursor, length: number): PickleArgument {
  const start = c.block(length);
  return { kind: 'text', value: decodeUtf8(c.bytes, start, c.pos) ?? '' };
}

function oldText(raw: Uint8Array): PickleArgument {
  const ascii = raw.every((byte) => byte < 0x80);
  return ascii ? { kind: 'text', value: decodeLatin1(raw, 0, raw.length) } : { kind: 'bytes', value: raw };
}

function line(c: PickleCursor): string {
  const start = c.pos;
  const end = c.line();
  return decodeUtf8(c.bytes, start, end) ?? decodeLatin1(c.bytes, start, end);
}

function decimal(c: PickleCursor, isInt: boolean): PickleArgument {
  const digits = line(c);
  if (isInt && (digits === '00' || digits === '01')) return { kind: 'bool', value: digits === '01' };
  return { kind: 'int', value: parseInteger(digits.endsWith('L') ? digits.slice(0, -1) : digits, isInt) ?? 0 };
}
