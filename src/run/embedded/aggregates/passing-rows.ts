/** The rows of a batch that pass a FILTER: numbers are packed straight by the bits, other columns through the numbers of the rows. */
import { type Column, countBits, type NumericColumn, type Values } from '../../../io/column.ts';
import { gather } from '../gather.ts';
import { type Rows, rowsOf } from '../vector.ts';

/** Space for packed numbers, used again for each batch: what must outlast a batch is copied by whoever takes it. */
export class PackingSpace {
  private readonly buffers = new Map<number, ArrayBuffer>();

  /** At least `bytes`, for column `index`. */
  of(index: number, bytes: number): ArrayBuffer {
    let buffer = this.buffers.get(index);
    if (buffer === undefined || buffer.byteLength < bytes) {
      buffer = new ArrayBuffer(bytes);
      this.buffers.set(index, buffer);
    }
    return buffer;
  }
}

class PassingRows implements Rows {
  readonly length: number;
  private readonly columns = new Map<number, Column>();
  private rows: Int32Array | null = null;

  /** `count`: how many of the bits are 1. */
  constructor(
    private readonly parent: Rows,
    private readonly bits: Uint8Array,
    count: number,
    private readonly space: PackingSpace,
  ) {
    this.length = count;
  }

  column(index: number): Column {
    let column = this.columns.get(index);
    if (column === undefined) {
      column = this.packed(index, this.parent.column(index));
      this.columns.set(index, column);
    }
    return column;
  }

  private packed(index: number, column: Column): Column {
    if (column.layout === 'numeric' && column.validity === null && isPlain(column)) {
      return packNumbers(column, this.bits, this.length, this.space.of(index, column.length * 8));
    }
    this.rows ??= rowsOf(this.bits, this.parent.length);
    return gather(column, this.rows);
  }
}

/** `rows` where all of them pass. */
export function passingRows(rows: Rows, bits: Uint8Array, space: PackingSpace): Rows {
  const count = countBits(bits, rows.length);
  return count === rows.length ? rows : new PassingRows(rows, bits, count, space);
}

function isPlain({ values }: NumericColumn): boolean {
  return values.BYTES_PER_ELEMENT === 8 || values instanceof Int32Array;
}

/** Through words, so that the bits of a NaN stay what they are. `space` has room for a row more than pass. */
function packNumbers(column: NumericColumn, bits: Uint8Array, count: number, space: ArrayBuffer): Column {
  const { values } = column;
  const wide = values.BYTES_PER_ELEMENT === 8;
  const from = new Int32Array(values.buffer, values.byteOffset, values.length * (wide ? 2 : 1));
  const to = new Int32Array(space);
  if (wide) packPairs(from, to, bits, column.length);
  else packWords(from, to, bits, column.length);
  return { ...column, length: count, values: sameKind(values, space, count) };
}

function sameKind(values: Values, space: ArrayBuffer, count: number): Values {
  if (values instanceof BigInt64Array) return new BigInt64Array(space, 0, count);
  if (values instanceof BigUint64Array) return new BigUint64Array(space, 0, count);
  return values instanceof Int32Array ? new Int32Array(space, 0, count) : new Float64Array(space, 0, count);
}

function packPairs(from: Int32Array, to: Int32Array, bits: Uint8Array, length: number): void {
  let at = 0;
  for (let start = 0; start < length; start += 8) {
    const byte = bits[start >> 3] ?? 0;
    if (byte === 0) continue;
    if (byte === 0xff) {
      for (let k = 0; k < 16; k++) to[at + k] = from[start * 2 + k] ?? 0;
      at += 16;
      continue;
    }
    const end = Math.min(length, start + 8);
    for (let row = start; row < end; row++) {
      // Written over by the next row where this one doesn't pass.
      to[at] = from[row * 2] ?? 0;
      to[at + 1] = from[row * 2 + 1] ?? 0;
      at += ((byte >> (row & 7)) & 1) << 1;
    }
  }
}

function packWords(from: Int32Array, to: Int32Array, bits: Uint8Array, length: number): void {
  let at = 0;
  for (let start = 0; start < length; start += 8) {
    const byte = bits[start >> 3] ?? 0;
    if (byte === 0) continue;
    if (byte === 0xff) {
      for (let k = 0; k < 8; k++) to[at + k] = from[start + k] ?? 0;
      at += 8;
      continue;
    }
    const end = Math.min(length, start + 8);
    for (let row = start; row < end; row++) {
      to[at] = from[row] ?? 0;
      at += (byte >> (row & 7)) & 1;
    }
  }
}
