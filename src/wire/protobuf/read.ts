import { DfxError } from '../errors.ts';
import { type Limits, withLimits } from '../limits.ts';
import {
  CHECK_BOOL,
  CHECK_BYTES,
  CHECK_IMPLICIT_64,
  CHECK_IMPLICIT_FIXED,
  CHECK_INT32,
  CHECK_MESSAGE,
  CHECK_NOTHING,
  CHECK_PACKABLE,
  CHECK_STRING,
  CHECK_UINT32,
  type CompiledField,
  type CompiledMessage,
  compiledMessage,
  messageOf,
  WIRE_BYTES,
  WIRE_END_GROUP,
  WIRE_FIXED32,
  WIRE_FIXED64,
  WIRE_START_GROUP,
  WIRE_VARINT,
} from './compiled.ts';
import { COLUMNS, isUtf8, NOT_A_MESSAGE, Tape, UNKNOWN_FIELD } from './tape.ts';
import { VarintCursor } from './varint.ts';

export interface ReadOptions {
  readonly limits?: Partial<Limits> | undefined;
  /** Offset of `bytes[0]` in the payload, for errors and spans. */
  readonly base?: number | undefined;
}

export interface PartialReading {
  readonly tape: Tape;
  /** The first thing wrong, with its offset. The tape holds everything that could be read. */
  readonly error: DfxError | null;
  /** How many of the bytes were read: all of them too where only the end is missing. */
  readonly reached: number;
}

const WIRE_NAMES = ['varint', 'fixed64', 'length-delimited', 'start-group', 'end-group', 'fixed32'];

/** Entries that a tape has room for at first. */
const MIN_CAPACITY = 16;
const MAX_CAPACITY = 1 << 15;

/**
 * Reads `bytes` as the named DataFusion message.
 *
 * Accepts what prost accepts (fields in any order, overlong varints, unknown fields, packed and unpacked numbers) at any nesting,
 * and notes each departure from what prost writes as an oddity. Refuses what prost refuses: truncation, bad tags, a known field
 * with another wire type, strings that aren't UTF-8.
 */
export function readMessage(bytes: Uint8Array, message: string, options: ReadOptions = {}): Tape {
  const { tape, error } = readPartialMessage(bytes, message, options);
  if (error !== null) throw error;
  return tape;
}

/**
 * As {@link readMessage}, but gives back what could be read along with the error. Where the end of a payload is missing, every message
 * around it is longer than its bytes: those are read up to the end, and the first of them is the error.
 */
export function readPartialMessage(bytes: Uint8Array, message: string, options: ReadOptions = {}): PartialReading {
  const limits = withLimits(options.limits);
  const base = options.base ?? 0;
  const tape = new Tape(bytes, base, Math.min(Math.max(MIN_CAPACITY, bytes.length >> 2), MAX_CAPACITY));
  const root = compiledMessage(message);
  tape.push(0, root.index, 0, 0, bytes.length, -1);
  const open = new OpenMessages();
  try {
    readFields(bytes, base, root, tape, limits, open);
    return { tape, error: open.overrun, reached: bytes.length };
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    for (let at = open.depth; at > 0; at--) open.close(tape);
    return { tape, error: open.overrun ?? error, reached: (error.offset ?? base) - base };
  }
}

/** A message whose fields are being read. Reused from one message to the next of the same depth: this is the reader's hot loop. */
interface OpenMessage {
  entry: number;
  message: CompiledMessage;
  end: number;
  /** Order of the last field, for the order check. */
  last: number;
  /** How many fields of its own it has. */
  known: number;
}

class OpenMessages {
  private readonly stack: OpenMessage[] = [];
  depth = 0;
  /** The first field whose length goes beyond the end of the bytes. */
  overrun: DfxError | null = null;

  push(entry: number, message: CompiledMessage, end: number): OpenMessage {
    const reused = this.stack[this.depth++];
    if (reused === undefined) {
      const opened = { entry, message, end, last: 0, known: 0 };
      this.stack.push(opened);
      return opened;
    }
    reused.entry = entry;
    reused.message = message;
    reused.end = end;
    reused.last = 0;
    reused.known = 0;
    return reused;
  }

