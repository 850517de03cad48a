/** One version of the DataFusion messages, as its crates describe it. */

export interface SourceField {
  readonly number: number;
  readonly name: string;
  /** A protobuf scalar type, `message` or `enum`. */
  readonly type: string;
  readonly ref: string | null;
  readonly repeated: boolean;
  readonly map: boolean;
  readonly optional: boolean;
  readonly oneof: string | null;
}

export interface SourceEnumValue {
  readonly name: string;
  readonly number: number;
}

export interface SourceSchema {
  /** By name without package; nested types as `Outer.Inner`, map entries as `Outer.FieldEntry`. */
  readonly messages: Map<string, readonly SourceField[]>;
  readonly enums: Map<string, readonly SourceEnumValue[]>;
}

export const SCALARS: ReadonlySet<string> = new Set([
  'double',
  'float',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'bool',
  'string',
  'bytes',
]);

/** protoc's name of the entry message that a map field stands for. */
export function mapEntryName(message: string, field: string): string {
  const camel = field.replace(/(?:^|_)([a-z0-9])/g, (_, first: string) => first.toUpperCase());
  return `${message}.${camel}Entry`;
}

/** A field of a map's entry message. */
export function entryField(number: number, type: string, ref: string | null): SourceField {
  const name = number === 1 ? 'key' : 'value';
  return { number, name, type, ref, repeated: false, map: false, optional: false, oneof: null };
}

/** Lower case without underscores: what survives the renaming that code generators do. */
export function foldName(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/** Puts the schemas of several files of one version together; the same type in two files must be the same. */
export function joinSchemas(schemas: readonly SourceSchema[]): SourceSchema {
  const messages = new Map<string, readonly SourceField[]>();
  const enums = new Map<string, readonly SourceEnumValue[]>();
  for (const schema of schemas) {
    for (const [name, fields] of schema.messages) {
      if (messages.has(name)) throw new Error(`two messages are named ${name}`);
      messages.set(name, fields);
    }
    for (const [name, values] of schema.enums) {
      if (enums.has(name)) throw new Error(`two enums are named ${name}`);
      enums.set(name, values);
    }
  }
  return { messages, enums };
}
