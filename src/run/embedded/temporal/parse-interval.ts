/** Text to intervals as arrow-cast 59 parses it: `1 year 2 months 3 days 4.5 hours`, `1month`, `-1.5 day`. */

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

const UNITS = new Map<string, Unit>();
for (const [unit, names] of [
  ['century', 'c cent cents century centuries'],
  ['decade', 'dec decs decade decades'],
  ['year', 'y yr yrs year years'],
  ['month', 'mon mons month months'],
  ['week', 'w week weeks'],
  ['day', 'd day days'],
  ['hour', 'h hr hrs hour hours'],
  ['minute', 'm min mins minute minutes'],
  ['second', 's sec secs second seconds'],
  ['millisecond', 'ms msec msecs msecond mseconds millisecond milliseconds'],
  ['microsecond', 'us usec usecs usecond useconds microsecond microseconds'],
  ['nanosecond', 'nanosecond nanoseconds'],
] as const) {
  for (const name of names.split(' ')) UNITS.set(name, unit);
}

/** Unit names of intervals and of `date_part`, in any case. */
export function intervalUnit(name: string): Unit | undefined {
  return UNITS.get(name.toLowerCase());
}

interface ParsedInterval {
  readonly months: number;
  readonly days: number;
  readonly nanos: bigint;
}

const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u;
/** Digits of a fraction that an amount has: in units of 10^-15. */
const PRECISION = 15;

/** Amounts with their units. A word of digits takes the next word for its unit, however empty; the last may have none. */
function components(text: string): (readonly [string, string | null])[] {
  const words = text.split(SPACE);
  const found: (readonly [string, string | null])[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const unitAt = word.search(/[^0-9.-]/);
    if (unitAt >= 0) {
      found.push([word.slice(0, unitAt), word.slice(unitAt)]);
    } else if (i + 1 < words.length) {
      found.push([word, words[i + 1] ?? '']);
      i++;
    } else {
      found.push([word, null]);
    }
  }
  return found;
}

const INTEGER = /^[+-]?\d+$/;

function int64(text: string): bigint | null {
  if (!INTEGER.test(text)) return null;
  return checked64(BigInt(text.replace(/^\+/, '')));
}

function checked64(value: bigint): bigint | null {
  return BigInt.asIntN(64, value) === value ? value : null;
}

/** The integer and the fraction, which has the sign of the whole. */
function amountOf(text: string): readonly [bigint, bigint] | null {
  const point = text.indexOf('.');
  const fraction = point < 0 ? '' : text.slice(point + 1);
  if (fraction === '' || fraction.length > PRECISION || fraction.startsWith('-')) {
    const whole = point >= 0 && fraction !== '' ? null : int64(text);
    return whole === null ? null : [whole, 0n];
  }
  const head = text.slice(0, point);
  const whole = head === '' || head === '-' ? 0n : int64(head);
  const part = int64(fraction);
  if (whole === null || part === null) return null;
  const scaled = part * 10n ** BigInt(PRECISION - fraction.length);
  return [whole, head.startsWith('-') ? -scaled : scaled];
}

const NANOS_OF_HOUR = 3_600_000_000_000n;

/** Null: no interval, or one that doesn't fit. `bare`: the unit of an amount without one. */
export function parseInterval(text: string, bare: 'year' | 'month' | 'day'): ParsedInterval | null {
  const seen = new Set<Unit>();
  let months = 0n;
  let days = 0n;
  let nanos = 0n;
  for (const [amount, name] of components(text)) {
    const parsed = amountOf(amount);
    const unit = name === null ? bare : intervalUnit(name);
    if (parsed === null || unit === undefined || seen.has(unit)) return null;
    seen.add(unit);
    const [whole, fraction] = parsed;
    let [moreMonths, moreDays, moreNanos] = [0n, 0n, 0n];
    switch (unit) {
      case 'century':
        moreMonths = whole * 1200n + (fraction * 12n) / 10n ** 13n;
        break;
      case 'decade':
        moreMonths = whole * 120n + (fraction * 12n) / 10n ** 14n;
        break;
      case 'year':
        moreMonths = whole * 12n + (fraction * 12n) / 10n ** 15n;
        break;
      case 'month':
        moreMonths = whole;
        moreDays = (fraction * 3n) / 10n ** 14n;
        break;
      case 'week':
        moreDays = whole * 7n;
        moreNanos = (fraction * 6048n) / 10n ** 4n;
        break;
      case 'day':
        moreDays = whole;
        moreNanos = (fraction * 864n) / 10n ** 4n;
        break;
      case 'hour':
        moreNanos = whole * NANOS_OF_HOUR + (fraction * 36n) / 10n ** 4n;
        break;
      case 'minute':
        moreNanos = whole * 60_000_000_000n + (fraction * 6n) / 10n ** 5n;
        break;
      case 'second':
        moreNanos = whole * 1_000_000_000n + fraction / 10n ** 6n;
        break;
      case 'millisecond':
        moreNanos = whole * 1_000_000n + fraction / 10n ** 9n;
        break;
      case 'microsecond':
        moreNanos = whole * 1_000n + fraction / 10n ** 12n;
        break;
      case 'nanosecond':
        moreNanos = whole + fraction / 10n ** 15n;
        break;
    }
    months += moreMonths;
    days += moreDays;
    nanos += moreNanos;
    // Every step is checked on its own: the product, the part, and the sum.
    if (!within32(moreMonths) || !within32(moreDays) || !within32(months) || !within32(days)) return null;
    if (checked64(nanos) === null || checked64(moreNanos) === null) return null;
  }
  return { months: Number(months), days: Number(days), nanos };
}

function within32(value: bigint): boolean {
  return BigInt.asIntN(32, value) === value;
}

/** Months of an interval that has no smaller part. */
export function toMonths(interval: ParsedInterval | null): number | null {
  return interval === null || interval.days !== 0 || interval.nanos !== 0n ? null : interval.months;
}

/** Days (a month is 30) and milliseconds of an interval that has whole ones. */
export function toDayTime(interval: ParsedInterval | null): readonly [number, number] | null {
  if (interval === null || interval.nanos % 1_000_000n !== 0n) return null;
  const millis = interval.nanos / 1_000_000n;
  const month = BigInt(interval.months) * 30n;
  const days = month + BigInt(interval.days);
  return within32(month) && within32(days) && within32(millis) ? [Number(days), Number(millis)] : null;
}
