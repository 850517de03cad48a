/**
 * The HyperLogLog of DataFusion 55: 2^14 registers, values hashed by foldhash 0.2 (quality, fixed seed 0), so that its estimates are the
 * same. 64-bit words are pairs of 32-bit halves here, without a bigint.
 */

const REGISTER_BITS = 14;
const REGISTERS = 1 << REGISTER_BITS;
/** Values that a register can hold: 1 … 51. */
const RANKS = 64 - REGISTER_BITS;

/** Words of foldhash, as `[low, high]`. */
const ARBITRARY_0 = [0x85a308d3, 0x243f6a88] as const;
const ARBITRARY_3 = [0xec4e6c89, 0x082efa98] as const;
const SEEDS = [
  [0xc97c50dd, 0xc0ac29b7],
  [0xb5470917, 0x3f84d5b5],
  [0x8979fb1b, 0x9216d5d9],
  [0x98dfb5ac, 0xd1310ba6],
  [0xd01adfb7, 0x2ffd72db],
  [0x6a267e96, 0xb8e1afed],
] as const;

/** The result of `fold`. */
let low = 0;
let high = 0;

/** The upper 32 bits of the product of two 32-bit numbers. */
function upper(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const other = a0 * b1 + (middle & 0xffff);
  return a1 * b1 + (middle >>> 16) + (other >>> 16);
}

/** The lower half of the 128-bit product XOR the upper half: into `low` and `high`. */
function fold(xLow: number, xHigh: number, yLow: number, yHigh: number): void {
  const p0 = Math.imul(xLow, yLow);
  const s1 = upper(xLow, yLow) + (Math.imul(xLow, yHigh) >>> 0) + (Math.imul(xHigh, yLow) >>> 0);
  const s2 = upper(xLow, yHigh) + upper(xHigh, yLow) + (Math.imul(xHigh, yHigh) >>> 0) + Math.floor(s1 / 4294967296);
  const p3 = upper(xHigh, yHigh) + Math.floor(s2 / 4294967296);
  low = p0 ^ (s2 | 0);
  high = (s1 | 0) ^ (p3 | 0);
}

export class HyperLogLog {
  readonly registers = new Uint8Array(REGISTERS);

  /** An integer of 64 bits, or of fewer: those above are 0 then. */
  addWord(wordLow: number, wordHigh: number): void {
    fold(wordLow ^ ARBITRARY_3[0], wordHigh ^ ARBITRARY_3[1], SEEDS[0][0], SEEDS[0][1]);
    this.addHash();
  }

  /** The text `data[from, to)`. */
  addText(data: Uint8Array, from: number, to: number): void {
    hashBytes(data, from, to);
    // A text ends with the byte 0xff.
    fold(low ^ 0xff, high, SEEDS[0][0], SEEDS[0][1]);
    this.addHash();
  }

  private addHash(): void {
    fold(low, high, ARBITRARY_0[0], ARBITRARY_0[1]);
    const index = low & (REGISTERS - 1);
    const restLow = (low >>> REGISTER_BITS) | (high << (32 - REGISTER_BITS));
    const restHigh = (high >>> REGISTER_BITS) | (1 << (RANKS - 32));
    const zeros = restLow !== 0 ? trailingZeros(restLow) : 32 + trailingZeros(restHigh);
    if (zeros + 1 > (this.registers[index] ?? 0)) this.registers[index] = zeros + 1;
  }

  merge(registers: Uint8Array): void {
    for (let i = 0; i < REGISTERS; i++) {
      const rank = registers[i] ?? 0;
      if (rank > (this.registers[i] ?? 0)) this.registers[i] = rank;
    }
  }

