/**
 * The few instructions that the launcher is made of, for x86-64 and 64-bit ARM: system calls with constant arguments, and what is done with their
 * results. A piece of code is bytes that run wherever they stand; pieces are put one behind the other.
 */
import type { Machine } from '../filter.ts';

export type Code = readonly number[];

/** A descriptor that an earlier call gave. */
export type Kept = 'ruleset' | 'opened';

/** An address, a number, or a kept descriptor. */
export type Argument = bigint | number | Kept;

export interface Assembler {
  readonly call: (number: number, ...args: readonly Argument[]) => Code;
  /** Keeps the result of the call before. */
  readonly keep: (kept: Kept) => Code;
  /** `code` runs where the call before failed; `succeeded` where it didn't. */
  readonly failed: (code: Code) => Code;
  readonly succeeded: (code: Code) => Code;
  /** Writes 32 bits: a number, or the result of the call before. */
  readonly store: (address: bigint, value: number | 'result') => Code;
  /** Keeps only those bits of 32. */
  readonly mask: (address: bigint, bits: number) => Code;
}

function littleEndian(value: bigint | number, bytes: number): Code {
  const whole = BigInt.asUintN(8 * bytes, BigInt(value));
  return Array.from({ length: bytes }, (_, at) => Number((whole >> BigInt(8 * at)) & 0xffn));
}

/** rdi, rsi, rdx, r10, r8, r9 (System V ABI, kernel calls): how a constant, rbx and r12 are moved there. */
const X64_ARGUMENTS: readonly { readonly constant: Code; readonly ruleset: Code; readonly opened: Code }[] = [
  { constant: [0x48, 0xbf], ruleset: [0x48, 0x89, 0xdf], opened: [0x4c, 0x89, 0xe7] },
  { constant: [0x48, 0xbe], ruleset: [0x48, 0x89, 0xde], opened: [0x4c, 0x89, 0xe6] },
  { constant: [0x48, 0xba], ruleset: [0x48, 0x89, 0xda], opened: [0x4c, 0x89, 0xe2] },
  { constant: [0x49, 0xba], ruleset: [0x49, 0x89, 0xda], opened: [0x4d, 0x89, 0xe2] },
  { constant: [0x49, 0xb8], ruleset: [0x49, 0x89, 0xd8], opened: [0x4d, 0x89, 0xe0] },
  { constant: [0x49, 0xb9], ruleset: [0x49, 0x89, 0xd9], opened: [0x4d, 0x89, 0xe1] },
];

const X64: Assembler = {
  call: (number, ...args) => [
    ...args.flatMap((value, at) => {
      const moves = X64_ARGUMENTS[at];
      if (moves === undefined) throw new RangeError('a system call has six arguments');
      return typeof value === 'string' ? moves[value] : [...moves.constant, ...littleEndian(value, 8)];
    }),
    0xb8, // mov eax, number
    ...littleEndian(number, 4),
    0x0f, // syscall
    0x05,
  ],
  keep: (kept) => (kept === 'ruleset' ? [0x48, 0x89, 0xc3] : [0x49, 0x89, 0xc4]),
  // test rax, rax; jns or js over the code
  failed: (code) => [0x48, 0x85, 0xc0, 0x0f, 0x89, ...littleEndian(code.length, 4), ...code],
  succeeded: (code) => [0x48, 0x85, 0xc0, 0x0f, 0x88, ...littleEndian(code.length, 4), ...code],
  // mov rcx, address; mov [rcx], eax or a constant
  store: (address, value) => [
    ...[0x48, 0xb9, ...littleEndian(address, 8)],
    ...(value === 'result' ? [0x89, 0x01] : [0xc7, 0x01, ...littleEndian(value, 4)]),
  ],
  // and dword [rcx], bits
  mask: (address, bits) => [0x48, 0xb9, ...littleEndian(address, 8), 0x81, 0x21, ...littleEndian(bits, 4)],
};

const word = (value: number): Code => littleEndian(value, 4);

/** movz and three movk: registers are numbers. */
function armConstant(register: number, value: bigint | number): Code {
  const whole = BigInt.asUintN(64, BigInt(value));
  return [0, 1, 2, 3].flatMap((part) => {
    const half = Number((whole >> BigInt(16 * part)) & 0xffffn);
    return word(((part === 0 ? 0xd2800000 : 0xf2800000) | (part << 21) | (half << 5) | register) >>> 0);
  });
}

const ARM_KEPT: Record<Kept, number> = { ruleset: 19, opened: 20 };
const ARM_ADDRESS = 9;
const ARM_VALUE = 10;
const ARM_BITS = 11;

/** mov to, from */
const armMove = (to: number, from: number): Code => word((0xaa0003e0 | (from << 16) | to) >>> 0);
/** tbz and tbnz of x0's sign, over so many bytes of code */
const armOver = (opcode: number, bytes: number): Code => word((opcode | ((bytes / 4 + 1) << 5)) >>> 0);

const ARM64: Assembler = {
  call: (number, ...args) => [
    ...args.flatMap((value, at) => (typeof value === 'string' ? armMove(at, ARM_KEPT[value]) : armConstant(at, value))),
    ...armConstant(8, number),
    ...word(0xd4000001), // svc #0
  ],
  keep: (kept) => armMove(ARM_KEPT[kept], 0),
  failed: (code) => [...armOver(0xb6f80000, code.length), ...code],
  succeeded: (code) => [...armOver(0xb7f80000, code.length), ...code],
  // str w0 or w10, [x9]
  store: (address, value) => [
    ...armConstant(ARM_ADDRESS, address),
    ...(value === 'result' ? word(0xb9000120) : [...armConstant(ARM_VALUE, value >>> 0), ...word(0xb900012a)]),
  ],
  // ldr w10, [x9]; and w10, w10, w11; str w10, [x9]
  mask: (address, bits) => [
    ...armConstant(ARM_ADDRESS, address),
    ...armConstant(ARM_BITS, bits >>> 0),
    ...word(0xb940012a),
    ...word(0x0a0b014a),
    ...word(0xb900012a),
  ],
};

export const ASSEMBLERS: Record<Machine, Assembler> = { x64: X64, arm64: ARM64 };
