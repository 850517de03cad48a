/** UTF-8 text that grows at its end: where the encoders write to. */

export class TextBytes {
  bytes: Uint8Array;
  /** Bytes written so far. */
  at = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(Math.max(64, capacity));
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.at + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  /** What was written. The buffer is the taker's; a new one of `capacity` bytes takes its place. */
  take(capacity: number): Uint8Array {
    const taken = this.bytes.subarray(0, this.at);
    this.bytes = new Uint8Array(Math.max(64, capacity));
    this.at = 0;
    return taken;
  }
}

/** `text` holds ASCII only. */
export function writeAscii(out: TextBytes, text: string): void {
  out.reserve(text.length);
  const { bytes } = out;
  let at = out.at;
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
  out.at = at;
}

export function writeByte(out: TextBytes, byte: number): void {
  out.reserve(1);
  out.bytes[out.at++] = byte;
}

export function writeBytes(out: TextBytes, data: Uint8Array): void {
  out.reserve(data.length);
  out.bytes.set(data, out.at);
  out.at += data.length;
}

/** Below so many bytes a loop is faster than a copy of the engine's. */
const SHORT = 32;

export function writeSlice(out: TextBytes, data: Uint8Array, start: number, end: number): void {
  out.reserve(end - start);
  if (end - start > SHORT) {
    out.bytes.set(data.subarray(start, end), out.at);
    out.at += end - start;
    return;
  }
  const { bytes } = out;
  let at = out.at;
  for (let i = start; i < end; i++) bytes[at++] = data[i] ?? 0;
  out.at = at;
}

const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** Two lower-case digits a byte. */
export function writeHex(out: TextBytes, data: Uint8Array, start: number, end: number): void {
  out.reserve((end - start) * 2);
  const { bytes } = out;
  let at = out.at;
  for (let i = start; i < end; i++) {
    const byte = data[i] ?? 0;
    bytes[at++] = HEX[byte >> 4] ?? 0;
    bytes[at++] = HEX[byte & 15] ?? 0;
  }
  out.at = at;
}
