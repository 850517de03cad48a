/** `make_date`, `make_time`, and the instant at which a run starts: `now`, `current_date`, `current_time`. */
import { type Column, isValid } from '../../../io/column.ts';
import { daysFromCivil, daysInMonth, FIRST_DAY, LAST_DAY } from '../../../io/temporal-text.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { constantColumn, nullColumn } from '../build.ts';
import type { ScalarFunction } from '../functions/define.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, constant } from '../simplify.ts';
import { INT32, isInteger, isString } from '../types.ts';
import { isNullScalar, numeric, type Vector, validityBits } from '../vector.ts';

const NANOS_PER_DAY = 86_400_000_000_000n;

function threeIntegers(name: string, args: readonly Node[]): readonly Node[] {
  if (args.length !== 3) throw new Refusal(name, 'takes three integers');
  return args.map((arg) => {
    const { kind } = arg.type;
    if (!isInteger(kind) && !isString(kind) && kind !== 'Null') throw new Refusal(name, `doesn't take ${kind}`);
    return castTo(arg, INT32);
  });
}

/** `of` throws where the three make no value. */
function maker(name: string, type: DataType, of: (a: number, b: number, c: number) => number): ScalarFunction {
  return {
    name,
    bind: (args) =>
      callNode({
        name,
        type,
        args: threeIntegers(name, args),
        mayFail: true,
        evaluate: (vectors, length) => evaluateThree(vectors, length, type, of),
      }),
  };
}

function evaluateThree(
  vectors: readonly Vector[],
  length: number,
  type: DataType,
  of: (a: number, b: number, c: number) => number,
): Vector {
  if (vectors.some(isNullScalar)) return { column: nullColumn(type, 1), scalar: true };
  const scalar = vectors.every((vector) => vector.scalar);
  const count = scalar ? 1 : length;
  const bits = vectors.filter((vector) => !vector.scalar && vector.column.validity !== null);
  const validity = bits.length === 0 ? null : allValid(bits.map(({ column }) => column));
  const [a, b, c] = vectors.map(({ column, scalar: one }) => ({ values: numeric(column).values, one }));
  if (a === undefined || b === undefined || c === undefined) throw new DfxError('DEFECT', 'three integers were due');
  const values = new Int32Array(count);
  const made: Column = { layout: 'numeric', type, length: count, validity, values };
  for (let row = 0; row < count; row++) {
    if (!isValid(made, row)) continue;
    const at = ({ values: given, one }: typeof a): number => Number(given[one ? 0 : row] ?? 0);
    values[row] = of(at(a), at(b), at(c));
  }
  return { column: made, scalar };
}

function allValid(columns: readonly Column[]): Uint8Array {
  const [first, ...others] = columns.map(validityBits);
  const out = first?.slice() ?? new Uint8Array(0);
  for (const bits of others) for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) & (bits[i] ?? 0);
  return out;
}

function madeDate(year: number, month: number, day: number): number {
  if (month < 1 || month > 12) throw new DfxError('EXECUTION', `Month value '${month}' is out of range`);
  if (day < 1 || day > 31) throw new DfxError('EXECUTION', `Day value '${day}' is out of range`);
  const days = daysFromCivil(year, month, day);
  if (day > daysInMonth(year, month) || days < FIRST_DAY || days > LAST_DAY) {
    throw new DfxError('EXECUTION', `Unable to parse date from ${year}, ${month}, ${day}`);
  }
  return days;
}

function madeTime(hour: number, minute: number, second: number): number {
  if (hour < 0 || hour > 24) throw new DfxError('EXECUTION', `Hour value '${hour}' is out of range`);
  if (minute < 0 || minute > 60) throw new DfxError('EXECUTION', `Minute value '${minute}' is out of range`);
  if (second < 0 || second > 60) throw new DfxError('EXECUTION', `Second value '${second}' is out of range`);
  if (hour === 24 || minute === 60 || second === 60) {
    throw new DfxError('EXECUTION', `Unable to parse time from ${hour}, ${minute}, ${second}`);
  }
  return hour * 3600 + minute * 60 + second;
}

/** A constant of the run: the engine has no zone unless its session sets one. */
function current(
  name: string,
  aliases: readonly string[],
  type: DataType,
  of: (now: bigint) => bigint,
): ScalarFunction {
  return {
    name,
    aliases,
    bind: (args, { now }) => {
      if (args.length > 0) throw new Refusal(name, 'takes no argument');
      return constant(constantColumn(type, of(now)));
    },
  };
}

export const MAKE_FUNCTIONS: readonly ScalarFunction[] = [
  maker('make_date', { kind: 'Date32' }, madeDate),
  maker('make_time', { kind: 'Time32', unit: 'Second' }, madeTime),
  current('now', ['current_timestamp'], { kind: 'Timestamp', unit: 'Nanosecond', timezone: null }, (now) => now),
  current('current_date', ['today'], { kind: 'Date32' }, (now) => now / NANOS_PER_DAY),
  current('current_time', [], { kind: 'Time64', unit: 'Nanosecond' }, (now) => now % NANOS_PER_DAY),
];
