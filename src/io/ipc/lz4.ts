/**
 * LZ4 frames ("LZ4 Frame Format Description" 1.6, "LZ4 Block Format Description"), as Arrow compresses buffers with. Blocks may refer to
 * those before them, so they are read into one piece of memory, whose size is known beforehand.
 */

const MAGIC = 0x184d2204;
const MIN_MATCH = 4;

/** Checksums are passed over: the size and every reference are held against the bounds. Throws RangeError. */
export function readLz4Frame(bytes: Uint8Array, length: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Uint8Array(length);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('no LZ4 frame');
  const flags = view.getUint8(4);
  if (flags >> 6 !== 1) throw new RangeError(`LZ4 frame version ${flags >> 6}`);
  if ((flags & 1) !== 0) throw new RangeError('an LZ4 frame that needs a dictionary');
  const blockChecksum = (flags & 0x10) !== 0 ? 4 : 0;
  const contentSize = (flags & 0x08) !== 0 ? 8 : 0;
  // Magic, flags, block descriptor, content size, header checksum.
  let at = 4 + 1 + 1 + contentSize + 1;
  let filled = 0;
  for (;;) {
    const head = view.getUint32(at, true);
    at += 4;
    if (head === 0) break;
    const size = head & 0x7fffffff;
    if (size > bytes.length - at) throw new RangeError('an LZ4 block ends behind its frame');
    if (head >>> 31 === 1) {
      out.set(bytes.subarray(at, at + size), filled);
      filled += size;
    } else {
      filled = readBlock(bytes, at, at + size, out, filled);
    }
    at += size + blockChecksum;
  }
  if (filled !== length) throw new RangeError(`an LZ4 frame of ${filled} bytes, expected ${length}`);
  return out;
}

/** A block without a frame. Throws RangeError. */
export function readLz4Block(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  const filled = readBlock(bytes, 0, bytes.length, out, 0);
  if (filled !== length) throw new RangeError(`an LZ4 block of ${filled} bytes, expected ${length}`);
  return out;
}

/** Sequences of literals and a match: `token | more literal length | literals | offset u16 | more match length`. */
function readBlock(bytes: Uint8Array, start: number, end: number, out: Uint8Array, filled: number): number {
  let at = start;
  let to = filled;
  while (at < end) {
    const token = bytes[at++] ?? 0;
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255 && at < end) {
        more = bytes[at++] ?? 0;
        literals += more;
      }
    }
    if (literals > end - at || literals > out.length - to) throw new RangeError('LZ4 literals outside of their block');
    if (literals < 16) for (let i = 0; i < literals; i++) out[to + i] = bytes[at + i] ?? 0;
    else out.set(bytes.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    // The last sequence has literals only.
    if (at >= end) break;
    if (end - at < 2) throw new RangeError('an LZ4 block ends in an offset');
    const offset = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    at += 2;
    let size = token & 15;
    if (size === 15) {
      let more = 255;
      while (more === 255 && at < end) {
        more = bytes[at++] ?? 0;
        size += more;
      }
    }
    size += MIN_MATCH;
    const from = to - offset;
    if (offset === 0 || from < 0 || size > out.length - to) throw new RangeError('an LZ4 match outside of its frame');
    // A match may run into what it writes.
    if (offset >= size && size > 32) out.copyWithin(to, from, from + size);
    else for (let i = 0; i < size; i++) out[to + i] = out[from + i] ?? 0;
    to += size;
  }
  return to;
}
