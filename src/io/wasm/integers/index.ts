// What is done with each of many integers of an Arrow buffer, little-endian.

const GREATEST: i64 = 9007199254740991;
/** Bytes that are tried with vectors before it shows whether that was right. */
const BLOCK: usize = 8192;

/**
 * Integers `[from, from + 8 * count)` as doubles from `to` on. False where one of them is no safe integer: then what was written is worth nothing.
 * Integers of 32 bits, as most are, are converted four at a time; behind the first block with others they are converted one by one.
 */
export function toDoubles(from: usize, to: usize, count: usize, signed: bool): bool {
  const end = from + (count << 3);
  if (signed) {
    while (from + BLOCK <= end) {
      if (!smallBlock(from, to)) break;
      from += BLOCK;
      to += BLOCK;
    }
    return signedRest(from, to, end);
  }
  return unsignedRest(from, to, end);
}

/** False where one of the block is more than its low word. */
function smallBlock(from: usize, to: usize): bool {
  let more = i32x4.splat(0);
  for (let at: usize = 0; at < BLOCK; at += 32) {
    const first = v128.load(from + at);
    const second = v128.load(from + at, 16);
    const low = v128.shuffle<i32>(first, second, 0, 2, 4, 6);
    const high = v128.shuffle<i32>(first, second, 1, 3, 5, 7);
    more = v128.or(more, v128.xor(high, i32x4.shr_s(low, 31)));
    v128.store(to + at, f64x2.convert_low_i32x4_s(low));
    v128.store(to + at, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(low, low, 2, 3, 2, 3)), 16);
  }
  return !v128.any_true(more);
}

function signedRest(from: usize, to: usize, end: usize): bool {
  let outside = false;
  for (; from < end; from += 8, to += 8) {
    const value = load<i64>(from);
    outside = outside || <u64>(value + GREATEST) > <u64>(2 * GREATEST);
    store<f64>(to, <f64>value);
  }
  return !outside;
}

function unsignedRest(from: usize, to: usize, end: usize): bool {
  let outside = false;
  for (; from < end; from += 8, to += 8) {
    const value = load<u64>(from);
    outside = outside || value > <u64>GREATEST;
    store<f64>(to, <f64>value);
  }
  return !outside;
}

/**
 * Integers of 32 bits `[from, from + 4 * count)` less the first of them, from `to` on. False where one of them is less than the one before: then
 * what was written is worth nothing.
 */
export function fromFirst(from: usize, to: usize, count: usize): bool {
  if (count === 0) return true;
  const end = from + (count << 2);
  const low = load<i32>(from);
  store<i32>(to, 0);
  from += 4;
  to += 4;
  const lows = i32x4.splat(low);
  let less = i32x4.splat(0);
  for (; from + 16 <= end; from += 16, to += 16) {
    const offsets = v128.load(from);
    less = v128.or(less, i32x4.lt_s(offsets, v128.load(from - 4)));
    v128.store(to, i32x4.sub(offsets, lows));
  }
  let backwards = v128.any_true(less);
  for (; from < end; from += 4, to += 4) {
    const offset = load<i32>(from);
    backwards = backwards || offset < load<i32>(from - 4);
    store<i32>(to, offset - low);
  }
  return !backwards;
}