  /** Closes the innermost message and gives the one around it. */
  close(tape: Tape): OpenMessage | undefined {
    const closed = this.stack[--this.depth];
    if (closed !== undefined) {
      tape.close(closed.entry);
      if (closed.message.choice && closed.known !== 1) tape.badChoices++;
      if (this.depth === 0) tape.knownFields = closed.known;
    }
    return this.depth === 0 ? undefined : this.stack[this.depth - 1];
  }
}

/** Where a reading stands between two calls of {@link readSome}. */
interface Progress {
  current: OpenMessage;
  position: number;
}

/**
 * Fields read in one call: JavaScript engines compile a function that is called often better than the one long loop of a single call.
 */
const FIELDS_A_CALL = 1024;

function readFields(
  bytes: Uint8Array,
  base: number,
  root: CompiledMessage,
  tape: Tape,
  limits: Limits,
  open: OpenMessages,
): void {
  if (bytes.length > limits.maxBytes) {
    throw new DfxError('LIMIT', `found ${bytes.length} bytes, more than the limit of ${limits.maxBytes}`, {
      offset: base,
      hint: 'raise maxBytes (--max-bytes) if you trust the payload',
    });
  }
  const cursor = new VarintCursor(bytes, base);
  const progress: Progress = { current: open.push(0, root, bytes.length), position: 0 };
  tape.depth = 1;
  while (!readSome(bytes, base, tape, limits, open, cursor, progress));
}

