import { DfxError } from '../errors.ts';
import { type Limits, withLimits } from '../limits.ts';
import {
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
import { isUtf8, NOT_A_MESSAGE, Tape, UNKNOWN_FIELD } from './tape.ts';
import { VarintCursor } from './varint.ts';

export interface ReadOptions {
  readonly limits?: Partial<Limits> | undefined;
  /** Offset of `bytes[0]` in the payload, for errors and spans. */
  readonly base?: number | undefined;
}

export interface PartialReading {
  readonly tape: Tape;
  /** What stopped the reading, with its offset. The tape holds everything before it. */
  readonly error: DfxError | null;
}

const WIRE_NAMES = ['varint', 'fixed64', 'length-delimited', 'start-group', 'end-group', 'fixed32'];

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

/** As {@link readMessage}, but gives back what could be read along with the error. */
export function readPartialMessage(bytes: Uint8Array, message: string, options: ReadOptions = {}): PartialReading {
  const limits = withLimits(options.limits);
  const base = options.base ?? 0;
  const tape = new Tape(bytes, base, Math.min(Math.max(16, bytes.length >> 2), 1 << 18));
  const root = compiledMessage(message);
  tape.push(0, root.index, 0, 0, bytes.length, -1);
  const open = new OpenMessages();
  try {
    readFields(bytes, base, root, tape, limits, open);
    return { tape, error: null };
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    for (const unfinished of open.entries()) tape.close(unfinished);
    return { tape, error };
  }
}

/** A message whose fields are being read. Reused from one message to the next of the same depth: this is the reader's hot loop. */
interface OpenMessage {
  entry: number;
  message: CompiledMessage;
  end: number;
  /** Order of the last field, for the order check. */
  last: number;
}

class OpenMessages {
  private readonly stack: OpenMessage[] = [];
  depth = 0;

  push(entry: number, message: CompiledMessage, end: number): OpenMessage {
    const reused = this.stack[this.depth++];
    if (reused === undefined) {
      const opened = { entry, message, end, last: 0 };
      this.stack.push(opened);
      return opened;
    }
    reused.entry = entry;
    reused.message = message;
    reused.end = end;
    reused.last = 0;
    return reused;
  }

  /** Closes the innermost message and gives the one around it. */
  pop(): OpenMessage | undefined {
    this.depth--;
    return this.depth === 0 ? undefined : this.stack[this.depth - 1];
  }

  *entries(): Iterable<number> {
    for (let at = 0; at < this.depth; at++) yield this.stack[at]?.entry ?? 0;
  }
}

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
  let current = open.push(0, root, bytes.length);
  tape.depth = 1;

  for (;;) {
    while (cursor.position >= current.end) {
      tape.close(current.entry);
      const outer = open.pop();
      if (outer === undefined) return;
      current = outer;
    }
    if (tape.length > limits.maxNodes) {
      throw new DfxError('LIMIT', `found more than ${limits.maxNodes} fields`, {
        offset: base + cursor.position,
        hint: 'raise maxNodes (--max-nodes) if you trust the payload',
      });
    }

    const tag = cursor.position;
    const message = current.message;
    let key = bytes[tag] as number;
    let overlong = false;
    if (key < 0x80) cursor.position = tag + 1;
    else {
      cursor.read(current.end, 'a field tag of ', message.def.name);
      key = cursor.low;
      overlong = cursor.overlong;
      if (cursor.high !== 0) throw badTag(key, cursor.high, message, base + tag);
    }
    const wireType = key & 7;
    const number = key >>> 3;
    if (number === 0 || wireType > WIRE_FIXED32 || wireType === WIRE_END_GROUP)
      throw badTag(key, 0, message, base + tag);
    const field = message.field(number);

    if (field === undefined) {
      const start = cursor.position;
      skipField(cursor, number, wireType, current.end, base, limits);
      const content = wireType === WIRE_BYTES ? contentStart(bytes, start) : start;
      const entry = tape.push(number, UNKNOWN_FIELD, tag, content, cursor.position, current.entry);
      tape.odd('unknown_field', entry, tag);
      continue;
    }

    let start = cursor.position;
    let end: number;
    if (wireType === WIRE_BYTES) {
      if (field.wireType !== WIRE_BYTES && !field.packable) throw wrongWireType(message, field, wireType, base + tag);
      let length = start < current.end ? (bytes[start] as number) : 0x80;
      if (length < 0x80) start++;
      else {
        cursor.read(current.end, 'the length of ', field.def.name);
        overlong ||= cursor.overlong;
        start = cursor.position;
        length = cursor.high * 0x1_0000_0000 + cursor.low;
      }
      end = start + length;
      if (end > current.end) throw tooLong(length, current.end - start, message, field, base + tag);
    } else {
      if (wireType !== field.wireType) throw wrongWireType(message, field, wireType, base + tag);
      if (wireType === WIRE_VARINT) {
        cursor.read(current.end, 'the value of ', field.def.name);
        overlong ||= cursor.overlong;
        end = cursor.position;
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
    }

    const inner = field.def.type === 'message' ? messageOf(field) : null;
    const entry = tape.push(number, inner === null ? NOT_A_MESSAGE : inner.index, tag, start, end, current.entry);
    if (overlong) tape.odd('overlong_varint', entry, tag);
    if (field.order > current.last) current.last = field.order;
    else if (field.order < current.last) tape.odd('field_order', entry, tag);
    else if (field.singular || field.packable) tape.odd('duplicate_field', entry, tag);

    if (inner !== null) {
      if (open.depth >= limits.maxDepth) {
        throw new DfxError('LIMIT', `found more than ${limits.maxDepth} messages inside each other`, {
          offset: base + tag,
          hint: 'raise maxDepth (--max-depth) if you trust the payload',
        });
      }
      current = open.push(entry, inner, end);
      if (open.depth > tape.depth) tape.depth = open.depth;
      cursor.position = start;
      continue;
    }
    checkScalar(bytes, base, tape, field, entry, wireType, cursor);
    cursor.position = end;
  }
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
  if (field.packable) {
    if (wireType === WIRE_BYTES) checkPacked(base, tape, field, entry, cursor);
    else tape.odd('unpacked', entry, tape.tag(entry));
    return;
  }
  switch (field.def.type) {
    case 'string':
      if (!isUtf8(bytes, start, end)) {
        tape.drop(entry);
        throw new DfxError('BAD_UTF8', `found bytes that aren't UTF-8 in the string ${field.def.name}`, {
          offset: base + start,
          hint: 'the bytes are damaged, or of another message; try --as with another container',
        });
      }
      if (field.implicit && start === end) tape.odd('explicit_default', entry, tape.tag(entry));
      return;
    case 'bytes':
      if (field.implicit && start === end) tape.odd('explicit_default', entry, tape.tag(entry));
      return;
    case 'double':
    case 'float':
      if (field.implicit && isZero(bytes, start, end)) tape.odd('explicit_default', entry, tape.tag(entry));
      return;
    case 'message':
      return;
    default:
      checkVarint(tape, field, entry, cursor);
  }
}

function checkVarint(tape: Tape, field: CompiledField, entry: number, cursor: VarintCursor): void {
  if (field.implicit && cursor.low === 0 && cursor.high === 0) tape.odd('explicit_default', entry, tape.tag(entry));
  if (isWide(field, cursor)) tape.odd('wide_value', entry, tape.tag(entry));
}

/** A value that prost would cut down to the field's type and so write differently. */
function isWide(field: CompiledField, cursor: VarintCursor): boolean {
  switch (field.def.type) {
    case 'bool':
      return cursor.high !== 0 || cursor.low > 1;
    case 'uint32':
      return cursor.high !== 0;
    case 'int32':
    case 'enum':
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
      if (isWide(field, cursor)) tape.odd('wide_value', entry, at);
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

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** Moves the cursor behind an unknown field. Groups nest by counting, not by recursion. */
function skipField(
  cursor: VarintCursor,
  number: number,
  wireType: number,
  end: number,
  base: number,
  limits: Limits,
): void {
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
      throw new DfxError('TRUNCATED', `found the end of the bytes inside the unknown field ${currentNumber}`, {
        offset: base + at,
        hint: "the payload is cut off or of another message; compare its length with the sender's",
      });
    }
    if (groups.length === 0) return;
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
