/**
 * CASE. Each condition sees the rows that no condition before it took, and each result only the rows that its condition took: so
 * `CASE WHEN b <> 0 THEN a / b END` never divides by zero. Where nothing can fail and everything is cheap, all of it is computed for all rows, and
 * the results are picked without a branch a row.
 */
import { bitmapBytes, type Column, onesBitmap, type StringColumn, withoutFullBitmap } from '../../io/column.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { nullColumn } from './build.ts';
import { compare, trueBits } from './compare.ts';
import type { Evaluate } from './compile.ts';
import { mayFail } from './fallible.ts';
import { assemble, materialize, type Part, SelectedRows } from './gather.ts';
import { Output } from './kernels.ts';
import { childrenOf, type Node } from './nodes.ts';
import { isNumeric, layoutOf } from './types.ts';
import { type Rows, rowsOf, type Vector, validityBits } from './vector.ts';

type CaseNode = Node & { readonly op: 'case' };

function isPlain(node: CaseNode): boolean {
  const layout = layoutOf(node.type);
  if (layout !== 'numeric' && layout !== 'boolean' && layout !== 'string') return false;
  return childrenOf(node).every((child) => !mayFail(child) && isCheap(child));
}

/** Computed faster than rows are picked for it. */
function isCheap(node: Node): boolean {
  switch (node.op) {
    case 'column':
    case 'constant':
    case 'aggregate':
      return true;
    case 'arithmetic':
    case 'negative':
      return isNumeric(node.type.kind) && childrenOf(node).every(isCheap);
    case 'cast':
      return isNumeric(node.type.kind) && isNumeric(node.operand.type.kind) && isCheap(node.operand);
    case 'compare':
    case 'logic':
    case 'not':
    case 'is_null':
    case 'is_bool':
    case 'in_list':
      return childrenOf(node).every(isCheap);
    case 'call':
    case 'case':
      return false;
  }
}

function selecting(node: CaseNode, compile: (inner: Node) => Evaluate): Evaluate {
  const { type } = node;
  const base = node.base === null ? null : compile(node.base);
  const branches = node.branches.map(({ when, then }) => ({ when: compile(when), then: compile(then) }));
  const otherwise = node.otherwise === null ? null : compile(node.otherwise);
  const missing: Vector = { column: nullColumn(type, 1), scalar: true };
  const output = new Output();
  return (rows) => {
    const { length } = rows;
    const tested = base === null ? null : base(rows);
    const hits = branches.map(({ when }) => {
      const condition = when(rows);
      return trueBits(tested === null ? condition : compare('Eq', tested, condition, length, 'distinct'), length);
    });
    const results = branches.map(({ then }) => then(rows));
    results.push(otherwise === null ? missing : otherwise(rows));
    const chosen = pickers(hits, length);
    const vectors = results.map(({ column, scalar }) => (column.layout === 'null' ? missing : { column, scalar }));
    const validity = pickedValidity(vectors, chosen, length);
    return { column: picked(type, vectors, chosen, validity, length, output), scalar: false };
  };
}

/** For each result the rows that take it, as bits: no two share one. */
function pickers(hits: readonly Uint8Array[], length: number): readonly Uint8Array[] {
  const open = onesBitmap(length);
  const out = hits.map((bits) => {
    const mine = new Uint8Array(open.length);
    for (let i = 0; i < open.length; i++) {
      mine[i] = (bits[i] ?? 0) & (open[i] ?? 0);
      open[i] = (open[i] ?? 0) & ~(bits[i] ?? 0);
    }
    return mine;
  });
  return [...out, open];
}

function pickedValidity(vectors: readonly Vector[], chosen: readonly Uint8Array[], length: number): Uint8Array | null {
  if (vectors.every(({ column }) => column.validity === null)) return null;
  const out = new Uint8Array(bitmapBytes(length));
  vectors.forEach(({ column, scalar }, k) => {
    const mine = chosen[k] ?? out;
    const valid = validityBits(column);
    const all = scalar ? ((valid[0] ?? 0) & 1 ? 0xff : 0) : null;
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) | ((mine[i] ?? 0) & (all ?? valid[i] ?? 0));
  });
  return withoutFullBitmap(out, length);
}

function picked(
  type: DataType,
  vectors: readonly Vector[],
  chosen: readonly Uint8Array[],
  validity: Uint8Array | null,
  length: number,
  output: Output,
): Column {
  const columns = vectors.map(({ column }) => column);
  if (columns.every((column) => column.layout === 'string')) {
    return { layout: 'string', type, length, validity, ...pickedTexts(vectors, columns, chosen, length) };
  }
  if (columns.every((column) => column.layout === 'boolean')) {
    const bits = new Uint8Array(bitmapBytes(length));
    columns.forEach((column, k) => {
      const all = vectors[k]?.scalar === true ? ((column.bits[0] ?? 0) & 1 ? 0xff : 0) : null;
      const mine = chosen[k] ?? bits;
      for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] ?? 0) | ((mine[i] ?? 0) & (all ?? column.bits[i] ?? 0));
    });
    return { layout: 'boolean', type, length, validity, bits };
  }
  const values = columns.flatMap((column) => (column.layout === 'numeric' ? [column.values] : []));
  const numbers = values.flatMap((array) =>
    array instanceof BigInt64Array || array instanceof BigUint64Array ? [] : [array],
  );
  if (numbers.length < vectors.length) {
    return assemble(
      type,
      length,
      vectors.map((vector, k): Part => partOf(vector, rowsOf(chosen[k] ?? new Uint8Array(0), length))),
    );
  }
  const out = output.take(type.kind, length);
  vectors.forEach(({ scalar }, k) => {
    const from = numbers[k];
    const bits = chosen[k];
    if (from !== undefined && bits !== undefined) mask(from, scalar, bits, out, k === 0);
  });
  return { layout: 'numeric', type, length, validity, values: out };
}

