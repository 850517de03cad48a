/**
 * `+ - * / %` and unary minus where an operand is a date, time, timestamp, duration or interval: the types that DataFusion 55
 * coerces the operands to (datafusion-expr-common 55.2 `type_coercion/binary.rs`) and what its kernels compute.
 */
import { type Column, isValid } from '../../../io/column.ts';
import { UNITS_PER_SECOND } from '../../../io/temporal-text.ts';
import { zoneOf } from '../../../io/zone.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { constantColumn } from '../build.ts';
import type { Node } from '../nodes.ts';
import type { OperatorFamily } from '../operators.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, constant, fold, isNullConstant, nullInstead } from '../simplify.ts';
import { INT32, INT64, isInteger, isTemporal, sameType } from '../types.ts';
import {
  addIntervals,
  counts,
  dayDifference,
  type Kernel,
  moveDate,
  moveInstant,
  moveTime,
  pairwise,
} from './arithmetic.ts';
import { finerUnit, MONTH_DAY_NANO, temporalMeeting } from './coerce.ts';
import { bigAt, Int64Builder } from './int64.ts';

interface Operation {
  /** What the operands are cast to. */
  readonly left: DataType;
  readonly right: DataType;
  readonly type: DataType;
  readonly mayFail: boolean;
  readonly kernel: Kernel;
}

const ARITHMETIC = new Set(['Plus', 'Minus', 'Multiply', 'Divide', 'Modulo']);

export const TEMPORAL_OPERATORS: OperatorFamily = {
  take: (op, left, right) => {
    if (!ARITHMETIC.has(op) || (!isTemporal(left.type.kind) && !isTemporal(right.type.kind))) return null;
    const operation = operationOf(op, left.type, right.type);
    if (operation === null) return null;
    const a = taken(left, operation.left);
    const b = taken(right, operation.right);
    const { type, mayFail, kernel } = operation;
    if (isNullConstant(a) || isNullConstant(b)) return nullInstead(op, type, [a, b]);
    return callNode({ name: op, type, args: [a, b], mayFail, evaluate: pairwise(type, kernel) });
  },
  negate: (operand) => {
    const { type } = operand;
    if (type.kind !== 'Interval') return null;
    const evaluate = ([vector]: readonly { column: Column; scalar: boolean }[]) => {
      if (vector === undefined) throw new DfxError('DEFECT', 'a minus without an operand');
      return { column: negated(vector.column), scalar: vector.scalar };
    };
    return callNode({ name: 'negative', type, args: [operand], mayFail: true, evaluate });
  },
};

function operationOf(op: string, left: DataType, right: DataType): Operation | null {
  const l = left.kind === 'Null' ? right : left;
  const r = right.kind === 'Null' ? left : right;
  const wide = l.kind === 'Date64';
  if (op === 'Minus' && l.kind === r.kind && (wide || l.kind === 'Date32')) {
    return { left: l, right: r, type: INT64, mayFail: false, kernel: dayDifference(wide) };
  }
  const subtract = op === 'Minus';
  if (op === 'Plus' || subtract) {
    if (isTime(l) && r.kind === 'Interval') {
      return { left: l, right: MONTH_DAY_NANO, type: l, mayFail: false, kernel: moveTime(l, subtract, true) };
    }
    if (!subtract && l.kind === 'Interval' && isTime(r)) {
      return { left: MONTH_DAY_NANO, right: r, type: r, mayFail: false, kernel: moveTime(r, false, false) };
    }
  }
  const direct = kernelOf(op, l, r);
  if (direct !== null) return direct;
  const pair = mathPair(l, r);
  if (pair !== null) return kernelOf(op, ...pair);
  const common = strictMeeting(l, r);
  if (common === null || common.kind === 'Date64') return null;
  return kernelOf(op, common, common);
}

function isTime(type: DataType): type is DataType & { kind: 'Time32' | 'Time64' } {
  return type.kind === 'Time32' || type.kind === 'Time64';
}

/** What arrow-arith 59 has for exactly these types. Intervals times a number fail in the engine's planner. */
function kernelOf(op: string, left: DataType, right: DataType): Operation | null {
  const subtract = op === 'Minus';
  if (op !== 'Plus' && !subtract) return null;
  switch (left.kind) {
    case 'Timestamp':
      if (left.timezone !== null && zoneOf(left.timezone) === null) {
        throw new Refusal(op, `doesn't know the time zone ${JSON.stringify(left.timezone)}`);
      }
      if (subtract && right.kind === 'Timestamp' && right.unit === left.unit) {
        const type: DataType = { kind: 'Duration', unit: left.unit };
        return { left, right, type, mayFail: left.unit === 'Nanosecond', kernel: counts(type, true) };
      }
      if (right.kind === 'Duration' && right.unit === left.unit) {
        return { left, right, type: left, mayFail: left.unit === 'Nanosecond', kernel: counts(left, subtract) };
      }
      if (right.kind === 'Interval') {
        const fails = left.unit === 'Nanosecond' || (left.timezone !== null && zoneOf(left.timezone)?.fixed !== true);
        return { left, right, type: left, mayFail: fails, kernel: moveInstant(left, subtract) };
      }
      return null;
    case 'Duration':
      if (right.kind === 'Duration' && right.unit === left.unit) {
        return { left, right, type: left, mayFail: left.unit === 'Nanosecond', kernel: counts(left, subtract) };
      }
      return subtract ? null : swapped(left, right);
    case 'Interval':
      if (right.kind === 'Interval' && right.unit === left.unit) {
        return { left, right, type: left, mayFail: true, kernel: addIntervals(left, subtract) };
      }
      return subtract ? null : swapped(left, right);
    case 'Date32':
    case 'Date64':
      if (right.kind !== 'Interval') return null;
      return { left, right, type: left, mayFail: false, kernel: moveDate(left, subtract) };
    default:
      return null;
  }
}

