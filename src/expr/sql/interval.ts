/** The text of an interval, read as arrow-rs 59 reads it for DataFusion: `1 year 2.5 days`, `5 min`, `-3` (seconds). */
import type { Int, Scalar } from '../model.ts';

type Unit =
  | 'century'
  | 'decade'
  | 'year'
  | 'month'
  | 'week'
  | 'day'
  | 'hour'
  | 'minute'
  | 'second'
  | 'millisecond'
  | 'microsecond'
  | 'nanosecond';

const SPELLINGS: readonly (readonly [Unit, readonly string[]])[] = [
  ['century', ['c', 'cent', 'cents', 'century', 'centuries']],
  ['decade', ['dec', 'decs', 'decade', 'decades']],
  ['year', ['y', 'yr', 'yrs', 'year', 'years']],
  ['month', ['mon', 'mons', 'month', 'months']],
  ['week', ['w', 'week', 'weeks']],
  ['day', ['d', 'day', 'days']],
  ['hour', ['h', 'hr', 'hrs', 'hour', 'hours']],
  ['minute', ['m', 'min', 'mins', 'minute', 'minutes']],
  ['second', ['s', 'sec', 'secs', 'second', 'seconds']],
  ['millisecond', ['ms', 'msec', 'msecs', 'msecond', 'mseconds', 'millisecond', 'milliseconds']],
  ['microsecond', ['us', 'usec', 'usecs', 'usecond', 'useconds', 'microsecond', 'microseconds']],
  ['nanosecond', ['nanosecond', 'nanoseconds']],
];
const UNITS: ReadonlyMap<string, Unit> = new Map(
  SPELLINGS.flatMap(([unit, names]) => names.map((name): [string, Unit] => [name, unit])),
);

/** Digits kept of a fraction. */
const PRECISION = 15;
const FRACTION = 10n ** BigInt(PRECISION);
const I64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const I32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };

class Unreadable extends Error {}

function within(value: bigint, range: { readonly min: bigint; readonly max: bigint }): bigint {
  if (value < range.min || value > range.max) throw new Unreadable();
  return value;
}

function integer(text: string): bigint {
  if (!/^-?[0-9]+$/.test(text)) throw new Unreadable();
  return within(BigInt(text), I64);
}

/** The whole part and the fraction times 10^15, both with the sign. */
function amount(text: string): readonly [bigint, bigint] {
  const point = text.indexOf('.');
  if (point < 0) return [integer(text), 0n];
  const whole = text.slice(0, point);
  const digits = text.slice(point + 1);
  if (!/^[0-9]+$/.test(digits) || digits.length > PRECISION) throw new Unreadable();
  const value = whole === '' || whole === '-' ? 0n : integer(whole);
  const fraction = BigInt(digits.padEnd(PRECISION, '0'));
  return [value, whole.startsWith('-') ? -fraction : fraction];
}

interface Sum {
  months: bigint;
  days: bigint;
  nanos: bigint;
}

const NANOS: ReadonlyMap<Unit, bigint> = new Map([
  ['hour', 3_600_000_000_000n],
  ['minute', 60_000_000_000n],
  ['second', 1_000_000_000n],
  ['millisecond', 1_000_000n],
  ['microsecond', 1_000n],
  ['nanosecond', 1n],
]);
const MONTHS: ReadonlyMap<Unit, bigint> = new Map([
  ['century', 1200n],
  ['decade', 120n],
  ['year', 12n],
]);
const NANOS_PER_DAY = 86_400_000_000_000n;

/** Years and above round to months; months spill into days of 30; weeks, days and below into nanoseconds. */
function add(sum: Sum, whole: bigint, fraction: bigint, unit: Unit): void {
  const months = MONTHS.get(unit);
  const nanos = NANOS.get(unit);
  if (months !== undefined) {
    sum.months += within(within(whole * months, I64) + (fraction * months) / FRACTION, I32);
  } else if (unit === 'month') {
    sum.months += within(whole, I32);
    sum.days += (fraction * 30n) / FRACTION;
  } else if (nanos !== undefined) {
    sum.nanos += within(within(whole * nanos, I64) + (fraction * nanos) / FRACTION, I64);
  } else {
    const days = unit === 'week' ? 7n : 1n;
    sum.days += within(within(whole * days, I64), I32);
    sum.nanos += (fraction * days * NANOS_PER_DAY) / FRACTION;
  }
  within(sum.months, I32);
  within(sum.days, I32);
  within(sum.nanos, I64);
}

/** Pairs of amount and unit; words alternate unless a unit sticks to its amount (`5min`). */
function split(text: string): readonly (readonly [string, string | null])[] {
  const out: [string, string | null][] = [];
  const words = text.split(/\p{White_Space}/u);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const unit = word.search(/[^0-9.-]/);
    if (unit >= 0) out.push([word.slice(0, unit), word.slice(unit)]);
    else if (i + 1 < words.length) out.push([word, words[++i] ?? '']);
    else out.push([word, null]);
  }
  return out;
}

function small(value: bigint): Int {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** The interval, or null where the text is none. A number without a unit counts seconds in SQL, and months in casts of texts. */
export function parseIntervalText(
  text: string,
  bare: 'second' | 'month',
): (Scalar & { readonly kind: 'IntervalMonthDayNano' }) | null {
  const sum: Sum = { months: 0n, days: 0n, nanos: 0n };
  const seen = new Set<Unit>();
  try {
    for (const [number, name] of split(text)) {
      const unit = name === null ? bare : UNITS.get(name.toLowerCase());
      if (unit === undefined || seen.has(unit)) return null;
      seen.add(unit);
      add(sum, ...amount(number), unit);
    }
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
  return { kind: 'IntervalMonthDayNano', months: Number(sum.months), days: Number(sum.days), nanos: small(sum.nanos) };
}
