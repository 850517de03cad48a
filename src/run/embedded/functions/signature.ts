/** Which types a function's arguments take, as DataFusion 55 matches them with its signature (datafusion-expr 55.2 `functions.rs`). */
import type { DataType } from '../../../wire/arrow/types.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import { isBinary, isDecimal, isString, type Kind, sameType } from '../types.ts';

const INTO: Partial<Record<Kind, readonly Kind[]>> = {
  Int8: [],
  Int16: ['Int8', 'UInt8'],
  Int32: ['Int8', 'Int16', 'UInt8', 'UInt16'],
  Int64: ['Int8', 'Int16', 'Int32', 'UInt8', 'UInt16', 'UInt32'],
  UInt8: [],
  UInt16: ['UInt8'],
  UInt32: ['UInt8', 'UInt16'],
  UInt64: ['UInt8', 'UInt16', 'UInt32'],
  Float16: ['Int8', 'Int16', 'UInt8', 'UInt16'],
  Float32: ['Int8', 'Int16', 'Int32', 'Int64', 'UInt8', 'UInt16', 'UInt32', 'UInt64', 'Float16'],
  Float64: ['Int8', 'Int16', 'Int32', 'Int64', 'UInt8', 'UInt16', 'UInt32', 'UInt64', 'Float16', 'Float32'],
};

/** `coerced_from`: whether a value of `from` is taken where the signature says `into` (a type without wildcards, no list). */
export function coercedFrom(into: DataType, from: DataType): boolean {
  if (sameType(into, from) || from.kind === 'Null') return true;
  if (from.kind === 'Dictionary') return coercedFrom(into, from.value);
  if (into.kind === 'Dictionary') return coercedFrom(into.value, from);
  if (isString(into.kind)) return true;
  if (into.kind === 'Float64' && isDecimal(from)) return true;
  if (into.kind === 'BinaryView') return isBinary(from.kind);
  if (into.kind === 'Interval') return isString(from.kind);
  if (into.kind === 'Timestamp') {
    if (into.timezone === null) {
      return (
        into.unit === 'Nanosecond' &&
        ((from.kind === 'Timestamp' && from.timezone === null) ||
          from.kind === 'Date32' ||
          from.kind === 'Date64' ||
          isString(from.kind))
      );
    }
    return from.kind === 'Timestamp' || from.kind === 'Date32' || from.kind === 'Utf8' || from.kind === 'LargeUtf8';
  }
  return INTO[into.kind]?.includes(from.kind) ?? false;
}

/** `TypeSignature::OneOf(Exact…)`: the first row of types that the arguments have, else the first that they are coerced to. */
function coerceExact(
  name: string,
  args: readonly Node[],
  signatures: readonly (readonly DataType[])[],
): readonly Node[] {
  const fitting = signatures.filter((types) => types.length === args.length);
  const chosen =
    fitting.find((types) => types.every((type, i) => sameType(type, args[i]?.type ?? type))) ??
    fitting.find((types) => types.every((type, i) => coercedFrom(type, args[i]?.type ?? type)));
  if (chosen === undefined) {
    throw new Refusal(name, `doesn't take (${args.map(({ type }) => type.kind).join(', ')})`);
  }
  return args.map((arg, i) => castTo(arg, chosen[i] ?? arg.type));
}

/** `TypeSignature::Uniform`: `count` arguments of one of the types, the first that takes them all. */
export function coerceUniform(
  name: string,
  args: readonly Node[],
  count: number,
  types: readonly DataType[],
): readonly Node[] {
  if (args.length !== count) throw new Refusal(name, `takes ${count} arguments`);
  return coerceExact(
    name,
    args,
    types.map((type) => args.map(() => type)),
  );
}
