/** Curves and bars as SVG, without any script. Colours hold on a light and on a dark page. */
import type { Plot, Row } from '../section.ts';

const COLOURS = ['#2f7fd1', '#d9822b', '#3d9970', '#b5508f'];
const WIDTH = 640;
const HEIGHT = 260;
const LEFT = 60;
const BOTTOM = 40;
const TOP = 34;

/** Milliseconds over the axis, whose places stand at equal distances. */
export function curvePlot({ title, axis, at, curves }: Plot): string {
  const most = Math.max(...curves.flatMap(({ milliseconds }) => milliseconds)) * 1.1;
  const x = (i: number): number => LEFT + ((i + 0.5) * (WIDTH - LEFT - 20)) / at.length;
  const y = (value: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP);
  const parts = [text(LEFT, 18, title, 'start', 'bold')];
  for (let step = 0; step <= 4; step++) {
    const value = (most * step) / 4;
    parts.push(
      `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${y(value)}" y2="${y(value)}" stroke="currentColor" stroke-opacity="0.15"/>`,
      text(LEFT - 8, y(value) + 4, `${value.toFixed(0)} ms`, 'end'),
    );
  }
  at.forEach((value, i) => {
    parts.push(text(x(i), HEIGHT - BOTTOM + 18, String(value), 'middle'));
  });
  parts.push(text((LEFT + WIDTH) / 2, HEIGHT - 6, axis, 'middle'));
  curves.forEach(({ name, milliseconds }, k) => {
    const colour = COLOURS[k % COLOURS.length] ?? 'currentColor';
    const points = milliseconds.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`);
    parts.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const point of points) {
      const [cx, cy] = point.split(',');
      parts.push(`<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour}"/>`);
    }
    parts.push(
      `<rect x="${WIDTH - 170}" y="${TOP + k * 18 - 8}" width="10" height="10" fill="${colour}"/>`,
      text(WIDTH - 154, TOP + k * 18 + 1, name, 'start'),
    );
  });
  return svg(WIDTH, HEIGHT, parts);
}

/** The ratio of each row, with its target as a line. */
export function ratioPlot(title: string, rows: readonly Row[]): string {
  const height = TOP + rows.length * 22 + 14;
  const labels = 330;
  const most = Math.max(1.1, ...rows.map(({ pair, target }) => Math.max(pair.ratio, target ?? 0))) * 1.08;
  const x = (value: number): number => labels + (value / most) * (WIDTH - labels - 50);
  const parts = [text(0, 18, `${title}: time as a multiple of the other side's`, 'start', 'bold')];
  rows.forEach(({ what, pair, target }, i) => {
    const top = TOP + i * 22;
    const good = target === null || pair.ratio <= target;
    parts.push(
      text(labels - 8, top + 13, what, 'end'),
      `<rect x="${labels}" y="${top + 3}" width="${(x(pair.ratio) - labels).toFixed(1)}" height="14" fill="${good ? COLOURS[0] : COLOURS[1]}"/>`,
      text(x(pair.ratio) + 6, top + 14, pair.ratio.toFixed(2), 'start'),
    );
    if (target !== null) {
      const at = x(target).toFixed(1);
      parts.push(`<line x1="${at}" x2="${at}" y1="${top}" y2="${top + 20}" stroke="currentColor" stroke-width="1.5"/>`);
    }
  });
  return svg(WIDTH, height, parts);
}

function svg(width: number, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">\n${parts.join('\n')}\n</svg>`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end', weight = 'normal'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-weight="${weight}" fill="currentColor">${escaped(content)}</text>`;
}

export function escaped(content: string): string {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
