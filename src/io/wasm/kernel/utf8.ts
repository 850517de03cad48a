// Whether bytes are UTF-8, 16 at a time: the lookup method of Keiser and Lemire, "Validating UTF-8 in less than one instruction
// per byte" (2021). Each pair of neighbouring bytes is looked up by three nibbles; what all three tables agree on is an error.

const TOO_SHORT: u8 = 1;
const TOO_LONG: u8 = 2;
const OVERLONG_3: u8 = 4;
const TOO_LARGE_1000: u8 = 64;
const SURROGATE: u8 = 16;
const OVERLONG_2: u8 = 32;
const TOO_LARGE: u8 = 8;
const OVERLONG_4: u8 = 64;
const TWO_CONTINUATIONS: u8 = 128;
const CARRY: u8 = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS;

const FIRST_HIGH = memory.data<u8>([
  TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
  TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS,
  TOO_SHORT | OVERLONG_2,
  TOO_SHORT,
  TOO_SHORT | OVERLONG_3 | SURROGATE,
  TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4,
], 16);
const FIRST_LOW = memory.data<u8>([
  CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4,
  CARRY | OVERLONG_2,
  CARRY,
  CARRY,
  CARRY | TOO_LARGE,
  CARRY | TOO_LARGE | TOO_LARGE_1000,
  CARRY | TOO_LARGE | TOO_LARGE_1000,
  CARRY | TOO_LARGE | TOO_LARGE_1000,
  CARRY | TOO_LARGE | TOO_LARGE_1000,
  CARRY | TOO_LARGE | TOO_LARGE_1000,
  CARRY | TOO_LARGE | TOO_LARGE_1000,
  CARRY | TOO_LARGE | TOO_LARGE_1000,
  CARRY | TOO_LARGE | TOO_LARGE_1000,
  CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE,
  CARRY | TOO_LARGE | TOO_LARGE_1000,
  CARRY | TOO_LARGE | TOO_LARGE_1000,
], 16);
const SECOND_HIGH = memory.data<u8>([
  TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
  TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4,
  TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE,
  TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE,
  TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE,
  TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
], 16);
const TAIL = memory.data(32, 16);

// @ts-ignore: decorator
@inline
function errors(input: v128, before: v128): v128 {
  const nibble = i8x16.splat(15);
  const one = i8x16.shuffle(before, input, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  const special = v128.and(
    v128.and(
      i8x16.swizzle(v128.load(FIRST_HIGH), i8x16.shr_u(one, 4)),
      i8x16.swizzle(v128.load(FIRST_LOW), v128.and(one, nibble)),
    ),
    i8x16.swizzle(v128.load(SECOND_HIGH), i8x16.shr_u(input, 4)),
  );
  const two = i8x16.shuffle(before, input, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  const three = i8x16.shuffle(before, input, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
  // Bytes that must be the third or fourth of a character: only there may two continuations follow each other.
  const third = i8x16.sub_sat_u(two, i8x16.splat(0x60));
  const fourth = i8x16.sub_sat_u(three, i8x16.splat(0x70));
  const must = v128.and(v128.or(third, fourth), i8x16.splat(-128));
  return v128.xor(must, special);
}

export function isUtf8(start: usize, end: usize): bool {
  let before = i8x16.splat(0);
  let wrong = i8x16.splat(0);
  let at = start;
  for (; at + 16 <= end; at += 16) {
    const input = v128.load(at);
    wrong = v128.or(wrong, errors(input, before));
    before = input;
  }
  // The rest with zeros behind, so that a character that the end cuts is too short.
  v128.store(TAIL, i8x16.splat(0));
  v128.store(TAIL, i8x16.splat(0), 16);
  memory.copy(TAIL, at, end - at);
  const input = v128.load(TAIL);
  wrong = v128.or(wrong, errors(input, before));
  return !v128.any_true(wrong);
}
