/** What is known of the result of a built-in function, from its row in the table and from its arguments. */
import type { DataType } from '../../wire/arrow/types.ts';
import { findFunction } from '../functions.ts';
import { either, type Facts, flat, typed, unknown } from './facts.ts';

type Family = 'scalar' | 'aggregate' | 'window';

const EXACT: ReadonlyMap<string, DataType> = new Map<string, DataType>([
  ['Boolean', { kind: 'Boolean' }],
  ['Int32', { kind: 'Int32' }],
  ['Int64', { kind: 'Int64' }],
  ['UInt64', { kind: 'UInt64' }],
  ['Float64', { kind: 'Float64' }],
  ['Date32', { kind: 'Date32' }],
]);

/** Functions that give one of their arguments back, perhaps in another type of its kind; which arguments those are. */
const PASS_THROUGH: ReadonlyMap<string, (args: readonly Facts[]) => readonly Facts[]> = new Map([
  ...['coalesce', 'nullif', 'greatest', 'least'].map((name) => [name, (args: readonly Facts[]) => args] as const),
  ...['min', 'max', 'first_value', 'last_value', 'nth_value', 'any_value', 'lag', 'lead'].map(
    (name) => [name, (args: readonly Facts[]) => args.slice(0, 1)] as const,
  ),
]);

/** Functions that give a list like their first argument. */
const LIKE_FIRST: ReadonlySet<string> = new Set([
  ...['array_append', 'array_compact', 'array_distinct', 'array_except', 'array_intersect', 'array_pop_back'],
  ...['array_pop_front', 'array_remove', 'array_remove_all', 'array_remove_n', 'array_replace', 'array_replace_all'],
  ...['array_replace_n', 'array_resize', 'array_reverse', 'array_slice', 'array_sort', 'array_union'],
]);

/** Functions that give a list of values that are no lists. */
const FLAT_LIST: ReadonlySet<string> = new Set(['generate_series', 'range', 'regexp_match', 'string_to_array']);

function list(dims: number | null, why: string): Facts {
  return { exact: null, dims, map: dims === null ? null : false, int64: dims === null ? null : false, why };
}

/** Coercion may widen a number to Int64, so that only flags which no coercion touches pass. */
function passed(parts: readonly Facts[], why: string): Facts {
  const shared = either(parts, why);
  const { exact } = shared;
  const number = exact === null || /^U?Int\d+$/.test(exact.kind);
  const int64 = exact?.kind === 'Int64' ? true : number ? null : shared.int64;
  return { ...shared, exact: null, int64, why: shared.why || why };
}

/** What a call gives. `name` and `args` are those that the payload carries. */
export function callFacts(name: string, family: Family, args: readonly Facts[]): Facts {
  const why = `the type of what ${name} returns`;
  const pass = PASS_THROUGH.get(name);
  if (pass !== undefined) return passed(pass(args), why);
  if (family === 'scalar') {
    const nested = nestedFacts(name, args, why);
    if (nested !== null) return nested;
  }
  if (family !== 'scalar' && name === 'array_agg') {
    const dims = args[0]?.dims ?? null;
    return list(dims === null ? null : dims + 1, why);
  }
  const result = findFunction(name, family)?.result ?? '?';
  if (result === 'string' || result === 'flat' || result === 'Binary') return flat(why);
  if (result === 'flat64') return flat(why, null);
  const exact = EXACT.get(result);
  return exact === undefined ? unknown(why) : typed(exact);
}

function nestedFacts(name: string, args: readonly Facts[], why: string): Facts | null {
  const first = args[0];
  if (name === 'make_array') {
    const dims = args.length === 0 ? 0 : either(args, why).dims;
    return list(dims === null ? null : dims + 1, why);
  }
  // Both take plain values only and turn lists into strings.
  if (name === 'nvl' || name === 'nvl2') {
    return args.every((arg) => arg.dims === 0 && arg.map === false) ? flat(why, null) : null;
  }
  if (name === 'map') return { exact: null, dims: 0, map: true, int64: false, why };
  if (name === 'struct' || name === 'named_struct') return flat(why);
  if (FLAT_LIST.has(name)) return list(1, why);
  if (LIKE_FIRST.has(name) && first !== undefined && first.dims !== null && first.dims > 0)
    return list(first.dims, why);
  return null;
}
