/** The bytes of a protobuf message: one line a field, its tag and length with it. */
import type { DfxError } from '../../wire/errors.ts';
import { enumDef } from '../../wire/proto/tables.ts';
import { type Tape, UNKNOWN_FIELD } from '../../wire/protobuf/index.ts';
import { VarintCursor } from '../../wire/protobuf/varint.ts';
import { recordBatchRegion } from './arrow-lines.ts';
import { type HexLine, type HexRegion, quotedText } from './cover.ts';
import { definitionRegion } from './frame-lines.ts';

export interface HexOptions {
  readonly redact: boolean;
}

/** `error` is what stopped the reading of the message: it stands beside the bytes that it leaves. */
export function protobufRegion(tape: Tape, error: DfxError | null, depth: number, options: HexOptions): HexRegion {
  const end = tape.base + tape.bytes.length;
  const gap = { kind: 'unread', label: error === null ? 'not read' : `not read: ${error.message}` } as const;
  return {
    start: tape.base,
    end,
    depth,
    gap,
    hideGaps: options.redact,
    parts: fieldLines(tape, depth, options),
  };
}

function* fieldLines(tape: Tape, base: number, options: HexOptions): Generator<HexLine | HexRegion, void, void> {
  /** Where each message that is open ends, in entries. */
  const open: number[] = [tape.next(0)];
  /** Entries before this one belong to a literal. */
  let hiddenUntil = 0;
  for (let entry = 1; entry < tape.length; entry++) {
    while (open.length > 1 && entry >= (open.at(-1) ?? 0)) open.pop();
    const depth = base + open.length - 1;
    const parent = tape.compiled(tape.parent(entry))?.def.name ?? '';
    const field = tape.field(entry);
    const offset = tape.base + tape.tag(entry);
    const start = tape.base + tape.start(entry);
    const end = tape.base + tape.end(entry);
    const line = { offset, depth, label: `${parent}.${field?.def.name ?? tape.number(entry)}` };
    const compiled = tape.compiled(entry);
    if (compiled !== null) {
      const isLiteral = compiled.def.name === 'ScalarValue' || isMetadata(field?.def.name, field?.def.map);
      if (options.redact && isLiteral) hiddenUntil = Math.max(hiddenUntil, tape.next(entry));
      yield {
        ...line,
        end: start,
        kind: 'structure',
        value: `${compiled.def.name}, ${size(end - start)}`,
        hiddenFrom: null,
      };
      open.push(tape.next(entry));
      continue;
    }
    const hide = options.redact && (entry < hiddenUntil || field === null);
    if (!hide && field?.def.type === 'bytes' && end > start) {
      const inner = { start, end, depth: depth + 1, redact: options.redact };
      const nested =
        field.def.name === 'fun_definition'
          ? definitionRegion(tape.raw(entry), inner, options)
          : field.def.name === 'ipc_message'
            ? recordBatchRegion(tape.raw(entry), inner)
            : null;
      if (nested !== null) {
        yield { ...line, end: start, kind: 'structure', value: size(end - start), hiddenFrom: null };
        yield nested;
        continue;
      }
    }
    yield {
      ...line,
      end,
      kind: field?.def.type === 'string' ? 'name' : field === null ? 'unread' : 'value',
      value: hide ? `${size(end - start)}, redacted` : valueText(tape, entry),
      hiddenFrom: hide ? start : null,
    };
  }
}

function isMetadata(name: string | undefined, isMap: boolean | undefined): boolean {
  return isMap === true && name === 'metadata';
}

function size(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${bytes} bytes`;
}

/** Most elements of a packed list that are shown. */
const SHOWN_ELEMENTS = 16;

function valueText(tape: Tape, entry: number): string {
  const length = tape.end(entry) - tape.start(entry);
  if (tape.message(entry) === UNKNOWN_FIELD) return `unknown field, ${size(length)}`;
  const field = tape.field(entry);
  if (field === null) return size(length);
  switch (field.def.type) {
    case 'string':
      return quotedText(tape.string(entry));
    case 'bytes':
      return size(length);
    case 'bool':
      return field.packable ? packedText(tape, entry) : String(tape.bool(entry));
    case 'double':
      return length === 8 ? String(tape.view(entry).getFloat64(0, true)) : packedText(tape, entry);
    case 'float':
      return length === 4 ? String(tape.view(entry).getFloat32(0, true)) : packedText(tape, entry);
    case 'enum': {
      if (field.packable) return packedText(tape, entry);
      const value = tape.int32(entry);
      return enumDef(field.def.ref ?? '').byNumber.get(value)?.name ?? `${value}, no value of ${field.def.ref}`;
    }
    case 'uint32':
      return field.packable ? packedText(tape, entry) : String(tape.uint32(entry));
    case 'int32':
      return field.packable ? packedText(tape, entry) : String(tape.int32(entry));
    case 'uint64':
      return field.packable ? packedText(tape, entry) : String(tape.uint64(entry));
    case 'int64':
      return field.packable ? packedText(tape, entry) : String(tape.int64(entry));
    case 'message':
      return size(length);
  }
}

/** Numbers one behind another; those of 4 and 8 bytes are counted only. */
function packedText(tape: Tape, entry: number): string {
  const field = tape.field(entry);
  const end = tape.end(entry);
  if (field === null || field.wireType !== 0) return size(end - tape.start(entry));
  const cursor = new VarintCursor(tape.bytes, tape.base);
  cursor.position = tape.start(entry);
  const shown: string[] = [];
  while (cursor.position < end && shown.length < SHOWN_ELEMENTS) {
    cursor.read(end, 'an element of ', field.def.name);
    shown.push(cursor.high === 0 ? String(cursor.low) : String((BigInt(cursor.high) << 32n) | BigInt(cursor.low)));
  }
  return `[${shown.join(', ')}${cursor.position < end ? ', …' : ''}]`;
}
