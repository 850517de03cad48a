/** How the DataFusion messages are described: the shape of the tables beside this file. */

export type ProtoScalar = 'double' | 'float' | 'int32' | 'int64' | 'uint32' | 'uint64' | 'bool' | 'string' | 'bytes';

export interface FieldDef {
  readonly number: number;
  /** The name in the `.proto` file. */
  readonly name: string;
  /** The name in proto JSON (`lowerCamelCase` of `name`, as the Rust crates' pbjson code writes it). */
  readonly jsonName: string;
  readonly type: ProtoScalar | 'message' | 'enum';
  /** Name of the message or enum when `type` is one of these. */
  readonly ref: string | null;
  readonly repeated: boolean;
  /** A `map<K, V>`: on the wire a repeated message `ref` with fields `key = 1` and `value = 2`. */
  readonly map: boolean;
  /** Explicit presence: declared `optional`. (Messages and oneof members have presence anyway.) */
  readonly optional: boolean;
  /** Name of the oneof that the field is a member of. */
  readonly oneof: string | null;
  /** First `datafusion-proto` crate major version whose table has the field. */
  readonly since: number;
  /** First crate major version that no longer has it, or null. */
  readonly until: number | null;
}

export interface MessageDef {
  readonly name: string;
  readonly fields: readonly FieldDef[];
  readonly since: number;
  readonly until: number | null;
}

export interface EnumValueDef {
  readonly name: string;
  readonly number: number;
  readonly since: number;
  readonly until: number | null;
}

export interface EnumDef {
  readonly name: string;
  readonly values: readonly EnumValueDef[];
}
