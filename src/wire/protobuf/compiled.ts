import type { FieldDef, MessageDef } from '../proto/schema.ts';
import { messageDef } from '../proto/tables.ts';

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_START_GROUP = 3;
export const WIRE_END_GROUP = 4;
export const WIRE_FIXED32 = 5;

/** A field with what the reader needs at hand. */
export interface CompiledField {
  readonly def: FieldDef;
  readonly number: number;
  readonly wireType: number;
  /** Repeated numbers travel packed in proto3. */
  readonly packable: boolean;
  readonly singular: boolean;
  /** No presence of its own: the default value is not written. */
  readonly implicit: boolean;
  /**
   * Where prost writes the field: by number, and a whole oneof at the place of its lowest member.
   * (prost-derive sorts a message's fields by their lowest tag.)
   */
  readonly order: number;
  /** Resolved on first use, so that only the messages in a payload are compiled. */
  message: CompiledMessage | null;
}

export class CompiledMessage {
  private readonly low: (CompiledField | undefined)[] = [];
  private readonly high = new Map<number, CompiledField>();

  constructor(
    readonly def: MessageDef,
    /** Dense and stable while the program runs. */
    readonly index: number,
  ) {
    const oneofOrder = new Map<string, number>();
    for (const field of def.fields) {
      if (field.oneof !== null && field.until === null) {
        oneofOrder.set(field.oneof, Math.min(oneofOrder.get(field.oneof) ?? Number.MAX_SAFE_INTEGER, field.number));
      }
    }
    for (const field of def.fields) {
      const known = this.field(field.number);
      // A number that was retired and given to another field: the live one is what today's reader sees.
      if (known !== undefined && known.def.until === null) continue;
      const wireType = wireTypeOf(field);
      const compiled: CompiledField = {
        def: field,
        number: field.number,
        wireType,
        packable: field.repeated && wireType !== WIRE_BYTES,
        singular: !field.repeated,
        implicit: !field.repeated && !field.optional && field.oneof === null && field.type !== 'message',
        order: field.oneof === null ? field.number : (oneofOrder.get(field.oneof) ?? field.number),
        message: null,
      };
      if (field.number < 128) this.low[field.number] = compiled;
      else this.high.set(field.number, compiled);
    }
  }

  field(number: number): CompiledField | undefined {
    return number < 128 ? this.low[number] : this.high.get(number);
  }
}

function wireTypeOf(field: FieldDef): number {
  switch (field.type) {
    case 'double':
      return WIRE_FIXED64;
    case 'float':
      return WIRE_FIXED32;
    case 'message':
    case 'string':
    case 'bytes':
      return WIRE_BYTES;
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
    case 'bool':
    case 'enum':
      return WIRE_VARINT;
  }
}

const byName = new Map<string, CompiledMessage>();
const byIndex: CompiledMessage[] = [];

export function compiledMessage(name: string): CompiledMessage {
  const known = byName.get(name);
  if (known !== undefined) return known;
  const compiled = new CompiledMessage(messageDef(name), byIndex.length);
  byName.set(name, compiled);
  byIndex.push(compiled);
  return compiled;
}

export function compiledByIndex(index: number): CompiledMessage {
  const found = byIndex[index];
  if (found === undefined) throw new RangeError(`no message has the index ${index}`);
  return found;
}

/** The compiled message of a field whose type is a message. */
export function messageOf(field: CompiledField): CompiledMessage {
  if (field.message === null) field.message = compiledMessage(field.def.ref ?? '');
  return field.message;
}
