/** Character data of the real engine: case mappings, simple case folding, and sets of code points. */
import * as tables from './unicode-tables.ts';

function base36(text: string): number[] {
  return text.split(' ').map((number) => Number.parseInt(number, 36));
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

export const MAX_POINT = 0x10ffff;

/** Sorted ranges `from, to` (inclusive) one behind the other. */
export type Ranges = readonly number[];

function readRanges(text: string): Ranges {
  const numbers = base36(text);
  const out: number[] = [];
  let at = 0;
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    at += numbers[i] ?? 0;
    const from = at;
    at += numbers[i + 1] ?? 0;
    out.push(from, at - 1);
  }
  return out;
}

function readMapping(text: string): Map<number, number> {
  const numbers = base36(text);
  const out = new Map<number, number>();
  let at = 0;
  for (let i = 0; i + 3 < numbers.length; i += 4) {
    at += numbers[i] ?? 0;
    const count = numbers[i + 1] ?? 0;
    const stride = numbers[i + 2] ?? 0;
    const delta = numbers[i + 3] ?? 0;
    for (let k = 0; k < count; k++) out.set(at + k * stride, at + k * stride + delta);
  }
  return out;
}

function readExpansions(text: string): Map<number, readonly number[]> {
  return new Map(
    text.split(' ').map((entry) => {
      const [point = 0, ...others] = entry.split(':').map((number) => Number.parseInt(number, 36));
      return [point, others];
    }),
  );
}

export interface CaseMapping {
  readonly single: ReadonlyMap<number, number>;
  readonly several: ReadonlyMap<number, readonly number[]>;
}

export const upperMapping = lazily(
  (): CaseMapping => ({
    single: readMapping(tables.UPPER),
    several: readExpansions(tables.UPPER_EXPANDING),
  }),
);

export const lowerMapping = lazily(
  (): CaseMapping => ({
    single: readMapping(tables.LOWER),
    several: readExpansions(tables.LOWER_EXPANDING),
  }),
);

/** From a code point to the least one that simple case folding takes for the same; absent where that is itself. */
export const foldMapping = lazily((): ReadonlyMap<number, number> => readMapping(tables.FOLD));

/** The orbits of simple case folding of two and more code points, by each of their members. */
export const foldOrbits = lazily((): ReadonlyMap<number, readonly number[]> => {
  const orbits = new Map<number, number[]>();
  for (const [point, least] of foldMapping()) {
    const orbit = orbits.get(least) ?? [least];
    orbit.push(point);
    orbits.set(least, orbit);
  }
  for (const orbit of [...orbits.values()]) for (const point of orbit) orbits.set(point, orbit);
  return orbits;
});

/** A set of code points as one bit each. */
class PointSet {
  private readonly bits = new Uint8Array((MAX_POINT + 8) >> 3);

  constructor(ranges: Ranges) {
    for (let i = 0; i < ranges.length; i += 2) {
      const to = ranges[i + 1] ?? 0;
      for (let point = ranges[i] ?? 0; point <= to; point++)
        this.bits[point >> 3] = (this.bits[point >> 3] ?? 0) | (1 << (point & 7));
    }
  }

  has(point: number): boolean {
    return ((this.bits[point >> 3] ?? 0) & (1 << (point & 7))) !== 0;
  }
}

export const alphanumericSet = lazily(() => new PointSet(readRanges(tables.ALPHANUMERIC)));
export const casedSet = lazily(() => new PointSet(readRanges(tables.CASED)));
export const caseIgnorableSet = lazily(() => new PointSet(readRanges(tables.CASE_IGNORABLE)));

export const wordRanges = lazily(() => readRanges(tables.WORD));
export const spaceRanges = lazily(() => readRanges(tables.SPACE));
export const alphabeticRanges = lazily(() => readRanges(tables.ALPHABETIC));

/** General categories by their short names, `Lu` to `Cn`. */
const categories = lazily((): ReadonlyMap<string, Ranges> => {
  const out = new Map<string, number[]>();
  let at = 0;
  for (const run of tables.CATEGORIES.split(' ')) {
    const name = run.slice(0, 2);
    const length = Number.parseInt(run.slice(2), 36);
    const ranges = out.get(name) ?? [];
    ranges.push(at, at + length - 1);
    out.set(name, ranges);
    at += length;
  }
  return out;
});

/** The code points of a category, or of a group of them such as `L`, in order; null for what isn't one. */
export function categoryRanges(name: string): Ranges | null {
  const all = categories();
  const members = name === 'LC' ? ['Lu', 'Ll', 'Lt'] : [...all.keys()].filter((key) => key === name || key[0] === name);
  if (members.length === 0 || name === 'Cs') return null;
  // Surrogates are no characters of a string.
  const pairs: [number, number][] = [];
  for (const member of members) {
    if (member === 'Cs') continue;
    const ranges = all.get(member) ?? [];
    for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i] ?? 0, ranges[i + 1] ?? 0]);
  }
  return pairs.sort(([a], [b]) => a - b).flat();
}
