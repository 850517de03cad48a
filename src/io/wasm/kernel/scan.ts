// Where the records and fields of CSV bytes end, 64 bytes at a time.
//
// The grammar is that of the csv-core crate 0.1, which the reference engine reads CSV with: a record ends at LF, CR or CRLF, and
// blank lines are no records; a quote opens a quoted field only as its first byte; inside, a doubled quote is one quote; what follows the
// closing quote belongs to the field as it is; the end of input ends an open quote.
//
// A block's separators are found as bit masks. Quoted stretches come from the running parity of the quotes, which is right
// as long as every quote that opens stands at the start of a field or behind a quote that closed; a block where one doesn't
// (`it"s`), and every block of a dialect with an escape byte, is read byte by byte.

import { delimiter, escape, quote } from './dialect';

const LF: u8 = 10;
const CR: u8 = 13;

const PLAIN: u32 = 0;
const QUOTED: u32 = 1;
/** Behind a quote inside a quoted field: it closed the field, or is the first of two. */
const CLOSED: u32 = 2;
const ESCAPED: u32 = 3;

// The state between two bytes.
let mode: u32 = PLAIN;
/** 1: a record starts here, so that a line end is a blank line. */
let atRecord: u64 = 1;
/** 1: a field starts here. */
let atField: u64 = 1;

/** Of the last scan: where the next record starts, or at a ragged record, where that starts. */
let nextRecord: usize = 0;
let lines: u32 = 0;
let ragged: bool = false;

export function next(): usize {
  return nextRecord;
}

/** Line ends of any kind in what the last scan read as records. */
export function lineEnds(): u32 {
  return lines;
}

export function isRagged(): bool {
  return ragged;
}

// @ts-ignore: decorator
@inline
function mask(a: v128, b: v128, c: v128, d: v128): u64 {
  return (
    <u64>(<u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16)) |
    (<u64>(<u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16)) << 32)
  );
}

/** Bit i: the parity of bits 0 to i. */
// @ts-ignore: decorator
@inline
function parities(bits: u64): u64 {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  return bits ^ (bits << 32);
}

/** Writes the places of the ones, eight at a time: what lies behind the last one is overwritten by the next block. */
// @ts-ignore: decorator
@inline
function note(bits: u64, base: usize, out: usize): usize {
  const count = <usize>popcnt(bits);
  let at = out;
  const to = out + (count << 2);
  do {
    store<u32>(at, <u32>(base + <usize>ctz(bits)));
    bits &= bits - 1;
    store<u32>(at, <u32>(base + <usize>ctz(bits)), 4);
    bits &= bits - 1;
    store<u32>(at, <u32>(base + <usize>ctz(bits)), 8);
    bits &= bits - 1;
    store<u32>(at, <u32>(base + <usize>ctz(bits)), 12);
    bits &= bits - 1;
    store<u32>(at, <u32>(base + <usize>ctz(bits)), 16);
    bits &= bits - 1;
    store<u32>(at, <u32>(base + <usize>ctz(bits)), 20);
    bits &= bits - 1;
    store<u32>(at, <u32>(base + <usize>ctz(bits)), 24);
    bits &= bits - 1;
    store<u32>(at, <u32>(base + <usize>ctz(bits)), 28);
    bits &= bits - 1;
    at += 32;
  } while (at < to);
  return to;
}

let recordEnds: u32 = 0;
/** Line ends of any kind, those inside quotes and of blank lines included. */
let rawEnds: u32 = 0;
/** Behind the last line end that isn't quoted. */
let lastEnd: usize = 0;

/** Byte by byte, as csv-core's own automaton goes. */
function scanBytes(from: usize, to: usize, start: usize): usize {
  let out = start;
  for (let at = from; at < to; at++) {
    const byte = load<u8>(at);
    const lineEnd = byte === LF || byte === CR;
    if (mode === QUOTED) {
      if (byte === quote) mode = CLOSED;
      else if (<u32>byte === escape) mode = ESCAPED;
      continue;
    }
    if (mode === ESCAPED) {
      mode = QUOTED;
      continue;
    }
    if (byte === quote && (mode === CLOSED || (atField | atRecord) !== 0)) {
      mode = QUOTED;
      atField = 0;
      atRecord = 0;
      continue;
    }
    mode = PLAIN;
    if (lineEnd) {
      if (!atRecord) {
        store<u32>(out, <u32>at);
        out += 4;
        recordEnds++;
      }
      atRecord = 1;
      atField = 1;
      lastEnd = at + 1;
    } else if (byte === delimiter) {
      store<u32>(out, <u32>at);
      out += 4;
      atRecord = 0;
      atField = 1;
    } else {
      atRecord = 0;
      atField = 0;
    }
  }
  return out;
}

