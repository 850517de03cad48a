/**
 * Time zones as arrow-rs 59 reads them: fixed offsets (`+05:30`, `+0530`, `+05`) and the names of chrono-tz, whose transitions stand
 * in a table of our own: those that Node brings belong to another version of the tz database.
 */
import { ZONE_TABLE } from './zone-table.ts';

/** What a local time stands for: no instant, one, or the two of a clock that was set back. */
export interface LocalOffsets {
  count: 0 | 1 | 2;
  first: number;
  second: number;
}

export class Zone {
  /** The span of the last look-up: instants of a batch lie close to each other. */
  private hint = 0;

  /** `starts[i]` is the second since the epoch at which `offsets[i + 1]` begins to hold. */
  constructor(
    readonly name: string,
    readonly starts: Float64Array,
    private readonly offsets: Int32Array,
  ) {}

  /** Whether the offset is the same at all times. */
  get fixed(): boolean {
    return this.starts.length === 0;
  }

  /** Seconds that local time is ahead of UTC at an instant. */
  offsetAt(second: number): number {
    const { starts, offsets } = this;
    let index = this.hint;
    if ((index > 0 && second < (starts[index - 1] ?? 0)) || (index < starts.length && second >= (starts[index] ?? 0))) {
      let low = 0;
      let high = starts.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (second >= (starts[middle] ?? 0)) low = middle + 1;
        else high = middle;
      }
      index = low;
      this.hint = index;
    }
    return offsets[index] ?? 0;
  }

  /** Writes the offsets under which the clock shows `local` into `found`: the search of chrono-tz step by step. */
  resolve(local: number, found: LocalOffsets): void {
    const { offsets } = this;
    const last = offsets.length - 1;
    let low = 0;
    let high = offsets.length;
    for (;;) {
      const middle = low + ((high - low) >> 1);
      if (middle === high) {
        found.count = 0;
        return;
      }
      const side = this.side(middle, local);
      if (side === 0) {
        low = middle;
        break;
      }
      if (side < 0) low = middle + 1;
      else high = middle;
    }
    const neighbour =
      low > 0 && this.side(low - 1, local) === 0
        ? low - 1
        : low < last && this.side(low + 1, local) === 0
          ? low + 1
          : -1;
    found.count = neighbour < 0 ? 1 : 2;
    found.first = offsets[neighbour < 0 ? low : Math.min(low, neighbour)] ?? 0;
    found.second = offsets[Math.max(low, neighbour)] ?? 0;
  }

  /** Whether span `index`, in local time, lies before `local` (-1), holds it (0) or lies behind it (1). */
  private side(index: number, local: number): number {
    const { starts, offsets } = this;
    const offset = offsets[index] ?? 0;
    if (index > 0 && local < (starts[index - 1] ?? 0) + offset) return 1;
    if (index < starts.length && local >= (starts[index] ?? 0) + offset) return -1;
    return 0;
  }
}

const NO_STARTS = new Float64Array(0);

export const UTC = new Zone('UTC', NO_STARTS, Int32Array.of(0));

let lines: Map<string, string> | null = null;
const known = new Map<string, Zone | null>([['UTC', UTC]]);

/** Null: neither an offset nor a name that the engine knows. Names are told apart by case. */
export function zoneOf(name: string): Zone | null {
  let zone = known.get(name);
  if (zone === undefined) {
    const offset = fixedOffset(name);
    zone = offset === null ? namedZone(name) : new Zone(name, NO_STARTS, Int32Array.of(offset));
    // Names may come from the rows of a column.
    if (known.size < 1000) known.set(name, zone);
  }
  return zone;
}

/** `+hh:mm`, `+hhmm`, `+hh`, each less than a day. */
function fixedOffset(text: string): number | null {
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(text);
  if (match === null || text.length === 4) return null;
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60;
  if (seconds >= 86_400) return null;
  return match[1] === '-' ? -seconds : seconds;
}

/** Every name that the engine knows. */
export function zoneNames(): string[] {
  return [...tableLines().keys()];
}

function tableLines(): Map<string, string> {
  if (lines === null) {
    lines = new Map();
    // Most runs need no zone by its name, and start sooner without it.
    const { inflateRawSync } = process.getBuiltinModule('node:zlib');
    for (const line of inflateRawSync(Buffer.from(ZONE_TABLE, 'base64')).toString('latin1').split('\n')) {
      for (const zone of line.slice(0, line.indexOf('\t')).split(',')) lines.set(zone, line);
    }
  }
  return lines;
}

function namedZone(name: string): Zone | null {
  const line = tableLines().get(name);
  if (line === undefined) return null;
  const [, offsets = '', spans = '', steps = ''] = line.split('\t');
  const values = offsets.split(',').map(Number);
  const starts = new Float64Array(steps === '' ? 0 : spans.split(',').length - 1);
  let at = 0;
  for (const [i, step] of (steps === '' ? [] : steps.split(',')).entries()) {
    at += Number(step);
    starts[i] = at;
  }
  return new Zone(
    name,
    starts,
    Int32Array.from(spans.split(','), (span) => values[Number(span)] ?? 0),
  );
}

/** As chrono prints a fixed offset: `+05:30`, with seconds where there are some. */
export function offsetName(offset: number): string {
  const size = Math.abs(offset);
  const two = (value: number): string => String(value).padStart(2, '0');
  const seconds = size % 60;
  const minutes = Math.floor(size / 60);
  const tail = seconds === 0 ? '' : `:${two(seconds)}`;
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}${tail}`;
}
