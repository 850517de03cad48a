/** Texts and bytes of any length: offsets into one buffer, or views into several (Arrow columnar format 1.4). */
import { isAscii, isUtf8 } from 'node:buffer';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { getBit, type StringColumn } from '../column.ts';
import { LOOP_ROWS } from '../loop-rows.ts';
import type { BoundColumn, BufferSource } from './bind.ts';
import { type DecodeContext, integersOf, SLOT, take, takeInto } from './decode.ts';

const VIEW_BYTES = 16;
const INLINE_BYTES = 12;
export const MAX_OFFSET = 0x7fffffff;

export function decodeText(
  context: DecodeContext,
  column: BoundColumn,
  start: number,
  end: number,
  validity: Uint8Array | null,
): StringColumn {
  const { type } = column.plan;
  const length = end - start;
  const { offsets, from, to } = decodeOffsets(context, column, start, length, type.kind.startsWith('Large'));
  const source = column.buffers[1];
  if (source === undefined || to > source.length) {
    throw new DfxError('INPUT_FORMAT', `a text reaches to byte ${to} of ${source?.length ?? 0}`);
  }
  const data = to === from ? new Uint8Array(0) : take(context, column, 1, from, to - from, SLOT.text);
  if (type.kind.endsWith('Utf8')) checkText(data, offsets, length);
  const found: StringColumn = { layout: 'string', type, length, validity, offsets, data };
  return validity === null ? found : withoutHiddenText(found, validity);
}

/** Offsets of rows `[start, start + length)`, counted from the first; `from` and `to` are the first and the last as they stand. */
export function decodeOffsets(
  context: DecodeContext,
  column: BoundColumn,
  start: number,
  length: number,
  large: boolean,
): { readonly offsets: Int32Array; readonly from: number; readonly to: number } {
  // The offsets of an empty column may be left out.
  if (length === 0) return { offsets: new Int32Array(1), from: 0, to: 0 };
  const width = large ? 8 : 4;
  const count = length + 1;
  const memory = large ? null : integersOf(context, column, Math.ceil(count / 2));
  const bytes = takeInto(memory, context, column, start * width, count * width);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, (count * width) / 4);
  const from = offsetAt(words, 0, large);
  const to = offsetAt(words, length, large);
  if (from < 0 || to < from || to - from > MAX_OFFSET) {
    if (from >= 0 && to > from && Number.isSafeInteger(to)) {
      throw new DfxError('UNSUPPORTED', 'a batch has more than 2 GiB of text, or 2^31 list items', {
        hint: 'write the file with smaller record batches',
      });
    }
    throw new DfxError('INPUT_FORMAT', `the offsets of a ${column.plan.type.kind} run from ${from} to ${to}`);
  }
  const offsets =
    memory !== null && bytes.buffer === memory.buffer
      ? memory.fromFirst(count)
      : fromFirst(words, from, to, large, context.arena.take(column.plan.slot + SLOT.converted, count * 4));
  if (offsets === null) throw new DfxError('INPUT_FORMAT', `the offsets of a ${column.plan.type.kind} run backwards`);
  return { offsets, from, to };
}

/** The offsets less the first of them; null where one is less than the one before. */
function fromFirst(
  words: Int32Array,
  first: number,
  last: number,
  large: boolean,
  into: Uint8Array,
): Int32Array | null {
  const offsets = new Int32Array(into.buffer, into.byteOffset, into.length / 4);
  const count = offsets.length;
  // What lies between the ends fits 32 bits once the first is taken off; that the low words do is not enough.
  let backwards = 0;
  for (let at = 0; at < count; at += LOOP_ROWS) {
    backwards |= lowFromFirst(words, large ? 2 : 1, offsets, at, Math.min(at + LOOP_ROWS, count));
  }
  if (backwards < 0 || offsets[count - 1] !== last - first) return null;
  return large && !sameHighWords(words, first, offsets) ? null : offsets;
}

function offsetAt(words: Int32Array, i: number, large: boolean): number {
  return large ? (words[2 * i + 1] ?? 0) * 4294967296 + ((words[2 * i] ?? 0) >>> 0) : (words[i] ?? 0);
}

/** The low words less the first of them; negative where one is less than the one before. A loop of its own, as in fixed-values.ts. */
function lowFromFirst(words: Int32Array, wordsEach: number, offsets: Int32Array, from: number, to: number): number {
  const low = words[0] as number;
  let before = from === 0 ? 0 : (offsets[from - 1] as number);
  let backwards = 0;
  for (let i = from, w = from * wordsEach; i < to; i++, w += wordsEach) {
    const offset = ((words[w] as number) - low) | 0;
    backwards |= offset - before;
    offsets[i] = offset;
    before = offset;
  }
  return backwards;
}

function sameHighWords(words: Int32Array, from: number, offsets: Int32Array): boolean {
  for (let i = 0; i < offsets.length; i++) {
    if ((words[2 * i + 1] ?? 0) !== Math.floor((from + (offsets[i] ?? 0)) / 4294967296)) return false;
  }
  return true;
}

