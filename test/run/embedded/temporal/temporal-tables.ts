/** Tables of temporal values: plain ones, edges of every representation and calendar, and texts. */
import { type Table, tableOf } from '../judge.ts';

/** A small generator (mulberry32): the same numbers every time, others with DFX_SEED. */
export function numbersFrom(seed: number): () => number {
  let state = seed + 1000 * Number(process.env['DFX_SEED'] ?? 0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Unit = 'Second' | 'Millisecond' | 'Microsecond' | 'Nanosecond';
export const UNITS: readonly Unit[] = ['Second', 'Millisecond', 'Microsecond', 'Nanosecond'];
const PER_SECOND: Record<Unit, bigint> = {
  Second: 1n,
  Millisecond: 1_000n,
  Microsecond: 1_000_000n,
  Nanosecond: 1_000_000_000n,
};

export const ROWS = 96;

const EDGE_SECONDS = [
  0n,
  1n,
  -1n,
  59n,
  -59n,
  86_399n,
  86_400n,
  -86_400n,
  -86_401n,
  951_782_400n,
  951_868_800n,
  4_107_542_400n,
  -2_208_988_800n,
  -62_135_596_800n,
  -62_167_219_200n,
  253_402_300_799n,
  253_402_300_800n,
  1_710_054_000n,
  1_710_057_600n,
  1_730_610_000n,
  1_730_613_600n,
  1_711_846_800n,
  1_729_990_800n,
];

/** Instants in units: edges first, then random ones of some years around now; one in eight is null. */
export function instants(unit: Unit, random: () => number, reach: bigint): (bigint | null)[] {
  return Array.from({ length: ROWS }, (_, row) => {
    if (random() < 0.12) return null;
    const edge = EDGE_SECONDS[row];
    const second =
      edge !== undefined && (edge < 0n ? -edge : edge) <= reach
        ? edge
        : BigInt(Math.floor((random() * 2 - 1) * Number(reach)));
    const per = PER_SECOND[unit];
    const part = random() < 0.5 ? 0n : BigInt(Math.floor(random() * Number(per)));
    return second * per + part;
  });
}

/** Seconds within which nanoseconds are 64-bit. */
export const NANO_REACH = 9_223_372_035n;
/** Years 1900 to 2200 or so. */
export const NEAR = 4_000_000_000n;

function counts(random: () => number, limit: number): (bigint | null)[] {
  return Array.from({ length: ROWS }, () =>
    random() < 0.12 ? null : BigInt(Math.floor((random() * 2 - 1) * limit * (random() < 0.3 ? 1 : random() ** 6))),
  );
}

function within(random: () => number, limit: bigint): (bigint | null)[] {
  return Array.from({ length: ROWS }, (_, row) => {
    if (random() < 0.12) return null;
    if (row === 0) return 0n;
    if (row === 1) return limit - 1n;
    return BigInt(Math.floor(random() * Number(limit)));
  });
}

export const ZONES = [
  'UTC',
  '+05:30',
  '-08:00',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
];

/** Every temporal type, years 1843 to 2096: nothing overflows. */
export function plainTable(seed: number): Table {
  const random = numbersFrom(seed);
  const columns: [string, string, (bigint | null)[]][] = [];
  for (const [i, unit] of UNITS.entries()) {
    columns.push([`t${i}`, `Timestamp(${unit}, None)`, instants(unit, random, NEAR)]);
    columns.push([`u${i}`, `Timestamp(${unit}, None)`, instants(unit, random, NEAR)]);
    for (const [z, zone] of ZONES.entries()) {
      columns.push([`z${i}${z}`, `Timestamp(${unit}, Some("${zone}"))`, instants(unit, random, NEAR)]);
    }
    columns.push([`p${i}`, `Duration(${unit})`, counts(random, 4e9)]);
    columns.push([`q${i}`, `Duration(${unit})`, counts(random, 4e9)]);
  }
  columns.push(['d', 'Date32', counts(random, 60_000)], ['e', 'Date32', counts(random, 60_000)]);
  columns.push(
    ['md', 'Date64', instants('Millisecond', random, NEAR)],
    ['me', 'Date64', instants('Millisecond', random, NEAR)],
  );
  columns.push(
    ['c0', 'Time32(Second)', within(random, 86_400n)],
    ['c1', 'Time32(Millisecond)', within(random, 86_400_000n)],
  );
  columns.push(['c2', 'Time64(Microsecond)', within(random, 86_400_000_000n)]);
  columns.push(['c3', 'Time64(Nanosecond)', within(random, 86_400_000_000_000n)]);
  columns.push(['i', 'Int64', counts(random, 1e9)], ['j', 'Int32', counts(random, 1e5)]);
  return tableOf(columns as unknown as Parameters<typeof tableOf>[0]);
}

/** Tables of one row each: what fails on a row fails alone. */
export function edgeTables(seed: number, count: number): Map<string, Table> {
  const random = numbersFrom(seed);
  const tables = new Map<string, Table>();
  const day = 86_400n;
  const lastDay = 95_026_236n;
  const firstDay = -96_465_292n;
  const seconds = [
    0n,
    -1n,
    1n,
    9_223_372_036n,
    9_223_372_037n,
    -9_223_372_037n,
    -9_223_372_038n,
    lastDay * day + 86_399n,
    (lastDay + 1n) * day,
    firstDay * day,
    firstDay * day - 1n,
    -62_135_596_801n,
    253_402_300_800n,
    2n ** 53n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    1_710_054_000n,
    1_710_055_800n,
    1_730_609_999n,
    1_730_611_800n,
    4_102_444_800n,
  ];
  const clamp = (value: bigint): bigint =>
    value > 2n ** 63n - 1n ? 2n ** 63n - 1n : value < -(2n ** 63n) ? -(2n ** 63n) : value;
  for (let k = 0; k < count; k++) {
    const pick = (): bigint => seconds[Math.floor(random() * seconds.length)] ?? 0n;
    const columns: [string, string, bigint[]][] = [];
    for (const [i, unit] of UNITS.entries()) {
      const per = PER_SECOND[unit];
      const value = (): bigint[] => [clamp(pick() * per + BigInt(Math.floor(random() * Number(per))))];
      columns.push([`t${i}`, `Timestamp(${unit}, None)`, value()], [`u${i}`, `Timestamp(${unit}, None)`, value()]);
      for (const [z, zone] of ZONES.entries())
        columns.push([`z${i}${z}`, `Timestamp(${unit}, Some("${zone}"))`, value()]);
      columns.push([`p${i}`, `Duration(${unit})`, value()], [`q${i}`, `Duration(${unit})`, value()]);
    }
    const narrow = [
      0n,
      -1n,
      1n,
      lastDay,
      lastDay + 1n,
      firstDay,
      firstDay - 1n,
      106_751n,
      106_752n,
      2_147_483_647n,
      -2_147_483_648n,
      86_399n,
      86_400n,
      86_399_999n,
      86_400_000n,
    ];
    const small = (): bigint[] => [narrow[Math.floor(random() * narrow.length)] ?? 0n];
    columns.push(['d', 'Date32', small()], ['e', 'Date32', small()]);
    columns.push(['md', 'Date64', [clamp(pick() * 1000n - 1n)]], ['me', 'Date64', [clamp(pick() * 1000n)]]);
    columns.push(['c0', 'Time32(Second)', small()], ['c1', 'Time32(Millisecond)', small()]);
    columns.push(
      ['c2', 'Time64(Microsecond)', [clamp(pick() * 1000n)]],
      ['c3', 'Time64(Nanosecond)', [clamp(pick() * 10_000n)]],
    );
    columns.push(['i', 'Int64', [pick()]], ['j', 'Int32', small()]);
    tables.set(`edge${k}`, tableOf(columns as unknown as Parameters<typeof tableOf>[0]));
  }
  return tables;
}
