/**
 * dfx and its peers side by side: `npm run bench`, `npm run bench -- --only replay,kernels --rows 1000000`, `npm run bench -- --quick` for a smoke
 * test; `npm run bench -- --help` lists the sections.
 *
 * Each time is a median over samples that alternate between the two; of whole processes each follows a run that isn't timed. Before anything is
 * timed, the results of both sides are compared. Writes `results/latest.json` and `results/latest.html`, where sections that weren't measured stay as
 * they were. Exits with 1 where a target is missed, unless `--quick`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Peer, peerPython } from './peer.ts';
import type { Facts } from './report/page.ts';
import { writeResults } from './report/results.ts';
import { sectionText } from './report/text.ts';
import { type BenchOptions, missedTarget, type Section } from './section.ts';
import { type NamedSection, SECTIONS } from './sections.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    only: { type: 'string' },
    rows: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
// Node reads these certificates at each start, for some 30 ms, which dfx goes without and its peers may not pay for either.
Reflect.deleteProperty(process.env, 'NODE_EXTRA_CA_CERTS');
if (flags.help) process.stdout.write(helpText());
else await bench(chosenSections());

function helpText(): string {
  const wide = Math.max(...SECTIONS.map(({ name }) => name.length));
  const listed = SECTIONS.map(
    ({ name, about, downloads }) => `  ${name.padEnd(wide)}  ${about}${downloads === true ? ' *' : ''}`,
  );
  return `npm run bench -- [options]

  --only <names>  these sections, separated by commas
  --all           every section, also those marked *, which download their peer
  --rows <sizes>  sizes of replay's inputs (1000000,5000000,50000000)
  --quick         a smoke test: small inputs, few samples, no verdict, no files

Sections:
${listed.join('\n')}
`;
}

function chosenSections(): readonly NamedSection[] {
  if (flags.only === undefined) return SECTIONS.filter(({ downloads }) => flags.all || downloads !== true);
  return flags.only.split(',').map((name) => {
    const section = SECTIONS.find((other) => other.name === name);
    if (section !== undefined) return section;
    throw new Error(`no section ${name}, expected some of ${SECTIONS.map((other) => other.name).join(', ')}`);
  });
}

async function bench(chosen: readonly NamedSection[]): Promise<void> {
  const options: BenchOptions = {
    quick: flags.quick,
    rows: flags.rows?.split(',').map(Number) ?? (flags.quick ? [20_000] : [1_000_000, 5_000_000, 50_000_000]),
    python: peerPython(),
    folder: mkdtempSync(join(tmpdir(), 'dfx-bench-')),
    root: fileURLToPath(new URL('..', import.meta.url)),
  };
  const peer = new Peer(options.python);
  try {
    const facts = await machineFacts(peer);
    process.stdout.write(`${facts.map(([name, value]) => `${name} ${value}`).join(', ')}\n`);
    const sections: Section[] = [];
    for (const { measure } of chosen) {
      const measured = await measure(options, peer);
      const section = flags.quick ? unjudged(measured) : measured;
      process.stdout.write(`\n${sectionText(section)}`);
      sections.push(section);
    }
    if (flags.quick) return;
    writeResults(new URL('results/', import.meta.url), facts, sections, flags.rows === undefined);
    if (sections.some(missed)) process.exitCode = 1;
  } finally {
    peer.close();
    rmSync(options.folder, { recursive: true, force: true });
  }
}

async function machineFacts(peer: Peer): Promise<Facts> {
  const { python, datafusion, pyarrow } = await peer.versions();
  return [
    ['cpu', cpus()[0]?.model ?? 'unknown'],
    ['cores', String(cpus().length)],
    ['memory', `${Math.round(totalmem() / 1024 ** 3)} GiB`],
    ['system', `${process.platform} ${process.arch}`],
    ['node', process.versions.node],
    ['python', python],
    ['datafusion', datafusion],
    ['pyarrow', pyarrow],
  ];
}

/** Few samples of small inputs say nothing of a target. */
function unjudged(section: Section): Section {
  const { rows, memory } = section;
  return {
    ...section,
    rows: rows.map((row) => ({ ...row, target: null })),
    memory: memory.map((row) => ({ ...row, target: null })),
  };
}

function missed({ rows, memory }: Section): boolean {
  return (
    rows.some((row) => missedTarget(row, row.pair.ratio)) || memory.some((row) => missedTarget(row, row.dfx / row.real))
  );
}
