/** What a part of the benchmark gives: rows of two medians, growths of memory, curves, and timelines. */
import type { Pair } from './measure.ts';

export interface Row {
  readonly what: string;
  readonly against: string;
  readonly pair: Pair;
  /** Greatest ratio; null where the row is for information. */
  readonly target: number | null;
}

export interface MemoryRow {
  readonly what: string;
  readonly against: string;
  /** Bytes, the highest seen. */
  readonly dfx: number;
  readonly real: number;
  /** Greatest ratio; null where the row is for information. */
  readonly target: number | null;
}

/** Curves over a common axis: milliseconds for each of `at`. */
export interface Plot {
  readonly title: string;
  readonly axis: string;
  readonly at: readonly number[];
  readonly curves: readonly { readonly name: string; readonly milliseconds: readonly number[] }[];
}

/** Who was busy when: a lane a thread or process, in milliseconds from a common start. */
export interface Timeline {
  readonly title: string;
  readonly lanes: readonly {
    readonly name: string;
    readonly spans: readonly { readonly from: number; readonly to: number }[];
  }[];
}

export interface Section {
  readonly title: string;
  /** What a reader must know to judge the figures, a sentence each. */
  readonly notes?: readonly string[];
  readonly rows: readonly Row[];
  readonly memory: readonly MemoryRow[];
  readonly plots: readonly Plot[];
  readonly timelines?: readonly Timeline[];
  /** ISO 8601, where it has been written down. */
  readonly measured?: string;
}

export interface BenchOptions {
  /** A smoke test: small inputs, few samples, no target. */
  readonly quick: boolean;
  /** Sizes of the inputs of replay. */
  readonly rows: readonly number[];
  readonly python: string;
  /** For files of the benchmark; removed at the end. */
  readonly folder: string;
  readonly root: string;
}

export function missedTarget({ target }: Row | MemoryRow, ratio: number): boolean {
  return target !== null && ratio > target;
}