  count(): number {
    const histogram = new Uint32Array(RANKS + 2);
    for (const rank of this.registers) histogram[rank] = (histogram[rank] ?? 0) + 1;
    let z = REGISTERS * tau((REGISTERS - (histogram[RANKS + 1] ?? 0)) / REGISTERS);
    for (let rank = RANKS; rank >= 1; rank--) z = (z + (histogram[rank] ?? 0)) * 0.5;
    z += REGISTERS * sigma((histogram[0] ?? 0) / REGISTERS);
    return Math.round(((0.5 / Math.LN2) * REGISTERS * REGISTERS) / z);
  }
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function sigma(start: number): number {
  if (start === 1) return Number.POSITIVE_INFINITY;
  let x = start;
  let y = 1;
  let z = start;
  for (;;) {
    x *= x;
    const before = z;
    z += x * y;
    y += y;
    if (before === z) return z;
  }
}

function tau(start: number): number {
  if (start === 0 || start === 1) return 0;
  let x = start;
  let y = 1;
  let z = 1 - start;
  for (;;) {
    x = Math.sqrt(x);
    const before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
    if (before === z) return z / 3;
  }
}

function wordAt(data: Uint8Array, at: number): number {
  return (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16) | ((data[at + 3] ?? 0) << 24);
}

/** The accumulator after `data[from, to)`. */
function hashBytes(data: Uint8Array, from: number, to: number): void {
  const length = to - from;
  rotated(length);
  if (length > 16) {
    hashLong(data, from, to);
    return;
  }
  let s0Low = low;
  let s0High = high;
  let s1Low: number = SEEDS[1][0];
  let s1High: number = SEEDS[1][1];
  if (length >= 8) {
    s0Low ^= wordAt(data, from);
    s0High ^= wordAt(data, from + 4);
    s1Low ^= wordAt(data, to - 8);
    s1High ^= wordAt(data, to - 4);
  } else if (length >= 4) {
    s0Low ^= wordAt(data, from);
    s1Low ^= wordAt(data, to - 4);
  } else if (length > 0) {
    s0Low ^= data[from] ?? 0;
    s1Low ^= ((data[to - 1] ?? 0) << 8) | (data[from + (length >> 1)] ?? 0);
  }
  fold(s0Low, s0High, s1Low, s1High);
}

/** The seed, rotated to the right. */
function rotated(by: number): void {
  const [seedLow, seedHigh] = ARBITRARY_3;
  const shift = by & 31;
  const [a, b] = (by & 32) === 0 ? [seedLow, seedHigh] : [seedHigh, seedLow];
  low = shift === 0 ? a : (a >>> shift) | (b << (32 - shift));
  high = shift === 0 ? b : (b >>> shift) | (a << (32 - shift));
}

/** Lanes of `hash_bytes_long`, two words each. */
const lanes = new Int32Array(12);

/** Lane `k` takes the words at `a` and `b`. */
function mix(k: number, data: Uint8Array, a: number, b: number): void {
  fold(
    wordAt(data, a) ^ (lanes[k * 2] ?? 0),
    wordAt(data, a + 4) ^ (lanes[k * 2 + 1] ?? 0),
    wordAt(data, b) ^ SEEDS[0][0],
    wordAt(data, b + 4) ^ SEEDS[0][1],
  );
  lanes[k * 2] = low;
  lanes[k * 2 + 1] = high;
}

/** More than 16 bytes, after the accumulator was rotated into `low` and `high`. */
function hashLong(data: Uint8Array, from: number, to: number): void {
  const startLow = low >>> 0;
  const startHigh = high;
  for (let k = 0; k < 6; k++) {
    const [seedLow, seedHigh] = SEEDS[k] ?? SEEDS[0];
    const sum = startLow + (k === 0 ? 0 : seedLow);
    lanes[k * 2] = sum | 0;
    lanes[k * 2 + 1] = k === 0 ? startHigh : (startHigh + seedHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
  }
  let at = from;
  const join = (target: number, source: number): void => {
    lanes[target * 2] = (lanes[target * 2] ?? 0) ^ (lanes[source * 2] ?? 0);
    lanes[target * 2 + 1] = (lanes[target * 2 + 1] ?? 0) ^ (lanes[source * 2 + 1] ?? 0);
  };
  if (to - at > 128) {
    if (to - at > 256) {
      do {
        for (let k = 0; k < 6; k++) mix(k, data, at + k * 8, at + 48 + k * 8);
        at += 96;
      } while (to - at > 256);
      join(0, 4);
      join(1, 5);
    }
    do {
      for (let k = 0; k < 4; k++) mix(k, data, at + k * 8, at + 32 + k * 8);
      at += 64;
    } while (to - at > 128);
    join(0, 2);
    join(1, 3);
  }
  const rest = to - at;
  for (let part = 0; part < 4 && (part === 0 || rest >= part * 32); part++) {
    mix(0, data, at + part * 16, to - 16 - part * 16);
    mix(1, data, at + part * 16 + 8, to - 8 - part * 16);
  }
  low = (lanes[0] ?? 0) ^ (lanes[2] ?? 0);
  high = (lanes[1] ?? 0) ^ (lanes[3] ?? 0);
}