/** The rows of a result that are picked, as a part to assemble. */
function partOf(vector: Vector, rows: Int32Array): Part {
  if (vector.scalar) return { rows, vector };
  const picked = new SelectedRows({ length: vector.column.length, column: () => vector.column }, rows).column(0);
  return { rows, vector: { column: picked, scalar: false } };
}

type Words = Int32Array | Int16Array | Int8Array;

/** The same memory as integers, which keep every bit of a NaN. */
function wordsOf(array: Exclude<Column & { layout: 'numeric' }, never>['values']): Words {
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

/** Writes the rows of `from` whose bit is 1: the first call zeros the others, later ones leave them. */
function mask(
  from: Parameters<typeof wordsOf>[0],
  scalar: boolean,
  bits: Uint8Array,
  to: Parameters<typeof wordsOf>[0],
  first: boolean,
): void {
  const source = wordsOf(from);
  const target = wordsOf(to);
  if (from.BYTES_PER_ELEMENT === 8) {
    const low = source[0] ?? 0;
    const high = source[1] ?? 0;
    for (let i = 0, w = 0; w < target.length; i++, w += 2) {
      const on = -(((bits[i >> 3] ?? 0) >> (i & 7)) & 1);
      const x = scalar ? low : (source[w] ?? 0);
      const y = scalar ? high : (source[w + 1] ?? 0);
      target[w] = (x & on) | (first ? 0 : (target[w] ?? 0));
      target[w + 1] = (y & on) | (first ? 0 : (target[w + 1] ?? 0));
    }
    return;
  }
  const only = source[0] ?? 0;
  for (let i = 0; i < target.length; i++) {
    const on = -(((bits[i >> 3] ?? 0) >> (i & 7)) & 1);
    target[i] = ((scalar ? only : (source[i] ?? 0)) & on) | (first ? 0 : (target[i] ?? 0));
  }
}

function pickedTexts(
  vectors: readonly Vector[],
  columns: readonly StringColumn[],
  chosen: readonly Uint8Array[],
  length: number,
): { readonly offsets: Int32Array; readonly data: Uint8Array } {
  const choice = new Uint8Array(length);
  for (let k = 1; k < chosen.length; k++) {
    const bits = chosen[k] ?? choice;
    for (let i = 0; i < length; i++) if ((((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 1) choice[i] = k;
  }
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

function firstRows(length: number): Int32Array {
  const rows = new Int32Array(length);
  for (let i = 0; i < length; i++) rows[i] = i;
  return rows;
}

export function compileCase(node: CaseNode, compile: (inner: Node) => Evaluate): Evaluate {
  return isPlain(node) ? selecting(node, compile) : descending(node, compile);
}

function descending(node: CaseNode, compile: (inner: Node) => Evaluate): Evaluate {
  const { type } = node;
  const base = node.base === null ? null : compile(node.base);
  const branches = node.branches.map(({ when, then }) => ({
    when: compile(when),
    then: compile(then),
  }));
  const otherwise = node.otherwise === null ? null : compile(node.otherwise);
  return (rows) => {
    const { length } = rows;
    const parts: Part[] = [];
    // Row numbers of the batch that are still open, and the same rows as a batch.
    let open: Int32Array = firstRows(length);
    let openRows: Rows = rows;
    const value = base === null ? null : materialize(base(rows), length);
    if (value !== null && value.layout !== 'null' && value.validity !== null) {
      // A null base equals nothing: its rows take the ELSE, and before all others, which decides whose error comes first.
      const left = rest(value.validity, length);
      if (otherwise !== null && left.length > 0) {
        parts.push({ rows: left, vector: otherwise(left.length === length ? rows : new SelectedRows(rows, left)) });
      }
      open = rowsOf(value.validity, length);
      openRows = new SelectedRows(rows, open);
    }
    for (const { when, then } of branches) {
      if (open.length === 0) break;
      const condition = when(openRows);
      const hits =
        value === null
          ? trueBits(condition, open.length)
          : trueBits(
              compare('Eq', { column: pick(value, open, length), scalar: false }, condition, open.length, 'distinct'),
              open.length,
            );
      const taken = rowsOf(hits, open.length);
      if (taken.length === 0) continue;
      const all = taken.length === open.length;
      const takenRows = all ? openRows : new SelectedRows(openRows, taken);
      parts.push({ rows: all ? open : taken.map((i) => open[i] ?? 0), vector: then(takenRows) });
      const left = rest(hits, open.length);
      open = left.map((i) => open[i] ?? 0);
      openRows = new SelectedRows(openRows, left);
    }
    if (otherwise !== null && open.length > 0) parts.push({ rows: open, vector: otherwise(openRows) });
    return { column: assemble(type, length, parts), scalar: false };
  };
}

function pick(column: Column, rows: Int32Array, length: number): Column {
  return rows.length === length ? column : new SelectedRows({ length, column: () => column }, rows).column(0);
}

function rest(hits: Uint8Array, length: number): Int32Array {
  const bits = onesBitmap(length);
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] ?? 0) & ~(hits[i] ?? 0);
  return rowsOf(bits, length);
}
