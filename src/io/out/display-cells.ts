/** Cells for people: scalars as CSV has them, nested values in the engine's own notation, nulls as `NULL`. */
import type { DataType, Field } from '../../wire/arrow/types.ts';
import type { Column, ListColumn } from '../column.ts';
import { csvCells, isBytes } from './csv-cells.ts';
import { hasValue, plainType, unfit } from './scalar-cells.ts';
import { TextBytes } from './text-bytes.ts';

/** The text of a row; null for a null. It may be cut off where it is longer than anybody will read. */
type CellText = (row: number) => string | null;

/** Bytes of a string, and characters of a nested value, beyond which nothing is read: a cell may be megabytes. */
const MOST = 4096;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function displayCells(column: Column, type: DataType): CellText {
  const filled = hasValue(column);
  const text = valueText(column, plainType(type), false);
  return (row) => (filled(row) ? text(row) : null);
}

/** Recursion follows the type, whose depth the reader of its schema has bounded. */
function valueText(column: Column, type: DataType, nested: boolean): (row: number) => string {
  switch (column.layout) {
    case 'null':
      return () => 'NULL';
    case 'string': {
      const { offsets, data } = column;
      if (isBytes(type)) break;
      return (row) => {
        const start = offsets[row] ?? 0;
        const text = decoder.decode(data.subarray(start, Math.min(offsets[row + 1] ?? 0, start + MOST)));
        return nested ? JSON.stringify(text) : text;
      };
    }
    case 'dictionary': {
      const text = valueText(column.values, type, nested);
      return (row) => text(column.indices[row] ?? 0);
    }
    case 'list':
      return type.kind === 'Map' ? mapText(column, type) : listText(column, type);
    case 'struct': {
      if (type.kind !== 'Struct') throw unfit(column, type);
      const members = type.fields.map((field, at) => ({ name: field.name, text: inner(column.children[at], field) }));
      return (row) => joined('{', members.length, (at) => `${members[at]?.name}: ${members[at]?.text(row)}`, '}');
    }
    case 'union': {
      if (type.kind !== 'Union') throw unfit(column, type);
      const members = type.fields.map(
        ({ id, field }, at) => [id, { name: field.name, text: inner(column.children[at], field) }] as const,
      );
      const byId = new Map(members);
      return (row) => {
        const member = byId.get(column.typeIds[row] ?? 0);
        return `{${member?.name}=${member?.text(column.offsets[row] ?? 0)}}`;
      };
    }
    default:
      break;
  }
  const out = new TextBytes(64);
  const cells = csvCells(column, type, out, 0);
  return (row) => {
    out.at = 0;
    cells(row);
    return decoder.decode(out.bytes.subarray(0, Math.min(out.at, MOST)));
  };
}

function inner(column: Column | undefined, { type }: Field): (row: number) => string {
  if (column === undefined) return () => 'NULL';
  const filled = hasValue(column);
  const text = valueText(column, plainType(type), true);
  return (row) => (filled(row) ? text(row) : 'NULL');
}

function listText(column: ListColumn, type: DataType): (row: number) => string {
  if (!('item' in type)) throw unfit(column, type);
  const item = inner(column.item, type.item);
  const { offsets } = column;
  return (row) => {
    const start = offsets[row] ?? 0;
    return joined('[', (offsets[row + 1] ?? 0) - start, (at) => item(start + at), ']');
  };
}

function mapText(column: ListColumn, type: DataType): (row: number) => string {
  const fields = type.kind === 'Map' && type.entries.type.kind === 'Struct' ? type.entries.type.fields : [];
  const children = column.item.layout === 'struct' ? column.item.children : [];
  const [key, value] = fields.map((field, at) => inner(children[at], field));
  if (key === undefined || value === undefined) throw unfit(column, type);
  const { offsets } = column;
  return (row) => {
    const start = offsets[row] ?? 0;
    return joined('{', (offsets[row + 1] ?? 0) - start, (at) => `${key(start + at)}: ${value(start + at)}`, '}');
  };
}

function joined(open: string, count: number, part: (at: number) => string, close: string): string {
  let text = open;
  for (let at = 0; at < count; at++) {
    if (text.length > MOST) return `${text}…`;
    text += at === 0 ? part(at) : `, ${part(at)}`;
  }
  return text + close;
}
