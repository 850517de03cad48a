/** The four payloads of the main job in four processes, as datafusion-python's example does it with `multiprocessing`: whole processes, cold. */
import { fileURLToPath } from 'node:url';
import { alternate } from '../measure.ts';
import { type Command, outputOf, timeOf } from '../processes.ts';
import type { BenchOptions, Row, Section } from '../section.ts';
import { dfxRun, type SandboxMode, sandboxRefusal, withoutSandbox } from './dfx.ts';
import { mainJob } from './payloads.ts';

const peer = fileURLToPath(new URL('multiprocessing_peer.py', import.meta.url));

const MOST_TIME = 0.75;

export async function multiprocessingSection(options: BenchOptions): Promise<Section> {
  const { operands, values } = mainJob(options);
  const dfxArgs = [...operands, '--input', values, '--workers', '4'];
  const plain: Command = { file: options.python, args: ['-B', peer, 'plain', ...operands] };
  const preloaded: Command = { file: options.python, args: ['-B', peer, 'preloaded', ...operands] };
  const refusal = sandboxRefusal(options, dfxArgs);
  const modes: readonly SandboxMode[] = refusal === null ? ['on', 'off'] : ['off'];
  const expected = withoutPids(outputOf(plain));
  const rows: Row[] = [];
  const pairs = options.quick ? 1 : 21;
  for (const mode of modes) {
    const dfx = dfxRun(options, mode, dfxArgs);
    const found = withoutPids(outputOf(dfx));
    if (found !== expected) throw new Error(`dfx prints\n${found}where the example prints\n${expected}`);
    const compare = async (real: Command, against: string, target: number | null): Promise<Row> => ({
      what: `four payloads, four workers, sandbox ${mode}`,
      against,
      pair: await alternate(pairs, { dfx: () => timeOf(dfx), real: () => timeOf(real) }),
      target,
    });
    rows.push(await compare(plain, 'forkserver', MOST_TIME));
    rows.push(await compare(preloaded, 'forkserver, engine preloaded', null));
  }
  return {
    title: 'Main job against multiprocessing, whole processes',
    notes: [
      "The example's pool has four processes of a fork server, each of which imports the engine; the preloaded one imports it once, before it forks.",
      ...(refusal === null ? [] : [withoutSandbox(refusal)]),
    ],
    rows,
    memory: [],
    plots: [],
  };
}

function withoutPids(text: string): string {
  return text.replace(/pid: \d+/g, 'pid: 0');
}
