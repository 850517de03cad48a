/** New columns of values one by one. */
import { bitmapBytes, type Column, setBit, type Values, withoutFullBitmap } from '../../io/column.ts';
import { newValues } from '../../io/null-column.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { type ArrowValue, isKind } from '../../wire/arrow/value-model.ts';
import { DfxError } from '../../wire/errors.ts';
import { innerTypes, itemField, type Kind, layoutOf } from './types.ts';

export { newValues, nullColumn } from '../../io/null-column.ts';

/** One row. Numbers are taken as they are: the caller has checked the range. */
export function constantColumn(type: DataType, value: ArrowValue): Column {
  return buildColumn(type, [value]);
}

/**
 * A column of values as `ArrowValue` writes them under the type: counts of the unit for temporal types, unscaled integers for
 * decimals. Calls itself for the types inside of the type, whose depth the binder bounds.
 */
export function buildColumn(type: DataType, given: readonly ArrowValue[]): Column {
  const { length } = given;
  const layout = layoutOf(type);
  switch (layout) {
    case 'null':
      return { layout, type, length, validity: null };
    case 'boolean': {
      const bits = new Uint8Array(bitmapBytes(length));
      given.forEach((value, row) => {
        if (value === true) setBit(bits, row);
      });
      return { layout, type, length, validity: validityOf(given), bits };
    }
    case 'numeric':
      return { layout, type, length, validity: validityOf(given), values: numbers(type.kind, given) };
    case 'string':
      return { layout, type, length, validity: validityOf(given), ...texts(given) };
    case 'decimal':
      return { layout, type, length, validity: validityOf(given), values: decimals(given) };
    case 'interval':
      return { layout, type, length, validity: validityOf(given), ...intervals(given) };
    case 'list':
      return buildList(type, given);
    case 'struct': {
      const children = innerTypes(type).map((inner, i) =>
        buildColumn(
          inner,
          given.map((value) => (isKind(value, 'struct') ? (value.fields[i]?.[1] ?? null) : null)),
        ),
      );
      return { layout, type, length, validity: validityOf(given), children };
    }
    case 'dictionary': {
      const [, inner = type] = innerTypes(type);
      const present = given.filter((value) => value !== null);
      const indices = new Int32Array(length);
      let next = 0;
      given.forEach((value, row) => {
        if (value !== null) indices[row] = next++;
      });
      return { layout, type, length, validity: validityOf(given), indices, values: buildColumn(inner, present) };
    }
    case 'union':
      return buildUnion(type, given);
    case null:
      throw new DfxError('DEFECT', `a column of the type ${type.kind}`);
  }
}

function validityOf(given: readonly ArrowValue[]): Uint8Array | null {
  const bits = new Uint8Array(bitmapBytes(given.length));
  given.forEach((value, row) => {
    if (value !== null) setBit(bits, row);
  });
  return withoutFullBitmap(bits, given.length);
}

function numbers(kind: Kind, given: readonly ArrowValue[]): Values {
  if (kind === 'Float16' || kind === 'Float32' || kind === 'Float64') return floats(kind, given);
  const big = given.some((value) => typeof value === 'bigint' && !Number.isSafeInteger(Number(value)));
  if (big) {
    const out = kind === 'UInt64' ? new BigUint64Array(given.length) : new BigInt64Array(given.length);
    given.forEach((value, row) => {
      if (typeof value === 'bigint' || typeof value === 'number') out[row] = BigInt(value);
    });
    return out;
  }
  const out = newValues(kind, given.length);
  given.forEach((value, row) => {
    if (value !== null) out[row] = Number(value);
  });
  return out;
}

/** The canonical NaN is positive and quiet; JavaScript doesn't promise the bits of its own. */
function floats(kind: 'Float16' | 'Float32' | 'Float64', given: readonly ArrowValue[]): Values {
  const out = newValues(kind, given.length);
  const view = new DataView(out.buffer);
  given.forEach((value, row) => {
    const nan = isKind(value, 'nan') ? value.bits : Number.isNaN(value) ? '' : null;
    if (nan === null) out[row] = Number(value ?? 0);
    else if (kind === 'Float64') view.setBigUint64(row * 8, BigInt(`0x${nan || '7ff8000000000000'}`), true);
    else view.setUint32(row * 4, kind === 'Float32' ? Number.parseInt(nan || '7fc00000', 16) : half(nan), true);
  });
  return out;
}

