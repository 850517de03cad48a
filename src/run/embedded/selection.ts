/**
 * Rows picked from several results by bits, without a branch a row. `hits[k]` says which rows take result k; of several hits the first
 * counts, and a row without one takes the last result, for which there are no bits.
 */
import { bitmapBytes, type Column, type StringColumn, type Values, withoutFullBitmap } from '../../io/column.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { assemble, type Part, SelectedRows } from './gather.ts';
import { generate, loopOnce, Output } from './kernels.ts';
import { rowsOf, type Vector } from './vector.ts';

type Hits = readonly Uint8Array[];

/** Holds what results are written to, which the next call uses again. */
export class Selection {
  private readonly numbers = new Output();
  private readonly texts = new TextOutput();

  constructor(private readonly type: DataType) {}

  of(hits: Hits, vectors: readonly Vector[], length: number): Column {
    const { type } = this;
    const columns = vectors.map(({ column }) => column);
    const validity = pickedValidity(hits, vectors, length);
    if (columns.every((column) => column.layout === 'string')) {
      const choice = choices(hits, length);
      const picked = pickedConstants(vectors, columns, choice, this.texts) ?? pickedTexts(vectors, columns, choice);
      return { layout: 'string', type, length, validity, ...picked };
    }
    if (columns.every((column) => column.layout === 'boolean')) {
      const bits = pickedBits(
        hits,
        columns.map((column, k) => (vectors[k]?.scalar === true ? scalarByte(column.bits) : column.bits)),
        length,
      );
      return { layout: 'boolean', type, length, validity, bits };
    }
    const values = columns.flatMap((column) =>
      column.layout === 'numeric' && !isBig(column.values) ? [column.values] : [],
    );
    if (values.length < vectors.length) return assemble(type, length, parts(hits, vectors, length));
    const out = this.numbers.take(type.kind, length);
    pickNumbers(hits, vectors, values, out);
    return { layout: 'numeric', type, length, validity, values: out };
  }
}

function isBig(values: Values): boolean {
  return values instanceof BigInt64Array || values instanceof BigUint64Array;
}

function pickNumbers(hits: Hits, vectors: readonly Vector[], values: readonly Values[], out: Values): void {
  const target = wordsOf(out);
  const step = out.BYTES_PER_ELEMENT === 8 ? 2 : 1;
  // From the last result to the first, each over what those behind it left.
  let under: Words | null = null;
  for (let k = hits.length - 1; k >= 0; k--) {
    const [over, below, bits] = [values[k], values[k + 1], hits[k]];
    if (over === undefined || below === undefined || bits === undefined) continue;
    const fixed = under === null && vectors[k + 1]?.scalar === true;
    const whole = vectors[k]?.scalar === true;
    const kind = out.constructor.name;
    const loop = loopOnce(`mask ${kind} ${whole} ${fixed}`, () => maskLoop(step, whole, fixed, kind));
    loop(wordsOf(over), under ?? wordsOf(below), bits, target, out.length);
    under = target;
  }
}

type Words = Int32Array | Int16Array | Int8Array;

/** The same memory as integers, which keep every bit of a NaN. */
function wordsOf(array: Values): Words {
  const { buffer, byteOffset, byteLength } = array;
  switch (array.BYTES_PER_ELEMENT) {
    case 1:
      return new Int8Array(buffer, byteOffset, byteLength);
    case 2:
      return new Int16Array(buffer, byteOffset, byteLength / 2);
    default:
      return new Int32Array(buffer, byteOffset, byteLength / 4);
  }
}

type MaskLoop = (over: Words, under: Words, bits: Uint8Array, out: Words, n: number) => void;

/** `out` is `over` where the bit is 1, else `under`; eight rows a turn. `step`: words of a row. */
function maskLoop(step: 1 | 2, overScalar: boolean, underScalar: boolean, kind: string): MaskLoop {
  const row = (lane: number, mask: string): string => {
    let text = `{const on=${mask};`;
    for (let word = 0; word < step; word++) {
      const at = `p+${lane * step + word}`;
      const over = overScalar ? `x${word}` : `x[${at}]`;
      text += `const z${word}_=${underScalar ? `z${word}` : `z[${at}]`};o[${at}]=((${over}^z${word}_)&on)^z${word}_;`;
    }
    return `${text}}`;
  };
  let head = '';
  for (let word = 0; word < step; word++) {
    if (overScalar) head += `const x${word}=x[${word}];`;
    if (underScalar) head += `const z${word}=z[${word}];`;
  }
  const lanes = [0, 1, 2, 3, 4, 5, 6, 7].map((lane) => row(lane, `(m<<${31 - lane})>>31`)).join('');
  return generate<MaskLoop>(
    'x,z,bits,o,n',
    `/*${kind}*/${head}const whole=n>>3;let p=0;for(let k=0;k<whole;k++,p+=${8 * step}){const m=bits[k];${lanes}}` +
      `for(let i=whole*8;i<n;i++,p+=${step})${row(0, '-((bits[i>>3]>>(i&7))&1)')}`,
  );
}

/** One row's bit for all eight of a byte. */
function scalarByte(bits: Uint8Array | null): number {
  return bits === null || ((bits[0] ?? 0) & 1) === 1 ? 0xff : 0;
}

