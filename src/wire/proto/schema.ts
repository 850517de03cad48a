/** How the DataFusion messages are described: the shape of the tables beside this file. */

export type ProtoScalar = 'double' | 'float' | 'int32' | 'int64' | 'uint32' | 'uint64' | 'bool' | 'string' | 'bytes';

export interface FieldDef {
  /** A dense index over all fields in use, stable while the program runs (`fieldById`). */
  readonly id: number;
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
  /** Explicit presence: declared `optional`. (Messages and oneof members have presence anyway: false for them.) */
  readonly optional: boolean;
  /** Name of the oneof that the field is a member of. */
  readonly oneof: string | null;
  /** First `datafusion-proto` crate major version whose table has the field; 8, the oldest in the registry, stands for 8 or older. */
  readonly since: number;
  /** First crate major version that no longer has it, or null. */
  readonly until: number | null;
}

export interface MessageDef {
  readonly name: string;
  /** By number. A number that was retired and given to another field has a row for each owner, the live one first. */
  readonly fields: readonly FieldDef[];
  /** The live owner of a number, or the one that was retired last. */
  readonly byNumber: ReadonlyMap<number, FieldDef>;
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
  /** By number, the live owner of a number first. */
  readonly values: readonly EnumValueDef[];
  readonly byNumber: ReadonlyMap<number, EnumValueDef>;
  /** Live names, and retired ones that no live value took over. */
  readonly byName: ReadonlyMap<string, EnumValueDef>;
}
