/** Dates and times of day as text. Counts are since 1970-01-01 (proleptic Gregorian), as Arrow counts them. */
import type { TimeUnit } from '../wire/arrow/types.ts';
import type { Int } from './model.ts';

/** The years that chrono's `NaiveDate` reaches; DataFusion prints nothing for days beyond them. */
const FIRST_YEAR = -262143;
const LAST_YEAR = 262142;

export const UNITS_PER_SECOND: Record<TimeUnit, bigint> = {
  Second: 1n,
  Millisecond: 1_000n,
  Microsecond: 1_000_000n,
  Nanosecond: 1_000_000_000n,
};

const FRACTION_DIGITS: Record<TimeUnit, number> = { Second: 0, Millisecond: 3, Microsecond: 6, Nanosecond: 9 };

/** `-7n / 2n` rounded down: -4n. */
export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const DAYS_PER_ERA = 146_097;
/** Days from 0000-03-01, where the era of 400 years starts, to 1970-01-01. */
const EPOCH_FROM_ERA = 719_468;

/** Years count from March here, so that the leap day is a year's last. */
function civilDate(days: number): CivilDate {
  const shifted = days + EPOCH_FROM_ERA;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

function padded(value: number | bigint, digits: number): string {
  return String(value).padStart(digits, '0');
}

/**
 * `2020-02-29`; a sign before years outside 0 to 9999 (`-0001-12-31`, `+10000-01-01`); empty beyond the years that the engine
 * can print.
 */
export function dateText(days: number): string {
  const { year, month, day } = civilDate(days);
  if (year < FIRST_YEAR || year > LAST_YEAR) return '';
  const sign = year < 0 ? '-' : year > 9999 ? '+' : '';
  return `${sign}${padded(Math.abs(year), 4)}-${padded(month, 2)}-${padded(day, 2)}`;
}

/** `01:02:03`, with 3, 6 or 9 digits of a second where they are needed: `01:02:03.500`. */
export function timeText(value: Int, unit: TimeUnit): string {
  const perSecond = UNITS_PER_SECOND[unit];
  const units = BigInt(value);
  const seconds = floorDivide(units, perSecond);
  const fraction = units - seconds * perSecond;
  const clock = `${padded(seconds / 3600n, 2)}:${padded((seconds / 60n) % 60n, 2)}:${padded(seconds % 60n, 2)}`;
  return fraction === 0n ? clock : `${clock}.${padded(fraction, FRACTION_DIGITS[unit]).replace(/(?:000)+$/, '')}`;
}

/** `2020-02-29T01:02:03.000005`, in UTC and without a zone; empty beyond the years that the engine can print. */
export function timestampText(value: Int, unit: TimeUnit): string {
  const perDay = UNITS_PER_SECOND[unit] * 86_400n;
  const units = BigInt(value);
  const days = floorDivide(units, perDay);
  const date = dateText(Number(days));
  return date === '' ? '' : `${date}T${timeText(units - days * perDay, unit)}`;
}
