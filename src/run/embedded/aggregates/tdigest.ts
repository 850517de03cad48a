/**
 * A t-digest: a sketch of a distribution by at most some hundred centroids. Values come in sorted batches; each batch is merged with the
 * centroids so far, in the operations and the order of datafusion-functions-aggregate-common 55.2, on which its digits depend.
 */

interface Centroid {
  mean: number;
  weight: number;
}

/** How much weight may lie below the `k`th centroid of `size`, as a part of the whole. */
function quantileLimit(k: number, size: number): number {
  const part = k / size;
  if (part >= 0.5) {
    const rest = 1 - part;
    return 1 - 2 * rest * rest;
  }
  return 2 * part * part;
}

/** Takes `weight` in, whose values sum up to `sum`. */
function absorb(centroid: Centroid, sum: number, weight: number): void {
  const total = sum + centroid.weight * centroid.mean;
  centroid.weight += weight;
  centroid.mean = total / centroid.weight;
}

const scratch = new Float64Array(1);
const scratchBits = new BigInt64Array(scratch.buffer);

/** Rust's `total_cmp`. */
function totalOrder(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b && a !== 0) return 0;
  const x = totalKey(a);
  const y = totalKey(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

function totalKey(value: number): bigint {
  scratch[0] = value;
  const bits = scratchBits[0] ?? 0n;
  return bits < 0n ? bits ^ 0x7fffffffffffffffn : bits;
}

function byMean(a: Centroid, b: Centroid): number {
  return totalOrder(a.mean, b.mean);
}

/** Puts centroids that come in ascending order together where their weight allows it. */
class Compressor {
  readonly centroids: Centroid[] = [];
  private current: Centroid | null = null;
  private weight = 0;
  private sum = 0;
  private pending = 0;
  private k: number;
  private limit: number;

  /** `firstStep`: whether the second limit is the next one, or the first once more, as merging digests has it. */
  constructor(
    private readonly size: number,
    private readonly count: number,
    firstStep: 'next' | 'again',
  ) {
    this.limit = quantileLimit(1, size) * count;
    this.k = firstStep === 'next' ? 2 : 1;
  }

  take(mean: number, weight: number): void {
    if (this.current === null) {
      this.current = { mean, weight };
      this.weight = weight;
      return;
    }
    this.weight += weight;
    if (this.weight <= this.limit) {
      this.sum += mean * weight;
      this.pending += weight;
      return;
    }
    this.close();
    this.limit = quantileLimit(this.k, this.size) * this.count;
    this.k++;
    this.current = { mean, weight };
  }

  private close(): void {
    if (this.current === null) return;
    absorb(this.current, this.sum, this.pending);
    this.sum = 0;
    this.pending = 0;
    this.centroids.push(this.current);
  }

  finish(): Centroid[] {
    this.close();
    return this.centroids.sort(byMean);
  }
}

export class TDigest {
  private centroids: Centroid[] = [];
  private min = Number.NaN;
  private max = Number.NaN;
  count = 0;

  constructor(private readonly size: number) {}

  /** `values` ascending in the total order. */
  mergeSorted(values: Float64Array): void {
    const { length } = values;
    if (length === 0) return;
    const first = values[0] ?? 0;
    const last = values[length - 1] ?? 0;
    const count = this.count + length;
    this.min = this.count > 0 ? lesser(this.min, first) : first;
    this.max = this.count > 0 ? greater(this.max, last) : last;
    const compressor = new Compressor(this.size, count, 'next');
    const { centroids } = this;
    let c = 0;
    let v = 0;
    while (c < centroids.length || v < length) {
      const centroid = centroids[c];
      const value = values[v] ?? 0;
      if (centroid !== undefined && (v >= length || centroid.mean < value)) {
        compressor.take(centroid.mean, centroid.weight);
        c++;
      } else {
        compressor.take(value, 1);
        v++;
      }
    }
    this.count = count;
    this.centroids = compressor.finish();
  }

  /** Each pair a digest of its own, all merged at once, and this one with them, as the last. */
  mergeWeighted(means: Float64Array, weights: Float64Array): void {
    const starts: number[] = [];
    const all: Centroid[] = [];
    let count = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < means.length; i++) {
      starts.push(all.length);
      const mean = means[i] ?? 0;
      const weight = weights[i] ?? 0;
      if (weight > 0) {
        min = lesser(min, mean);
        max = greater(max, mean);
        count += weight;
        all.push({ mean, weight });
      }
    }
    starts.push(all.length);
    if (this.count > 0) {
      min = lesser(min, this.min);
      max = greater(max, this.max);
      count += this.count;
      for (const centroid of this.centroids) all.push(centroid);
    }
    if (all.length === 0) return;
    const compressor = new Compressor(this.size, count, 'again');
    for (const { mean, weight } of mergedBlocks(all, starts)) compressor.take(mean, weight);
    this.centroids = compressor.finish();
    this.count = count;
    this.min = min;
    this.max = max;
  }

  quantile(q: number): number {
    const { centroids, count } = this;
    const total = centroids.length;
    if (total === 0) return 0;
    const rank = q * count;
    let at: number;
    let below: number;
    if (q > 0.5) {
      if (q >= 1) return this.max;
      at = 0;
      below = count;
      for (let k = total - 1; k >= 0; k--) {
        below -= centroids[k]?.weight ?? 0;
        if (rank >= below) {
          at = k;
          break;
        }
      }
    } else {
      if (q <= 0) return this.min;
      at = total - 1;
      below = 0;
      for (let k = 0; k < total; k++) {
        const weight = centroids[k]?.weight ?? 0;
        if (rank < below + weight) {
          at = k;
          break;
        }
        below += weight;
      }
    }
    const meanAt = (k: number): number => centroids[k]?.mean ?? 0;
    let { min, max } = this;
    let delta = 0;
    if (total > 1) {
      if (at === 0) {
        delta = meanAt(1) - meanAt(0);
        max = meanAt(1);
      } else if (at === total - 1) {
        delta = meanAt(at) - meanAt(at - 1);
        min = meanAt(at - 1);
      } else {
        delta = (meanAt(at + 1) - meanAt(at - 1)) / 2;
        min = meanAt(at - 1);
        max = meanAt(at + 1);
      }
    }
    const value = meanAt(at) + ((rank - below) / (centroids[at]?.weight ?? 1) - 0.5) * delta;
    if (min === Number.POSITIVE_INFINITY) min = Number.NEGATIVE_INFINITY;
    if (max === Number.NEGATIVE_INFINITY) max = Number.POSITIVE_INFINITY;
    return clamped(value, min, max);
  }
}

