/** Rows as a table for people: the first and the last ones, as wide as the terminal. */

import { grouped } from '../../inspect/units.ts';
import type { ColumnBatch } from '../../io/column.ts';
import { displayCells } from '../../io/out/display-cells.ts';
import { plainType } from '../../io/out/scalar-cells.ts';
import { formatDataType } from '../../wire/arrow/index.ts';
import type { DataType, Schema } from '../../wire/arrow/types.ts';
import { escapeText } from './escape.ts';
import { drawRows, GAP, type TableColumn, widest } from './plain-table.ts';
import type { Style } from './style.ts';

/** A table of up to so many rows is shown whole; of a longer one the first and the last rows are. */
const WHOLE = 40;
const FIRST = 20;
const LAST = 10;
/** A column that has to give way for the others keeps so many columns of the terminal. */
const NARROW = 8;
/** A type's name makes its column at most so wide. */
const TYPE = 40;

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
  const kinds = schema.fields.map(({ type }) => plainType(type));
  const natural = names.map((name, at) => {
    const cells = rows.map((row) => row[at] ?? 'NULL');
    return Math.max(widest([name, ...cells]), Math.min(widest([types[at] ?? '']), NARROW));
  });
  const widths = fit(
    natural,
    kinds.map((kind, at) => (isYielding(kind) ? Math.min(natural[at] ?? 0, NARROW) : (natural[at] ?? 0))),
    types.map((type) => Math.min(widest([type]), TYPE)),
    width,
  );
  const columns = kinds.map((kind, at): TableColumn => ({ width: widths[at] ?? 0, align: alignOf(kind) }));
  const head = [names, types, widths.map((size) => '─'.repeat(size))];
  const cells = rows.map((row) => row.map((cell) => cell ?? style.dim('NULL')));
  const gap = gapAfter === null ? null : head.length + gapAfter;
  const all = [...head, ...cells];
  if (gap !== null) {
    all.splice(
      gap,
      0,
      widths.map(() => '⋮'),
    );
  }
  const lines = drawRows(all, columns.slice(0, widths.length)).map((line, at) => {
    if (at === 0) return style.heading(line);
    return at < head.length || at === gap ? style.dim(line) : line;
  });
  const hidden = names.slice(widths.length);
  if (hidden.length > 0) {
    const told = `${hidden.length} more column${hidden.length === 1 ? '' : 's'}: ${hidden.join(', ')}`;
    lines.push(style.dim(drawRows([[told]], [{ width, align: 'left' }]).join('')));
  }
  return lines;
}

/**
 * Texts give way to numbers, the widest first, down to `least`; columns that don't fit even then are left out at the end. Room that is
 * left goes to the names of types.
 */
function fit(
  natural: readonly number[],
  least: readonly number[],
  types: readonly number[],
  width: number,
): readonly number[] {
  let count = 0;
  let used = 0;
  for (const size of least) {
    const more = size + (count === 0 ? 0 : GAP.length);
    if (count > 0 && used + more > width) break;
    used += more;
    count++;
  }
  const room = width - GAP.length * (count - 1);
  const sizes = natural.slice(0, count);
  const shrunk = (cap: number): readonly number[] =>
    sizes.map((size, at) => Math.max(Math.min(size, cap), least[at] ?? 0));
  let cap = Math.max(...sizes);
  while (cap > NARROW && total(shrunk(cap)) > room) cap--;
  const widths = [...shrunk(cap)];
  let left = room - total(widths);
  for (const wished of [sizes, types]) {
    for (const [at, size] of widths.entries()) {
      const more = Math.min(left, Math.max(0, (wished[at] ?? 0) - size));
      widths[at] = size + more;
      left -= more;
    }
  }
  // One column alone may be wider than the terminal.
  return widths.map((size) => Math.min(size, width));
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Texts, bytes and nested values may be cut; a number that is cut would be another one. */
function isYielding({ kind }: DataType): boolean {
  return !/^(Null|Boolean|U?Int\d|Float\d|Decimal\d|Date\d|Time\d|Timestamp|Duration)/.test(kind);
}

function alignOf({ kind }: DataType): TableColumn['align'] {
  return /^(U?Int|Float|Decimal)\d/.test(kind) ? 'right' : 'left';
}

/** `1,000,000 rows (30 shown)`. */
export function rowCount(taken: TableRows): string {
  const { rows, gapAfter } = taken.shown();
  const count = `${grouped(taken.count)} row${taken.count === 1 ? '' : 's'}`;
  return gapAfter === null ? count : `${count} (the first ${FIRST} and the last ${rows.length - FIRST} shown)`;
}
