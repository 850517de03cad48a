/** `--transport pipelined` beside `sync`: one worker that is up, equal results first. What overlaps is what the one gains over the other. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BatchTimes } from '../../src/run/report.ts';
import { alternate, median } from '../measure.ts';
import { outputOf, peakMemoryOf } from '../processes.ts';
import { dfxRun } from '../python/dfx.ts';
import { startWarm, type WarmReplay, type WarmRun } from '../python/warm.ts';
import type { BenchOptions, MemoryRow, Row, Section, Timeline } from '../section.ts';

const make = fileURLToPath(new URL('make.py', import.meta.url));

const MOST_TIME = 1.02;
const MOST_TIME_ALIKE = 0.7;
const MOST_MEMORY = 1.2;
/** Work is like the rest if a synchronous round with it takes twice as long as one without, give or take. */
const ALIKE = { least: 1.9, most: 2.1, tries: 6 };
const SIZES = [100_000, 1_000_000, 5_000_000];
const BATCH = 8192;
const KEEP = 'all' as const;

interface Task {
  readonly title: string;
  /** Milliseconds that the UDF works on a batch. Null: as long as everything else takes for one. */
  readonly work: number | null;
  /** Whether all columns of the table travel there and back, or one. */
  readonly wide: boolean;
  readonly target: number;
}

const TASKS: readonly Task[] = [
  { title: 'light UDF', work: 0, wide: false, target: MOST_TIME },
  { title: 'compute-heavy UDF', work: 3, wide: false, target: MOST_TIME },
  { title: 'transfer-heavy', work: 0, wide: true, target: MOST_TIME },
  { title: 'compute and transfer alike', work: null, wide: true, target: MOST_TIME_ALIKE },
];

type Streamed = 'sync' | 'pipelined';

export async function transportSection(options: BenchOptions): Promise<Section> {
  const rows: Row[] = [];
  const memory: MemoryRow[] = [];
  const timelines: Timeline[] = [];
  const warm = await startWarm();
  try {
    for (const size of options.quick ? [20_000] : SIZES) {
      const input = join(options.folder, `wide-${size}.arrow`);
      outputOf({ file: options.python, args: ['-B', make, 'table', input, String(size)] });
      for (const task of TASKS) {
        const { payload, row } = await compare(task, input, size, warm, options);
        rows.push(row);
        if (task.target !== MOST_TIME_ALIKE) continue;
        memory.push(await compareMemory(task, payload, input, size, options));
        if (size <= 1_000_000) timelines.splice(0, timelines.length, ...overlap(payload, input, options));
      }
      rmSync(input);
    }
  } finally {
    await warm.close();
  }
  return {
    title: 'Pipelined against synchronous transfer, one worker',
    notes: [
      'Both send batches of 8,192 rows of an Arrow file to one Python worker that is up, and receive the result in Node: sync one a message, pipelined up to eight or 512 KiB, with --queue-depth 2. The table has nine columns of eight bytes, of which one travels or, where it says transfer, all there and back.',
      'The UDF of "alike" works in plain Python, and so under the interpreter\'s lock, for as long as the rest of a synchronous round takes: with it a round takes 1.9 to 2.1 times as long as without, or both are measured again.',
      'Memory: the highest sum of the proportional set sizes of all processes of `dfx run`.',
    ],
    rows,
    memory,
    plots: [],
    timelines,
  };
}

function warmRun(task: Task, payload: string, input: string, transport: Streamed, python: string): WarmRun {
  const keep = task.wide ? { keep: KEEP } : {};
  return { payloads: [payload], input, options: { python, workers: 1, queueDepth: 2, transport, ...keep } };
}

interface Work {
  readonly payload: string;
  /** Microseconds of a synchronous run without any, where that is the measure. */
  readonly rest: number | null;
}

/** Where the work isn't given, it is what a batch takes without any. */
async function workOf(
  task: Task,
  input: string,
  size: number,
  warm: WarmReplay,
  { folder, python, quick }: BenchOptions,
): Promise<Work> {
  const write = (name: string, milliseconds: number): string => {
    outputOf({ file: python, args: ['-B', make, 'payload', folder, name, String(milliseconds)] });
    return join(folder, `${name}.bin`);
  };
  if (task.work !== null) return { payload: write(`works_${task.work}`, task.work), rest: null };
  const run = warmRun(task, write('works_0', 0), input, 'sync', python);
  const samples: number[] = [];
  for (let at = 0; at < (quick ? 1 : 24); at++) samples.push(await warm.time(run));
  const rest = median(samples.slice(quick ? 0 : 3));
  return { payload: write(`alike_${size}`, rest / 1000 / Math.ceil(size / BATCH)), rest };
}

