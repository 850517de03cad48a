/** Python UDFs beside Spark's pandas UDFs: one worker each, warm. The results are equal before anything is timed. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineProcess } from '../line-process.ts';
import { median } from '../measure.ts';
import { outputOf, timeOf } from '../processes.ts';
import type { BenchOptions, Row, Section } from '../section.ts';
import { dfxRun } from './dfx.ts';
import { makeIdFile, makeUdfPayloads, type UdfName } from './payloads.ts';
import { javaVersion, sparkPython } from './spark-environment.ts';
import { WarmReplay, type WarmRun } from './warm.ts';

const sparkPeer = fileURLToPath(new URL('spark_peer.py', import.meta.url));
const sleepPeer = fileURLToPath(new URL('sleep_peer.py', import.meta.url));
const equal = fileURLToPath(new URL('equal_tables.py', import.meta.url));

const MOST_TIME = 0.35;
const MOST_TIME_OF_SLEEPS = 1.05;

/** What Spark sends a worker at a time, unless told otherwise (spark.sql.execution.arrow.maxRecordsPerBatch). */
const SPARK_BATCH = 10_000;

/** As large as a batch of Arrow files often is: what the input has where nothing speaks for another size. */
const FILE_BATCH = 65_536;

interface Case {
  readonly title: string;
  readonly rows: number;
  readonly udfs: readonly UdfName[];
  /** Batches of Spark's size on both sides, and the time that sleeping alone takes. */
  readonly sleeps: boolean;
}

const CASES: readonly Case[] = [
  { title: 'light UDF', rows: 1_000_000, udfs: ['add_one'], sleeps: false },
  { title: 'light UDF', rows: 5_000_000, udfs: ['add_one'], sleeps: false },
  { title: 'three UDF columns', rows: 1_000_000, udfs: ['add_one', 'times_two', 'minus_one'], sleeps: false },
  { title: 'CPU-bound UDF', rows: 1_000_000, udfs: ['rounds'], sleeps: false },
  { title: '10 ms sleep a batch of 10,000', rows: 1_000_000, udfs: ['nap'], sleeps: true },
];

/** Spark reads its mode when it starts: a process each. */
const MODES = [
  { name: 'Spark, synchronous', pipelined: 'false' },
  { name: 'Spark, pipelined', pipelined: 'true' },
] as const;

interface Peers {
  readonly spark: readonly { readonly name: string; readonly process: LineProcess }[];
  readonly sleeper: LineProcess;
  readonly warm: WarmReplay;
}

export async function sparkSection(options: BenchOptions): Promise<Section> {
  const java = javaVersion();
  const python = sparkPython(options.python);
  const peers: Peers = {
    spark: MODES.map(({ name, pipelined }) => ({
      name,
      process: new LineProcess(python, sparkPeer, [pipelined], join(options.folder, `spark-${pipelined}.log`)),
    })),
    sleeper: new LineProcess(options.python, sleepPeer),
    warm: new WarmReplay(),
  };
  try {
    const [first] = peers.spark;
    if (first === undefined) throw new Error('no Spark');
    const { spark, pandas, pyarrow } = await first.process.ask<Record<string, string>>({ do: 'versions' });
    const payload = makeUdfPayloads(options);
    const rows: Row[] = [];
    for (const task of CASES) rows.push(...(await measure(task, payload, peers, options)));
    return {
      title: "Python UDFs against Spark's pandas UDFs, one worker each",
      notes: [
        `Spark ${spark}, local[1], with pandas ${pandas}, pyarrow ${pyarrow}, Java ${java}, UDFs as Series arithmetic; dfx with --transport pipelined --queue-depth 2, UDFs as pyarrow kernels. Both sides have been run until they are as fast as they get.`,
        'Spark reads its own range and drops the result (the noop sink); dfx reads the same values from an Arrow file, reading counted, and receives the whole result in Node.',
        "Warm: Spark's session and worker are up, dfx's worker is up; planning, transfer and evaluation are counted on both sides. Split: the same with --transport split, the default for files. Cold: all of the process `dfx run`, against Spark that is warm. Sandbox off.",
        "The target is set against the better one of Spark's two modes; sleeping against a bare Python that only sleeps, as often.",
      ],
      rows,
      memory: [],
      plots: [],
    };
  } finally {
    for (const { process } of peers.spark) process.close();
    peers.sleeper.close();
    await peers.warm.close();
  }
}

