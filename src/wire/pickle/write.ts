import { DfxError } from '../errors.ts';
import { HIGHEST_PROTOCOL } from './opcodes.ts';
import { encodeLatin1, encodeUtf8 } from './text.ts';

/**
 * A Python value that dfx can write. A whole number is an int and any other number a float; a float without fraction is
 * `{ float: 2 }`. An array is a list and a Map a dict, in its order.
 */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | { readonly float: number }
  | { readonly tuple: readonly PyValue[] }
  | { readonly global: readonly [module: string, name: string] }
  | { readonly call: PyValue; readonly args: readonly PyValue[] }
  | readonly PyValue[]
  | ReadonlyMap<PyValue, PyValue>;

export interface WritePickleOptions {
  /** 0 to 5. */
  readonly protocol?: number | undefined;
  /** Whether protocols 4 and 5 write frames, as CPython does. */
  readonly framing?: boolean | undefined;
}

/** Writes one value. The same value gives the same bytes; nothing is shared through the memo. */
export function writePickle(value: PyValue, options: WritePickleOptions = {}): Uint8Array {
  const writer = new PickleWriter({ ...options, memo: false });
  writer.value(value);
  return writer.finish();
}

/** CPython closes a frame at the first opcode boundary past this size, and writes longer strings outside frames. */
const FRAME_TARGET = 64 * 1024;
const FRAME_MINIMUM = 4;
const FRAME_HEADER = 9;
/** Deeper than any value that isn't a cycle. */
const MAX_DEPTH = 1_000_000;

interface WriterOptions extends WritePickleOptions {
  /** Whether `memoize` writes; CPython's pickler memoizes everything, dfx only what it fetches again. */
  readonly memo: boolean;
}

/** Emits opcodes in the choice and framing of CPython's C pickler. */
export class PickleWriter {
  readonly protocol: number;
  private readonly memo: boolean;
  private framing: boolean;
  private buffer = new Uint8Array(1024);
  private length = 0;
  private frameStart = -1;
  private memoized = 0;

  constructor(options: WriterOptions) {
    const protocol = options.protocol ?? 4;
    if (!Number.isInteger(protocol) || protocol < 0 || protocol > HIGHEST_PROTOCOL)
      throw new DfxError('USAGE', `pickle protocol ${protocol}, expected 0 to ${HIGHEST_PROTOCOL}`);
    this.protocol = protocol;
    this.memo = options.memo;
    this.framing = false;
    if (protocol >= 2) this.put([0x80, protocol]);
    this.framing = protocol >= 4 && (options.framing ?? true);
  }

