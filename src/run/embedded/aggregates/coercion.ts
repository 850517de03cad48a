/** What DataFusion 55 casts the arguments of its aggregates to, and which it doesn't take (datafusion-expr 55.2 `type_coercion`). */
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import { FLOAT64, isDecimal, isInteger } from '../types.ts';
import type { AggregateCall } from './define.ts';

export function argumentsOf(call: AggregateCall, count: number): readonly Node[] {
  if (call.star || call.args.length !== count) {
    throw new Refusal(call.name, `takes ${count === 1 ? 'one argument' : `${count} arguments`}`);
  }
  return call.args;
}

/** Every number is cast to Float64, and so is NULL; nothing else is taken. */
export function asFloat64(call: AggregateCall, node: Node): Node {
  const { type } = node;
  const { kind } = type;
  if (kind === 'Null' || kind === 'Float32' || kind === 'Float64' || isInteger(kind) || isDecimal(type)) {
    return castTo(node, FLOAT64);
  }
  throw new Refusal(call.name, `doesn't take ${kind}`);
}

/** Float32 and Float64 stay, other numbers become Float64. */
export function asFloat(call: AggregateCall, node: Node): Node {
  if (node.type.kind === 'Float32') return node;
  if (node.type.kind === 'Null') throw new Refusal(call.name, "of NULL isn't supported");
  return asFloat64(call, node);
}

/** RESPECT NULLS is what these do anyway. */
export function refuseIgnoreNulls(call: AggregateCall): void {
  if (call.nullTreatment === 'IgnoreNulls') throw new Refusal(call.name, 'has IGNORE NULLS');
}

/**
 * An ORDER BY that the engine sorts the input by. Beside other aggregates these would see sorted rows too, or ask for another order, which is
 * an error: `get_finer_aggregate_exprs_requirement` of datafusion-physical-plan 55.2.
 */
export function refuseSharedOrder(call: AggregateCall): void {
  if (call.orderBy.length > 0 && !call.alone) throw new Refusal(call.name, 'has an ORDER BY beside other aggregates');
}
