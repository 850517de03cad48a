import type { FieldDef, MessageDef } from '../proto/schema.ts';
import { messageDef } from '../proto/tables.ts';

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_START_GROUP = 3;
export const WIRE_END_GROUP = 4;
export const WIRE_FIXED32 = 5;

// What a field's value is checked for.
export const CHECK_NOTHING = 0;
export const CHECK_MESSAGE = 1;
export const CHECK_STRING = 2;
export const CHECK_BYTES = 3;
export const CHECK_BOOL = 4;
export const CHECK_UINT32 = 5;
export const CHECK_INT32 = 6;
export const CHECK_PACKABLE = 7;
export const CHECK_IMPLICIT_64 = 8;
export const CHECK_IMPLICIT_FIXED = 9;

/** A field with what the reader needs at hand. */
export interface CompiledField {
  readonly def: FieldDef;
  readonly number: number;
  readonly wireType: number;
  /** Repeated numbers travel packed in proto3. */
  readonly packable: boolean;
  readonly singular: boolean;
  readonly retired: boolean;
  /** No presence of its own: the default value is not written. */
  readonly implicit: boolean;
  /**
   * Where prost writes the field: by number, and a whole oneof at the place of its lowest member.
   * (prost-derive sorts a message's fields by their lowest tag.)
   */
  readonly order: number;
  /** What the reader has to look at in a value, as a number: the hot loop switches on it. */
  readonly check: number;
  /** Resolved on first use, so that only the messages in a payload are compiled. */
  message: CompiledMessage | null;
}

const LOW = 64;

export class CompiledMessage {
  /** Fields below 64 by number: without a hole, so that looking one up is a load. */
  readonly low: (CompiledField | undefined)[] = new Array<CompiledField | undefined>(LOW).fill(undefined);
  private readonly high = new Map<number, CompiledField>();
  /** Nothing but a choice, like `LogicalExprNode`, `ScalarValue` and `ArrowType`: every writer sets exactly one field. */
  readonly choice: boolean;

  constructor(
    readonly def: MessageDef,
    /** Dense and stable while the program runs. */
    readonly index: number,
  ) {
    const [first] = def.fields;
    this.choice = first !== undefined && first.oneof !== null && def.fields.every(({ oneof }) => oneof === first.oneof);
    const oneofOrder = new Map<string, number>();
    for (const field of def.fields) {
      if (field.oneof !== null && field.until === null) {
        oneofOrder.set(field.oneof, Math.min(oneofOrder.get(field.oneof) ?? Number.MAX_SAFE_INTEGER, field.number));
      }
    }
    for (const field of def.fields) {
      // a number that was given to another field later: its rows start with the owner that today's reader sees
      if (this.field(field.number) !== undefined) continue;
      const wireType = wireTypeOf(field);
      const packable = field.repeated && wireType !== WIRE_BYTES;
      const implicit = !field.repeated && !field.optional && field.oneof === null && field.type !== 'message';
      const compiled: CompiledField = {
        def: field,
        number: field.number,
        wireType,
        packable,
        singular: !field.repeated,
        retired: field.until !== null,
        implicit,
        check: packable ? CHECK_PACKABLE : checkOf(field, implicit),
        order: field.oneof === null ? field.number : (oneofOrder.get(field.oneof) ?? field.number),
        message: null,
      };
      if (field.number < LOW) this.low[field.number] = compiled;
      else this.high.set(field.number, compiled);
    }
  }

  field(number: number): CompiledField | undefined {
    return number < LOW ? this.low[number] : this.high.get(number);
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

function checkOf(field: FieldDef, implicit: boolean): number {
  switch (field.type) {
    case 'message':
      return CHECK_MESSAGE;
    case 'string':
      return CHECK_STRING;
    case 'bytes':
      return CHECK_BYTES;
    case 'bool':
      return CHECK_BOOL;
    case 'uint32':
      return CHECK_UINT32;
    case 'int32':
    case 'enum':
      return CHECK_INT32;
    case 'int64':
    case 'uint64':
      return implicit ? CHECK_IMPLICIT_64 : CHECK_NOTHING;
    case 'double':
    case 'float':
      return implicit ? CHECK_IMPLICIT_FIXED : CHECK_NOTHING;
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
