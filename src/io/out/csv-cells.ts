/** Cells of CSV, as DataFusion's `write_csv` prints them. Nested types have no field: they are refused. */
import { formatDataType } from '../../wire/arrow/index.ts';
import type { DataType, Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { type Column, isValid } from '../column.ts';
import { writeBigDecimal, writeDecimal, writeFloat16, writeFloat32, writeFloat64 } from './numbers.ts';
import {
  booleanCells,
  type CellWriter,
  hexCells,
  integerCells,
  plainType,
  temporalCells,
  unfit,
} from './scalar-cells.ts';
import { writeCsvString } from './strings.ts';
import type { TextBytes } from './text-bytes.ts';

const NESTED = new Set(['List', 'LargeList', 'FixedSizeList', 'ListView', 'LargeListView', 'Struct', 'Map', 'Union']);

function isNested(type: DataType): boolean {
  return NESTED.has(plainType(type).kind);
}

/** Throws UNSUPPORTED for the first column that CSV can't hold. */
export function refuseNested(schema: Schema): void {
  const nested = schema.fields.find(({ type }) => isNested(type));
  if (nested === undefined) return;
  throw new DfxError(
    'UNSUPPORTED',
    `the column ${JSON.stringify(nested.name)} has the type ${formatDataType(nested.type)}, and CSV has no nested values`,
    { hint: 'write NDJSON, Arrow or Parquet: --format ndjson, or --output FILE.parquet' },
  );
}

/** `delimiter` is the character that strings are quoted for. */
export function csvCells(column: Column, type: DataType, out: TextBytes, delimiter: number): CellWriter {
  switch (column.layout) {
    case 'null':
      return () => undefined;
    case 'boolean':
      return booleanCells(column.bits, out);
    case 'string': {
      if (isBytes(type)) return hexCells(column, out);
      const { offsets, data } = column;
      return (row) => writeCsvString(out, data, offsets[row] ?? 0, offsets[row + 1] ?? 0, delimiter);
    }
    case 'decimal': {
      const { values } = column;
      const { precision, scale } = decimalType(type);
      if (values instanceof Float64Array) return (row) => writeDecimal(out, values[row] ?? 0, precision, scale);
      return (row) => writeBigDecimal(out, values[row] ?? 0n, precision, scale);
    }
    case 'numeric': {
      const { values } = column;
      switch (type.kind) {
        case 'Float64':
          return (row) => writeFloat64(out, Number(values[row] ?? 0));
        case 'Float32':
          return (row) => writeFloat32(out, Number(values[row] ?? 0));
        case 'Float16':
          return (row) => writeFloat16(out, Number(values[row] ?? 0));
        default:
          return temporalCells(column, type, out) ?? integerCells(column, out);
      }
    }
    case 'interval': {
      const cells = temporalCells(column, type, out);
      if (cells === null) throw unfit(column, type);
      return cells;
    }
    case 'dictionary': {
      const { indices, values } = column;
      const cells = csvCells(values, plainType(type), out, delimiter);
      return (row) => {
        const at = indices[row] ?? 0;
        if (isValid(values, at)) cells(at);
      };
    }
    case 'list':
    case 'struct':
    case 'union':
      throw unfit(column, type);
  }
}

export function isBytes({ kind }: DataType): boolean {
  return kind === 'Binary' || kind === 'LargeBinary' || kind === 'BinaryView' || kind === 'FixedSizeBinary';
}

export function decimalType(type: DataType): { readonly precision: number; readonly scale: number } {
  if ('scale' in type) return type;
  throw new DfxError('DEFECT', `decimals of the type ${formatDataType(type)}`);
}