/** A record starts at the next byte that is scanned. */
function reset(): void {
  mode = PLAIN;
  atRecord = 1;
  atField = 1;
  recordEnds = 0;
  rawEnds = 0;
}

/** A block that holds a quote or a CR, or starts inside quotes: `[p, p + 64)` up to `end`. */
function scanRare(p: usize, end: usize, out: usize): usize {
  const ends = end - p;
  const valid: u64 = ends >= 64 ? ~0 : (<u64>1 << ends) - 1;
  const final: u64 = ends >= 64 ? 63 : ends - 1;
  const feeds = find(p, LF) & valid;
  const returns = find(p, CR) & valid;
  const quoted = find(p, quote) & valid;
  const commas = find(p, delimiter) & valid;
  let breaks = feeds | returns;
  rawEnds += <u32>popcnt(breaks);
  const inside = parities(quoted) ^ (mode === QUOTED ? ~0 : 0);
  const closes = quoted & ~inside;
  const separators = (commas | breaks) & ~inside;
  const mayOpen = ((separators | closes) << 1) | atField | atRecord | (mode === CLOSED ? 1 : 0);
  if (escape !== 256 || (quoted & inside & ~mayOpen) !== 0) return scanBytes(p, p + <usize>final + 1, out);
  breaks &= ~inside;
  const recorded = breaks & ~((breaks << 1) | atRecord);
  recordEnds += <u32>popcnt(recorded);
  if (breaks !== 0) lastEnd = p + 64 - <usize>clz(breaks);
  atRecord = (breaks >> final) & 1;
  atField = (separators >> final) & 1;
  mode = (inside >> final) & 1 ? QUOTED : (closes >> final) & 1 ? CLOSED : PLAIN;
  return note((commas & ~inside) | recorded, p, out);
}

/** The places of `byte` in the block at `p`. */
function find(p: usize, byte: u8): u64 {
  const bytes = i8x16.splat(<i8>byte);
  return mask(
    i8x16.eq(v128.load(p), bytes),
    i8x16.eq(v128.load(p, 16), bytes),
    i8x16.eq(v128.load(p, 32), bytes),
    i8x16.eq(v128.load(p, 48), bytes),
  );
}

/**
 * Reads up to `limit` whole records of `[start, end)`, the first of which starts at `start`, and writes the place of each separator, `columns` a
 * record, to `places`, which has room for `limit * columns + 128`. Gives the number of records; a record that `end` cuts is left for later
 * unless `last`, where the byte at `end` must be a line end. 64 bytes behind `end` are read, too.
 *
 * Stops at a record of another number of fields (`isRagged`). Sets `foreign` where some byte isn't ASCII.
 */
export function scan(start: usize, end: usize, last: bool, columns: u32, limit: u32, places: usize): u32 {
  reset();
  const delimiters = i8x16.splat(<i8>delimiter);
  const quotes = i8x16.splat(<i8>quote);
  const feeds = i8x16.splat(<i8>LF);
  const returns = i8x16.splat(<i8>CR);
  const byByte = escape !== 256;
  const full = places + <usize>limit * columns * 4;
  let wide = i8x16.splat(0);
  let out = places;
  let p = start;
  store<u32>(places - 4, <u32>(start - 1));
  while (p < end && recordEnds < limit && out < full) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    wide = v128.or(wide, v128.or(v128.or(a, b), v128.or(c, d)));
    const rare = v128.or(
      v128.or(
        v128.or(i8x16.eq(a, quotes), i8x16.eq(b, quotes)),
        v128.or(i8x16.eq(c, quotes), i8x16.eq(d, quotes)),
      ),
      v128.or(
        v128.or(i8x16.eq(a, returns), i8x16.eq(b, returns)),
        v128.or(i8x16.eq(c, returns), i8x16.eq(d, returns)),
      ),
    );
    if (mode === QUOTED || byByte || v128.any_true(rare)) {
      out = scanRare(p, end, out);
    } else {
      const ends = end - p;
      const valid: u64 = ends >= 64 ? ~0 : (<u64>1 << ends) - 1;
      const final: u64 = ends >= 64 ? 63 : ends - 1;
      const commas =
        mask(
          i8x16.eq(a, delimiters),
          i8x16.eq(b, delimiters),
          i8x16.eq(c, delimiters),
          i8x16.eq(d, delimiters),
        ) & valid;
      const breaks = mask(i8x16.eq(a, feeds), i8x16.eq(b, feeds), i8x16.eq(c, feeds), i8x16.eq(d, feeds)) & valid;
      const recorded = breaks & ~((breaks << 1) | atRecord);
      mode = PLAIN;
      rawEnds += <u32>popcnt(breaks);
      recordEnds += <u32>popcnt(recorded);
      atRecord = (breaks >> final) & 1;
      atField = ((breaks | commas) >> final) & 1;
      out = note(commas | recorded, p, out);
    }
    p += 64;
  }
  let open: u32 = 0;
  if (last && p >= end && !atRecord) {
    store<u32>(out, <u32>end);
    out += 4;
    recordEnds++;
    open = 1;
  }
  const found = <u32>((out - places) >> 2);
  const rows = min(recordEnds, limit);
  const whole = checkWidths(places, columns, rows, found);
  ragged = whole < rows || (whole === 0 && recordEnds === 0 && found >= columns);
  nextRecord = whole === 0 ? start : min(<usize>load<u32>(places + (<usize>whole * columns - 1) * 4) + 1, end);
  wideBytes = v128.any_true(v128.and(wide, i8x16.splat(-128)));
  // Nearly always there is a line end for each record, but for one that the end of input ends.
  if (rawEnds + open === recordEnds && whole === rows) lines = whole === recordEnds ? whole - open : whole;
  else lines = countLines(start, nextRecord);
  return whole;
}