/** Reads up to {@link FIELDS_A_CALL} fields; true once there are no more. */
function readSome(
  bytes: Uint8Array,
  base: number,
  tape: Tape,
  limits: Limits,
  open: OpenMessages,
  cursor: VarintCursor,
  progress: Progress,
): boolean {
  const { maxNodes, maxDepth } = limits;
  let { current, position } = progress;
  let data = tape.data;

  for (let count = 0; count < FIELDS_A_CALL; count++) {
    while (position >= current.end) {
      const outer = open.close(tape);
      if (outer === undefined) return true;
      current = outer;
    }
    if (tape.length > maxNodes) {
      throw new DfxError('LIMIT', `found more than ${maxNodes} fields`, {
        offset: base + position,
        hint: 'raise maxNodes (--max-nodes) if you trust the payload',
      });
    }

    const tag = position;
    const message = current.message;
    let key = bytes[tag] as number;
    let overlong = false;
    if (key < 0x80) position = tag + 1;
    else {
      cursor.position = tag;
      cursor.read(current.end, 'a field tag of ', message.def.name);
      position = cursor.position;
      key = cursor.low | 0;
      overlong = cursor.overlong;
      if (cursor.high !== 0) throw badTag(key, cursor.high, message, base + tag);
    }
    const wireType = key & 7;
    const number = key >>> 3;
    if (number === 0 || wireType > WIRE_FIXED32 || wireType === WIRE_END_GROUP)
      throw badTag(key, 0, message, base + tag);
    const field = message.field(number);

    if (field === undefined || (field.retired && !fits(field, wireType))) {
      cursor.position = position;
      const overrun = skipField(cursor, number, wireType, current.end, base, limits);
      if (overrun !== null) {
        if (current.end < bytes.length) throw overrun;
        open.overrun ??= overrun;
        cursor.position = current.end;
      }
      const content = wireType === WIRE_BYTES ? contentStart(bytes, position) : position;
      position = cursor.position;
      const entry = tape.push(number, UNKNOWN_FIELD, tag, Math.min(content, position), position, current.entry);
      data = tape.data;
      tape.odd('unknown_field', entry, tag);
      continue;
    }

    let start = position;
    let end: number;
    /** Behind the field: the same as `end`, but for a text that is cut off inside a character. */
    let next: number;
    if (wireType === WIRE_BYTES) {
      if (!fits(field, wireType)) throw wrongWireType(message, field, wireType, base + tag);
      let length = start < current.end ? (bytes[start] as number) : 0x80;
      if (length < 0x80) start++;
      else {
        cursor.position = start;
        cursor.read(current.end, 'the length of ', field.def.name);
        overlong ||= cursor.overlong;
        start = cursor.position;
        // whole numbers all the way: one length that might be a double makes the engine treat every place as one
        length = cursor.high === 0 && cursor.low < 0x8000_0000 ? cursor.low | 0 : -1;
      }
      end = start + length;
      if (length < 0 || end > current.end) {
        // only at the very end is it clear that bytes are missing; elsewhere the length is wrong, and nothing tells where the field ends
        const isWrong = current.end < bytes.length || field.packable;
        // of a nest that is cut off, each level runs over: only the first makes an error
        if (isWrong || open.overrun === null) {
          const found = length < 0 ? cursor.high * 0x1_0000_0000 + cursor.low : length;
          const overrun = tooLong(found, current.end - start, message, field, base + tag);
          if (isWrong) throw overrun;
          open.overrun = overrun;
        }
        end = field.check === CHECK_STRING ? wholeCharacters(bytes, start) : bytes.length;
        next = bytes.length;
      } else next = end;
    } else {
      if (!fits(field, wireType)) throw wrongWireType(message, field, wireType, base + tag);
      if (wireType === WIRE_VARINT) {
        const low = start < current.end ? (bytes[start] as number) : 0x80;
        if (low < 0x80) {
          cursor.low = low;
          cursor.high = 0;
          end = start + 1;
        } else {
          cursor.position = start;
          cursor.read(current.end, 'the value of ', field.def.name);
          overlong ||= cursor.overlong;
          end = cursor.position;
        }
      } else {
        const size = wireType === WIRE_FIXED64 ? 8 : 4;
        end = start + size;
        if (end > current.end) {
          throw new DfxError(
            'TRUNCATED',
            `found ${current.end - start} bytes where ${message.def.name}.${field.def.name} has ${size}`,
            { offset: base + start, hint: "the payload is cut off; compare its length with the sender's" },
          );
        }
      }
      next = end;
    }

    const inner = field.check === CHECK_MESSAGE ? (field.message ?? messageOf(field)) : null;
    // Tape.push by hand: the call would cost as much as the rest of the loop
    const entry = tape.length++;
    let at = entry * COLUMNS;
    if (at === data.length) data = tape.grow(tag);
    data[at++] = number;
    data[at++] = inner === null ? NOT_A_MESSAGE : inner.index;
    data[at++] = tag;
    data[at++] = start;
    data[at++] = end;
    data[at++] = entry + 1;
    data[at] = current.entry;

    if (overlong) tape.odd('overlong_varint', entry, tag);
    if (field.order > current.last) current.last = field.order;
    else if (field.order < current.last) tape.odd('field_order', entry, tag);
    else if (field.singular || field.packable) tape.odd('duplicate_field', entry, tag);

    current.known++;
    if (inner !== null) {
      if (field.retired) tape.retiredMessages++;
      if (open.depth >= maxDepth) {
        throw new DfxError('LIMIT', `found more than ${maxDepth} messages inside each other`, {
          offset: base + tag,
          hint: 'raise maxDepth (--max-depth) if you trust the payload',
        });
      }
      current = open.push(entry, inner, end);
      if (open.depth > tape.depth) tape.depth = open.depth;
      position = start;
      continue;
    }
    position = next;
    if (field.check === CHECK_NOTHING) continue;
    if (field.check === CHECK_STRING) {
      // printable ASCII, nearly always
      let char = start;
      while (char < end && (((bytes[char] as number) - 0x20) & 0xff) < 0x60) char++;
      if (char === end && start < end) continue;
    }
    checkScalar(bytes, base, tape, field, entry, wireType, cursor);
  }
  progress.current = current;
  progress.position = position;
  return false;
}