/** `interval + timestamp`. */
function swapped(left: DataType, right: DataType): Operation | null {
  if (right.kind !== 'Timestamp' && right.kind !== 'Date32' && right.kind !== 'Date64') return null;
  const other = kernelOf('Plus', right, left);
  if (other === null) return null;
  const { kernel } = other;
  const turned: Kernel = (a, b, rows) =>
    kernel(b, a, { ...rows, scalarLeft: rows.scalarRight, scalarRight: rows.scalarLeft });
  return { ...other, left, right, kernel: turned };
}

/** `temporal_math_coercion`. */
function mathPair(left: DataType, right: DataType): readonly [DataType, DataType] | null {
  if (left.kind === 'Timestamp' && right.kind === 'Duration') return [left, { ...right, unit: left.unit }];
  if (left.kind === 'Duration' && right.kind === 'Timestamp') return [{ ...left, unit: right.unit }, right];
  if (isDate(left) && isInteger(right.kind)) return [left, MONTH_DAY_NANO];
  if (isInteger(left.kind) && isDate(right)) return [MONTH_DAY_NANO, right];
  if (isDate(left) && isTime(right)) return [NANOSECONDS, NANOSECOND_SPAN];
  if (isTime(left) && isDate(right)) return [NANOSECOND_SPAN, NANOSECONDS];
  const spans = (isTime(left) || left.kind === 'Interval') && (isTime(right) || right.kind === 'Interval');
  return spans && (isTime(left) || isTime(right)) ? [MONTH_DAY_NANO, MONTH_DAY_NANO] : null;
}

const NANOSECONDS: DataType = { kind: 'Timestamp', unit: 'Nanosecond', timezone: null };
const NANOSECOND_SPAN: DataType = { kind: 'Duration', unit: 'Nanosecond' };
const SECOND_SPAN: DataType = { kind: 'Duration', unit: 'Second' };

/** An operand as the type that it meets the other at: times become nanoseconds since midnight, integers days. */
function taken(node: Node, to: DataType): Node {
  const { type } = node;
  if (isTime(type) && (to.kind === 'Duration' || to.kind === 'Interval')) {
    const count = castTo(type.kind === 'Time32' ? castTo(node, INT32) : node, INT64);
    const nanos = castTo(multiplied(count, 1e9 / UNITS_PER_SECOND[type.unit]), NANOSECOND_SPAN);
    return castTo(nanos, to);
  }
  if (isInteger(type.kind) && to.kind === 'Interval') {
    return castTo(castTo(multiplied(castTo(node, INT64), 86_400), SECOND_SPAN), to);
  }
  return castTo(node, to);
}

/** Int64 times a constant, as any product of integers. */
function multiplied(node: Node, by: number): Node {
  if (by === 1) return node;
  const factor = constant(constantColumn(INT64, BigInt(by)));
  if (isNullConstant(node)) return node;
  return fold({ op: 'arithmetic', fn: 'Multiply', type: INT64, nullable: node.nullable, left: node, right: factor });
}

function isDate({ kind }: DataType): boolean {
  return kind === 'Date32' || kind === 'Date64';
}

/** `temporal_coercion_strict_timezone`. */
function strictMeeting(left: DataType, right: DataType): DataType | null {
  if (left.kind !== 'Timestamp' || right.kind !== 'Timestamp') {
    return sameType(left, right) ? null : temporalMeeting(left, right);
  }
  const utc = (zone: string): string => (zone === '+00:00' ? 'UTC' : zone);
  const [one, other] = [left.timezone, right.timezone];
  if (one !== null && other !== null && one !== other && utc(one) !== utc(other)) return null;
  return { kind: 'Timestamp', unit: finerUnit(left.unit, right.unit), timezone: one ?? other };
}

function negated(column: Column): Column {
  const minus = (value: number, row: number): number => {
    if (value === -2_147_483_648 && isValid(column, row))
      throw new DfxError('EXECUTION', 'a negated interval leaves its range');
    return -value | 0;
  };
  if (column.layout === 'numeric') return { ...column, values: Int32Array.from(column.values as Int32Array, minus) };
  if (column.layout !== 'interval') throw new DfxError('DEFECT', `minus of ${column.type.kind}`);
  const rest = new Int64Builder(column.length);
  const narrow = column.type.kind === 'Interval' && column.type.unit === 'DayTime';
  for (let row = 0; row < column.length; row++) {
    if (!isValid(column, row)) continue;
    const value = -bigAt(column.rest, row);
    if (BigInt.asIntN(narrow ? 32 : 64, value) !== value) {
      throw new DfxError('EXECUTION', 'a negated interval leaves its range');
    }
    rest.putBig(row, value);
  }
  return { ...column, months: column.months.map(minus), days: column.days.map(minus), rest: rest.values() };
}
