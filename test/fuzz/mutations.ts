/** Damage to payloads, the same for the same seed. */

export type Random = () => number;

/** Numbers in [0, 1): mulberry32, which is small, even and the same everywhere. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[below(random, items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

export type Mutation = (bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array;

export function splice(bytes: Uint8Array, start: number, end: number, middle: ArrayLike<number>): Uint8Array {
  const result = new Uint8Array(start + middle.length + bytes.length - end);
  result.set(bytes.subarray(0, start));
  result.set(middle, start);
  result.set(bytes.subarray(end), start + middle.length);
  return result;
}

/** The varint of `value` in exactly `size` bytes, of which the last ones may say nothing. */
export function overlongVarint(value: number, size: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (let at = 0; at < size - 1; at++) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest % 0x80);
  return bytes;
}

const HUGE = [
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
];

/** Every opcode that takes, makes, stores or calls something, and some bytes that are none. */
const OPCODES = [
  ...'().0NIJKLMFGTUXSVclRiobdue}]q|hjprgs2a1tl\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98\xff',
].map((char) => char.charCodeAt(0));

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  cut: (bytes, random) => bytes.slice(0, below(random, bytes.length)),
  'flip a bit': (bytes, random) => {
    const flipped = bytes.slice();
    const at = below(random, bytes.length);
    flipped[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
    return flipped;
  },
  'flip many bits': (bytes, random) => {
    const flipped = bytes.slice();
    for (let count = 1 + below(random, 8); count > 0; count--) {
      const at = below(random, bytes.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << below(random, 8));
    }
    return flipped;
  },
  'replace a byte': (bytes, random) => {
    const replaced = bytes.slice();
    replaced[below(random, bytes.length)] = below(random, 256);
    return replaced;
  },
  'inflate a length': (bytes, random) => {
    const inflated = bytes.slice();
    const at = below(random, bytes.length);
    inflated[at] = Math.min(255, (bytes[at] ?? 0) + 1 + below(random, 64));
    return inflated;
  },
  'huge length': (bytes, random) => {
    const at = below(random, bytes.length);
    return splice(bytes, at, at + 1, pick(random, HUGE));
  },
  'overlong varint': (bytes, random) => {
    const at = below(random, bytes.length);
    return splice(bytes, at, at + 1, overlongVarint((bytes[at] ?? 0) & 0x7f, 2 + below(random, 10)));
  },
  'opcode instead': (bytes, random) => {
    const replaced = bytes.slice();
    for (let count = 1 + below(random, 3); count > 0; count--) {
      replaced[below(random, bytes.length)] = pick(random, OPCODES);
    }
    return replaced;
  },
  'opcode more': (bytes, random) => {
    const at = below(random, bytes.length + 1);
    return splice(bytes, at, at, [pick(random, OPCODES)]);
  },
  'bytes away': (bytes, random) => {
    const start = below(random, bytes.length);
    return splice(bytes, start, Math.min(bytes.length, start + 1 + below(random, 16)), []);
  },
  'bytes twice': (bytes, random) => {
    const start = below(random, bytes.length);
    const end = Math.min(bytes.length, start + 1 + below(random, 64));
    return splice(bytes, start, start, bytes.subarray(start, end));
  },
  'two in a row': (bytes, random, corpus) => splice(bytes, bytes.length, bytes.length, pick(random, corpus)),
  'one in another': (bytes, random, corpus) => {
    const at = below(random, bytes.length);
    const other = pick(random, corpus);
    const start = below(random, other.length);
    return splice(bytes, at, at, other.subarray(start, start + 256));
  },
  'wrapped in messages': (bytes, random) => {
    let wrapped = bytes;
    for (let count = 1 + below(random, 30); count > 0; count--) {
      const tag = (1 + below(random, 15)) * 8 + 2;
      wrapped = splice(wrapped, 0, 0, [tag, ...overlongVarint(wrapped.length, 3)]);
    }
    return wrapped;
  },
  'base64 or hex': (bytes, random) =>
    new TextEncoder().encode(Buffer.from(bytes).toString(pick(random, ['base64', 'hex']))),
};
