/** Calls with OVER. */
import type { Expr, FrameBound, Scalar, WindowFrame } from '../model.ts';
import { unsupported } from './errors.ts';
import type { Planner } from './plan.ts';
import {
  type Callee,
  countOne,
  isCountOfRows,
  planArguments,
  planSorts,
  resultFacts,
  underWrittenName,
} from './plan-call.ts';
import { literal, type Planned } from './planned.ts';
import type { BoundSyntax, CallSyntax, FrameSyntax, Syntax } from './syntax.ts';

/** UNBOUNDED travels as a null count. */
const UNBOUNDED: Scalar = { kind: 'Null', type: { kind: 'UInt64' } };

export function planWindow(
  planner: Planner,
  call: CallSyntax,
  written: string,
  callee: Callee & { readonly family: 'aggregate' | 'window' },
): Planned {
  const over = call.over;
  if (over === null) throw unsupported(`found ${written} without OVER`, call.start);
  // Literals don't part anything, and the engine drops them.
  const partitionBy = over.partitionBy.filter((one) => one.kind !== 'value').map((one) => planner.plan(one).expr);
  const orderBy = [...planSorts(planner, over.orderBy, false)];
  const frame = over.frame === null ? defaultFrame(orderBy.length > 0) : planFrame(over.frame, call.start);
  if (over.frame !== null && frame.units === 'RANGE') {
    const free = isFree(frame.start) && isFree(frame.end);
    if (free && orderBy.length === 0) {
      orderBy.push({ expr: literal({ kind: 'UInt64', value: 1 }).expr, asc: true, nullsFirst: false });
    } else if (!free && orderBy.length !== 1) {
      throw unsupported(`found RANGE with ${orderBy.length} sort keys, expected one`, call.start);
    }
  }
  if (over.frame !== null && frame.units === 'GROUPS' && orderBy.length === 0) {
    throw unsupported('found GROUPS without ORDER BY', call.start);
  }
  const args = planArguments(planner, call, callee);
  const expr: Expr & { readonly kind: 'window_function' } = {
    kind: 'window_function',
    family: callee.family,
    name: callee.name,
    args: args.map((arg) => arg.expr),
    partitionBy,
    orderBy,
    frame,
    nullTreatment: call.nullTreatment,
    distinct: call.distinct,
    filter: call.filter === null ? null : planner.plan(call.filter).expr,
    definition: null,
  };
  const facts = resultFacts(callee, callee.family, args);
  if (isCountOfRows(callee, expr.args)) return { expr: countOne(expr, call.start), facts };
  return underWrittenName({ expr, facts }, written, callee.name, args, call.start);
}

/** With a sort key up to the row's peers, without one over the whole partition. */
function defaultFrame(ordered: boolean): WindowFrame {
  if (ordered) return { units: 'RANGE', start: { kind: 'PRECEDING', value: UNBOUNDED }, end: { kind: 'CURRENT_ROW' } };
  return {
    units: 'ROWS',
    start: { kind: 'PRECEDING', value: UNBOUNDED },
    end: { kind: 'FOLLOWING', value: UNBOUNDED },
  };
}

function isFree(bound: FrameBound | null): boolean {
  return bound === null || bound.kind === 'CURRENT_ROW' || bound.value === UNBOUNDED;
}

function planFrame(frame: FrameSyntax, at: number): WindowFrame {
  const start = planBound(frame.start, frame.units);
  const end: FrameBound = frame.end === null ? { kind: 'CURRENT_ROW' } : planBound(frame.end, frame.units);
  // The engine looks at the end only where the start doesn't follow the row: `1 FOLLOWING AND UNBOUNDED PRECEDING` passes.
  if (start.kind === 'FOLLOWING') {
    if (start.value === UNBOUNDED) throw unsupported('found a frame that starts UNBOUNDED FOLLOWING', at);
  } else if (end.kind === 'PRECEDING' && end.value === UNBOUNDED) {
    throw unsupported('found a frame that ends UNBOUNDED PRECEDING', at);
  }
  return { units: frame.units, start, end };
}

function planBound(bound: BoundSyntax, units: FrameSyntax['units']): FrameBound {
  if (bound.kind === 'CURRENT_ROW') return bound;
  const value =
    bound.value === null ? UNBOUNDED : units === 'RANGE' ? rangeOffset(bound.value) : rowOffset(bound.value);
  return { kind: bound.kind, value };
}

/** Rows and groups are counted. */
function rowOffset(node: Syntax): Scalar {
  const text = plainNumber(node) ?? (node.kind === 'interval' && node.unit === null ? plainString(node.value) : null);
  const count = text !== null && /^[0-9]{1,20}$/.test(text) ? BigInt(text) : null;
  if (count === null || count >= 2n ** 64n) {
    throw unsupported('found an offset of ROWS or GROUPS that is no whole number', node.start);
  }
  return { kind: 'UInt64', value: count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : count };
}

/** A range offset stays text until the type of the sort key is known. */
function rangeOffset(node: Syntax): Scalar {
  const number = plainNumber(node);
  if (number !== null) return { kind: 'Utf8', value: number };
  const text = node.kind === 'interval' ? plainString(node.value) : null;
  if (node.kind !== 'interval' || text === null) {
    throw unsupported('found an offset of RANGE that is no number and no interval', node.start);
  }
  return { kind: 'Utf8', value: node.unit === null ? text : `${text} ${node.unit}` };
}

function plainNumber(node: Syntax): string | null {
  return node.kind === 'value' && node.value.kind === 'number' && !node.value.long ? node.value.text : null;
}

function plainString(node: Syntax): string | null {
  return node.kind === 'value' && node.value.kind === 'string' && node.value.style === 'single'
    ? node.value.text
    : null;
}