let wideBytes: bool = false;

/** Whether the last scan saw a byte that isn't ASCII. */
export function hasWideBytes(): bool {
  return wideBytes;
}

/** The number of records up to the first that hasn't `columns` separators. */
function checkWidths(places: usize, columns: u32, rows: u32, found: u32): u32 {
  const step = <usize>columns * 4;
  let at = places + step - 4;
  let wrong: u32 = 0;
  const fit = min(rows, found / columns);
  // As many line ends as records and one at the end of each: then no other separator is one.
  if (fit === rows && rows === recordEnds) {
    for (let row: u32 = 0; row < rows; row++) {
      const byte = load<u8>(<usize>load<u32>(at));
      wrong |= <u32>(byte !== LF) & <u32>(byte !== CR);
      at += step;
    }
    if (!wrong) return rows;
  }
  at = places;
  for (let row: u32 = 0; row < fit; row++) {
    for (let column: u32 = 1; column <= columns; column++) {
      const byte = load<u8>(<usize>load<u32>(at));
      if ((byte === LF || byte === CR) !== (column === columns)) return row;
      at += 4;
    }
  }
  return fit;
}

/** LF, CR and CRLF in `[start, end)`; a CR whose LF lies behind `end` counts. */
export function countLines(start: usize, end: usize): u32 {
  const feeds = i8x16.splat(<i8>LF);
  const returns = i8x16.splat(<i8>CR);
  let count: u32 = 0;
  let at = start;
  let carry: u32 = 0;
  for (; at + 16 <= end; at += 16) {
    const bytes = v128.load(at);
    const feed = <u32>i8x16.bitmask(i8x16.eq(bytes, feeds));
    const back = <u32>i8x16.bitmask(i8x16.eq(bytes, returns));
    count += <u32>popcnt(back | (feed & ~((back << 1) | carry)));
    carry = (back >> 15) & 1;
  }
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte === CR || (byte === LF && !carry)) count++;
    carry = <u32>(byte === CR);
  }
  return count;
}

// The state of a stream between two pieces.
let cutMode: u32 = PLAIN;
let cutAtRecord: u64 = 1;
let cutAtField: u64 = 1;

export function startCut(): void {
  cutMode = PLAIN;
  cutAtRecord = 1;
  cutAtField = 1;
}

/** Whether a stream stands inside quotes. */
export function isCutQuoted(): bool {
  return cutMode === QUOTED || cutMode === ESCAPED;
}

/** Goes on behind bytes outside of quotes that hold no quote, the last of which is `byte`. */
export function passPlain(byte: u32): void {
  cutMode = PLAIN;
  cutAtRecord = <u64>(byte === LF || byte === CR);
  cutAtField = cutAtRecord | <u64>(byte === delimiter);
}

/**
 * Goes on with a stream at `[start, end)` and gives the place behind the last record's end in it; 0 where no record ends in it. `scratch` is room
 * for 128 places.
 */
export function cut(start: usize, end: usize, scratch: usize): usize {
  mode = cutMode;
  atRecord = cutAtRecord;
  atField = cutAtField;
  lastEnd = 0;
  for (let p = start; p < end; p += 64) scanRare(p, end, scratch);
  cutMode = mode;
  cutAtRecord = atRecord;
  cutAtField = atField;
  return lastEnd;
}