async function measure(
  task: Case,
  payload: (name: UdfName) => string,
  { spark, sleeper, warm }: Peers,
  options: BenchOptions,
): Promise<Row[]> {
  const { quick, python, folder } = options;
  const rows = quick ? task.rows / 20 : task.rows;
  const input = makeIdFile(rows, task.sleeps ? SPARK_BATCH : FILE_BATCH, options);
  const payloads = task.udfs.map(payload);
  const batchSize = task.sleeps ? SPARK_BATCH : undefined;
  const run: WarmRun = {
    payloads,
    input,
    options: { python, workers: 1, batchSize, transport: 'pipelined', queueDepth: 2 },
  };
  const args = [...payloads, '--input', input, '--workers', '1', '--transport', 'pipelined', '--queue-depth', '2'];
  if (batchSize !== undefined) args.push('--batch-size', String(batchSize));
  const cold = dfxRun(options, 'off', [...args, '--format', 'arrow-stream']);
  const request = { rows, udfs: task.udfs };

  const ours = join(folder, 'dfx.arrow');
  outputOf(dfxRun(options, 'off', [...args, '--output', ours]));
  for (const { name, process } of spark) {
    const theirs = join(folder, 'spark.arrow');
    await process.ask({ do: 'write', path: theirs, ...request });
    try {
      outputOf({ file: python, args: [equal, ours, theirs] });
    } catch (cause) {
      throw new Error(`${task.title}: dfx and ${name} give other results`, { cause });
    }
  }

  const timed = (process: LineProcess, asked: object) => async (): Promise<number> =>
    (await process.ask<{ us: number }>(asked)).us;
  const sides: { readonly name: string; readonly sample: () => number | Promise<number> }[] = [
    { name: 'dfx, warm', sample: () => warm.time(run) },
    { name: 'dfx, split', sample: () => warm.time({ ...run, options: { ...run.options, transport: 'split' } }) },
    { name: 'dfx, cold', sample: () => timeOf(cold) },
    ...spark.map(({ name, process }) => ({ name, sample: timed(process, { do: 'time', ...request }) })),
  ];
  if (task.sleeps) {
    sides.push({ name: 'sleeping alone', sample: timed(sleeper, { times: Math.ceil(rows / SPARK_BATCH) }) });
  }
  // Spark's compiler needs some ten runs to be done.
  for (let at = 0; at < (quick ? 1 : task.sleeps ? 3 : 12); at++) {
    for (const { name, sample } of sides) if (name !== 'dfx, cold') await sample();
  }
  const rounds = quick ? 1 : 11;
  const samples = sides.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    // Who goes first alternates.
    for (let at = 0; at < sides.length; at++) {
      const side = (at + round) % sides.length;
      samples[side]?.push((await sides[side]?.sample()) ?? Number.NaN);
    }
  }
  const [warmTime = 0, splitTime = 0, coldTime = 0, ...others] = samples.map(median);
  const better = Math.min(...others.slice(0, spark.length));
  const title = `${task.title}, ${rows.toLocaleString('en')} rows`;
  const row = (what: string, dfx: number, at: number, target: number | null): Row => {
    const real = others[at] ?? Number.NaN;
    return {
      what,
      against: sides[at + 3]?.name ?? '',
      pair: { dfx, real, ratio: dfx / real, pairs: rounds },
      target,
    };
  };
  const targetOf = (at: number): number | null => {
    if (task.sleeps) return at === spark.length ? MOST_TIME_OF_SLEEPS : null;
    return others[at] === better ? MOST_TIME : null;
  };
  return [
    ...others.map((_, at) => row(`${title}, warm`, warmTime, at, targetOf(at))),
    row(`${title}, warm, split`, splitTime, others.indexOf(better), null),
    row(`${title}, cold`, coldTime, others.indexOf(better), null),
  ];
}
