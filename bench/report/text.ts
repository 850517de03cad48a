/** The benchmark's results for a terminal of 80 columns. */
import { type MemoryRow, missedTarget, type Plot, type Row, type Section, type Timeline } from '../section.ts';

const WIDTH = 80;
const BAR = 40;

export function sectionText({ title, notes = [], rows, memory, plots, timelines = [] }: Section): string {
  const lines = [title, '─'.repeat(Math.min(WIDTH, title.length))];
  for (const note of notes) lines.push(...wrapped(note, WIDTH));
  if (notes.length > 0) lines.push('');
  for (const row of rows)
    lines.push(...pairLines(row, row.pair.ratio, duration(row.pair.dfx), duration(row.pair.real)));
  for (const row of memory) lines.push(...pairLines(row, row.dfx / row.real, mebibytes(row.dfx), mebibytes(row.real)));
  for (const plot of plots) lines.push('', ...plotLines(plot));
  for (const timeline of timelines) lines.push('', ...timelineLines(timeline));
  return `${lines.join('\n')}\n`;
}

/** What was measured on a line of its own, the two figures below it. */
function pairLines(row: Row | MemoryRow, ratio: number, dfx: string, real: string): string[] {
  const figures = `  dfx ${dfx.padEnd(10)} ${row.against}: ${real}`;
  const judged = `x${ratio.toFixed(2)}${verdict(row, ratio)}`;
  const line = `${figures.padEnd(WIDTH - 30)}  ${judged}`;
  const lines =
    line.length <= WIDTH
      ? [line]
      : [...wrapped(figures.slice(2), WIDTH - 2).map((part) => `  ${part}`), judged.padStart(WIDTH)];
  return [...wrapped(row.what, WIDTH), ...lines];
}

function verdict(row: Row | MemoryRow, ratio: number): string {
  if (row.target === null) return '';
  return missedTarget(row, ratio) ? `  MISSED, at most ${row.target}` : `  ok, at most ${row.target}`;
}

function plotLines({ title, axis, at, curves }: Plot): string[] {
  const most = Math.max(...curves.flatMap(({ milliseconds }) => milliseconds));
  const wide = Math.max(...at.map((value) => counted(value).length));
  const lines = wrapped(title, WIDTH);
  for (const { name, milliseconds } of curves) {
    lines.push(`  ${name}, by ${axis}`);
    milliseconds.forEach((value, i) => {
      const bar = '█'.repeat(Math.max(1, Math.round((value / most) * BAR)));
      lines.push(`  ${counted(at[i] ?? 0).padStart(wide)}  ${bar} ${duration(value * 1000)}`);
    });
  }
  return lines;
}

/** A cell is full where its lane was busy for at least half of it, and thin where it was busy at all. */
function timelineLines({ title, lanes }: Timeline): string[] {
  const end = Math.max(...lanes.flatMap(({ spans }) => spans.map(({ to }) => to)));
  const wide = Math.max(...lanes.map(({ name }) => name.length));
  const cells = WIDTH - wide - 4;
  const lines = wrapped(title, WIDTH);
  for (const { name, spans } of lanes) {
    let cellsText = '';
    for (let cell = 0; cell < cells; cell++) {
      const from = (cell * end) / cells;
      const to = ((cell + 1) * end) / cells;
      const busy = spans.reduce((sum, span) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)), 0);
      cellsText += busy * 2 >= to - from ? '█' : busy > 0 ? '▁' : ' ';
    }
    lines.push(`  ${name.padEnd(wide)} ${cellsText}`.trimEnd());
  }
  lines.push(`  ${' '.repeat(wide)} 0${duration(end * 1000).padStart(cells - 1)}`);
  return lines;
}

/** Lines of at most `width` characters, cut between words. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

export function counted(value: number): string {
  return value.toLocaleString('en');
}

/** Three or four digits that count: 850 µs, 12.3 ms, 1,234 ms, 12.3 s. */
export function duration(microseconds: number): string {
  if (microseconds === 0) return '0 ms';
  if (microseconds < 1000) return `${microseconds.toPrecision(3)} µs`;
  const milliseconds = microseconds / 1000;
  if (milliseconds < 100) return `${milliseconds.toFixed(1)} ms`;
  return milliseconds < 10_000 ? `${counted(Math.round(milliseconds))} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
