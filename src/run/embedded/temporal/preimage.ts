/**
 * `date_part('year', x) < 2024` becomes `x < 2024-01-01`: DataFusion 55 rewrites comparisons of years with a literal to ranges of x
 * (`preimage`), in which dates beyond the calendar have a place, and years that nanoseconds don't reach are nulls.
 */
import { daysFromCivil, FIRST_DAY, LAST_DAY, SECONDS_PER_DAY, UNITS_PER_SECOND } from '../../../io/temporal-text.ts';
import { type LocalOffsets, zoneOf } from '../../../io/zone.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { constantColumn } from '../build.ts';
import { type CompareOp, type Node, plainValue } from '../nodes.ts';
import { compareNodes, constant, isNullNode, logicNodes } from '../simplify.ts';

/** The operator with its sides changed. */
export const SWAPPED: Record<CompareOp, CompareOp> = {
  Eq: 'Eq',
  NotEq: 'NotEq',
  Lt: 'Gt',
  LtEq: 'GtEq',
  Gt: 'Lt',
  GtEq: 'LtEq',
  IsDistinctFrom: 'IsDistinctFrom',
  IsNotDistinctFrom: 'IsNotDistinctFrom',
};

/** Null where neither side is a year of something, or the other no literal. */
export function yearRange(fn: CompareOp, left: Node, right: Node): Node | null {
  return rangeOf(fn, left, right) ?? rangeOf(SWAPPED[fn], right, left);
}

function rangeOf(fn: CompareOp, call: Node, literal: Node): Node | null {
  if (call.op !== 'call' || call.name !== 'date_part year') return null;
  const [x] = call.args;
  const year = plainValue(literal);
  if (x === undefined || typeof year !== 'number' || literal.type.kind !== 'Int32') return null;
  const first = daysFromCivil(year, 1, 1);
  const next = daysFromCivil(year + 1, 1, 1);
  if (first < FIRST_DAY || next > LAST_DAY) return null;
  const lower = startOf(x.type, first);
  const upper = startOf(x.type, next);
  if (lower === null || upper === null) return null;
  return comparedToRange(fn, x, lower, upper);
}

/** What `fn` says of a function of x and a value, where the function has that value for x from `lower` until before `upper`. */
export function comparedToRange(fn: CompareOp, x: Node, lower: Node, upper: Node): Node {
  const from = (op: CompareOp): Node => compareNodes(op, x, lower);
  const to = (op: CompareOp): Node => compareNodes(op, x, upper);
  switch (fn) {
    case 'Lt':
      return from('Lt');
    case 'GtEq':
      return from('GtEq');
    case 'Gt':
      return to('GtEq');
    case 'LtEq':
      return to('Lt');
    case 'Eq':
      return logicNodes('And', from('GtEq'), to('Lt'));
    case 'NotEq':
      return logicNodes('Or', from('Lt'), to('GtEq'));
    case 'IsNotDistinctFrom':
      return logicNodes('And', logicNodes('And', isNullNode(x, true), from('GtEq')), to('Lt'));
    case 'IsDistinctFrom':
      return logicNodes('Or', logicNodes('Or', from('Lt'), to('GtEq')), isNullNode(x, false));
  }
}

/** Whether `call` is a year of nanoseconds since 1970, which end within 1677 and 2262, and the literal one that they don't hold whole. */
export function isYearWithoutBounds(call: Node, literal: Node): boolean {
  if (call.op !== 'call' || call.name !== 'date_part year') return false;
  const type = call.args[0]?.type;
  const year = plainValue(literal);
  return (
    type?.kind === 'Timestamp' &&
    type.unit === 'Nanosecond' &&
    typeof year === 'number' &&
    (year <= 1677 || year >= 2262)
  );
}

/** The midnight at which a day starts, as a literal of the type. */
function startOf(type: DataType, day: number): Node | null {
  switch (type.kind) {
    case 'Date32':
      return constant(constantColumn(type, BigInt(day)));
    case 'Date64':
      return constant(constantColumn(type, BigInt(day) * 86_400_000n));
    case 'Timestamp': {
      const zone = zoneOf(type.timezone ?? 'UTC');
      if (zone === null) return null;
      const local: LocalOffsets = { count: 0, first: 0, second: 0 };
      zone.resolve(day * SECONDS_PER_DAY, local);
      const second = BigInt(day * SECONDS_PER_DAY - local.first);
      const units = second * BigInt(UNITS_PER_SECOND[type.unit]);
      const missing = local.count === 0 || BigInt.asIntN(64, units) !== units;
      return constant(constantColumn(type, missing ? null : units));
    }
    default:
      return null;
  }
}
