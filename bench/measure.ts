/** Times two sides in turn, so that whatever else the machine does falls on both. */
export interface Sides {
  readonly dfx: () => number | Promise<number>;
  readonly real: () => number | Promise<number>;
}

export interface Pair {
  /** Medians, in microseconds. */
  readonly dfx: number;
  readonly real: number;
  readonly ratio: number;
  readonly pairs: number;
}

/** Each side gives the microseconds of one sample. Who goes first alternates. */
export async function alternate(pairs: number, { dfx, real }: Sides): Promise<Pair> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let at = 0; at < pairs; at++) {
    if (at % 2 === 0) ours.push(await dfx());
    theirs.push(await real());
    if (at % 2 === 1) ours.push(await dfx());
  }
  const medians = { dfx: median(ours), real: median(theirs) };
  return { ...medians, ratio: medians.dfx / medians.real, pairs };
}

/** The median of each of `values`, in microseconds: all of them once, then all again, so that what else the machine does falls on all. */
export function roundRobin<T>(rounds: number, values: readonly T[], sample: (value: T) => number): number[] {
  const found: number[][] = values.map(() => []);
  for (let round = 0; round < rounds; round++) values.forEach((value, at) => void found[at]?.push(sample(value)));
  return found.map(median);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Microseconds of one call, as the mean over `calls` of them. */
export function timeCalls(calls: number, call: () => unknown): number {
  const started = process.hrtime.bigint();
  for (let at = 0; at < calls; at++) call();
  return Number(process.hrtime.bigint() - started) / 1000 / calls;
}
