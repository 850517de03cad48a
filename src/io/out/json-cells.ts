/**
 * Cells of JSON, in one of two manners. `engine`: as DataFusion's `write_json` prints them. `exact`: for documents of dfx, where nothing is
 * lost: numbers beyond 2^53 and floats that aren't finite are strings, nulls are written, a map is a list of pairs.
 */
import { formatDataType } from '../../wire/arrow/index.ts';
import type { DataType, Field, Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import type { Column, DecimalColumn, ListColumn, StructColumn } from '../column.ts';
import { decimalType, isBytes } from './csv-cells.ts';
import { jsonDecimalText, writeBigInteger, writeDecimal, writeJsonFloat32, writeJsonFloat64 } from './numbers.ts';
import {
  booleanCells,
  type CellWriter,
  hasValue,
  hexCells,
  integerCells,
  plainType,
  temporalCells,
  unfit,
} from './scalar-cells.ts';
import { writeJsonString } from './strings.ts';
import { type TextBytes, writeAscii, writeByte, writeBytes } from './text-bytes.ts';

type JsonManner = 'engine' | 'exact';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

/** Throws UNSUPPORTED for the first column that NDJSON can't hold. */
export function refuseForJson(schema: Schema): void {
  for (const { name, type } of schema.fields) {
    const reason = refusal(type);
    if (reason === null) continue;
    throw new DfxError(
      'UNSUPPORTED',
      `the column ${JSON.stringify(name)} has the type ${formatDataType(type)}, ${reason}`,
      {
        hint: 'write an Arrow file with --output FILE.arrow',
      },
    );
  }
}

function refusal(type: DataType): string | null {
  const pending: DataType[] = [type];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const plain = plainType(next);
    if (plain.kind === 'Union') return 'and NDJSON has no unions';
    if (plain.kind === 'Map') {
      const [key] = entryFields(plain);
      if (!isText(key.type)) return 'and the keys of a JSON object are strings';
    }
    pending.push(...childFields(plain).map((field) => field.type));
  }
  return null;
}

function isText({ kind }: DataType): boolean {
  return kind === 'Utf8' || kind === 'LargeUtf8' || kind === 'Utf8View';
}

function childFields(type: DataType): readonly Field[] {
  if ('item' in type) return [type.item];
  if (type.kind === 'Struct') return type.fields;
  if (type.kind === 'Map') return [type.entries];
  return [];
}

function entryFields(type: DataType): readonly [Field, Field] {
  const [key, value] = type.kind === 'Map' && type.entries.type.kind === 'Struct' ? type.entries.type.fields : [];
  if (key === undefined || value === undefined)
    throw new DfxError('DEFECT', `a map of the type ${formatDataType(type)}`);
  return [key, value];
}

