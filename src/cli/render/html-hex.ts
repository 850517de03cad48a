/** A payload's bytes with what they mean beside them, as a table whose rows can be linked to. */
import type { Payload } from '../../expr/payload.ts';
import { type HexKind, type HexLine, hexLines } from '../../inspect/hex.ts';
import { bytesText, grouped } from '../../inspect/units.ts';
import { code, html, type Markup, NOTHING } from './html-markup.ts';

export interface ByteView {
  readonly markup: Markup;
  /** The id of the row that shows the byte; null where no row does. */
  readonly rowOf: (offset: number) => string | null;
}

export interface ByteViewOptions {
  /** Of all ids. */
  readonly prefix: string;
  /** Offsets that are linked to: their rows are shown wherever they stand. */
  readonly linked: readonly number[];
  /** Most rows from the first byte on. */
  readonly maxRows: number;
  readonly redact: boolean;
}

const PER_ROW = 16;
/** Rows of one long field that are shown from its start. */
const FIELD_ROWS = 8;
/** Lines shown before and after one that is linked to. */
const CONTEXT = 3;
const MAX_INDENT = 12;
const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const KIND_NAMES: Readonly<Record<HexKind, string>> = {
  frame: 'frame header',
  structure: 'structure',
  name: 'name',
  value: 'value',
  opcode: 'pickle opcode',
  padding: 'padding',
  unread: 'not read',
};
const KINDS = ['frame', 'structure', 'name', 'value', 'opcode', 'padding', 'unread'] as const;

/** Looks at no more of the payload than it shows: the first rows, and the lines around each linked offset. */
export function byteView(payload: Payload, options: ByteViewOptions): ByteView {
  const rows = new Rows(payload.bytes, options);
  const { length } = payload.bytes;
  let before: HexLine[] = [];
  let after = 0;
  for (const line of hexLines(payload, { redact: options.redact })) {
    if (rows.count < options.maxRows || after > 0 || rows.wants(line)) {
      if (rows.wants(line)) after = CONTEXT + 1;
      for (const earlier of before) rows.add(earlier);
      before = [];
      rows.add(line);
      after--;
      continue;
    }
    if (rows.isDone()) break;
    before = [...before.slice(1 - CONTEXT), line];
  }
  rows.gapTo(length);
  rows.end();
  return { markup: table(rows), rowOf: (offset) => rows.rowOf(offset) };
}

class Rows {
  readonly drawn: Markup[] = [];
  readonly kinds = new Set<HexKind>();
  count = 0;
  hasGap = false;
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly linked: readonly number[];
  private at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly options: ByteViewOptions,
  ) {
    this.linked = [...new Set(options.linked)].sort((a, b) => a - b);
  }

  wants({ offset, end }: HexLine): boolean {
    const next = this.linked[this.firstLinkedFrom(offset)];
    return next !== undefined && next < end;
  }

  /** Whether nothing behind the rows so far is linked to. */
  isDone(): boolean {
    const next = this.linked[this.firstLinkedFrom(this.at)];
    return next === undefined || next >= this.bytes.length;
  }

  add(line: HexLine): void {
    this.gapTo(line.offset);
    this.kinds.add(line.kind);
    const total = Math.ceil((line.end - line.offset) / PER_ROW);
    const wanted = new Set<number>();
    for (let row = 0; row < Math.min(FIELD_ROWS, total); row++) wanted.add(row);
    for (let index = this.firstLinkedFrom(line.offset); index < this.linked.length; index++) {
      const offset = this.linked[index] ?? line.end;
      if (offset >= line.end) break;
      const row = Math.floor((offset - line.offset) / PER_ROW);
      for (let near = Math.max(0, row - 1); near <= Math.min(total - 1, row + 1); near++) wanted.add(near);
    }
    for (const row of [...wanted].sort((a, b) => a - b)) {
      const start = line.offset + row * PER_ROW;
      this.gapTo(start, ' of this field');
      this.row(line, start, Math.min(start + PER_ROW, line.end));
    }
    if (this.at < line.end) this.gapTo(line.end, ' of this field');
  }

  gapTo(offset: number, what = ''): void {
    if (offset <= this.at) return;
    this.hasGap = true;
    this.drawn.push(html`<tr class="gap"><td colspan="3">… ${bytesText(offset - this.at)} more${what}</td></tr>`);
    this.at = offset;
  }

  /** Where something is missing, the error is at the end of the payload. */
  end(): void {
    const { length } = this.bytes;
    this.mark(length, length + 1);
    const id = this.id(length);
    this.drawn.push(
      html`<tr id="${id}" class="end"><td>${grouped(length)}</td><td></td><td>end of the payload</td></tr>`,
    );
  }

  rowOf(offset: number): string | null {
    const index = upperBound(this.starts, offset) - 1;
    const start = this.starts[index];
    const end = this.ends[index];
    return start !== undefined && end !== undefined && offset >= start && offset < end ? this.id(start) : null;
  }

  private row(line: HexLine, start: number, end: number): void {
    this.mark(start, end);
    this.at = end;
    this.count++;
    const cells: string[] = [];
    for (let byte = start; byte < end; byte++) {
      const hidden = line.hiddenFrom !== null && byte >= line.hiddenFrom;
      cells.push(hidden ? '··' : (DIGITS[this.bytes[byte] ?? 0] ?? ''));
    }
    const hex = cells.join(' ');
    const value = line.value === '' ? NOTHING : html` ${code(line.value)}`;
    const indent = Math.min(line.depth, MAX_INDENT);
    const meaning =
      start === line.offset
        ? html`<td class="d${indent}"><b>${line.label}</b>${value}</td>`
        : html`<td class="rest"></td>`;
    const offset = html`<td>${grouped(start)}</td>`;
    this.drawn.push(
      html`<tr id="${this.id(start)}" class="${kindClass(line.kind)}">${offset}<td><span>${hex}</span></td>${meaning}</tr>\n`,
    );
  }

  private mark(start: number, end: number): void {
    this.starts.push(start);
    this.ends.push(end);
  }

  private id(offset: number): string {
    return `${this.options.prefix}-b${offset}`;
  }

  private firstLinkedFrom(offset: number): number {
    return upperBound(this.linked, offset - 1);
  }
}

/** How many of the sorted numbers are at most `value`. */
function upperBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function table(rows: Rows): Markup {
  const legend = KINDS.filter((kind) => rows.kinds.has(kind)).map(
    (kind) => html`<li class="${kindClass(kind)}"><span>${KIND_NAMES[kind]}</span></li>`,
  );
  const cutNote = rows.hasGap
    ? html`<p class="dim">Long stretches are left out: <kbd>dfx inspect --hex</kbd> prints every byte.</p>`
    : NOTHING;
  return html`<ul class="legend" aria-label="colours">${legend}</ul>${cutNote}
<table class="hex"><thead><tr><th scope="col">Offset</th><th scope="col">Bytes</th><th scope="col">Meaning</th></tr></thead>
<tbody>${rows.drawn}</tbody></table>`;
}

function kindClass(kind: HexKind): string {
  switch (kind) {
    case 'frame':
    case 'structure':
    case 'name':
    case 'value':
    case 'opcode':
    case 'padding':
    case 'unread':
      return `k-${kind}`;
  }
}
