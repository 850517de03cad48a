/** Cuts rows of record batches or row groups into splits, each of 16 batches or more where there are many, or 16 MiB where those are fewer rows. */
import { BATCH_ROWS } from './batch-rows.ts';
import type { RowRange, Split } from './split.ts';

const LEAST_BATCHES = 16;
/** More splits than these are of no use to anyone, and each costs the parent some tenths of a millisecond. */
const MOST_SPLITS = 128;
const SPLIT_BYTES = 16 * 1024 * 1024;

export class RowSplits {
  readonly #most: number;
  readonly #splits: Split[] = [];
  #parts: RowRange[] = [];
  /** How full the split at hand is: 1 is full. */
  #filled = 0;

  /** `rows`: of the whole input. */
  constructor(rows: number) {
    this.#most = BATCH_ROWS * Math.max(LEAST_BATCHES, Math.ceil(rows / BATCH_ROWS / MOST_SPLITS));
  }

  /** The next batch or group, of `bytes` in all. It is cut at multiples of BATCH_ROWS, or taken whole. */
  add(batch: number, rows: number, bytes: number, whole: boolean): void {
    if (rows <= 0) return;
    const weight = Math.max(1 / this.#most, bytes / rows / SPLIT_BYTES);
    const most = whole ? rows : Math.max(BATCH_ROWS, Math.floor(1 / weight / BATCH_ROWS) * BATCH_ROWS);
    for (let start = 0; start < rows; start += most) {
      const end = Math.min(start + most, rows);
      const size = (end - start) * weight;
      if (this.#filled > 0 && this.#filled + size > 1) this.#flush();
      this.#parts.push({ batch, start, end });
      this.#filled += size;
    }
  }

  end(): readonly Split[] {
    this.#flush();
    return this.#splits;
  }

  #flush(): void {
    if (this.#parts.length > 0) this.#splits.push({ kind: 'rows', parts: this.#parts });
    this.#parts = [];
    this.#filled = 0;
  }
}