/** Rust's `f64::min` and `f64::max` on x86-64: a NaN gives way to a number, and of two zeros the first one stays. */
function lesser(a: number, b: number): number {
  return Number.isNaN(a) || b < a ? b : a;
}

function greater(a: number, b: number): number {
  return Number.isNaN(a) || b > a ? b : a;
}

function clamped(value: number, low: number, high: number): number {
  if (Number.isNaN(low) || Number.isNaN(high)) return value;
  const [least, most] = low > high ? [high, low] : [low, high];
  return value < least ? least : value > most ? most : value;
}

/** Sorted runs that begin at `starts` become one: neighbours are merged, then pairs of them, and so on; of equals the earlier comes first. */
function mergedBlocks(centroids: Centroid[], starts: readonly number[]): readonly Centroid[] {
  let source = centroids;
  for (let blocks = 1; blocks < starts.length; blocks *= 2) {
    const target = source.slice();
    for (let i = 0; i + blocks < starts.length; i += blocks * 2) {
      const first = starts[i] ?? 0;
      const middle = starts[i + blocks] ?? 0;
      const last = starts[i + 2 * blocks] ?? source.length;
      let a = first;
      let b = middle;
      for (let at = first; at < last; at++) {
        const one = source[a];
        const other = source[b];
        if (a < middle && one !== undefined && (b >= last || other === undefined || byMean(one, other) <= 0)) {
          target[at] = one;
          a++;
        } else if (other !== undefined) {
          target[at] = other;
          b++;
        }
      }
    }
    source = target;
  }
  return source;
}
