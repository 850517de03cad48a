/** Curves, bars and timelines as SVG, without any script. Colours hold on a light and on a dark page. */
import { missedTarget, type Plot, type Row, type Timeline } from '../section.ts';
import { counted, duration } from './text.ts';

const COLOURS = ['#2f7fd1', '#d9822b', '#3d9970', '#b5508f', '#7a6fd0', '#8c8c3a'];
const GOOD = '#2f7fd1';
const MISSED = '#d9822b';
const NEUTRAL = '#8a8f98';
const WIDTH = 760;
const RIGHT = 20;
/** Pixels of a character, about: a sans-serif font of 12 pixels, and some to spare. */
const CHARACTER = 6.9;

/** Milliseconds over the axis, whose places stand at equal distances. */
export function curvePlot({ title, axis, at, curves }: Plot): string {
  const height = 290;
  const left = 64;
  const bottom = 44;
  const top = 58;
  const { most, step } = scale(Math.max(...curves.flatMap(({ milliseconds }) => milliseconds)));
  const x = (i: number): number => left + ((i + 0.5) * (WIDTH - left - RIGHT)) / at.length;
  const y = (value: number): number => height - bottom - (value / most) * (height - bottom - top);
  const parts = [text(0, 16, title, 'start', 'bold')];
  for (let value = 0; value <= most + step / 2; value += step) {
    parts.push(
      line(left, y(value), WIDTH - RIGHT, y(value), value === 0 ? 0.5 : 0.15),
      text(left - 8, y(value) + 4, value === 0 ? '0' : tick(value, step), 'end'),
    );
  }
  at.forEach((value, i) => {
    parts.push(text(x(i), height - bottom + 18, counted(value), 'middle'));
  });
  parts.push(text((left + WIDTH - RIGHT) / 2, height - 6, axis, 'middle'));
  let legend = left;
  curves.forEach(({ name, milliseconds }, k) => {
    const colour = COLOURS[k % COLOURS.length] ?? NEUTRAL;
    const points = milliseconds.map((value, i) => [x(i).toFixed(1), y(value).toFixed(1)] as const);
    const path = points.map((point) => point.join(',')).join(' ');
    parts.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    points.forEach(([cx, cy], i) => {
      const shown = `${name}, ${counted(at[i] ?? 0)} ${axis}: ${duration((milliseconds[i] ?? 0) * 1000)}`;
      parts.push(`<circle cx="${cx}" cy="${cy}" r="4" fill="${colour}"><title>${escaped(shown)}</title></circle>`);
    });
    parts.push(box(legend, 32, 10, 10, colour), text(legend + 15, 41, name, 'start'));
    legend += 15 + widthOf(name) + 24;
  });
  return svg(WIDTH, height, title, parts);
}

/** The ratio of each row as a bar, its target as a mark, and a line where both sides are equal. */
export function ratioPlot(title: string, rows: readonly Row[]): string {
  const top = 34;
  const rowHeight = 24;
  const height = top + rows.length * rowHeight + 22;
  const labels = Math.min(420, Math.max(...rows.map(({ what }) => widthOf(what))) + 12);
  const beside = Math.max(...rows.map((row) => widthOf(verdict(row)))) + 12;
  const most = Math.max(1.05, ...rows.map(({ pair, target }) => Math.max(pair.ratio, target ?? 0)));
  const x = (value: number): number => labels + (value / most) * (WIDTH - labels - beside);
  const end = height - 18;
  const parts = [
    text(0, 16, `${title}: time as a multiple of the other side's`, 'start', 'bold'),
    `<line x1="${x(1).toFixed(1)}" x2="${x(1).toFixed(1)}" y1="${top - 4}" y2="${end}" stroke="currentColor" stroke-opacity="0.5" stroke-dasharray="3 3"/>`,
    text(x(1), height - 4, 'equal', 'middle'),
  ];
  rows.forEach((row, i) => {
    const { what, pair, target } = row;
    const y = top + i * rowHeight;
    const colour = target === null ? NEUTRAL : missedTarget(row, pair.ratio) ? MISSED : GOOD;
    parts.push(
      text(labels - 8, y + 14, shortened(what, labels - 12), 'end'),
      box(labels, y + 3, Math.max(1, x(pair.ratio) - labels), 15, colour),
    );
    if (target !== null) {
      const at = x(target).toFixed(1);
      parts.push(`<line x1="${at}" x2="${at}" y1="${y}" y2="${y + 21}" stroke="currentColor" stroke-width="2"/>`);
    }
    const words = text(Math.max(x(pair.ratio), x(target ?? 0)) + 6, y + 15, verdict(row), 'start');
    // In front of the line of equals, on the page's own background.
    parts.push(`<g style="paint-order: stroke; stroke: var(--back, transparent); stroke-width: 5px">${words}</g>`);
  });
  return svg(WIDTH, height, title, parts);
}