/** The bits of a Float16's NaN as a Float32's. */
function half(bits: string): number {
  const word = Number.parseInt(bits || '7e00', 16);
  return (((word & 0x8000) << 16) | 0x7f800000 | ((word & 0x3ff) << 13)) >>> 0;
}

const encoder = new TextEncoder();

function texts(given: readonly ArrowValue[]): { readonly offsets: Int32Array; readonly data: Uint8Array } {
  const pieces = given.map((value) =>
    typeof value === 'string' ? encoder.encode(value) : value instanceof Uint8Array ? value : null,
  );
  const offsets = new Int32Array(given.length + 1);
  pieces.forEach((piece, row) => {
    offsets[row + 1] = (offsets[row] ?? 0) + (piece?.length ?? 0);
  });
  const data = new Uint8Array(offsets[given.length] ?? 0);
  pieces.forEach((piece, row) => {
    if (piece !== null) data.set(piece, offsets[row]);
  });
  return { offsets, data };
}

function decimals(given: readonly ArrowValue[]): Float64Array | bigint[] {
  return compactDecimals(
    given.map((value) => (typeof value === 'bigint' || typeof value === 'number' ? BigInt(value) : 0n)),
  );
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Unscaled integers in the representation that fits them. */
export function compactDecimals<T extends readonly bigint[]>(values: T): Float64Array | T {
  if (values.some((value) => value > SAFE || value < -SAFE)) return values;
  return Float64Array.from(values, Number);
}

function intervals(given: readonly ArrowValue[]): {
  readonly months: Int32Array;
  readonly days: Int32Array;
  readonly rest: Float64Array | BigInt64Array;
} {
  const months = new Int32Array(given.length);
  const days = new Int32Array(given.length);
  const rest: ArrowValue[] = given.map((value, row) => {
    if (isKind(value, 'dayTime')) {
      days[row] = value.days;
      return value.milliseconds;
    }
    if (!isKind(value, 'monthDayNano')) return 0;
    months[row] = value.months;
    days[row] = value.days;
    return value.nanos;
  });
  return { months, days, rest: numbers('Int64', rest) as Float64Array | BigInt64Array };
}

function buildList(type: DataType, given: readonly ArrowValue[]): Column {
  const field = itemField(type);
  if (field === null) throw new DfxError('DEFECT', `no items in the type ${type.kind}`);
  const offsets = new Int32Array(given.length + 1);
  const items: ArrowValue[] = [];
  // A row of a fixed size has its items, value or not.
  const padding = type.kind === 'FixedSizeList' ? new Array<null>(type.size).fill(null) : [];
  given.forEach((value, row) => {
    if (value === null) for (const item of padding) items.push(item);
    if (Array.isArray(value)) for (const item of value as readonly ArrowValue[]) items.push(item);
    if (isKind(value, 'map')) {
      for (const [key, item] of value.entries) {
        items.push({
          kind: 'struct',
          fields: [
            ['', key],
            ['', item],
          ],
        });
      }
    }
    offsets[row + 1] = items.length;
  });
  const { length } = given;
  return { layout: 'list', type, length, validity: validityOf(given), offsets, item: buildColumn(field.type, items) };
}

/** A null stands in the first member. */
function buildUnion(type: DataType, given: readonly ArrowValue[]): Column {
  const fields = type.kind === 'Union' ? type.fields : [];
  const members: ArrowValue[][] = fields.map(() => []);
  const typeIds = new Int8Array(given.length);
  const offsets = new Int32Array(given.length);
  given.forEach((value, row) => {
    const found = isKind(value, 'union') ? fields.findIndex(({ id }) => id === value.id) : 0;
    const place = Math.max(found, 0);
    typeIds[row] = fields[place]?.id ?? 0;
    offsets[row] = members[place]?.length ?? 0;
    members[place]?.push(isKind(value, 'union') ? value.value : null);
  });
  // A sparse union has a value of each member for each row: there must be one to take.
  const spare = type.kind === 'Union' && type.mode === 'Sparse' && given.length > 0 ? [null] : [];
  const children = fields.map(({ field }, i) => {
    const values = members[i] ?? [];
    return buildColumn(field.type, values.length === 0 ? spare : values);
  });
  return { layout: 'union', type, length: given.length, validity: null, typeIds, offsets, children };
}