/** Where the last whole character before the end of the bytes ends: a text may be cut off inside one. */
function wholeCharacters(bytes: Uint8Array, start: number): number {
  let at = bytes.length - 1;
  while (at > start && at > bytes.length - 4 && ((bytes[at] as number) & 0xc0) === 0x80) at--;
  if (at < start) return bytes.length;
  const lead = bytes[at] as number;
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return at + size > bytes.length ? at : bytes.length;
}

function fits(field: CompiledField, wireType: number): boolean {
  return wireType === field.wireType || (wireType === WIRE_BYTES && field.packable);
}

function badTag(low: number, high: number, message: CompiledMessage, offset: number): DfxError {
  return new DfxError('BAD_TAG', `found ${describeKey(low, high)} where a field of ${message.def.name} should start`, {
    offset,
    hint: 'the bytes are damaged, or of another message; try --as with another container',
  });
}

function tooLong(
  length: number,
  left: number,
  message: CompiledMessage,
  field: CompiledField,
  offset: number,
): DfxError {
  return new DfxError(
    'TRUNCATED',
    `found a length of ${length} for ${message.def.name}.${field.def.name} where ${left} bytes are left`,
    {
      offset,
      hint: "the payload is cut off or damaged; compare its length with the sender's",
    },
  );
}

/** What only the field's type can tell: text that isn't UTF-8 (an error), and values that prost would have written otherwise. */
function checkScalar(
  bytes: Uint8Array,
  base: number,
  tape: Tape,
  field: CompiledField,
  entry: number,
  wireType: number,
  cursor: VarintCursor,
): void {
  const start = tape.start(entry);
  const end = tape.end(entry);
  switch (field.check) {
    case CHECK_PACKABLE:
      if (wireType === WIRE_BYTES) checkPacked(base, tape, field, entry, cursor);
      else tape.odd('unpacked', entry, tape.tag(entry));
      return;
    case CHECK_STRING:
      if (!isUtf8(bytes, start, end)) {
        tape.drop(entry);
        throw new DfxError('BAD_UTF8', `found bytes that aren't UTF-8 in the string ${field.def.name}`, {
          offset: base + start,
          hint: 'the bytes are damaged, or of another message; try --as with another container',
        });
      }
      if (field.implicit && start === end) tape.odd('explicit_default', entry, tape.tag(entry));
      tape.controlCharacters += controlCharacters(bytes, start, end);
      return;
    case CHECK_BYTES:
      if (field.implicit && start === end) tape.odd('explicit_default', entry, tape.tag(entry));
      return;
    case CHECK_IMPLICIT_FIXED:
      if (isZero(bytes, start, end)) tape.odd('explicit_default', entry, tape.tag(entry));
      return;
    default:
      if (field.implicit && cursor.low === 0 && cursor.high === 0) tape.odd('explicit_default', entry, tape.tag(entry));
      if (field.check !== CHECK_IMPLICIT_64 && isWide(field.check, cursor))
        tape.odd('wide_value', entry, tape.tag(entry));
  }
}

function controlCharacters(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x1b) count++;
  }
  return count;
}

/** A value that prost would cut down to the field's type and so write differently. */
function isWide(check: number, cursor: VarintCursor): boolean {
  switch (check) {
    case CHECK_BOOL:
      return cursor.high !== 0 || cursor.low > 1;
    case CHECK_UINT32:
      return cursor.high !== 0;
    case CHECK_INT32:
      return cursor.high !== (cursor.low >= 0x8000_0000 ? 0xffff_ffff : 0);
    default:
      return false;
  }
}

function checkPacked(base: number, tape: Tape, field: CompiledField, entry: number, cursor: VarintCursor): void {
  const end = tape.end(entry);
  const start = tape.start(entry);
  if (start === end) tape.odd('empty_packed', entry, tape.tag(entry));
  if (field.wireType === WIRE_VARINT) {
    cursor.position = start;
    while (cursor.position < end) {
      const at = cursor.position;
      cursor.read(end, 'an element of ', field.def.name);
      if (cursor.overlong) tape.odd('overlong_varint', entry, at);
      if (isWide(elementCheck(field), cursor)) tape.odd('wide_value', entry, at);
    }
    return;
  }
  const size = field.wireType === WIRE_FIXED64 ? 8 : 4;
  if ((end - start) % size !== 0) {
    tape.drop(entry);
    throw new DfxError(
      'TRUNCATED',
      `found ${end - start} bytes of packed ${field.def.name}, not a multiple of ${size}`,
      {
        offset: base + start,
        hint: 'the bytes are damaged; compare them with what the sender wrote',
      },
    );
  }
}