function verdict({ pair, against }: Row): string {
  return `${pair.ratio.toFixed(2)} × ${against}`;
}

/** A lane a thread or process; a bar where it was busy. */
export function timelinePlot({ title, lanes }: Timeline): string {
  const top = 30;
  const laneHeight = 26;
  const height = top + lanes.length * laneHeight + 26;
  const labels = Math.max(...lanes.map(({ name }) => widthOf(name))) + 14;
  const end = Math.max(...lanes.flatMap(({ spans }) => spans.map(({ to }) => to)));
  const { step } = scale(end, 6);
  const x = (value: number): number => labels + (value / end) * (WIDTH - labels - RIGHT);
  const base = height - 24;
  const parts = [text(0, 16, title, 'start', 'bold')];
  for (let value = 0; value <= end; value += step) {
    parts.push(
      `<line x1="${x(value).toFixed(1)}" x2="${x(value).toFixed(1)}" y1="${top}" y2="${base}" stroke="currentColor" stroke-opacity="0.15"/>`,
      text(x(value), height - 8, value === 0 ? '0' : tick(value, step), 'middle'),
    );
  }
  lanes.forEach(({ name, spans }, k) => {
    const y = top + k * laneHeight;
    const colour = COLOURS[k % COLOURS.length] ?? NEUTRAL;
    parts.push(text(labels - 10, y + 17, name, 'end'));
    for (const { from, to } of spans) parts.push(box(x(from), y + 5, Math.max(0.5, x(to) - x(from)), 16, colour));
  });
  return svg(WIDTH, height, title, parts);
}

/** A step of 1, 2 or 5 times a power of ten, and the multiple of it that holds `value`. */
function scale(value: number, steps = 4): { readonly most: number; readonly step: number } {
  const rough = Math.max(value, 1e-3) / steps;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  return { most: Math.ceil(value / step) * step, step };
}

function tick(milliseconds: number, step: number): string {
  if (step >= 500) return `${milliseconds / 1000} s`;
  return `${Number(milliseconds.toPrecision(6))} ms`;
}

function widthOf(content: string): number {
  return content.length * CHARACTER;
}

function shortened(content: string, width: number): string {
  return widthOf(content) <= width ? content : `${content.slice(0, Math.floor(width / CHARACTER) - 1)}…`;
}

function svg(width: number, height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escaped(title)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">\n${parts.join('\n')}\n</svg>`;
}

function box(x: number, y: number, width: number, height: number, colour: string): string {
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${height}" rx="1.5" fill="${colour}"/>`;
}

function line(x1: number, y1: number, x2: number, y2: number, opacity: number): string {
  return `<line x1="${x1}" x2="${x2}" y1="${y1.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="currentColor" stroke-opacity="${opacity}"/>`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end', weight = 'normal'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-weight="${weight}" fill="currentColor">${escaped(content)}</text>`;
}

export function escaped(content: string): string {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