/** `sources`: bits, or one byte for all of them. */
function pickedBits(hits: Hits, sources: readonly (Uint8Array | number)[], length: number): Uint8Array {
  const out = new Uint8Array(bitmapBytes(length));
  for (let k = sources.length - 1; k >= 0; k--) {
    const source = sources[k] ?? 0;
    const mine = hits[k];
    for (let i = 0; i < out.length; i++) {
      const mask = mine === undefined ? 0xff : (mine[i] ?? 0);
      const byte = typeof source === 'number' ? source : (source[i] ?? 0);
      out[i] = (byte & mask) | ((out[i] ?? 0) & ~mask);
    }
  }
  return out;
}

function pickedValidity(hits: Hits, vectors: readonly Vector[], length: number): Uint8Array | null {
  if (vectors.every(({ column }) => column.validity === null)) return null;
  const sources = vectors.map(({ column, scalar }) =>
    scalar || column.validity === null ? scalarByte(column.validity) : column.validity,
  );
  const out = pickedBits(hits, sources, length);
  const rest = length & 7;
  if (rest !== 0) out[out.length - 1] = (out[out.length - 1] ?? 0) & ((1 << rest) - 1);
  return withoutFullBitmap(out, length);
}

/** The number of the result that each row takes. */
function choices(hits: Hits, length: number): Uint8Array | Int32Array {
  const choice = hits.length > 255 ? new Int32Array(length) : new Uint8Array(length);
  choice.fill(hits.length);
  for (let k = hits.length - 1; k >= 0; k--) {
    const bits = hits[k] ?? new Uint8Array(0);
    choiceLoop(choice)(bits, choice, k, length);
  }
  return choice;
}

function choiceLoop(
  choice: Uint8Array | Int32Array,
): (bits: Uint8Array, choice: Uint8Array | Int32Array, k: number, n: number) => void {
  return generate(
    'bits,c,k,n',
    `/*${choice.constructor.name}*/for(let i=0;i<n;i++){const z=c[i];c[i]=((k^z)&-((bits[i>>3]>>(i&7))&1))^z;}`,
  );
}

interface Texts {
  readonly offsets: Int32Array;
  readonly data: Uint8Array;
}

class TextOutput {
  private offsets = new Int32Array(1);
  private data = new Uint8Array(0);

  take(length: number, bytes: number): Texts {
    if (this.offsets.length !== length + 1) this.offsets = new Int32Array(length + 1);
    if (this.data.length < bytes) this.data = new Uint8Array(bytes);
    return { offsets: this.offsets, data: this.data };
  }
}

/** Longest constant that is copied whole for each row, whatever the row takes of it. */
const MOST_WIDTH = 16;

/** Null unless all results are short constants: each row then writes as many bytes as the longest has, and the next row what was too much. */
function pickedConstants(
  vectors: readonly Vector[],
  columns: readonly StringColumn[],
  choice: Uint8Array | Int32Array,
  output: TextOutput,
): Texts | null {
  if (!vectors.every(({ scalar }) => scalar)) return null;
  const sizes = Int32Array.from(columns, ({ offsets }) => (offsets[1] ?? 0) - (offsets[0] ?? 0));
  const width = sizes.reduce((most, size) => Math.max(most, size), 1);
  if (width > MOST_WIDTH) return null;
  const table = new Uint8Array(columns.length * width);
  for (const [k, { offsets, data }] of columns.entries()) {
    table.set(data.subarray(offsets[0] ?? 0, offsets[1] ?? 0), k * width);
  }
  const { offsets, data } = output.take(choice.length, (choice.length + 1) * width);
  let stores = '';
  for (let byte = 0; byte < width; byte++) stores += `data[at+${byte}]=table[from+${byte}];`;
  const loop = generate<
    (c: Uint8Array | Int32Array, table: Uint8Array, sizes: Int32Array, offsets: Int32Array, data: Uint8Array) => number
  >(
    'c,table,sizes,offsets,data',
    `/*${choice.constructor.name}*/let at=0;for(let i=0,n=c.length;i<n;i++){const k=c[i],from=k*${width};${stores}at+=sizes[k];offsets[i+1]=at;}return at;`,
  );
  const total = loop(choice, table, sizes, offsets, data);
  return { offsets, data: data.subarray(0, total) };
}

function pickedTexts(
  vectors: readonly Vector[],
  columns: readonly StringColumn[],
  choice: Uint8Array | Int32Array,
): Texts {
  const { length } = choice;
  const offsets = new Int32Array(length + 1);
  let total = 0;
  for (let i = 0; i < length; i++) {
    const k = choice[i] ?? 0;
    const row = vectors[k]?.scalar === true ? 0 : i;
    const from = columns[k]?.offsets;
    total += (from?.[row + 1] ?? 0) - (from?.[row] ?? 0);
    offsets[i + 1] = total;
  }
  const data = new Uint8Array(total);
  for (let i = 0; i < length; i++) {
    const k = choice[i] ?? 0;
    const column = columns[k];
    if (column === undefined) continue;
    const row = vectors[k]?.scalar === true ? 0 : i;
    let at = offsets[i] ?? 0;
    const end = column.offsets[row + 1] ?? 0;
    for (let from = column.offsets[row] ?? 0; from < end; ) data[at++] = column.data[from++] ?? 0;
  }
  return { offsets, data };
}

function parts(hits: Hits, vectors: readonly Vector[], length: number): readonly Part[] {
  const choice = choices(hits, length);
  return vectors.map((vector, k): Part => {
    const bits = new Uint8Array(bitmapBytes(length));
    for (let i = 0; i < length; i++) if (choice[i] === k) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
    const rows = rowsOf(bits, length);
    if (vector.scalar) return { rows, vector };
    const picked = new SelectedRows({ length, column: () => vector.column }, rows).column(0);
    return { rows, vector: { column: picked, scalar: false } };
  });
}
