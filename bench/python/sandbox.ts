/** What the sandbox costs: the same run with it and without, whole processes, by the number of workers. Equal results first. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alternate, type Pair } from '../measure.ts';
import { outputOf, timeOf } from '../processes.ts';
import type { BenchOptions, Plot, Row, Section } from '../section.ts';
import { dfxRun, sandboxRefusal, withoutSandbox } from './dfx.ts';
import { makeIdFile, makeUdfPayloads } from './payloads.ts';
import { makeSourcePayload } from './source-payloads.ts';

const equal = fileURLToPath(new URL('equal_tables.py', import.meta.url));

const WORKERS = [1, 2, 4, 8];

/** Rows of a split of an Arrow file, so that eight workers have one each. */
const SPLIT_ROWS = 131_072;

export async function sandboxSection(options: BenchOptions): Promise<Section> {
  const title = 'What the sandbox costs, whole processes';
  const input = makeIdFile(8 * SPLIT_ROWS, SPLIT_ROWS / 2, options);
  const languages = [
    { name: 'Python', payload: makeUdfPayloads(options)('add_one') },
    { name: 'JavaScript', payload: makeSourcePayload('javascript-arithmetic', 'batch', options) },
  ];
  const rows: Row[] = [];
  const notes: string[] = [];
  const curves: { name: string; milliseconds: number[] }[] = [];
  for (const { name, payload } of languages) {
    const refusal = sandboxRefusal(options, [payload, '--input', input, '--limit', '1']);
    if (refusal !== null) {
      notes.push(`${name}: ${withoutSandbox(refusal)}`);
      continue;
    }
    const pairs: Pair[] = [];
    for (const workers of WORKERS) pairs.push(await costOf(payload, input, workers, options));
    pairs.forEach((pair, at) => {
      const workers = WORKERS[at] ?? 0;
      const what = `${workers} ${name} worker${workers === 1 ? '' : 's'}, sandbox on`;
      rows.push({ what, against: 'sandbox off', pair, target: null });
    });
    const added = pairs.map(({ dfx, real }) => (dfx - real) / 1000);
    curves.push({ name, milliseconds: added.map((value) => Math.max(0, value)) });
    const each = (added.at(-1) ?? Number.NaN) / (WORKERS.at(-1) ?? 1);
    notes.push(`${name}: ${each.toFixed(1)} ms a worker, of ${WORKERS.at(-1)}.`);
  }
  const plot: Plot = { title: 'What the sandbox adds to a run', axis: 'workers', at: WORKERS, curves };
  return { title, notes, rows, memory: [], plots: curves.length === 0 ? [] : [plot] };
}

async function costOf(payload: string, input: string, workers: number, options: BenchOptions): Promise<Pair> {
  const { folder, python, quick } = options;
  const args = [payload, '--input', input, '--workers', String(workers)];
  const files = (['on', 'off'] as const).map((mode) => {
    const output = join(folder, `sandbox-${mode}.arrow`);
    outputOf(dfxRun(options, mode, [...args, '--output', output]));
    return output;
  });
  outputOf({ file: python, args: [equal, ...files] });
  const [on, off] = (['on', 'off'] as const).map((mode) =>
    dfxRun(options, mode, [...args, '--format', 'arrow-stream']),
  );
  if (on === undefined || off === undefined) throw new Error('two modes');
  return alternate(quick ? 1 : 11, { dfx: () => timeOf(on), real: () => timeOf(off) });
}
