/** The benchmark's results for a terminal. */
import { type MemoryRow, missedTarget, type Plot, type Row, type Section } from '../section.ts';

const WIDTH = 60;

export function sectionText({ title, rows, memory, plots }: Section): string {
  const lines = [title, ''];
  for (const row of rows) lines.push(rowText(row));
  if (rows.length > 0 && memory.length > 0) lines.push('');
  for (const row of memory) lines.push(memoryText(row));
  for (const plot of plots) lines.push('', ...plotLines(plot));
  return `${lines.join('\n')}\n`;
}

function rowText(row: Row): string {
  const { what, against, pair } = row;
  return `${what.padEnd(WIDTH)} ${duration(pair.dfx)}  ${against.padEnd(29)} ${duration(pair.real)}  x${pair.ratio.toFixed(2)}${verdict(row, pair.ratio)}`;
}

function memoryText(row: MemoryRow): string {
  const ratio = row.dfx / row.real;
  return `${row.what.padEnd(WIDTH)} ${mebibytes(row.dfx)}  ${row.against.padEnd(29)} ${mebibytes(row.real)}  x${ratio.toFixed(2)}${verdict(row, ratio)}`;
}

function verdict(row: Row | MemoryRow, ratio: number): string {
  if (row.target === null) return '';
  return missedTarget(row, ratio) ? `  MISSED, at most ${row.target}` : `  ok, at most ${row.target}`;
}

function plotLines({ title, axis, at, curves }: Plot): string[] {
  const most = Math.max(...curves.flatMap(({ milliseconds }) => milliseconds));
  const lines = [title];
  for (const { name, milliseconds } of curves) {
    lines.push(`  ${name}`);
    milliseconds.forEach((value, i) => {
      const bar = '█'.repeat(Math.max(1, Math.round((value / most) * 40)));
      lines.push(`  ${String(at[i]).padStart(8)} ${axis}  ${bar} ${value.toFixed(0)} ms`);
    });
  }
  return lines;
}

export function duration(microseconds: number): string {
  const text = microseconds >= 1000 ? `${(microseconds / 1000).toFixed(2)} ms` : `${microseconds.toFixed(1)} µs`;
  return text.padStart(11);
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`.padStart(11);
}
