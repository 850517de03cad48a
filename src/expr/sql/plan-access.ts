/** `a.b`, `a['b']`, `a[1]`, `a[1:2]`. */
import { NEEDS_SCHEMA, unsupported } from './errors.ts';
import { type Facts, ofElement, typed, unknown } from './facts.ts';
import { normalize } from './identifiers.ts';
import type { Planner } from './plan.ts';
import { literal, type Planned, scalarCall, utf8 } from './planned.ts';
import type { Access, Ident, Syntax } from './syntax.ts';

function fieldFacts(base: Facts, name: string): Facts {
  const type = base.exact;
  if (type?.kind === 'Struct') {
    const field = type.fields.find((one) => one.name === name);
    if (field !== undefined) return typed(field.type);
  }
  return valueFacts(base, `the type of field ${name}`);
}

/** What a map holds. */
function valueFacts(base: Facts, why: string): Facts {
  const entries = base.exact?.kind === 'Map' ? base.exact.entries.type : null;
  const value = entries?.kind === 'Struct' ? entries.fields[1] : undefined;
  return value === undefined ? unknown(why) : typed(value.type);
}

export function planAccess(planner: Planner, node: Syntax & { readonly kind: 'access' }): Planned {
  const { root } = node;
  let rest = node.chain;
  let base: Planned;
  if (root.kind === 'ident') {
    const names = [root.ident];
    for (const access of node.chain) {
      if (access.kind !== 'dot') break;
      names.push(access.name);
    }
    rest = node.chain.slice(names.length - 1);
    base = names.length === 1 ? planner.column(root.ident, node.start) : planCompound(planner, names, node.start);
  } else {
    base = planner.plan(root);
  }
  for (const access of rest) base = planOne(planner, base, access, node.start);
  return base;
}

/** A name with periods: a field of a struct column, or a column with its table. */
function planCompound(planner: Planner, idents: readonly Ident[], start: number): Planned {
  const [first, ...fields] = idents.map(normalize);
  const head = idents[0];
  const { columns } = planner.scope;
  const dotted = idents.map(normalize).join('.');
  if (columns === null || head === undefined || first === undefined) {
    const what = `found ${dotted}, which is a field of a struct or a column of a table`;
    throw unsupported(what, start, `${NEEDS_SCHEMA}; for a column of a table, write its name alone`);
  }
  if (planner.scope.names.some((name) => name.includes('.') && dotted.startsWith(name))) {
    throw unsupported(`found ${dotted}, which is the name of a column too`, start, 'Put the name in double quotes.');
  }
  if (!columns.has(first)) throw planner.missing(dotted, start);
  let base = planner.column(head, start);
  for (const name of fields) base = scalarCall('get_field', [base, utf8(name)], fieldFacts(base.facts, name));
  return base;
}

function planOne(planner: Planner, base: Planned, access: Access, start: number): Planned {
  switch (access.kind) {
    case 'dot':
      throw unsupported(`found .${access.name.text} after an expression, expected ['${access.name.text}']`, start);
    case 'index':
      return planIndex(planner, base, access.index, start);
    case 'slice': {
      const { lower, upper, stride } = access;
      if (lower === null || upper === null) throw unsupported('found a slice without both of its bounds', start);
      const step = stride === null ? literal({ kind: 'Int64', value: 1 }) : planner.plan(stride);
      return scalarCall('array_slice', [base, planner.plan(lower), planner.plan(upper), step], base.facts);
    }
  }
}

function planIndex(planner: Planner, base: Planned, index: Syntax, start: number): Planned {
  if (index.kind === 'value' && index.value.kind === 'string' && index.value.style === 'single') {
    const name = index.value.text;
    return scalarCall('get_field', [base, utf8(name)], fieldFacts(base.facts, name));
  }
  if (index.kind === 'json')
    throw unsupported('found a path as a subscript, which the engine has no meaning for', start);
  const key = planner.plan(index);
  const { expr } = base;
  if (expr.kind === 'aggregate_function' && expr.name === 'array_agg') {
    const nth = { ...expr, name: 'nth_value', args: [...expr.args, key.expr] };
    return { expr: nth, facts: ofElement(base.facts) };
  }
  if (base.facts.map === null) {
    throw planner.needsType('a subscript, which is another function for maps', base.facts.why, start);
  }
  if (base.facts.map)
    return scalarCall('get_field', [base, key], valueFacts(base.facts, 'the type of a value of a map'));
  return scalarCall('array_element', [base, key], ofElement(base.facts));
}
