/** Calls by name: which family answers, what the payload calls it, and the alias that keeps the name that was written. */

import { type FunctionFacts, findFunction, nearestFunctions } from '../functions.ts';
import type { Expr, SortExpr } from '../model.ts';
import { callFacts } from './call-facts.ts';
import { NEEDS_SCHEMA, SqlRefusal, unsupported } from './errors.ts';
import { ofElement, unknown } from './facts.ts';
import { lowerCase, normalize } from './identifiers.ts';
import { displayName, schemaName } from './names.ts';
import { type Planner, planMap } from './plan.ts';
import { planWindow } from './plan-window.ts';
import { literal, type Planned } from './planned.ts';
import type { ArgumentSyntax, CallSyntax, SortSyntax } from './syntax.ts';

/** A function as a call meets it: a built-in, or a UDF that the caller declared and of which nothing else is known. */
export interface Callee {
  readonly name: string;
  readonly facts: FunctionFacts | null;
}

function find(planner: Planner, name: string, family: 'scalar' | 'aggregate' | 'window'): Callee | null {
  if (planner.scope.udfs.get(name) === family) return { name, facts: null };
  const facts = findFunction(name, family);
  return facts === undefined ? null : { name: facts.name, facts };
}

export function planCall(planner: Planner, call: CallSyntax): Planned {
  const { start } = call;
  if (call.over !== null && call.withinGroup.length > 0) throw unsupported('found OVER with WITHIN GROUP', start);
  if (call.orderBy.length > 0 && call.withinGroup.length > 0)
    throw unsupported('found ORDER BY with WITHIN GROUP', start);
  if (call.withinGroup.length > 1) throw unsupported('found several keys in WITHIN GROUP, expected one', start);
  const name = normalize(call.name);
  const map = planMapCall(planner, call, name);
  if (map !== null) return map;
  const scalar = find(planner, name, 'scalar');
  if (scalar !== null) return planScalar(planner, call, name, scalar);
  if (findFunction(name, 'higher_order') !== undefined) {
    const hint = "The engine's default SQL dialect has no lambdas; write the expression as JSON.";
    throw unsupported(`found ${name}, which takes a lambda`, start, hint);
  }
  if (name === 'unnest' || name === 'unnest_outer') return planUnnest(planner, call, name);
  if (call.over !== null) {
    if (call.orderBy.length > 0) throw unsupported('found ORDER BY in the arguments of a window function', start);
    const callee = findWindow(planner, name);
    if (callee !== null) return planWindow(planner, call, name, callee);
  } else {
    const aggregate = find(planner, name, 'aggregate');
    if (aggregate !== null) return planAggregate(planner, call, name, aggregate);
  }
  if (!call.parentheses) return planner.column(call.name, start);
  throw unknownFunction(planner, call, name);
}

function unknownFunction(planner: Planner, call: CallSyntax, name: string): SqlRefusal {
  const windowOnly = call.over === null && (findFunction(name, 'window') !== undefined || planner.scope.udfs.has(name));
  const near = nearestFunctions(name, [...planner.scope.udfs.keys()]);
  const declare = `a UDF is declared by name and family, such as --udf ${name}:scalar`;
  const hint = windowOnly
    ? 'give it a window: OVER (…)'
    : near.length > 0
      ? `did you mean ${near.join(', ')}? ${declare}`
      : declare;
  const expected = call.over === null ? 'a scalar or aggregate function' : 'an aggregate or window function';
  return new SqlRefusal('UNKNOWN_FUNCTION', `found the function ${name}, expected ${expected}`, call.start, hint);
}

/** Aggregates come first, but for the three that are window functions too. */
function findWindow(planner: Planner, name: string): (Callee & { readonly family: 'aggregate' | 'window' }) | null {
  const aggregate = find(planner, name, 'aggregate');
  if (aggregate !== null && !['first_value', 'last_value', 'nth_value'].includes(aggregate.name)) {
    return { ...aggregate, family: 'aggregate' };
  }
  const window = find(planner, name, 'window');
  return window === null ? null : { ...window, family: 'window' };
}

/** `make_map(k, v, …)` and `map(k, v, …)` are a map of two lists; `map(keys, values)` is the function of that name. */
function planMapCall(planner: Planner, call: CallSyntax, name: string): Planned | null {
  if (name === 'make_map') return planMap(positional(planner, call), call.start);
  if (name !== 'map') return null;
  const args = positional(planner, call);
  if (args.length === 0) throw unsupported('found map without arguments', call.start);
  const [first, second] = args;
  if (args.length === 2 && first !== undefined && second !== undefined) {
    const dims = [first.facts.dims, second.facts.dims];
    if (!dims.includes(0)) {
      const open = [first, second].find((arg) => arg.facts.dims === null);
      if (open === undefined) {
        if (isEvidentlyTyped(first.expr) && isEvidentlyTyped(second.expr)) return null;
        throw unsupported(
          'found map(…) of lists that are computed, expected columns or lists of columns and literals',
          call.start,
        );
      }
      throw planner.needsType('map(…), which zips two lists or takes keys and values', open.facts.why, call.start);
    }
  }
  return planMap(args, call.start);
}

