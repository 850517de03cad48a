/** A static program of code and data, as the kernel loads it (the ELF specification, elf.h). */
import type { Machine } from '../filter.ts';
import type { Code } from './machine.ts';

/** Pages have at most 64 KiB. */
const PAGE = 0x10000;
/** An address that nothing else is put at, in reach of machines with 39 bits of them. */
const CODE_ADDRESS = 0x5a_0000_0000n;
const DATA_ADDRESS = 0x5a_0100_0000n;

const HEADER = 64;
const SEGMENT = 56;
const ELF_MACHINE: Record<Machine, number> = { x64: 62, arm64: 183 };

const READ_EXECUTE = 5;
const READ_WRITE = 6;
const LOADED = 1;
const STACK = 0x6474e551;

/** What the code speaks of by its address. */
export class DataSegment {
  #bytes = Buffer.alloc(0);

  /** The address of a copy of `bytes`, a multiple of 8. */
  add(bytes: Uint8Array): bigint {
    const at = this.#bytes.length;
    const padding = Buffer.alloc((8 - (bytes.length % 8)) % 8);
    this.#bytes = Buffer.concat([this.#bytes, bytes, padding]);
    return DATA_ADDRESS + BigInt(at);
  }

  /** A text with a NUL at its end. Throws where it has one inside. */
  text(text: string): bigint {
    if (text.includes('\0')) throw new RangeError('a NUL in a path, an argument or a variable');
    return this.add(Buffer.from(`${text}\0`));
  }

  /** A list of texts as execve takes it. */
  texts(texts: readonly string[]): bigint {
    return this.words(...texts.map((text) => this.text(text)), 0n);
  }

  words(...words: readonly bigint[]): bigint {
    const bytes = Buffer.alloc(8 * words.length);
    for (const [at, word] of words.entries()) bytes.writeBigUInt64LE(word, 8 * at);
    return this.add(bytes);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }
}

export function executable(machine: Machine, code: Code, data: DataSegment): Uint8Array {
  const codeAt = HEADER + 3 * SEGMENT;
  const dataAt = Math.ceil((codeAt + code.length) / PAGE) * PAGE;
  const file = Buffer.alloc(dataAt + data.bytes.length);
  file.write('\x7fELF', 'latin1');
  file.set([2, 1, 1], 4); // 64 bits, little-endian, version 1
  file.writeUInt16LE(2, 16); // at fixed addresses
  file.writeUInt16LE(ELF_MACHINE[machine], 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(CODE_ADDRESS + BigInt(codeAt), 24);
  file.writeBigUInt64LE(BigInt(HEADER), 32);
  file.writeUInt16LE(HEADER, 52);
  file.writeUInt16LE(SEGMENT, 54);
  file.writeUInt16LE(3, 56);
  writeSegment(file, 0, LOADED, READ_EXECUTE, 0, CODE_ADDRESS, codeAt + code.length);
  writeSegment(file, 1, LOADED, READ_WRITE, dataAt, DATA_ADDRESS, data.bytes.length);
  writeSegment(file, 2, STACK, READ_WRITE, 0, 0n, 0);
  file.set(code, codeAt);
  file.set(data.bytes, dataAt);
  return file;
}

function writeSegment(
  file: Buffer,
  index: number,
  type: number,
  flags: number,
  offset: number,
  address: bigint,
  size: number,
): void {
  const at = HEADER + index * SEGMENT;
  file.writeUInt32LE(type, at);
  file.writeUInt32LE(flags, at + 4);
  file.writeBigUInt64LE(BigInt(offset), at + 8);
  file.writeBigUInt64LE(address, at + 16);
  file.writeBigUInt64LE(address, at + 24);
  file.writeBigUInt64LE(BigInt(size), at + 32);
  file.writeBigUInt64LE(BigInt(size), at + 40);
  file.writeBigUInt64LE(BigInt(PAGE), at + 48);
}
