/**
 * `CAST(x AS t) < literal` becomes `x < literal` where the literal is also one of x's type (`unwrap_cast_in_comparison` of DataFusion 55,
 * datafusion-expr-common 55.2 `casts.rs`). It shows: a value of x that doesn't fit t then neither fails nor is null, and a timestamp's
 * literal loses its lower digits on the way to a coarser unit.
 */
import { type Column, isValid } from '../../io/column.ts';
import type { DataType, TimeUnit } from '../../wire/arrow/types.ts';
import { constantColumn, nullColumn } from './build.ts';
import { castColumn } from './cast/index.ts';
import type { CompareOp, Node } from './nodes.ts';
import { plainValue } from './nodes.ts';
import { Refusal } from './refusal.ts';
import { integerRange, isDecimal, isInteger, isString, sameType } from './types.ts';

type CastNode = Node & { readonly op: 'cast' };
type ConstantNode = Node & { readonly op: 'constant' };

/** The literal as one of the cast's operand, to which the operand is then compared. Null: the cast stays. */
export function literalBelow(cast: CastNode, literal: ConstantNode, fn: CompareOp | 'In'): Column | null {
  const below = cast.operand.type;
  if (narrows(below, cast.type)) return null;
  if ((fn === 'Eq' || fn === 'NotEq') && isString(literal.type.kind) && isInteger(below.kind)) {
    const found = integerOf(literal, below);
    if (found !== null) return found;
  }
  return literalInto(literal, below);
}

/** Casts that give different values the same one stay. */
function narrows(from: DataType, to: DataType): boolean {
  if (from.kind === 'Date64' && to.kind === 'Date32') return true;
  return from.kind === 'Timestamp' && to.kind === 'Timestamp' && PER_SECOND[from.unit] > PER_SECOND[to.unit];
}

const PER_SECOND: Record<TimeUnit, bigint> = {
  Second: 1n,
  Millisecond: 1000n,
  Microsecond: 1_000_000n,
  Nanosecond: 1_000_000_000n,
};

/** A text that is how an integer of the type is written. */
function integerOf(literal: ConstantNode, type: DataType): Column | null {
  const text = plainValue(literal);
  if (typeof text !== 'string') return null;
  const number = castColumn(literal.value, type, true);
  if (!isValid(number, 0)) return null;
  const back = castColumn(number, literal.type, true);
  return plainValue({ ...literal, value: back }) === text ? number : null;
}

function isUnwrapped(type: DataType): boolean {
  if (type.kind === 'Dictionary') return isUnwrapped(type.value);
  return isNumberLike(type) || isString(type.kind) || type.kind === 'Binary' || type.kind === 'FixedSizeBinary';
}

function isNumberLike(type: DataType): boolean {
  return (
    isInteger(type.kind) ||
    type.kind === 'Date32' ||
    type.kind === 'Date64' ||
    type.kind === 'Timestamp' ||
    (isDecimal(type) && type.kind !== 'Decimal256')
  );
}

/** `try_cast_literal_to_type`. */
function literalInto(literal: ConstantNode, to: DataType): Column | null {
  const from = literal.type;
  if (!isUnwrapped(from) || !isUnwrapped(to)) return null;
  if (!isValid(literal.value, 0)) return nullColumn(to, 1);
  if (isNumberLike(from) && isNumberLike(to)) return numberInto(literal, to);
  if (isString(from.kind) && isString(to.kind)) return { ...literal.value, type: to } as Column;
  if (from.kind === 'Dictionary' && sameType(from.value, to)) return castColumn(literal.value, to, false);
  if (to.kind === 'Dictionary' && sameType(to.value, from)) return castColumn(literal.value, to, false);
  if (from.kind === 'Binary' && to.kind === 'FixedSizeBinary' && literal.value.layout === 'string') {
    const { offsets } = literal.value;
    const length = (offsets[1] ?? 0) - (offsets[0] ?? 0);
    return length === to.size ? ({ ...literal.value, type: to } as Column) : null;
  }
  return null;
}

function isDate({ kind }: DataType): boolean {
  return kind === 'Date32' || kind === 'Date64';
}

function isInstant(type: DataType): boolean {
  return isDate(type) || type.kind === 'Timestamp';
}

const DAY = 86_400_000n;

function numberInto(literal: ConstantNode, to: DataType): Column | null {
  const from = literal.type;
  if (isDate(from) !== isDate(to) && isInstant(from) && isInstant(to)) return null;
  const plain = plainValue(literal);
  if (typeof plain !== 'number' && typeof plain !== 'bigint') return null;
  const scaled = scaledLiteral(BigInt(plain), from, to);
  if (scaled === null) return null;
  const { low, high } = rangeOf(to);
  if (scaled < low || scaled > high) return null;
  if (from.kind !== 'Timestamp' || to.kind !== 'Timestamp') return constantColumn(to, scaled);
  const per = PER_SECOND[to.unit];
  const had = PER_SECOND[from.unit];
  const value = per > had ? scaled * (per / had) : scaled / (had / per);
  // What the finer unit can't hold becomes a null there.
  return BigInt.asIntN(64, value) === value ? constantColumn(to, value) : nullColumn(to, 1);
}

function scaledLiteral(value: bigint, from: DataType, to: DataType): bigint | null {
  if (from.kind === 'Date32' && to.kind === 'Date64') return value * DAY;
  if (from.kind === 'Date64' && to.kind === 'Date32') return value % DAY === 0n ? value / DAY : null;
  const up = powerOf(to);
  const down = powerOf(from);
  if (up >= down) return value * (up / down);
  return value % (down / up) === 0n ? value / (down / up) : null;
}

function powerOf(type: DataType): bigint {
  if (!isDecimal(type)) return 1n;
  if (type.scale < 0) throw new Refusal('literal', 'is compared with a decimal of a negative scale');
  return 10n ** BigInt(type.scale);
}

function rangeOf(type: DataType): { readonly low: bigint; readonly high: bigint } {
  if (isDecimal(type)) {
    const high = 10n ** BigInt(type.precision) - 1n;
    return { low: -high, high };
  }
  return integerRange(type.kind === 'Date32' ? 'Int32' : isInteger(type.kind) ? type.kind : 'Int64');
}