/** JSON text of a name with the colon behind it. */
export function memberKey(name: string): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(name)}:`);
}

/** Recursion follows the type, whose depth the reader of its schema has bounded. */
export function jsonCells(column: Column, type: DataType, out: TextBytes, manner: JsonManner): CellWriter {
  const exact = manner === 'exact';
  switch (column.layout) {
    case 'null':
      return () => writeAscii(out, 'null');
    case 'boolean':
      return booleanCells(column.bits, out);
    case 'string': {
      if (isBytes(type)) return quoted(hexCells(column, out), out);
      const { offsets, data } = column;
      return (row) => writeJsonString(out, data, offsets[row] ?? 0, offsets[row + 1] ?? 0);
    }
    case 'decimal':
      return decimalCells(column, type, out, exact);
    case 'numeric': {
      const { values } = column;
      if (type.kind === 'Float64' || type.kind === 'Float32' || type.kind === 'Float16') {
        const write = type.kind === 'Float64' ? writeJsonFloat64 : writeJsonFloat32;
        return (row) => {
          const value = Number(values[row] ?? 0);
          if (Number.isFinite(value)) write(out, value);
          else writeAscii(out, exact ? nonFinite(value) : 'null');
        };
      }
      const temporal = temporalCells(column, type, out);
      if (temporal !== null) return quoted(temporal, out);
      if (exact && (values instanceof BigInt64Array || values instanceof BigUint64Array)) {
        return (row) => writeExact(out, values[row] ?? 0n);
      }
      return integerCells(column, out);
    }
    case 'interval': {
      const cells = temporalCells(column, type, out);
      if (cells === null) throw unfit(column, type);
      return quoted(cells, out);
    }
    case 'dictionary': {
      const { indices, values } = column;
      const cells = jsonCells(values, plainType(type), out, manner);
      return (row) => cells(indices[row] ?? 0);
    }
    case 'list':
      return type.kind === 'Map' ? mapCells(column, type, out, manner) : listCells(column, type, out, manner);
    case 'struct':
      return structCells(column, type, out, manner);
    case 'union': {
      if (type.kind !== 'Union') throw unfit(column, type);
      const members = type.fields.map(({ id, field }, at) => ({
        id,
        cells: orNull(column.children[at], field, out, manner),
      }));
      const byId = new Map(members.map(({ id, cells }) => [id, cells]));
      return (row) => byId.get(column.typeIds[row] ?? 0)?.(column.offsets[row] ?? 0);
    }
  }
}

function orNull(column: Column | undefined, { type }: Field, out: TextBytes, manner: JsonManner): CellWriter {
  if (column === undefined) throw new DfxError('DEFECT', `a nested column lacks a ${formatDataType(type)}`);
  const cells = jsonCells(column, plainType(type), out, manner);
  const filled = hasValue(column);
  return (row) => {
    if (filled(row)) cells(row);
    else writeAscii(out, 'null');
  };
}

function quoted(cells: CellWriter, out: TextBytes): CellWriter {
  return (row) => {
    writeByte(out, QUOTE);
    cells(row);
    writeByte(out, QUOTE);
  };
}

function nonFinite(value: number): string {
  return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"inf"' : '"-inf"';
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function writeExact(out: TextBytes, value: bigint): void {
  if (value >= -SAFE && value <= SAFE) writeBigInteger(out, value);
  else writeAscii(out, `"${value}"`);
}

function decimalCells({ values }: DecimalColumn, type: DataType, out: TextBytes, exact: boolean): CellWriter {
  const { precision, scale } = decimalType(type);
  if (values instanceof Float64Array && scale >= 0)
    return (row) => writeDecimal(out, values[row] ?? 0, precision, scale);
  return (row) => {
    const unscaled = BigInt(values[row] ?? 0);
    const text = jsonDecimalText(unscaled, precision, scale);
    const isSafe = unscaled >= -SAFE && unscaled <= SAFE && scale >= 0;
    writeAscii(out, exact && !isSafe ? `"${text}"` : text);
  };
}

function listCells(column: ListColumn, type: DataType, out: TextBytes, manner: JsonManner): CellWriter {
  const [item] = childFields(type);
  if (item === undefined) throw unfit(column, type);
  const cells = orNull(column.item, item, out, manner);
  const { offsets } = column;
  return (row) => {
    const end = offsets[row + 1] ?? 0;
    writeByte(out, OPEN_LIST);
    for (let at = offsets[row] ?? 0, first = at; at < end; at++) {
      if (at > first) writeByte(out, COMMA);
      cells(at);
    }
    writeByte(out, CLOSE_LIST);
  };
}

function structCells(column: StructColumn, type: DataType, out: TextBytes, manner: JsonManner): CellWriter {
  const members = childFields(type).map((field, at) => {
    const child = column.children[at];
    if (child === undefined) throw unfit(column, type);
    return { key: memberKey(field.name), filled: hasValue(child), cells: orNull(child, field, out, manner) };
  });
  return (row) => {
    writeByte(out, OPEN_OBJECT);
    let first = true;
    for (const { key, filled, cells } of members) {
      if (manner === 'engine' && !filled(row)) continue;
      if (!first) writeByte(out, COMMA);
      first = false;
      writeBytes(out, key);
      cells(row);
    }
    writeByte(out, CLOSE_OBJECT);
  };
}

function mapCells(column: ListColumn, type: DataType, out: TextBytes, manner: JsonManner): CellWriter {
  const { item, offsets } = column;
  const [keys, values] = item.layout === 'struct' ? item.children : [];
  if (keys === undefined || values === undefined) throw unfit(column, type);
  const [keyField, valueField] = entryFields(type);
  const key = orNull(keys, keyField, out, manner);
  const value = orNull(values, valueField, out, manner);
  const exact = manner === 'exact';
  const filled = hasValue(values);
  const [open, between, close] = exact ? [OPEN_LIST, COMMA, CLOSE_LIST] : [OPEN_OBJECT, COLON, CLOSE_OBJECT];
  return (row) => {
    const end = offsets[row + 1] ?? 0;
    writeByte(out, open);
    let first = true;
    for (let at = offsets[row] ?? 0; at < end; at++) {
      // As in structs, the engine leaves out what is null.
      if (!exact && !filled(at)) continue;
      if (!first) writeByte(out, COMMA);
      first = false;
      if (exact) writeByte(out, OPEN_LIST);
      key(at);
      writeByte(out, between);
      value(at);
      if (exact) writeByte(out, CLOSE_LIST);
    }
    writeByte(out, close);
  };
}
