/**
 * Values of Arrow arrays, as they are under their type: the type says how to read a number (a count of days, an unscaled
 * decimal, …), the value keeps every bit of it. Dictionary and run-end encoded values stand as the value that they encode.
 */
export type ArrowValue =
  | null
  | boolean
  /** Integers up to 2^53, floats, and counts of the type's unit in temporal types. */
  | number
  /** Integers beyond 2^53, and the unscaled integer of every decimal. */
  | bigint
  | string
  | Uint8Array
  /** All five kinds of lists. */
  | readonly ArrowValue[]
  | ArrowStruct
  | ArrowMap
  | ArrowUnion
  | { readonly kind: 'dayTime'; readonly days: number; readonly milliseconds: number }
  | { readonly kind: 'monthDayNano'; readonly months: number; readonly days: number; readonly nanos: number | bigint }
  /** A NaN other than the canonical quiet one: its bits in hexadecimal, as many digits as the type has. */
  | { readonly kind: 'nan'; readonly bits: string };

export interface ArrowStruct {
  readonly kind: 'struct';
  /** In the order of the type's fields; names may repeat. */
  readonly fields: readonly (readonly [string, ArrowValue])[];
}

export interface ArrowMap {
  readonly kind: 'map';
  readonly entries: readonly (readonly [ArrowValue, ArrowValue])[];
}

export interface ArrowUnion {
  readonly kind: 'union';
  /** The type id of the member that holds the value. */
  readonly id: number;
  readonly value: ArrowValue;
}

/** A one-row record batch as `ScalarNestedValue` carries it: bare FlatBuffers messages, each with its body. */
export interface NestedBytes {
  readonly ipcMessage: Uint8Array;
  readonly arrowData: Uint8Array;
  readonly dictionaries: readonly { readonly ipcMessage: Uint8Array; readonly arrowData: Uint8Array }[];
}

/** Whether the value is the variant of that name. */
export function isKind<K extends string>(
  value: ArrowValue,
  kind: K,
): value is Extract<ArrowValue, { readonly kind: K }> {
  return value !== null && typeof value === 'object' && 'kind' in value && value.kind === kind;
}
