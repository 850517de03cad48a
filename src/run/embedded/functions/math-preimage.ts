/**
 * `floor(x) < 5` becomes `x < 5`: DataFusion 55 rewrites comparisons of floor() with a literal to ranges of x (`preimage`). For floats that
 * changes nothing; for decimals, rows whose floor has too many digits are no error any more.
 */
import { constantColumn } from '../build.ts';
import { nativeBits } from '../decimal/types.ts';
import { type CompareOp, type Node, plainValue } from '../nodes.ts';
import { constant } from '../simplify.ts';
import { comparedToRange, SWAPPED } from '../temporal/preimage.ts';
import { isDecimal } from '../types.ts';

/** Null where neither side is the floor of a decimal, or the other no literal that a floor can be. */
export function floorRange(fn: CompareOp, left: Node, right: Node): Node | null {
  return rangeOf(fn, left, right) ?? rangeOf(SWAPPED[fn], right, left);
}

function rangeOf(fn: CompareOp, call: Node, literal: Node): Node | null {
  if (call.op !== 'call' || call.name !== 'floor' || !isDecimal(call.type)) return null;
  const [x] = call.args;
  const given = plainValue(literal);
  if (x === undefined || (typeof given !== 'number' && typeof given !== 'bigint')) return null;
  const value = BigInt(given);
  const one = 10n ** BigInt(call.type.scale);
  const next = value + one;
  if (value % one !== 0n || BigInt.asIntN(nativeBits(call.type.kind), next) !== next) return null;
  return comparedToRange(fn, x, constant(constantColumn(call.type, value)), constant(constantColumn(call.type, next)));
}