/**
 * Nothing in it can fail the engine's check of types, after which the engine takes two lists for a key and a value. Literal
 * lists nest no deeper than the parser went.
 */
function isEvidentlyTyped(expr: Expr): boolean {
  if (expr.kind === 'column' || expr.kind === 'literal') return true;
  if (expr.kind !== 'scalar_function') return false;
  if (!['make_array', 'map_keys', 'map_values'].includes(expr.name)) return false;
  const [first] = expr.args;
  const sameKind = (one: Expr) =>
    one.kind === 'literal' && first?.kind === 'literal' && one.value.kind === first.value.kind;
  if (expr.name === 'make_array' && expr.args.length > 1 && !expr.args.every(sameKind)) return false;
  return expr.args.every(isEvidentlyTyped);
}

function positional(planner: Planner, call: CallSyntax): readonly Planned[] {
  return call.args.map((arg) => planner.plan(arg.expr));
}

/** Arguments in the order of the parameters. */
export function planArguments(
  planner: Planner,
  call: CallSyntax,
  callee: Callee,
  prepend: readonly Planned[] = [],
): readonly Planned[] {
  return arrange(planner, call, callee, call.args, prepend);
}

function arrange(
  planner: Planner,
  call: CallSyntax,
  callee: Callee,
  list: readonly ArgumentSyntax[],
  prepend: readonly Planned[],
): readonly Planned[] {
  const values = [...prepend, ...list.map((arg) => planner.plan(arg.expr))];
  const names = [...prepend.map(() => null), ...list.map((arg) => arg.name)];
  if (names.every((name) => name === null)) return values;
  const parameters = callee.facts?.parameters ?? null;
  if (parameters === null) throw unsupported(`found a named argument of ${callee.name}, which takes none`, call.start);
  const slots: (Planned | undefined)[] = [];
  let seenNamed = false;
  for (const [i, name] of names.entries()) {
    const value = values[i];
    if (name === null) {
      if (seenNamed) throw unsupported('found an argument without a name after a named one', call.start);
      slots[i] = value;
      continue;
    }
    seenNamed = true;
    const fits = (one: string) => (name.quote === '' ? lowerCase(one) === lowerCase(name.text) : one === name.text);
    const slot = parameters.findIndex(fits);
    if (slot < 0) {
      const known = parameters.join(', ');
      throw unsupported(`found the parameter ${name.text} of ${callee.name}, expected one of ${known}`, call.start);
    }
    if (slots[slot] !== undefined) throw unsupported(`found the parameter ${name.text} twice`, call.start);
    slots[slot] = value;
  }
  return values.map((_, i) => {
    const value = slots[i];
    if (value !== undefined && i < parameters.length) return value;
    throw unsupported(`found a call of ${callee.name} without ${parameters[i] ?? 'an argument'}`, call.start);
  });
}

function named(expr: Expr, name: string): Expr {
  return { kind: 'alias', expr, name, relation: null, metadata: [] };
}

function tooLong(start: number): never {
  const hint = 'write functions by the names that they travel by (power, not pow)';
  throw new SqlRefusal('LIMIT', 'found a call whose name for its result would pass 4 MB', start, hint);
}

/** A call by an alias keeps the written name as its column's name. */
export function underWrittenName(
  planned: Planned,
  written: string,
  name: string,
  args: readonly Planned[],
  start: number,
): Planned {
  if (lowerCase(written) === lowerCase(name)) return planned;
  const shown = args.map((arg) => displayName(arg.expr) ?? tooLong(start));
  return { ...planned, expr: named(planned.expr, `${written}(${shown.join(',')})`) };
}

/** Clauses of aggregates after a scalar function are read and forgotten by the engine. */
function planScalar(planner: Planner, call: CallSyntax, written: string, callee: Callee): Planned {
  const args = planArguments(planner, call, callee);
  const expr: Expr = {
    kind: 'scalar_function',
    name: callee.name,
    args: args.map((arg) => arg.expr),
    definition: null,
  };
  return underWrittenName({ expr, facts: resultFacts(callee, 'scalar', args) }, written, callee.name, args, call.start);
}

export function resultFacts(callee: Callee, family: 'scalar' | 'aggregate' | 'window', args: readonly Planned[]) {
  if (callee.facts === null) return unknown(`the type of what ${callee.name} returns`);
  return callFacts(
    callee.name,
    family,
    args.map((arg) => arg.facts),
  );
}

