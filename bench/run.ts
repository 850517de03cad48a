/**
 * dfx and the real package side by side: `npm run bench`, `npm run bench -- --only replay,kernels --rows 1000000`, `npm run bench -- --quick` for a smoke test.
 *
 * Each time is a median over samples that alternate between the two. Before anything is timed, the results of both sides are compared. Writes
 * `results/latest.json` and `results/latest.html`. Exits with 1 where a target is missed, unless `--quick`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { codecSection } from './codec.ts';
import { Peer, peerPython } from './peer.ts';
import { kernelSection } from './replay/kernels.ts';
import { replaySection } from './replay/replay.ts';
import { scalingSection } from './replay/scaling.ts';
import { resultsPage } from './report/page.ts';
import { sectionText } from './report/text.ts';
import { type BenchOptions, missedTarget, type Section } from './section.ts';

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, rows: { type: 'string' } },
});
const options: BenchOptions = {
  quick: flags.quick,
  rows: flags.rows?.split(',').map(Number) ?? (flags.quick ? [20_000] : [1_000_000, 5_000_000, 50_000_000]),
  python: peerPython(),
  folder: mkdtempSync(join(tmpdir(), 'dfx-bench-')),
  root: fileURLToPath(new URL('..', import.meta.url)),
};
const peer = new Peer(options.python);
const SECTIONS = new Map<string, () => Promise<Section>>([
  ['codec', () => codecSection(peer, options)],
  ['replay', () => replaySection(options)],
  ['kernels', () => kernelSection(options)],
  ['scaling', () => scalingSection(options)],
]);
try {
  const names = flags.only?.split(',') ?? [...SECTIONS.keys()];
  const versions = await peer.versions();
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    ...versions,
  };
  const title = `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, node ${machine.node}, python ${machine.python}, datafusion ${machine.datafusion}, pyarrow ${machine.pyarrow}`;
  process.stdout.write(`${title}\n`);
  const sections: Section[] = [];
  for (const name of names) {
    const measure = SECTIONS.get(name);
    if (measure === undefined)
      throw new Error(`no section ${name}, expected one of ${[...SECTIONS.keys()].join(', ')}`);
    const section = await measure();
    process.stdout.write(`\n${sectionText(section)}`);
    sections.push(section);
  }
  if (!flags.quick) writeResults(machine, title, sections);
  if (!flags.quick && sections.some(missed)) process.exitCode = 1;
} finally {
  peer.close();
  rmSync(options.folder, { recursive: true, force: true });
}

function missed({ rows, memory }: Section): boolean {
  return (
    rows.some((row) => missedTarget(row, row.pair.ratio)) || memory.some((row) => missedTarget(row, row.dfx / row.real))
  );
}

/** The last run stands in the repository where it was a whole one; the others are the machine's own. */
function writeResults(machine: object, title: string, sections: readonly Section[]): void {
  const target = new URL('results/', import.meta.url);
  mkdirSync(target, { recursive: true });
  const date = new Date().toISOString();
  const names = sections.length === SECTIONS.size ? ['latest', date.replaceAll(':', '-')] : [date.replaceAll(':', '-')];
  for (const name of names) {
    writeFileSync(new URL(`${name}.json`, target), `${JSON.stringify({ date, machine, sections }, null, 2)}\n`);
    writeFileSync(new URL(`${name}.html`, target), resultsPage(title, date, sections));
  }
}
