/** The benchmark's results as one page: tables and plots, no script. */
import { type MemoryRow, missedTarget, type Row, type Section } from '../section.ts';
import { curvePlot, escaped, ratioPlot } from './plot.ts';
import { duration, mebibytes } from './text.ts';

export function resultsPage(machine: string, date: string, sections: readonly Section[]): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>dfx: benchmark</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #8884; }
td:first-child, th:first-child { text-align: left; } .missed { color: #d9822b; font-weight: bold; } svg { max-width: 100%; height: auto; }
</style>
<h1>dfx: benchmark</h1>
<p>${escaped(machine)}, ${escaped(date)}. Medians of samples that alternate between the two sides; results equal before any is timed.</p>
${sections.map(sectionPart).join('\n')}
</html>
`;
}

function sectionPart({ title, rows, memory, plots }: Section): string {
  const times = rows.map((row) => cells(row, duration(row.pair.dfx), duration(row.pair.real), row.pair.ratio));
  const sizes = memory.map((row) => cells(row, mebibytes(row.dfx), mebibytes(row.real), row.dfx / row.real));
  return [
    `<h2>${escaped(title)}</h2>`,
    ...(times.length + sizes.length === 0
      ? []
      : [`<table><tr><th>what<th>dfx<th>beside it<th>ratio<th>at most</tr>`, ...times, ...sizes, '</table>']),
    ...(rows.length === 0 ? [] : [ratioPlot(title, rows)]),
    ...plots.map(curvePlot),
  ].join('\n');
}

function cells(row: Row | MemoryRow, dfx: string, real: string, ratio: number): string {
  const mark = missedTarget(row, ratio) ? ' class="missed"' : '';
  return `<tr><td>${escaped(row.what)}<td>${dfx.trim()}<td>${escaped(row.against)}: ${real.trim()}<td${mark}>${ratio.toFixed(2)}<td>${row.target ?? ''}</tr>`;
}