function planUnnest(planner: Planner, call: CallSyntax, name: string): Planned {
  const [arg, ...more] = positional(planner, call);
  if (arg === undefined || more.length > 0)
    throw unsupported(`found ${call.args.length} arguments of ${name}, expected one`, call.start);
  const type = arg.facts.exact;
  if (type !== null && !/^(List|LargeList|FixedSizeList|ListView|LargeListView|Struct)$/.test(type.kind)) {
    throw unsupported(`found ${name} of a value of type ${type.kind}, expected a list or a struct`, call.start);
  }
  const expr: Expr = { kind: 'unnest', exprs: [arg.expr], outer: name === 'unnest_outer' };
  return { expr, facts: arg.facts.exact?.kind === 'Struct' ? arg.facts : ofElement(arg.facts) };
}

/** Sort keys. `byPosition`: a whole number is the place of a column, as in the ORDER BY of a query. */
export function planSorts(planner: Planner, list: readonly SortSyntax[], byPosition: boolean): readonly SortExpr[] {
  return list.map(({ expr, asc, nullsFirst }) => {
    const ascending = asc ?? true;
    const key =
      byPosition && expr.kind === 'value' && expr.value.kind === 'number'
        ? columnAt(planner, expr.value.text, expr.start)
        : planner.plan(expr).expr;
    // Nulls count as the greatest value.
    return { expr: key, asc: ascending, nullsFirst: nullsFirst ?? !ascending };
  });
}

function columnAt(planner: Planner, text: string, start: number): Expr {
  const { columns, names } = planner.scope;
  if (columns === null) throw unsupported(`found ORDER BY ${text}, the place of a column`, start, NEEDS_SCHEMA);
  const name = /^[0-9]{1,9}$/.test(text) ? names[Number(text) - 1] : undefined;
  if (name === undefined) {
    throw unsupported(`found ORDER BY ${text}, expected the place of a column from 1 to ${names.length}`, start);
  }
  return { kind: 'column', name, relation: null };
}

/** Names under which an aggregate takes WITHIN GROUP whatever its own facts say. */
const ORDERED_SET: ReadonlySet<string> = new Set([
  'percentile_cont',
  'quantile_cont',
  'approx_percentile_cont',
  'approx_percentile_cont_with_weight',
]);

function planAggregate(planner: Planner, call: CallSyntax, written: string, callee: Callee): Planned {
  const { start } = call;
  if (call.nullTreatment !== null && callee.facts !== null && !callee.facts.nullTreatment) {
    throw unsupported(`found IGNORE or RESPECT NULLS for ${callee.name}, which takes neither`, start);
  }
  const orderedSet = callee.facts?.withinGroup === true || ORDERED_SET.has(written);
  let { withinGroup, orderBy, args: list } = call;
  if (orderedSet && withinGroup.length === 0 && orderBy.length > 0) {
    // `quantile_cont(x, 0.5 ORDER BY x)`: the key stands for the first argument.
    if (list.length >= 2) list = list.slice(1);
    withinGroup = orderBy;
    orderBy = [];
  }
  if (!orderedSet && withinGroup.length > 0)
    throw unsupported(`found WITHIN GROUP for ${callee.name}, which takes none`, start);
  if (orderedSet && withinGroup.length > 1)
    throw unsupported('found several keys in WITHIN GROUP, expected one', start);
  const sorts = orderedSet ? planSorts(planner, withinGroup, false) : planSorts(planner, orderBy, true);
  const [key] = orderedSet ? sorts : [];
  const prepend = key === undefined ? [] : [{ expr: key.expr, facts: unknown('the type of a sort key') }];
  const args = arrange(planner, call, callee, list, prepend);
  const expr: Expr & { readonly kind: 'aggregate_function' } = {
    kind: 'aggregate_function',
    name: callee.name,
    args: args.map((arg) => arg.expr),
    distinct: call.distinct,
    filter: call.filter === null ? null : planner.plan(call.filter).expr,
    orderBy: sorts,
    nullTreatment: call.nullTreatment,
    definition: null,
  };
  const facts = resultFacts(callee, 'aggregate', args);
  if (isCountOfRows(callee, expr.args)) return { expr: countOne(expr, start), facts };
  return underWrittenName({ expr, facts }, written, callee.name, args, call.start);
}

/** `count(*)` and `count()`. */
export function isCountOfRows(callee: Callee, args: readonly Expr[]): boolean {
  return callee.name === 'count' && (args.length === 0 || (args.length === 1 && args[0]?.kind === 'wildcard'));
}

/** They count the literal 1, under the name that they had. */
export function countOne(
  expr: Expr & { readonly kind: 'aggregate_function' | 'window_function' },
  start: number,
): Expr {
  const counted = { ...expr, args: [literal({ kind: 'Int64', value: 1 }).expr] };
  return named(counted, schemaName(expr) ?? tooLong(start));
}