/** Every text is UTF-8: all of them together, and none starts inside of a character. */
function checkText(data: Uint8Array, offsets: Int32Array, length: number): void {
  if (isAscii(data)) return;
  let inside = !isUtf8(data);
  for (let i = 0; i < length && !inside; i++) inside = ((data[offsets[i] ?? 0] ?? 0) & 0xc0) === 0x80;
  if (inside) throw new DfxError('INPUT_FORMAT', 'a text is not valid UTF-8');
}

/** Nulls may have bytes in Arrow; columns of ours have none there. */
function withoutHiddenText(column: StringColumn, validity: Uint8Array): StringColumn {
  const { offsets, data, length } = column;
  let hidden = false;
  for (let i = 0; i < length && !hidden; i++) hidden = !getBit(validity, i) && offsets[i] !== offsets[i + 1];
  if (!hidden) return column;
  const out = new Int32Array(length + 1);
  const text = new Uint8Array(data.length);
  let to = 0;
  for (let i = 0; i < length; i++) {
    if (getBit(validity, i)) {
      const piece = data.subarray(offsets[i] ?? 0, offsets[i + 1] ?? 0);
      text.set(piece, to);
      to += piece.length;
    }
    out[i + 1] = to;
  }
  return { ...column, offsets: out, data: text.subarray(0, to) };
}

/** A view: 4 bytes of length, then the text itself up to 12 bytes; else its first 4, the buffer's number and the offset in it. */
export function decodeViews(
  context: DecodeContext,
  column: BoundColumn,
  start: number,
  end: number,
  validity: Uint8Array | null,
): StringColumn {
  const { type } = column.plan;
  const length = end - start;
  const { slot } = column.plan;
  const views = take(context, column, 0, start * VIEW_BYTES, length * VIEW_BYTES, SLOT.values);
  const words = new DataView(views.buffer, views.byteOffset, views.byteLength);
  const kept = context.arena.take(slot + SLOT.converted, (length + 1) * 4);
  const offsets = new Int32Array(kept.buffer, kept.byteOffset, length + 1);
  offsets[0] = 0;
  let total = 0;
  for (let i = 0; i < length; i++) {
    if (validity === null || getBit(validity, i)) {
      const size = words.getInt32(i * VIEW_BYTES, true);
      if (size < 0) throw new DfxError('INPUT_FORMAT', `a view claims ${size} bytes`);
      total += size;
      if (total > MAX_OFFSET) throw new DfxError('LIMIT', 'a batch holds more than 2 GiB of text');
    }
    offsets[i + 1] = total;
  }
  // Most columns have one buffer of text in a batch: its bytes may stand where those of the batch before did.
  const buffers = column.buffers.slice(1);
  const room = buffers.length === 1 ? (size: number) => context.arena.take(slot + SLOT.text, size) : undefined;
  const pieces = readRanges(words, offsets, buffers, room);
  const data = context.arena.take(slot + SLOT.extra, total);
  for (let i = 0; i < length; i++) {
    const at = offsets[i] ?? 0;
    const size = (offsets[i + 1] ?? 0) - at;
    if (size === 0) continue;
    const view = i * VIEW_BYTES;
    if (size <= INLINE_BYTES) {
      for (let b = 0; b < size; b++) data[at + b] = views[view + 4 + b] ?? 0;
      continue;
    }
    const piece = pieces[words.getInt32(view + 8, true)];
    const from = words.getInt32(view + 12, true) - (piece?.from ?? 0);
    if (piece !== undefined) data.set(piece.bytes.subarray(from, from + size), at);
  }
  if (isText(type)) checkText(data, offsets, length);
  return { layout: 'string', type, length, validity, offsets, data };
}

function isText(type: DataType): boolean {
  return type.kind === 'Utf8View';
}

interface Piece {
  readonly from: number;
  readonly bytes: Uint8Array;
}

/** Of each buffer the bytes between the first and the last that a view leads to. */
function readRanges(
  words: DataView,
  offsets: Int32Array,
  buffers: readonly BufferSource[],
  room: ((size: number) => Uint8Array) | undefined,
): (Piece | undefined)[] {
  const first = new Float64Array(buffers.length).fill(Number.POSITIVE_INFINITY);
  const last = new Float64Array(buffers.length);
  for (let i = 0; i + 1 < offsets.length; i++) {
    const size = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0);
    if (size <= INLINE_BYTES) continue;
    const number = words.getInt32(i * VIEW_BYTES + 8, true);
    const from = words.getInt32(i * VIEW_BYTES + 12, true);
    const buffer = buffers[number];
    if (buffer === undefined || from < 0 || from + size > buffer.length) {
      throw new DfxError('INPUT_FORMAT', 'a view leads to bytes that are not there');
    }
    first[number] = Math.min(first[number] ?? 0, from);
    last[number] = Math.max(last[number] ?? 0, from + size);
  }
  return buffers.map((buffer, i) => {
    const from = first[i] ?? 0;
    const to = last[i] ?? 0;
    return to === 0 ? undefined : { from, bytes: buffer.bytes(from, to - from, room?.(to - from)) };
  });
}