  finish(): Uint8Array {
    this.op(0x2e);
    this.closeFrame();
    return this.buffer.slice(0, this.length);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + count));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }

  private put(bytes: ArrayLike<number>): void {
    if (this.framing && this.frameStart < 0) {
      this.frameStart = this.length;
      this.reserve(FRAME_HEADER);
      this.length += FRAME_HEADER;
    }
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  private closeFrame(): void {
    if (this.frameStart < 0) return;
    const content = this.frameStart + FRAME_HEADER;
    const size = this.length - content;
    if (size >= FRAME_MINIMUM) {
      this.buffer[this.frameStart] = 0x95;
      this.buffer.set(littleEndian(size, 8), this.frameStart + 1);
    } else {
      this.buffer.copyWithin(this.frameStart, content, this.length);
      this.length -= FRAME_HEADER;
    }
    this.frameStart = -1;
  }

  private block(header: readonly number[], bytes: Uint8Array): void {
    if (bytes.length < FRAME_TARGET) {
      this.put(header);
      this.put(bytes);
      return;
    }
    const { framing } = this;
    this.closeFrame();
    this.framing = false;
    this.put(header);
    this.put(bytes);
    this.framing = framing;
  }

  op(byte: number): void {
    this.put([byte]);
  }

  private line(opcode: number, text: string): void {
    this.put([opcode, ...encodeUtf8(text), 0x0a]);
  }

  /** Stores the top of the stack under the next memo index. */
  memoize(force = false): number {
    const index = this.memoized;
    if (this.memo || force) {
      this.memoized++;
      if (this.protocol >= 4) this.op(0x94);
      else if (this.protocol === 0) this.line(0x70, String(index));
      else if (index < 256) this.put([0x71, index]);
      else this.put([0x72, ...littleEndian(index, 4)]);
    }
    return index;
  }

  /** Ends a frame that is full. CPython looks at this before each object, and not between an object's own opcodes. */
  private boundary(): void {
    if (this.frameStart >= 0 && this.length - this.frameStart - FRAME_HEADER >= FRAME_TARGET) this.closeFrame();
  }

  fetch(index: number): void {
    if (this.protocol === 0) this.line(0x67, String(index));
    else if (index < 256) this.put([0x68, index]);
    else this.put([0x6a, ...littleEndian(index, 4)]);
  }

  none(): void {
    this.op(0x4e);
  }

  bool(value: boolean): void {
    if (this.protocol >= 2) this.op(value ? 0x88 : 0x89);
    else this.line(0x49, value ? '01' : '00');
  }

  int(value: number | bigint): void {
    const big = BigInt(value);
    if (big >= -0x80000000n && big <= 0x7fffffffn) {
      const small = Number(big);
      if (this.protocol === 0) this.line(0x49, String(small));
      else if (small >= 0 && small < 256) this.put([0x4b, small]);
      else if (small >= 0 && small < 65536) this.put([0x4d, ...littleEndian(small, 2)]);
      else this.put([0x4a, ...littleEndian(small >>> 0, 4)]);
    } else if (this.protocol < 2) this.line(0x4c, `${big}L`);
    else {
      const bytes = twosComplement(big);
      if (bytes.length < 256) this.put([0x8a, bytes.length, ...bytes]);
      else this.block([0x8b, ...littleEndian(bytes.length, 4)], Uint8Array.from(bytes));
    }
  }

  float(value: number): void {
    if (this.protocol === 0) {
      this.line(0x46, floatText(value));
      return;
    }
    const view = new DataView(new ArrayBuffer(9));
    view.setUint8(0, 0x47);
    view.setFloat64(1, value, false);
    this.put(new Uint8Array(view.buffer));
  }

  str(text: string): void {
    this.boundary();
    if (this.protocol === 0) {
      this.put([0x56, ...rawUnicodeEscape(text), 0x0a]);
      return;
    }
    const bytes = encodeUtf8(text);
    if (this.protocol >= 4 && bytes.length < 256) this.block([0x8c, bytes.length], bytes);
    else this.block([0x58, ...littleEndian(bytes.length, 4)], bytes);
  }

  bytes(value: Uint8Array): void {
    this.boundary();
    if (this.protocol >= 3) {
      if (value.length < 256) this.block([0x43, value.length], value);
      else if (value.length <= 0xffffffff) this.block([0x42, ...littleEndian(value.length, 4)], value);
      else this.block([0x8e, ...littleEndian(value.length, 8)], value);
    } else if (value.length === 0) {
      this.global('builtins', 'bytes');
      this.memoize();
      this.closeTuple(0);
      this.op(0x52);
    } else {
      this.global('_codecs', 'encode');
      this.memoize();
      this.openTuple(2);
      let text = '';
      for (const byte of value) text += String.fromCharCode(byte);
      this.str(text);
      this.memoize();
      this.str('latin1');
      this.memoize();
      this.closeTuple(2);
      this.memoize();
      this.op(0x52);
    }
  }

  /** Protocols below 3 are written for Python 2 names, which Python 3 maps back. */
  global(module: string, name: string): void {
    this.boundary();
    if (this.protocol >= 4) {
      this.str(module);
      this.memoize();
      this.str(name);
      this.memoize();
      this.op(0x93);
      return;
    }
    if (/[\n]/.test(module + name))
      throw new DfxError('BAD_VALUE', 'a global whose name holds a newline needs pickle protocol 4 or later');
    this.line(0x63, this.protocol < 3 && module === 'builtins' ? '__builtin__' : module);
    this.put([...encodeUtf8(name), 0x0a]);
  }

  openTuple(count: number): void {
    if (count > 3 || (count > 0 && this.protocol < 2)) this.op(0x28);
  }

  closeTuple(count: number): void {
    if (count === 0) this.put(this.protocol >= 1 ? [0x29] : [0x28, 0x74]);
    else if (count > 3 || this.protocol < 2) this.op(0x74);
    else this.op(0x84 + count);
  }

  /** Writes a value of any depth without recursing: the work list holds values and the opcodes that follow them. */
  value(root: PyValue): void {
    const work: ({ readonly value: PyValue } | { readonly after: () => void })[] = [{ value: root }];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      if ('after' in next) {
        next.after();
        continue;
      }
      const step = this.start(next.value);
      if (step === null) continue;
      if (work.length + step.children.length > MAX_DEPTH * 2)
        throw new DfxError('LIMIT', `a value of more than ${MAX_DEPTH} levels or items can't be pickled`);
      work.push({ after: step.after });
      for (let i = step.children.length - 1; i >= 0; i--) {
        const child = step.children[i];
        if (child !== undefined) work.push({ value: child });
      }
    }
  }

  /** Writes a leaf, or what opens a container: then its children and what closes it are to be written. */
  private start(value: PyValue): { readonly children: readonly PyValue[]; readonly after: () => void } | null {
    this.boundary();
    if (value === null) this.none();
    else if (typeof value === 'boolean') this.bool(value);
    else if (typeof value === 'bigint') this.int(value);
    else if (typeof value === 'number') {
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.int(value);
      else this.float(value);
    } else if (typeof value === 'string') this.str(value);
    else if (value instanceof Uint8Array) this.bytes(value);
    else if (isList(value)) return this.startFilled(value, 0x5d, 0x65, 0x6c);
    else if (value instanceof Map) return this.startFilled([...value].flat(), 0x7d, 0x75, 0x64);
    else if ('float' in value) this.float(value.float);
    else if ('tuple' in value) return this.startTuple(value.tuple);
    else if ('global' in value) this.global(...value.global);
    else if ('call' in value) return { children: [value.call, { tuple: value.args }], after: () => this.op(0x52) };
    return null;
  }

  private startTuple(items: readonly PyValue[]): { readonly children: readonly PyValue[]; readonly after: () => void } {
    this.openTuple(items.length);
    return { children: items, after: () => this.closeTuple(items.length) };
  }

  private startFilled(
    children: readonly PyValue[],
    empty: number,
    fill: number,
    old: number,
  ): { readonly children: readonly PyValue[]; readonly after: () => void } | null {
    if (this.protocol === 0) {
      this.op(0x28);
      return { children, after: () => this.op(old) };
    }
    this.op(empty);
    if (children.length === 0) return null;
    this.op(0x28);
    return { children, after: () => this.op(fill) };
  }
}

