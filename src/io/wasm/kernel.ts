/** The compiled kernel and its memory. One reader or writer uses an instance at a time. */
import { DfxError } from '../../wire/errors.ts';
import { KERNEL } from './module.ts';

/** Signatures of src/io/wasm/kernel/index.ts. Pointers, sizes and counts are unsigned. */
export interface KernelCalls {
  heapStart(): number;
  configure(delimiter: number, quote: number, escapeByte: number, nullAt: number, nullBytes: number): void;
  scan(start: number, end: number, last: number, columns: number, limit: number, places: number): number;
  next(): number;
  lineEnds(): number;
  isRagged(): number;
  hasWideBytes(): number;
  isUtf8(start: number, end: number): number;
  countLines(start: number, end: number): number;
  startCut(): void;
  cut(start: number, end: number, scratch: number): number;
  isCutQuoted(): number;
  passPlain(byte: number): void;
  startColumn(): void;
  nullCount(): number;
  isWide(): number;
  fieldAt(places: number, columns: number, column: number, row: number): number;
  fieldEnd(places: number, columns: number, column: number, row: number): number;
  copyField(places: number, columns: number, column: number, row: number, to: number): number;
  markNull(text: number, length: number, valid: number, row: number): number;
  readSafeIntegers: ReadFixed<[signed: number]>;
  readIntegers: ReadFixed<[size: number, least: bigint, most: bigint]>;
  readDoubles: ReadFixed<[]>;
  readFloats: ReadFixed<[]>;
  readBooleans: ReadFixed<[]>;
  readDates: ReadFixed<[]>;
  readTimestamps: ReadFixed<[unitsPerSecond: number]>;
  readTexts(
    places: number,
    columns: number,
    column: number,
    rows: number,
    offsets: number,
    data: number,
    length: number,
    valid: number,
    offset: number,
  ): number;
  lookAt(places: number, columns: number, column: number, from: number, rows: number): number;
  seen(): number;
  widen(values: number, count: number): void;
  narrow(values: number, count: number): number;
  writeDouble(bits: bigint, to: number): number;
  writeFloat(bits: number, to: number): number;
  writeRows(columns: number, width: number, rows: number, count: number, delimiter: number, to: number): number;
}

type ReadFixed<More extends unknown[]> = (
  places: number,
  columns: number,
  column: number,
  from: number,
  rows: number,
  values: number,
  valid: number,
  offset: number,
  ...more: More
) => number;

/** What is used of the JavaScript API of WebAssembly: the library of types for Node has it not. */
declare global {
  namespace WebAssembly {
    class Module {
      constructor(bytes: Uint8Array);
    }
    class Memory {
      constructor(limits: { initial: number; maximum?: number });
      readonly buffer: ArrayBuffer;
      grow(pages: number): number;
    }
    class Instance {
      constructor(module: Module, imports: Record<string, Record<string, unknown>>);
      readonly exports: Record<string, unknown>;
    }
  }
}

const PAGE = 65536;
const MOST_PAGES = 32768;
/** Vector loads and stores reach this far behind what they are about. */
const SLACK = 128;

let compiled: WebAssembly.Module | null = null;

export class Kernel {
  readonly call: KernelCalls;
  private readonly memory: WebAssembly.Memory;
  private view: Uint8Array<ArrayBuffer>;
  private top: number;

  constructor() {
    compiled ??= new WebAssembly.Module(Buffer.from(KERNEL, 'base64'));
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
    const instance = new WebAssembly.Instance(compiled, { env: { memory: this.memory } });
    // The signatures are those of the sources that the module is made of (a test makes it again).
    this.call = instance.exports as unknown as KernelCalls;
    this.view = new Uint8Array(this.memory.buffer);
    this.top = this.call.heapStart();
  }

  /** The whole memory. Ends to be valid with the next `reserve`. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.view;
  }

  /** What is reserved up to now. */
  get mark(): number {
    return this.top;
  }

  /** Gives back what was reserved since a `mark`. */
  release(mark: number): void {
    this.top = mark;
  }

  /** The place of `size` bytes, and room for vectors behind them. Views made before may be detached. */
  reserve(size: number): number {
    const place = (this.top + 15) & ~15;
    const end = place + size + SLACK;
    if (end > MOST_PAGES * PAGE || place < 0) {
      throw new DfxError('LIMIT', 'a record or a batch needs more than 2 GiB of memory');
    }
    const missing = Math.ceil(end / PAGE) - this.view.length / PAGE;
    if (missing > 0) {
      // A growth that is a quarter at least keeps the number of growths small.
      const pages = this.view.length / PAGE;
      this.grow(Math.min(Math.max(missing, pages >> 2), MOST_PAGES - pages));
    }
    this.top = end;
    return place;
  }

  private grow(pages: number): void {
    try {
      this.memory.grow(pages);
    } catch (cause) {
      throw new DfxError('LIMIT', 'there is no memory for a record or a batch of this size', { cause });
    }
    this.view = new Uint8Array(this.memory.buffer);
  }
}
