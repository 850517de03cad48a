/** The benchmark's results as one page: tables and plots, no script, light and dark as the reader's system is. */
import { type MemoryRow, missedTarget, type Row, type Section } from '../section.ts';
import { curvePlot, escaped, ratioPlot, timelinePlot } from './plot.ts';
import { duration, mebibytes } from './text.ts';

/** What the figures were measured on: a name and a value each. */
export type Facts = readonly (readonly [string, string])[];

const STYLE = `
:root { color-scheme: light dark; --line: #d9dce1; --soft: #5c6470; --good: #1d6b3a; --missed: #a8560d; --back: #fff; --panel: #f6f7f9;
  font: 16px/1.55 system-ui, sans-serif; background: var(--back); }
@media (prefers-color-scheme: dark) { :root { --line: #343a44; --soft: #9aa3b0; --good: #6cc48c; --missed: #eda04f; --back: #15181d; --panel: #1c2027; } }
body { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; } h2 { font-size: 1.25rem; margin: 3rem 0 .5rem; }
p, ul { margin: .5rem 0; max-width: 46rem; } .soft { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .25rem 1.5rem; margin: 1.25rem 0; padding: 1rem 1.25rem;
  background: var(--panel); border-radius: .5rem; }
dt { color: var(--soft); font-size: .8rem; } dd { margin: 0 0 .35rem; }
nav { margin: 1.25rem 0; } nav a { margin-right: 1.25rem; color: #2f7fd1; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem; }
td, th { padding: .35rem .75rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; } td:first-child, th:first-child { text-align: left; padding-left: 0; white-space: normal; }
td:nth-child(3), th:nth-child(3) { text-align: left; } .met { color: var(--good); } .missed { color: var(--missed); font-weight: 600; }
svg { display: block; max-width: 100%; height: auto; margin: 1.5rem 0; }
`;

export function resultsPage(facts: Facts, date: string, sections: readonly Section[]): string {
  const judged = sections.flatMap((section) => verdicts(section).map((missed) => ({ title: section.title, missed })));
  const missed = judged.filter((verdict) => verdict.missed).length;
  const summary =
    judged.length === 0
      ? ''
      : ` ${judged.length - missed} of ${judged.length} targets met${missed === 0 ? '' : `, <span class="missed">${missed} missed</span>`}.`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>dfx: benchmark</title>
<style>${STYLE}</style></head>
<body>
<h1>dfx: benchmark</h1>
<p class="soft">Each time is a median of samples that alternate between the two sides; a whole process is timed when the same one has just run. Before anything is timed, the results of both are compared.${summary}</p>
<dl>${[...facts, ['measured', date] as const].map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>
<nav>${sections.map(({ title }, at) => `<a href="#section-${at}">${escaped(title)}</a>`).join('')}</nav>
${sections.map(sectionPart).join('\n')}
</body></html>
`;
}

function verdicts({ rows, memory }: Section): boolean[] {
  return [
    ...rows.filter(({ target }) => target !== null).map((row) => missedTarget(row, row.pair.ratio)),
    ...memory.filter(({ target }) => target !== null).map((row) => missedTarget(row, row.dfx / row.real)),
  ];
}

function sectionPart(
  { title, notes = [], rows, memory, plots, timelines = [], measured }: Section,
  at: number,
): string {
  const times = rows.map((row) => cells(row, duration(row.pair.dfx), duration(row.pair.real), row.pair.ratio));
  const sizes = memory.map((row) => cells(row, mebibytes(row.dfx), mebibytes(row.real), row.dfx / row.real));
  return [
    `<section id="section-${at}"><h2>${escaped(title)}</h2>`,
    ...notes.map((note) => `<p class="soft">${escaped(note)}</p>`),
    ...(measured === undefined ? [] : [`<p class="soft">Measured ${escaped(measured)}.</p>`]),
    ...(times.length + sizes.length === 0
      ? []
      : [
          '<div class="wide"><table><tr><th>what<th>dfx<th>beside it<th>ratio<th>at most</tr>',
          ...times,
          ...sizes,
          '</table></div>',
        ]),
    ...(rows.length === 0 ? [] : [ratioPlot(title, rows)]),
    ...plots.map(curvePlot),
    ...timelines.map(timelinePlot),
    '</section>',
  ].join('\n');
}

function cells(row: Row | MemoryRow, dfx: string, real: string, ratio: number): string {
  const mark = row.target === null ? '' : missedTarget(row, ratio) ? ' class="missed"' : ' class="met"';
  const target = row.target === null ? '' : String(row.target);
  return `<tr><td>${escaped(row.what)}<td>${dfx}<td>${escaped(row.against)}: ${real}<td${mark}>${ratio.toFixed(2)}<td>${target}</tr>`;
}
