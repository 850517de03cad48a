/** Rows as a table for people: the first and the last ones, as wide as the terminal. */

import { grouped } from '../../inspect/units.ts';
import type { ColumnBatch } from '../../io/column.ts';
import { displayCells } from '../../io/out/display-cells.ts';
import { plainType } from '../../io/out/scalar-cells.ts';
import { formatDataType } from '../../wire/arrow/index.ts';
import type { DataType, Schema } from '../../wire/arrow/types.ts';
import { drawRows, widest } from './draw-rows.ts';
import { escapeText } from './escape.ts';
import { GAP, type TableColumn } from './plain-table.ts';
import type { Style } from './style.ts';

/** A table of up to so many rows is shown whole; of a longer one the first and the last rows are. */
const WHOLE = 40;
const FIRST = 20;
const LAST = 10;
/** A column that has to give way for the others keeps so many columns of the terminal. */
const NARROW = 8;
/** The names of columns that don't fit take at most so many lines. */
const HIDDEN_LINES = 3;
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

export interface TableRoom {
  /** Columns of the terminal. */
  readonly width: number;
  /** So many columns at the end are what was asked for; those before them, kept from the input, give way first. */
  readonly results: number;
}

/** What a column would take of the terminal. */
interface Measured {
  readonly name: string;
  readonly type: string;
  readonly align: TableColumn['align'];
  readonly natural: number;
  /** What it keeps when it has to give way. */
  readonly least: number;
  readonly wished: number;
}

/** The table's lines, without a summary. */
export function tableLines(
  schema: Schema,
  taken: TableRows,
  { width, results }: TableRoom,
  style: Style,
): readonly string[] {
  const { rows, gapAfter } = taken.shown();
  const columns = schema.fields.map(({ name, type }, at) =>
    measured(
      escapeText(name),
      type,
      rows.map((row) => row[at] ?? 'NULL'),
    ),
  );
  const places = chosen(columns, columns.length - results, width);
  const shown = places.flatMap((at) => columns[at] ?? []);
  const widths = fit(shown, width);
  const head = [shown.map(({ name }) => name), shown.map(({ type }) => type), widths.map((size) => '─'.repeat(size))];
  const cells = rows.map((row) => places.map((at) => row[at] ?? style.dim('NULL')));
  const gap = gapAfter === null ? null : head.length + gapAfter;
  const all = [...head, ...cells];
  if (gap !== null) {
    all.splice(
      gap,
      0,
      widths.map(() => '⋮'),
    );
  }
  const drawn = shown.map(({ align }, at): TableColumn => ({ width: widths[at] ?? 0, align }));
  const lines = drawRows(all, drawn).map((line, at) => {
    if (at === 0) return style.heading(line);
    return at < head.length || at === gap ? style.dim(line) : line;
  });
  const hidden = columns.flatMap(({ name }, at) => (places.includes(at) ? [] : [name]));
  return [...lines, ...hiddenLines(hidden, width).map((line) => style.dim(line))];
}

/** Names what is left out, on a few lines. */
function hiddenLines(names: readonly string[], width: number): readonly string[] {
  if (names.length === 0) return [];
  const lines = [`${names.length} more column${names.length === 1 ? '' : 's'}:`];
  for (const [at, name] of names.entries()) {
    const word = at + 1 < names.length ? `${name},` : name;
    const line = `${lines.at(-1)} ${word}`;
    if (widest([line]) <= width) lines[lines.length - 1] = line;
    else if (lines.length < HIDDEN_LINES) lines.push(word);
    else {
      lines[lines.length - 1] = `${lines.at(-1)} …`;
      break;
    }
  }
  return drawRows(
    lines.map((line) => [line]),
    [{ width, align: 'left' }],
  );
}

function measured(name: string, type: DataType, cells: readonly string[]): Measured {
  const kind = plainType(type);
  const told = escapeText(formatDataType(type));
  const typeWidth = widest([told]);
  const natural = Math.max(widest([name, ...cells]), Math.min(typeWidth, NARROW));
  const least = isYielding(kind) ? Math.min(natural, NARROW) : natural;
  return { name, type: told, align: alignOf(kind), natural, least, wished: Math.min(typeWidth, TYPE) };
}

/** The places of the columns that fit, in order: results before the first `kept` ones, and of each the first. One is always shown. */
function chosen(columns: readonly Measured[], kept: number, width: number): readonly number[] {
  const places = columns.map((_, at) => at);
  const found: number[] = [];
  let used = -GAP.length;
  for (const at of [...places.slice(kept), ...places.slice(0, kept)]) {
    used += GAP.length + (columns[at]?.least ?? 0);
    if (found.length > 0 && used > width) break;
    found.push(at);
  }
  return found.sort((a, b) => a - b);
}

/** Texts give way to numbers, the widest first, down to their least. Room that is left goes to the names of types. */
function fit(columns: readonly Measured[], width: number): readonly number[] {
  const room = width - GAP.length * (columns.length - 1);
  const shrunk = (cap: number): readonly number[] =>
    columns.map(({ natural, least }) => Math.max(Math.min(natural, cap), least));
  let cap = Math.max(...columns.map(({ natural }) => natural));
  while (cap > NARROW && total(shrunk(cap)) > room) cap--;
  const widths = [...shrunk(cap)];
  let left = room - total(widths);
  for (const wish of [columns.map(({ natural }) => natural), columns.map(({ wished }) => wished)]) {
    for (const [at, size] of widths.entries()) {
      const more = Math.min(left, Math.max(0, (wish[at] ?? 0) - size));
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
