/** Lists, maps, structs and unions: a range of rows, and of each child the range that these rows lead to. */
import { DfxError } from '../../wire/errors.ts';
import { type Column, getBit } from '../column.ts';
import { gather } from '../column-gather.ts';
import type { BoundColumn } from './bind.ts';
import { type DecodeContext, decodeColumn, SLOT, take } from './decode.ts';
import { decodeOffsets, MAX_OFFSET } from './decode-text.ts';

/** List views may lead to one item many times: so many of a batch's items are given at most. */
const MAX_VIEWED_ITEMS = 2 ** 26;

function childOf(column: BoundColumn, index: number): BoundColumn {
  const child = column.children[index];
  if (child === undefined) throw new DfxError('DEFECT', `a ${column.plan.type.kind} without its child ${index}`);
  return child;
}

export function decodeList(
  context: DecodeContext,
  column: BoundColumn,
  start: number,
  end: number,
  validity: Uint8Array | null,
): Column {
  const { type } = column.plan;
  const length = end - start;
  const item = childOf(column, 0);
  switch (type.kind) {
    case 'FixedSizeList': {
      const { size } = type;
      if (length * size > MAX_OFFSET) throw new DfxError('UNSUPPORTED', 'a batch has more than 2^31 list items');
      const offsets = Int32Array.from({ length: length + 1 }, (_, i) => i * size);
      return {
        layout: 'list',
        type,
        length,
        validity,
        offsets,
        item: decodeColumn(context, item, start * size, end * size),
      };
    }
    case 'ListView':
    case 'LargeListView':
      return decodeListViews(context, column, start, length, validity);
    default: {
      const { offsets, from, to } = decodeOffsets(context, column, start, length, type.kind === 'LargeList');
      if (to > item.length) throw new DfxError('INPUT_FORMAT', `a list reaches to item ${to} of ${item.length}`);
      return { layout: 'list', type, length, validity, offsets, item: decodeColumn(context, item, from, to) };
    }
  }
}

function decodeListViews(
  context: DecodeContext,
  column: BoundColumn,
  start: number,
  length: number,
  validity: Uint8Array | null,
): Column {
  const { type } = column.plan;
  const item = childOf(column, 0);
  const starts = places(context, column, 0, start, length, SLOT.values);
  const sizes = places(context, column, 1, start, length, SLOT.sizes);
  const offsets = new Int32Array(length + 1);
  let total = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  let inOrder = true;
  for (let i = 0; i < length; i++) {
    const size = validity === null || getBit(validity, i) ? Number(sizes[i] ?? 0) : 0;
    const from = Number(starts[i] ?? 0);
    if (size !== 0) {
      if (size < 0 || from < 0 || from + size > item.length) {
        throw new DfxError('INPUT_FORMAT', `a list leads to items ${from} to ${from + size} of ${item.length}`);
      }
      if (total > 0 && from !== last) inOrder = false;
      first = Math.min(first, from);
      last = inOrder ? from + size : Math.max(last, from + size);
      total += size;
      if (total > MAX_VIEWED_ITEMS)
        throw new DfxError('LIMIT', `a batch holds more than ${MAX_VIEWED_ITEMS} list items`);
    }
    offsets[i + 1] = total;
  }
  const found = decodeColumn(context, item, total === 0 ? 0 : first, last);
  if (inOrder) return { layout: 'list', type, length, validity, offsets, item: found };
  const picked = new Int32Array(total);
  for (let i = 0; i < length; i++) {
    const at = offsets[i] ?? 0;
    const size = (offsets[i + 1] ?? 0) - at;
    const from = Number(starts[i] ?? 0) - first;
    for (let k = 0; k < size; k++) picked[at + k] = from + k;
  }
  return { layout: 'list', type, length, validity, offsets, item: gather(found, picked) };
}

function places(
  context: DecodeContext,
  column: BoundColumn,
  buffer: number,
  start: number,
  length: number,
  slot: number,
): ArrayLike<number | bigint> {
  const width = column.plan.type.kind === 'LargeListView' ? 8 : 4;
  const bytes = take(context, column, buffer, start * width, length * width, slot);
  return width === 8
    ? new BigInt64Array(bytes.buffer, bytes.byteOffset, length)
    : new Int32Array(bytes.buffer, bytes.byteOffset, length);
}

export function decodeStruct(
  context: DecodeContext,
  column: BoundColumn,
  start: number,
  end: number,
  validity: Uint8Array | null,
): Column {
  const children = column.children.map((child) => decodeColumn(context, child, start, end));
  return { layout: 'struct', type: column.plan.type, length: end - start, validity, children };
}

export function decodeUnion(context: DecodeContext, column: BoundColumn, start: number, end: number): Column {
  const { type } = column.plan;
  if (type.kind !== 'Union') throw new DfxError('DEFECT', 'no union');
  const length = end - start;
  const raw = take(context, column, 0, start, length, SLOT.values);
  const typeIds = new Int8Array(raw.buffer, raw.byteOffset, length);
  const placeOf = new Int16Array(256).fill(-1);
  type.fields.forEach(({ id }, i) => {
    placeOf[id + 128] = i;
  });
  for (let i = 0; i < length; i++) {
    const id = typeIds[i] ?? 0;
    if ((placeOf[id + 128] ?? -1) < 0)
      throw new DfxError('INPUT_FORMAT', `a union has no member with the type id ${id}`);
  }
  const offsets = new Int32Array(length);
  if (type.mode === 'Sparse') {
    for (let i = 0; i < length; i++) offsets[i] = i;
    const children = column.children.map((child) => decodeColumn(context, child, start, end));
    return { layout: 'union', type, length, validity: null, typeIds, offsets, children };
  }
  const bytes = take(context, column, 1, start * 4, length * 4, SLOT.sizes);
  const given = new Int32Array(bytes.buffer, bytes.byteOffset, length);
  const first = column.children.map(() => Number.POSITIVE_INFINITY);
  const last = column.children.map(() => 0);
  for (let i = 0; i < length; i++) {
    const place = placeOf[(typeIds[i] ?? 0) + 128] ?? 0;
    const offset = given[i] ?? 0;
    const size = column.children[place]?.length ?? 0;
    if (offset < 0 || offset >= size) throw new DfxError('INPUT_FORMAT', `a union leads to value ${offset} of ${size}`);
    first[place] = Math.min(first[place] ?? 0, offset);
    last[place] = Math.max(last[place] ?? 0, offset + 1);
  }
  for (let i = 0; i < length; i++) {
    offsets[i] = (given[i] ?? 0) - (first[placeOf[(typeIds[i] ?? 0) + 128] ?? 0] ?? 0);
  }
  const children = column.children.map((child, i) => {
    const from = last[i] === 0 ? 0 : (first[i] ?? 0);
    return decodeColumn(context, child, from, last[i] ?? 0);
  });
  return { layout: 'union', type, length, validity: null, typeIds, offsets, children };
}
