/**
 * What is known of an expression's type while it is planned. The engine asks for types in few places (`||`, `@>`, casts to
 * timestamps, subscripts, `map(…)`, untyped placeholders, unary operators); what can't be told there is refused, never guessed.
 */
import type { DataType } from '../../wire/arrow/types.ts';
import type { Scalar } from '../model.ts';
import { typeOfScalar } from '../scalar-type.ts';

export interface Facts {
  /** The type, where it is known for certain. */
  readonly exact: DataType | null;
  /** Levels of lists; 0 for no list; null where it isn't known. */
  readonly dims: number | null;
  readonly map: boolean | null;
  readonly int64: boolean | null;
  /** What isn't known, as the subject of a sentence: `the type of column a`. */
  readonly why: string;
}

export function typed(type: DataType): Facts {
  let dims = 0;
  let at = type;
  while (at.kind === 'List' || at.kind === 'LargeList' || at.kind === 'FixedSizeList') {
    dims++;
    at = at.item.type;
  }
  return { exact: type, dims, map: type.kind === 'Map', int64: type.kind === 'Int64', why: '' };
}

export function unknown(why: string): Facts {
  return { exact: null, dims: null, map: null, int64: null, why };
}

/** Not nested, whatever it is. */
export function flat(why: string, int64: boolean | null = false): Facts {
  return { exact: null, dims: 0, map: false, int64, why };
}

export function ofScalar(value: Scalar): Facts {
  return typed(typeOfScalar(value));
}

export const BOOLEAN = typed({ kind: 'Boolean' });
export const NULL = typed({ kind: 'Null' });

/** What a value has that is one of these: facts that all share. */
export function either(parts: readonly Facts[], why: string): Facts {
  const [first, ...rest] = parts;
  if (first === undefined) return unknown(why);
  const missing = parts.find((part) => part.why !== '')?.why ?? why;
  const same = <T>(pick: (part: Facts) => T | null): T | null => {
    const value = pick(first);
    return rest.every((part) => pick(part) === value) ? value : null;
  };
  const kind = same((part) => (part.exact !== null && isPlain(part.exact) ? part.exact.kind : null));
  if (kind !== null && first.exact !== null) return first;
  return { exact: null, dims: same((p) => p.dims), map: same((p) => p.map), int64: same((p) => p.int64), why: missing };
}

/** A CASE has the type of its first result that isn't NULL, whatever the others have. */
export function ofCase(results: readonly Facts[]): Facts {
  return results.find((one) => one.exact?.kind !== 'Null') ?? NULL;
}

/** An element of a list, or what UNNEST makes of a value. */
export function ofElement(list: Facts): Facts {
  const type = list.exact;
  if (type?.kind === 'List' || type?.kind === 'LargeList' || type?.kind === 'FixedSizeList')
    return typed(type.item.type);
  const dims = list.dims !== null && list.dims > 0 ? list.dims - 1 : null;
  const nested = dims !== null && dims > 0 ? false : null;
  return { exact: null, dims, map: nested, int64: nested, why: 'the type of an element' };
}

function isPlain(type: DataType): boolean {
  return Object.keys(type).length === 1;
}

const INTEGER_WIDTH: ReadonlyMap<string, number> = new Map([
  ['Int8', 8],
  ['Int16', 16],
  ['Int32', 32],
  ['Int64', 64],
]);

/** The result of arithmetic and of bit operators, for the pairs of types whose coercion is plain. */
function arithmetic(op: string, left: DataType, right: DataType): Facts | null {
  const a = INTEGER_WIDTH.get(left.kind);
  const b = INTEGER_WIDTH.get(right.kind);
  if (a !== undefined && b !== undefined) return typed(a >= b ? left : right);
  if (left.kind === 'Float64' || right.kind === 'Float64') {
    const number = (type: DataType) => /^(U?Int|Float)\d+$/.test(type.kind);
    if (number(left) && number(right) && !op.startsWith('Bitwise')) return typed({ kind: 'Float64' });
  }
  return left.kind === right.kind && /^(UInt|Float)\d+$/.test(left.kind) ? typed(left) : null;
}

const CONDITIONS: ReadonlySet<string> = new Set([
  ...[
    'And',
    'Or',
    'Eq',
    'NotEq',
    'Lt',
    'LtEq',
    'Gt',
    'GtEq',
    'IsDistinctFrom',
    'IsNotDistinctFrom',
    'AtArrow',
    'ArrowAt',
  ],
  ...['RegexMatch', 'RegexIMatch', 'RegexNotMatch', 'RegexNotIMatch', 'LikeMatch', 'ILikeMatch', 'NotLikeMatch'],
  ...['NotILikeMatch'],
]);

export function binaryFacts(op: string, left: Facts, right: Facts): Facts {
  if (CONDITIONS.has(op)) return BOOLEAN;
  const why = `the type of an operand of ${op}`;
  if (op === 'StringConcat') return flat(why);
  if (left.exact !== null && right.exact !== null) {
    const known = arithmetic(op, left.exact, right.exact);
    if (known !== null) return known;
  }
  const missing = left.why || right.why || why;
  return left.dims === 0 && right.dims === 0 ? flat(missing, null) : unknown(missing);
}
