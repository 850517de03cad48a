/** Whether the real engine's partial states of a payload's aggregates can be merged to what one worker would give. */
import { findFunction } from '../../expr/functions.ts';
import type { Expr } from '../../expr/model.ts';
import { readUdf } from '../../expr/udf.ts';
import { familyOf, isFunctionNode, nodesOf } from '../../expr/walk.ts';
import { sameBytes } from '../../wire/same-bytes.ts';
import type { Payload } from './load.ts';

/**
 * Built-in aggregates whose merged states are what all rows give, whatever the parts. Left out are those that the order of rows decides
 * (first_value, array_agg, string_agg) and those that only approximate (approx_median: its digest depends on the parts).
 */
const MERGED: ReadonlySet<string> = new Set([
  'sum',
  'count',
  'min',
  'max',
  'avg',
  'bool_and',
  'bool_or',
  'bit_and',
  'bit_or',
  'bit_xor',
  'stddev',
  'stddev_pop',
  'var',
  'var_pop',
  'covar_samp',
  'covar_pop',
  'corr',
]);

/** DISTINCT makes no difference to these. */
const EXTREMES: ReadonlySet<string> = new Set(['min', 'max', 'bool_and', 'bool_or', 'bit_and', 'bit_or']);

/** Why all rows go to one worker; null where they need not. */
export function unmergeable({ expr, functions, code }: Payload): string | null {
  const clock = functions.find((name) => CLOCKS.has(name));
  if (clock !== undefined) return `${clock}() is one instant for all rows`;
  if (code.hidden.length > 0) return 'it holds more than dfx reads';
  for (const node of nodesOf(expr)) {
    const reason = node.kind === 'aggregate_function' ? aggregateReason(node) : null;
    if (reason !== null) return reason;
  }
  return nameReason(expr);
}

/** Each query of the real engine has a clock of its own. */
export const CLOCKS: ReadonlySet<string> = new Set([
  'now',
  'current_timestamp',
  'current_date',
  'current_time',
  'today',
]);

function aggregateReason(node: Extract<Expr, { kind: 'aggregate_function' }>): string | null {
  const { name, distinct, orderBy, definition } = node;
  if (orderBy.length > 0) return `${name}() goes by the order of the rows`;
  if (definition !== null && definition.length > 0) {
    // The engine knows only of its own how they tell values apart.
    return distinct ? `the DISTINCT of ${name}() spans all rows` : null;
  }
  const known = findFunction(name, 'aggregate');
  // A name that no engine has is one that --register gives.
  if (known === undefined) return distinct ? `the DISTINCT of ${name}() spans all rows` : null;
  if (!MERGED.has(known.name)) return `the partial results of ${name}() can't be merged exactly`;
  return distinct && !EXTREMES.has(known.name) ? `the DISTINCT of ${name}() spans all rows` : null;
}

/** A plan that is handed on knows its UDFs by name: each must be the only one of its name. */
function nameReason(expr: Expr): string | null {
  const definitions = new Map<string, Uint8Array>();
  const named = new Set<string>();
  for (const node of nodesOf(expr)) {
    if (!isFunctionNode(node)) continue;
    const family = familyOf(node);
    if (node.definition === null || node.definition.length === 0) {
      named.add(`${family} ${node.name}`);
      continue;
    }
    const name = readUdf(node.definition).signature?.name;
    if (name === undefined) return `dfx doesn't read the UDF ${JSON.stringify(node.name)}`;
    const key = `${family} ${name}`;
    const other = definitions.get(key);
    if (other !== undefined && !sameBytes(other, node.definition))
      return `it has two UDFs of the name ${JSON.stringify(name)}`;
    definitions.set(key, node.definition);
  }
  const twin = [...definitions.keys()].find((key) => named.has(key));
  return twin === undefined
    ? null
    : `it has a UDF and a function of the name ${JSON.stringify(twin.split(' ').slice(1).join(' '))}`;
}
