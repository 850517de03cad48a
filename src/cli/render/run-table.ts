/** Rows as a table for people: the first and the last ones, as wide as the terminal. */

import type { ColumnBatch } from '../../io/column.ts';
import { displayCells } from '../../io/out/display-cells.ts';
import { plainType } from '../../io/out/scalar-cells.ts';
import { formatDataType } from '../../wire/arrow/index.ts';
import type { DataType, Schema } from '../../wire/arrow/types.ts';
import { escapeText } from './escape.ts';
import { cutToWidth, padToWidth, textWidth } from './run-width.ts';
import type { Style } from './style.ts';

/** A table of up to so many rows is shown whole; of a longer one the first and the last rows are. */
const WHOLE = 40;
const FIRST = 20;
const LAST = 10;
/** A column that has to give way for the others keeps so many columns of the terminal. */
const NARROW = 8;
/** A type's name makes its column at most so wide. */
const TYPE = 40;
const GAP = '  ';

type Cell = string | null;

/** Takes rows in order and keeps those that the table will show. */
export class TableRows {
  readonly #schema: Schema;
  readonly #first: (readonly Cell[])[] = [];
  #last: (readonly Cell[])[] = [];
  /** Rows taken. */
  count = 0;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  add(batch: ColumnBatch): void {
    const cells = batch.columns.map((column, at) => {
      const type = this.#schema.fields[at]?.type ?? column.type;
      return displayCells(column, type);
    });
    const rowAt = (row: number): readonly Cell[] =>
      cells.map((text) => {
        const cell = text(row);
        return cell === null ? null : escapeText(cell);
      });
    const head = Math.min(batch.length, Math.max(0, WHOLE - this.count));
    for (let row = 0; row < head; row++) this.#first.push(rowAt(row));
    // Of the rows behind the first ones, only the last of a batch can be the table's last.
    for (let row = Math.max(head, batch.length - LAST); row < batch.length; row++) this.#last.push(rowAt(row));
    if (this.#last.length > LAST) this.#last = this.#last.slice(-LAST);
    this.count += batch.length;
  }

  /** The rows to show, and after how many of them others are left out. */
  shown(): { readonly rows: readonly (readonly Cell[])[]; readonly gapAfter: number | null } {
    if (this.count <= WHOLE) return { rows: this.#first, gapAfter: null };
    const all = [...this.#first, ...this.#last];
    return { rows: [...all.slice(0, FIRST), ...all.slice(-LAST)], gapAfter: FIRST };
  }
}

/** The table's lines, without a summary. */
export function tableLines(schema: Schema, taken: TableRows, width: number, style: Style): readonly string[] {
  const { rows, gapAfter } = taken.shown();
  const names = schema.fields.map(({ name }) => escapeText(name));
  const types = schema.fields.map(({ type }) => escapeText(formatDataType(type)));
  const numeric = schema.fields.map(({ type }) => isNumeric(plainType(type)));
  const natural = names.map((name, at) =>
    Math.max(
      textWidth(name),
      Math.min(textWidth(types[at] ?? ''), TYPE),
      ...rows.map((row) => textWidth(row[at] ?? 'NULL')),
      1,
    ),
  );
  const widths = fit(natural, width);
  const line = (cells: readonly string[], paint: (text: string, at: number) => string): string =>
    widths
      .map((size, at) => {
        const padded = padToWidth(cutToWidth(cells[at] ?? '', size), size, numeric[at] === true);
        return paint(padded, at);
      })
      .join(GAP)
      .trimEnd();
  const lines = [
    line(names, style.heading),
    line(types, style.dim),
    style.dim(widths.map((size) => '─'.repeat(size)).join(GAP)),
  ];
  rows.forEach((row, number) => {
    if (number === gapAfter)
      lines.push(
        style.dim(
          line(
            widths.map(() => '⋮'),
            (text) => text,
          ),
        ),
      );
    lines.push(
      line(
        row.map((cell) => cell ?? 'NULL'),
        (text, at) => (row[at] === null ? style.dim(text) : text),
      ),
    );
  });
  const hidden = names.slice(widths.length);
  if (hidden.length > 0) {
    const told = `${hidden.length} more column${hidden.length === 1 ? '' : 's'}: ${hidden.join(', ')}`;
    lines.push(style.dim(cutToWidth(told, width)));
  }
  return lines;
}

/** The widest columns give way first; those that don't fit even when narrow are left out at the end. */
function fit(natural: readonly number[], width: number): readonly number[] {
  const least = natural.map((size) => Math.min(size, NARROW));
  let count = 0;
  let used = 0;
  for (const size of least) {
    const more = size + (count === 0 ? 0 : GAP.length);
    if (count > 0 && used + more > width) break;
    used += more;
    count++;
  }
  const kept = natural.slice(0, count);
  const room = width - GAP.length * (count - 1);
  const capped = (cap: number): number => kept.reduce((sum, size) => sum + Math.min(size, cap), 0);
  let cap = Math.max(...kept, 1);
  while (cap > 1 && capped(cap) > room) cap--;
  let left = room - capped(cap);
  return kept.map((size) => {
    if (size <= cap || left <= 0) return Math.min(size, cap);
    left--;
    return cap + 1;
  });
}

function isNumeric(type: DataType): boolean {
  return /^(U?Int|Float|Decimal)\d/.test(type.kind);
}

/** `1,000,000 rows (30 shown)`. */
export function rowCount(taken: TableRows): string {
  const { rows, gapAfter } = taken.shown();
  const count = `${taken.count.toLocaleString('en')} row${taken.count === 1 ? '' : 's'}`;
  return gapAfter === null ? count : `${count} (the first ${FIRST} and the last ${rows.length - FIRST} shown)`;
}
