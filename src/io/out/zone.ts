/** How far a time zone is from UTC at a given second, as arrow-rs has it: its zones are `chrono-tz`'s, and fixed offsets. */
import { DfxError } from '../../wire/errors.ts';

/** Seconds east of UTC at `second` (since 1970, UTC). */
export type ZoneOffset = (second: number) => number;

/** `chrono-tz` lists the changes of each zone up to here and keeps the last offset behind it: no daylight saving time from 2100 on. */
const LAST = 4_102_444_800;
/** Before 1811 every zone keeps its local mean time. */
const FIRST = -5_017_000_000;
const DAY = 86_400;

/** `+01:00`, `-0530`, `+01`. */
const FIXED = /^([+-])(\d{2})(?::?(\d{2}))?$/;

/** Throws UNSUPPORTED for a zone that nobody knows. */
export function zoneOffset(zone: string): ZoneOffset {
  const fixed = FIXED.exec(zone);
  if (fixed !== null) {
    const size = Number(fixed[2]) * 3600 + Number(fixed[3] ?? '0') * 60;
    const offset = fixed[1] === '-' ? -size : size;
    return () => offset;
  }
  if (zone === 'UTC') return () => 0;
  return namedZone(zone);
}

function namedZone(zone: string): ZoneOffset {
  const look = lookUp(zone);
  /** Offset and, where it changes within the day, the second from which the other one holds. */
  const days = new Map<number, { readonly before: number; readonly after: number; readonly change: number }>();
  return (second) => {
    const clamped = Math.min(Math.max(second, FIRST), LAST);
    const day = Math.floor(clamped / DAY);
    let known = days.get(day);
    if (known === undefined) {
      known = dayOf(look, day * DAY);
      days.set(day, known);
    }
    return clamped < known.change ? known.before : known.after;
  };
}

function dayOf(look: ZoneOffset, start: number): { before: number; after: number; change: number } {
  const before = look(start);
  const after = look(start + DAY - 1);
  let low = start;
  let high = start + DAY - 1;
  if (before === after) return { before, after, change: start };
  // The change lies in (low, high].
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (look(middle) === before) low = middle;
    else high = middle;
  }
  return { before, after, change: high };
}

/** The zone tables of the runtime, which knows the same database. */
function lookUp(zone: string): ZoneOffset {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch (cause) {
    throw new DfxError('UNSUPPORTED', `found the time zone ${JSON.stringify(zone)}, which has no known offset`, {
      cause,
      hint: 'write an Arrow file, which keeps the instants and the name',
    });
  }
  return (second) => {
    const part = format.formatToParts(second * 1000).find(({ type }) => type === 'timeZoneName');
    const found = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(part?.value ?? '');
    if (found === null) throw new DfxError('DEFECT', `the offset of ${zone} reads ${JSON.stringify(part?.value)}`);
    const size = Number(found[2] ?? 0) * 3600 + Number(found[3] ?? 0) * 60 + Number(found[4] ?? 0);
    return found[1] === '-' ? -size : size;
  };
}
