/** Calendar arithmetic with intervals, as chrono and arrow-rs 59 do it: months, then days, then the rest. */
import type { Column } from '../../../io/column.ts';
import {
  type CivilDate,
  daysFromCivil,
  daysInMonth,
  FIRST_DAY,
  FIRST_SECOND,
  LAST_DAY,
  LAST_SECOND,
  SECONDS_PER_DAY,
  setCivilDate,
} from '../../../io/temporal-text.ts';
import type { LocalOffsets, Zone } from '../../../io/zone.ts';
import { DfxError } from '../../../wire/errors.ts';
import { Instants } from './int64.ts';

/** The parts of intervals of any unit, row by row; subtracting negates them. */
export class Spans {
  months = 0;
  days = 0;
  /** The rest as seconds, rounded down, and nanoseconds. */
  seconds = 0;
  nanos = 0;
  private readonly rest: Instants | null = null;

  constructor(
    private readonly column: Column,
    private readonly subtract: boolean,
  ) {
    if (column.layout === 'interval') {
      const millis = column.type.kind === 'Interval' && column.type.unit === 'DayTime';
      this.rest = new Instants(column.rest, millis ? 'Millisecond' : 'Nanosecond');
    } else if (column.layout !== 'numeric') {
      throw new DfxError('DEFECT', `a ${column.type.kind} column where an interval was due`);
    }
  }

  read(row: number): void {
    const { column, rest, subtract } = this;
    if (column.layout === 'numeric') {
      const months = Number(column.values[row] ?? 0);
      this.months = subtract ? -months : months;
      return;
    }
    if (column.layout !== 'interval' || rest === null) return;
    rest.read(row);
    const sign = subtract ? -1 : 1;
    this.months = sign * (column.months[row] ?? 0);
    this.days = sign * (column.days[row] ?? 0);
    this.seconds = sign * rest.seconds;
    this.nanos = rest.nanos;
    if (subtract && rest.nanos > 0) {
      this.seconds--;
      this.nanos = 1_000_000_000 - rest.nanos;
    }
  }
}

const date: CivilDate = { year: 0, month: 1, day: 1 };

/** The day of the month so many months away, or its last; NaN beyond the calendar. */
export function shiftMonths(days: number, months: number): number {
  setCivilDate(date, days);
  const month0 = date.year * 12 + date.month - 1 + months;
  // chrono counts months in 32 bits, and has no -2^31 of them.
  if (months > 2_147_483_647 || month0 > 2_147_483_647 || month0 < -2_147_483_648) return Number.NaN;
  if (months < -2_147_483_647) return Number.NaN;
  const year = Math.floor(month0 / 12);
  const month = month0 - year * 12 + 1;
  const shifted = daysFromCivil(year, month, Math.min(date.day, daysInMonth(year, month)));
  return shifted >= FIRST_DAY && shifted <= LAST_DAY ? shifted : Number.NaN;
}

const local: LocalOffsets = { count: 0, first: 0, second: 0 };

/** The instant at which the clock of a zone shows `day` and `secondOfDay`; NaN where that is no instant, or two. */
function instantOf(zone: Zone, day: number, secondOfDay: number): number {
  const shown = day * SECONDS_PER_DAY + secondOfDay;
  zone.resolve(shown, local);
  const second = local.count === 1 ? shown - local.first : Number.NaN;
  return second >= FIRST_SECOND && second <= LAST_SECOND ? second : Number.NaN;
}

/** Moves an instant by the months and days of `spans` on the clock of a zone; NaN beyond the calendar. */
export function moveOnCalendar(second: number, spans: Spans, zone: Zone): number {
  let at = second;
  if (at < FIRST_SECOND || at > LAST_SECOND) return Number.NaN;
  if (spans.months !== 0) {
    const shown = at + zone.offsetAt(at);
    const day = Math.floor(shown / SECONDS_PER_DAY);
    at = instantOf(zone, shiftMonths(day, spans.months), shown - day * SECONDS_PER_DAY);
    if (Number.isNaN(at)) return at;
  }
  if (spans.days !== 0) {
    const shown = at + zone.offsetAt(at);
    const day = Math.floor(shown / SECONDS_PER_DAY);
    const moved = day + spans.days;
    if (moved < FIRST_DAY || moved > LAST_DAY) return Number.NaN;
    at = instantOf(zone, moved, shown - day * SECONDS_PER_DAY);
  }
  return at;
}

/** Moves a day by the whole days of `spans`, each part cut off on its own; NaN beyond the calendar. */
export function moveDay(day: number, spans: Spans): number {
  if (day < FIRST_DAY || day > LAST_DAY) return Number.NaN;
  const shifted = spans.months === 0 ? day : shiftMonths(day, spans.months);
  const moved = shifted + spans.days;
  if (!(moved >= FIRST_DAY && moved <= LAST_DAY)) return Number.NaN;
  const { seconds, nanos } = spans;
  // Towards zero: an hour less than nothing is no day.
  const whole =
    seconds < 0
      ? -Math.floor((-seconds - (nanos > 0 ? 1 : 0)) / SECONDS_PER_DAY)
      : Math.floor(seconds / SECONDS_PER_DAY);
  const end = moved + whole;
  return end >= FIRST_DAY && end <= LAST_DAY ? end : Number.NaN;
}