function isList(value: object): value is readonly PyValue[] {
  return Array.isArray(value);
}

function littleEndian(value: number, bytes: number): number[] {
  const out: number[] = [];
  for (let rest = value; out.length < bytes; rest = Math.floor(rest / 256)) out.push(rest % 256);
  return out;
}

/** The shortest little-endian two's complement, as LONG1 wants it. */
function twosComplement(value: bigint): number[] {
  let bits = 8;
  while (BigInt.asIntN(bits, value) !== value) bits *= 2;
  const hex = BigInt.asUintN(bits, value)
    .toString(16)
    .padStart(bits / 4, '0');
  const bytes: number[] = [];
  for (let i = hex.length; i > 0; i -= 2) bytes.push(Number.parseInt(hex.slice(i - 2, i), 16));
  const filler = value < 0n ? 0xff : 0;
  while (bytes.length > 1 && bytes.at(-1) === filler && (bytes.at(-2) ?? 0) >= 0x80 === value < 0n) bytes.pop();
  return bytes;
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** What CPython escapes on top of `raw-unicode-escape`, so that a text is one line without NUL and end-of-file signs. */
function rawUnicodeEscape(text: string): number[] {
  const escaped = text.replace(/[\\\0\n\r\x1a]|[^\0-\xff]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return [...(encodeLatin1(escaped) ?? [])];
}
