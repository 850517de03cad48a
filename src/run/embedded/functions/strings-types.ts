/**
 * What string functions take, as DataFusion 55 coerces arguments: its `Coercible` signatures take strings as they are, and its `Exact`
 * and `Uniform` ones the first list of types that the arguments can be coerced to, where any type becomes a string.
 *
 * Dictionaries of strings are taken for their values, but where a function keeps them (`keepingDictionary`).
 */
import { valueAt } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { materialize } from '../gather.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo } from '../simplify.ts';
import { INT64, isBinary, isInteger, isString, type StringKind, UTF8_VIEW } from '../types.ts';
import type { Vector } from '../vector.ts';
import type { Call } from './define.ts';

export const LARGE_UTF8: DataType = { kind: 'LargeUtf8' };
export const BINARY: DataType = { kind: 'Binary' };

/** A dictionary of strings as the strings. */
export function unpacked(name: string, node: Node): Node {
  const { type } = node;
  if (type.kind !== 'Dictionary') return node;
  if (!isString(type.value.kind)) throw new Refusal(name, `of a dictionary of ${type.value.kind} isn't supported`);
  return castTo(node, type.value);
}

/**
 * The node of a call with one argument whose result is a dictionary where the argument is: what it would be of the dictionary's values, put
 * in their place. Only for functions that never fail, for unused values are computed too.
 */
export function keepingDictionary(argument: Node, make: (type: DataType) => Call): Node {
  const { type } = argument;
  if (type.kind !== 'Dictionary' || !isString(type.value.kind)) return callNode(make(type));
  const call = make(type.value);
  const kept: DataType = { kind: 'Dictionary', key: type.key, value: call.type };
  const evaluate = (given: readonly Vector[]): Vector => {
    const [vector] = given;
    const column = vector?.column;
    if (vector === undefined || column?.layout !== 'dictionary') {
      throw new DfxError(
        'DEFECT',
        `${call.name} of a ${column?.type.kind ?? 'missing'} column where a dictionary was due`,
      );
    }
    const values = call.evaluate([{ column: column.values, scalar: false }], column.values.length);
    return {
      column: { ...column, type: kept, values: materialize(values, column.values.length) },
      scalar: vector.scalar,
    };
  };
  return callNode({ ...call, type: kept, args: [argument], evaluate });
}

export function takeArguments(name: string, args: readonly Node[], ...counts: readonly number[]): void {
  if (!counts.includes(args.length)) {
    throw new Refusal(name, `takes ${counts.join(' or ')} argument${counts[0] === 1 ? '' : 's'}, found ${args.length}`);
  }
}

/** A string as it is; an untyped null as Utf8View. */
export function stringArgument(name: string, node: Node | undefined): Node {
  if (node === undefined) throw new Refusal(name, 'has too few arguments');
  if (isString(node.type.kind)) return node;
  if (node.type.kind === 'Null') return castTo(node, UTF8_VIEW);
  if (node.type.kind === 'Dictionary') return unpacked(name, node);
  throw new Refusal(name, `takes strings, found ${node.type.kind}`);
}

/** A string, or a dictionary of them, as it is. */
export function keptArgument(name: string, node: Node | undefined): Node {
  if (node?.type.kind === 'Dictionary' && isString(node.type.value.kind)) return node;
  return stringArgument(name, node);
}

/** Of any type, as the string that a cast makes of it. */
export function anyAsString(name: string, node: Node | undefined): Node {
  if (node === undefined) throw new Refusal(name, 'has too few arguments');
  if (isString(node.type.kind) || node.type.kind === 'Dictionary') return keptArgument(name, node);
  return castTo(node, node.type.kind === 'LargeBinary' ? LARGE_UTF8 : UTF8_VIEW);
}

/** An Int64, or what `sources` take for one. */
export function integerArgument(name: string, node: Node | undefined, sources: 'integers' | 'Int32'): Node {
  if (node === undefined) throw new Refusal(name, 'has too few arguments');
  const { kind } = node.type;
  const taken = kind === 'Int64' || kind === 'Null' || (sources === 'integers' ? isInteger(kind) : kind === 'Int32');
  if (!taken) throw new Refusal(name, `takes an Int64, found ${kind}`);
  return castTo(node, INT64);
}

/** Whether an integer argument is a constant of at least `least`: it makes no row fail. A null makes none fail either. */
export function isAtLeast(node: Node | undefined, least: number): boolean {
  if (node?.op !== 'constant') return false;
  const value = valueAt(node.value, 0);
  return value === null || ((typeof value === 'number' || typeof value === 'bigint') && value >= least);
}

/** The Int64 or Int32 that counts in strings of this type. */
export function countType(type: DataType): DataType {
  return type.kind === 'LargeUtf8' ? INT64 : { kind: 'Int32' };
}

/** What functions give that build new strings: never a view. */
export function builtType(type: DataType): DataType {
  return type.kind === 'LargeUtf8' ? LARGE_UTF8 : { kind: 'Utf8' };
}

const WIDENS_TO_INT64 = new Set(['Null', 'Int8', 'Int16', 'Int32', 'Int64', 'UInt8', 'UInt16', 'UInt32']);

function coercible(kind: string, into: string): boolean {
  if (kind === into) return true;
  return into === 'Int64' ? WIDENS_TO_INT64.has(kind) : isString(into);
}

/** The arguments cast to the first of `signatures` that they can be coerced to; one that they match as they are comes first. */
export function firstSignature(
  name: string,
  args: readonly Node[],
  signatures: readonly (readonly (StringKind | 'Int64')[])[],
): readonly Node[] {
  const fitting = signatures.filter(({ length }) => length === args.length);
  const found = args.map(({ type }) => (type.kind === 'Dictionary' ? type.value.kind : type.kind));
  const exact = fitting.find((kinds) => kinds.every((kind, i) => args[i]?.type.kind === kind));
  const chosen = exact ?? fitting.find((kinds) => kinds.every((kind, i) => coercible(found[i] ?? '', kind)));
  if (chosen === undefined) {
    throw new Refusal(name, `doesn't take ${args.map(({ type }) => type.kind).join(', ') || 'no arguments'}`);
  }
  return args.map((arg, i) => castTo(arg, { kind: chosen[i] ?? 'Utf8' }));
}

/** `string_coercion` of the engine: the widest of the types, views before large ones. */
export function widestString(types: readonly DataType[]): DataType {
  if (types.some(({ kind }) => kind === 'Utf8View')) return UTF8_VIEW;
  return types.some(({ kind }) => kind === 'LargeUtf8') ? LARGE_UTF8 : { kind: 'Utf8' };
}

/** Strings and binaries as they are, an untyped null as a Utf8View: what hashes take. */
export function bytesArgument(name: string, node: Node | undefined): Node {
  if (node !== undefined && isBinary(node.type.kind)) return node;
  return stringArgument(name, node);
}
