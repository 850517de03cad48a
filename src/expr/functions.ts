/** The functions of the reference engine by name: what a call is written as in a payload, and what is known of its result. */
import { AGGREGATE_ROWS, type FunctionRow, HIGHER_ORDER_ROWS, SCALAR_ROWS, WINDOW_ROWS } from './function-table.ts';

export type FunctionFamily = 'scalar' | 'aggregate' | 'window' | 'higher_order';

export interface FunctionFacts {
  /** The name that payloads carry. An alias (`pow`) has the facts of its function (`power`). */
  readonly name: string;
  readonly family: FunctionFamily;
  readonly aliases: readonly string[];
  /** The oldest of the two known versions that has the function. */
  readonly since: '54.1.0' | '55.0.0';
  /** Names for `name => value` arguments, in order; null where the function takes none. */
  readonly parameters: readonly string[] | null;
  /** An Arrow type that every call gives, or `string`, `flat`, `flat64`, `?`: see function-table.ts. */
  readonly result: string;
  /** IGNORE NULLS and RESPECT NULLS are accepted (aggregates only). */
  readonly nullTreatment: boolean;
  /** WITHIN GROUP is accepted (aggregates only). */
  readonly withinGroup: boolean;
}

type Index = ReadonlyMap<string, FunctionFacts>;

/** In the engine's order. */
const FAMILIES: readonly (readonly [FunctionFamily, readonly FunctionRow[]])[] = [
  ['scalar', SCALAR_ROWS],
  ['higher_order', HIGHER_ORDER_ROWS],
  ['aggregate', AGGREGATE_ROWS],
  ['window', WINDOW_ROWS],
];

const indices = new Map<FunctionFamily, Index>();

/** Made when it is first asked for: many runs look up no function, and most others an aggregate. */
function indexOf(family: FunctionFamily, rows: readonly FunctionRow[]): Index {
  const known = indices.get(family);
  if (known !== undefined) return known;
  const made = new Map<string, FunctionFacts>();
  for (const [name, aliases, since, parameters, result, clauses] of rows) {
    const facts: FunctionFacts = {
      name,
      family,
      aliases,
      since: since === 54 ? '54.1.0' : '55.0.0',
      parameters,
      result,
      nullTreatment: clauses.includes('N'),
      withinGroup: clauses.includes('W'),
    };
    for (const key of [name, ...aliases]) made.set(key, facts);
  }
  indices.set(family, made);
  return made;
}

/**
 * The built-in function of this name or alias, exactly as written (built-in names are lower case). `family` picks where
 * a name has several (`first_value` is an aggregate and a window function); without it the engine's order holds:
 * scalar, higher-order, aggregate, window.
 */
export function findFunction(name: string, family?: FunctionFamily): FunctionFacts | undefined {
  for (const [kind, rows] of FAMILIES) {
    if (family !== undefined && family !== kind) continue;
    const found = indexOf(kind, rows).get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Every built-in function once, in the engine's order of families. */
export function listFunctions(): readonly FunctionFacts[] {
  return FAMILIES.flatMap(([kind, rows]) => [...new Set(indexOf(kind, rows).values())]);
}

/** Edit distance, with a bound on the work: a name longer than 64 is like nothing that exists. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, swap));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** Up to three known names or aliases that look like `name`, the nearest first; `extra` are names known to the caller. */
export function nearestFunctions(name: string, extra: readonly string[] = []): readonly string[] {
  if (name.length > 64) return [];
  const wanted = name.toLowerCase();
  const scored: { readonly name: string; readonly far: number }[] = [];
  for (const known of new Set([...extra, ...FAMILIES.flatMap(([kind, rows]) => [...indexOf(kind, rows).keys()])])) {
    const far = distance(wanted, known.toLowerCase());
    if (far <= Math.max(1, Math.floor(wanted.length / 3))) scored.push({ name: known, far });
  }
  scored.sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1));
  return scored.slice(0, 3).map((one) => one.name);
}