function elementCheck(field: CompiledField): number {
  switch (field.def.type) {
    case 'bool':
      return CHECK_BOOL;
    case 'uint32':
      return CHECK_UINT32;
    case 'int32':
    case 'enum':
      return CHECK_INT32;
    default:
      return CHECK_NOTHING;
  }
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}

/**
 * Moves the cursor behind an unknown field. Groups nest by counting, not by recursion. Gives the error where the end of the bytes that the
 * field's message has comes first.
 */
function skipField(
  cursor: VarintCursor,
  number: number,
  wireType: number,
  end: number,
  base: number,
  limits: Limits,
): DfxError | null {
  const groups: number[] = [];
  let currentNumber = number;
  let currentType = wireType;
  for (;;) {
    const at = cursor.position;
    switch (currentType) {
      case WIRE_VARINT:
        cursor.read(end, 'the unknown field ', String(currentNumber));
        break;
      case WIRE_FIXED64:
      case WIRE_FIXED32:
        cursor.position += currentType === WIRE_FIXED64 ? 8 : 4;
        break;
      case WIRE_BYTES: {
        cursor.read(end, 'the length of the unknown field ', String(currentNumber));
        const length = cursor.high * 0x1_0000_0000 + cursor.low;
        cursor.position = length > end - cursor.position ? end + 1 : cursor.position + length;
        break;
      }
      case WIRE_START_GROUP:
        groups.push(currentNumber);
        if (groups.length > limits.maxDepth) {
          throw new DfxError('LIMIT', `found more than ${limits.maxDepth} groups inside each other`, {
            offset: base + at,
          });
        }
        break;
      default:
        if (groups.pop() !== currentNumber) {
          throw new DfxError('BAD_TAG', `found the end of group ${currentNumber}, which is not the open one`, {
            offset: base + at,
            hint: 'the bytes are damaged, or of another format',
          });
        }
    }
    if (cursor.position > end) {
      return new DfxError('TRUNCATED', `found the end of the bytes inside the unknown field ${currentNumber}`, {
        offset: base + at,
        hint: "the payload is cut off or of another message; compare its length with the sender's",
      });
    }
    if (groups.length === 0) return null;
    const tag = cursor.position;
    cursor.read(end, 'a field tag inside a group', '');
    currentType = cursor.low & 7;
    currentNumber = cursor.low >>> 3;
    if (cursor.high !== 0 || currentNumber === 0 || currentType > WIRE_FIXED32) {
      throw new DfxError('BAD_TAG', `found ${describeKey(cursor.low, cursor.high)} inside a group`, {
        offset: base + tag,
      });
    }
  }
}

/** Where the content of a length-delimited field starts whose length varint was read before without trouble. */
function contentStart(bytes: Uint8Array, at: number): number {
  let position = at;
  while ((bytes[position] as number) >= 0x80) position++;
  return position + 1;
}

function describeKey(low: number, high: number): string {
  const number = low >>> 3;
  if (high !== 0) return 'a tag of more than 32 bits';
  if (number === 0) return 'the field number 0';
  return `field ${number} with the wire type ${low & 7}${WIRE_NAMES[low & 7] === undefined ? '' : ` (${WIRE_NAMES[low & 7]})`}`;
}

function wrongWireType(message: CompiledMessage, field: CompiledField, found: number, offset: number): DfxError {
  return new DfxError(
    'BAD_WIRE_TYPE',
    `found wire type ${WIRE_NAMES[found]} for ${message.def.name}.${field.def.name}, expected ${WIRE_NAMES[field.wireType]}`,
    { offset, hint: 'the bytes are damaged, or of another message; try --as with another container' },
  );
}
