/** Neighbouring rows of a column, as views of its memory where there is no bitmap to shift. */
import { type Column, sliceBits, withoutFullBitmap } from './column.ts';

/** Rows `[start, end)`. */
export function sliceRows(column: Column, start: number, end: number): Column {
  const length = end - start;
  if (start === 0 && end === column.length) return column;
  const { type } = column;
  if (column.layout === 'null') return { layout: 'null', type, length, validity: null };
  const validity =
    column.validity === null ? null : withoutFullBitmap(sliceBits(column.validity, start, length), length);
  switch (column.layout) {
    case 'boolean':
      return { layout: 'boolean', type, length, validity, bits: sliceBits(column.bits, start, length) };
    case 'numeric':
      return { layout: 'numeric', type, length, validity, values: column.values.subarray(start, end) };
    case 'string':
      return { ...column, length, validity, offsets: column.offsets.subarray(start, end + 1) };
    case 'decimal': {
      const { values } = column;
      const own = values instanceof Float64Array ? values.subarray(start, end) : values.slice(start, end);
      return { layout: 'decimal', type, length, validity, values: own };
    }
    case 'interval': {
      const months = column.months.subarray(start, end);
      const days = column.days.subarray(start, end);
      return { layout: 'interval', type, length, validity, months, days, rest: column.rest.subarray(start, end) };
    }
    case 'dictionary':
      return { ...column, length, validity, indices: column.indices.subarray(start, end) };
    case 'list':
      return { ...column, length, validity, offsets: column.offsets.subarray(start, end + 1) };
    case 'struct':
      return { ...column, length, validity, children: column.children.map((child) => sliceRows(child, start, end)) };
    case 'union': {
      const typeIds = column.typeIds.subarray(start, end);
      return { ...column, length, validity, typeIds, offsets: column.offsets.subarray(start, end) };
    }
  }
}
