/** Run-length and bit-packed integers (Parquet format, "RLE / Bit-Packing Hybrid"): levels, keys of dictionaries, booleans. */

/**
 * Fills `out` from `bytes[start, end)`. A run is cut where `out` is full: what it claims beyond is never done. Throws RangeError where the
 * bytes end before.
 */
export function readHybrid(
  bytes: Uint8Array,
  start: number,
  end: number,
  width: number,
  out: Uint8Array | Int32Array,
): void {
  if (width > 32) throw new RangeError(`integers of ${width} bits`);
  const count = out.length;
  let at = start;
  let filled = 0;
  while (filled < count) {
    let header = 0;
    let shift = 0;
    for (;;) {
      if (at >= end || shift > 28) throw new RangeError('run-length encoded integers end before their time');
      const byte = bytes[at++] ?? 0;
      header += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
      shift += 7;
    }
    const size = Math.floor(header / 2);
    if (header % 2 === 1) {
      const run = Math.min(size * 8, count - filled);
      // The last group may be cut at the end of the page.
      if (Math.ceil((run * width) / 8) > end - at) throw new RangeError('bit-packed integers end before their time');
      unpack(bytes, at, end, width, out, filled, run);
      at += size * width;
      filled += run;
    } else {
      const valueBytes = (width + 7) >> 3;
      if (valueBytes > end - at) throw new RangeError('a run of integers ends before its value');
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value |= (bytes[at + i] ?? 0) << (8 * i);
      at += valueBytes;
      const stop = Math.min(filled + size, count);
      out.fill(value, filled, stop);
      filled = stop;
    }
  }
}

function unpack(
  bytes: Uint8Array,
  start: number,
  end: number,
  width: number,
  out: Uint8Array | Int32Array,
  from: number,
  count: number,
): void {
  if (width === 0) {
    out.fill(0, from, from + count);
    return;
  }
  const mask = width === 32 ? -1 : (1 << width) - 1;
  // Bytes behind the end are those of nothing that is asked for.
  const byteAt = (at: number): number => (at < end ? (bytes[at] ?? 0) : 0);
  for (let i = 0, bit = 0; i < count; i++, bit += width) {
    const at = start + (bit >> 3);
    const shift = bit & 7;
    let word = byteAt(at) | (byteAt(at + 1) << 8) | (byteAt(at + 2) << 16) | (byteAt(at + 3) << 24);
    word >>>= shift;
    if (shift + width > 32) word |= byteAt(at + 4) << (32 - shift);
    out[from + i] = word & mask;
  }
}

export function bitWidth(most: number): number {
  return 32 - Math.clz32(most);
}
