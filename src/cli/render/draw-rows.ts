/** Tables without borders, as cli-table3 draws them: it cuts, wraps, pads and aligns. */
import Table from 'cli-table3';
import displayWidth from 'string-width';
import { GAP, type TableColumn, type TableLook } from './plain-table.ts';

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
};

/** Columns of a terminal that the widest of the texts takes. */
export function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0);
}

/** The lines of the rows, without spaces at their ends. Texts are escaped already; colours in them must not be cut. */
export function drawRows(
  rows: readonly (readonly string[])[],
  columns: readonly TableColumn[],
  { gap = GAP, wraps = false }: TableLook = {},
): readonly string[] {
  const table = new Table({
    chars: { ...NO_BORDERS, middle: gap },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: columns.map(({ width }) => width),
    colAligns: columns.map(({ align }) => align),
    wordWrap: wraps,
  });
  for (const row of rows) {
    table.push(columns.map(({ width }, at) => (wraps ? (row[at] ?? '') : nearly(row[at] ?? '', width))));
  }
  // The library cuts between UTF-16 units: half of a character is drawn as a space.
  return table
    .toString()
    .split('\n')
    .map((line) => line.replace(/\p{Cs}/gu, ' ').trimEnd());
}

/** The library cuts unit by unit and measures anew each time: of a long text it gets little more than fits. */
function nearly(text: string, width: number): string {
  return text.length <= width + 1 || displayWidth(text) <= width ? text : `${text.slice(0, width + 1)}…`;
}