/** A machine that is faster or slower than when the work was measured is measured again: the two aren't alike there. */
async function compare(
  task: Task,
  input: string,
  size: number,
  warm: WarmReplay,
  options: BenchOptions,
): Promise<{ readonly payload: string; readonly row: Row }> {
  for (let tries = 1; ; tries++) {
    const { payload, rest } = await workOf(task, input, size, warm, options);
    const row = await comparePayload(task, payload, input, size, warm, options);
    const times = rest === null ? null : row.pair.real / rest;
    if (times === null || options.quick || (times >= ALIKE.least && times <= ALIKE.most)) return { payload, row };
    if (tries === ALIKE.tries) {
      return { payload, row: { ...row, what: `${row.what} (a round took ${times.toFixed(2)} times the rest)` } };
    }
  }
}

async function comparePayload(
  task: Task,
  payload: string,
  input: string,
  size: number,
  warm: WarmReplay,
  options: BenchOptions,
): Promise<Row> {
  const what = `${task.title}, ${size.toLocaleString('en')} rows`;
  mustBeEqual(what, task, payload, input, options);
  const timed = (transport: Streamed) => {
    const run = warmRun(task, payload, input, transport, options.python);
    return () => warm.time(run);
  };
  const sides = { dfx: timed('pipelined'), real: timed('sync') };
  for (let at = 0; at < (options.quick ? 1 : 3); at++) {
    await sides.dfx();
    await sides.real();
  }
  const pairs = options.quick ? 1 : size > 1_000_000 ? 11 : 21;
  return { what, against: 'sync', pair: await alternate(pairs, sides), target: task.target };
}

function runArgs(task: Task, payload: string, input: string, transport: Streamed): string[] {
  const keep = task.wide ? ['--keep', KEEP] : [];
  return [payload, '--input', input, ...keep, '--workers', '1', '--transport', transport, '--queue-depth', '2'];
}

function mustBeEqual(what: string, task: Task, payload: string, input: string, options: BenchOptions): void {
  const written = (['pipelined', 'sync'] as const).map((transport) => {
    const output = join(options.folder, `${transport}.arrow`);
    outputOf(dfxRun(options, 'off', [...runArgs(task, payload, input, transport), '--output', output]));
    const bytes = readFileSync(output);
    rmSync(output);
    return bytes;
  });
  const [pipelined, sync] = written;
  if (pipelined === undefined || sync === undefined || Buffer.compare(pipelined, sync) !== 0) {
    throw new Error(`${what}: the results differ`);
  }
}

async function compareMemory(
  task: Task,
  payload: string,
  input: string,
  size: number,
  options: BenchOptions,
): Promise<MemoryRow> {
  const peak = (transport: Streamed): Promise<number> => {
    const output = join(options.folder, 'memory.arrow');
    return peakMemoryOf(dfxRun(options, 'off', [...runArgs(task, payload, input, transport), '--output', output]));
  };
  return {
    what: `${task.title}, ${size.toLocaleString('en')} rows: peak PSS of all processes`,
    against: 'sync',
    dfx: await peak('pipelined'),
    real: await peak('sync'),
    target: MOST_MEMORY,
  };
}

/** Batches of the middle of a run: those before them met a cold worker. */
const SHOWN = 12;

function overlap(payload: string, input: string, options: BenchOptions): readonly Timeline[] {
  const task: Task = { title: '', work: null, wide: true, target: MOST_TIME_ALIKE };
  return (['sync', 'pipelined'] as const).map((transport) => {
    const output = ['--output', join(options.folder, 'timeline.arrow'), '--json', '--times'];
    const printed = outputOf(dfxRun(options, 'off', [...runArgs(task, payload, input, transport), ...output]));
    const { times } = (JSON.parse(printed) as { readonly stats: { readonly times: readonly BatchTimes[] } }).stats;
    const middle = Math.max(0, Math.floor(times.length / 2) - SHOWN / 2);
    const shown = times.slice(middle, middle + SHOWN);
    const start = Math.min(...shown.map(({ sent }) => sent));
    const lane = (name: string, from: keyof BatchTimes, to: keyof BatchTimes) => ({
      name,
      spans: shown.map((batch) => ({ from: (batch[from] - start) * 1000, to: (batch[to] - start) * 1000 })),
    });
    return {
      title: `${shown.length} batches, ${transport}: compute and transfer alike`,
      lanes: [
        lane('sent, and waiting', 'sent', 'started'),
        lane('evaluated', 'started', 'finished'),
        lane('coming back', 'finished', 'received'),
      ],
    };
  });
}
