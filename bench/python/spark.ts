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
import { startWarm, type WarmReplay, type WarmRun } from './warm.ts';

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
    warm: await startWarm(),
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
        "Warm: Spark's session and worker are up, dfx's worker is up; planning, transfer and evaluation are counted on both sides. Split: the same with --transport split, the default for files. Cold: all of the process `dfx run`, against Spark that is warm. Sandbox off. The heap of the process that stands for a warm dfx starts as large as that of a fresh one (--initial-old-space-size=64).",
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

/** Who is timed, under the name that the rows show. */
interface Side {
  readonly name: string;
  readonly sample: () => number | Promise<number>;
}

async function measure(
  task: Case,
  payload: (name: UdfName) => string,
  peers: Peers,
  options: BenchOptions,
): Promise<Row[]> {
  const rows = options.quick ? task.rows / 20 : task.rows;
  const input = makeIdFile(rows, task.sleeps ? SPARK_BATCH : FILE_BATCH, options);
  const payloads = task.udfs.map(payload);
  const batchSize = task.sleeps ? SPARK_BATCH : undefined;
  const { python } = options;
  const run: WarmRun = {
    payloads,
    input,
    options: { python, workers: 1, batchSize, transport: 'pipelined', queueDepth: 2 },
  };
  const args = [...payloads, '--input', input, '--workers', '1', '--transport', 'pipelined', '--queue-depth', '2'];
  if (batchSize !== undefined) args.push('--batch-size', String(batchSize));
  const request = { rows, udfs: task.udfs };
  await mustBeEqual(task, args, request, peers, options);

  const cold = dfxRun(options, 'off', [...args, '--format', 'arrow-stream']);
  const ours: readonly Side[] = [
    { name: 'warm', sample: () => peers.warm.time(run) },
    {
      name: 'warm, split',
      sample: () => peers.warm.time({ ...run, options: { ...run.options, transport: 'split' } }),
    },
    { name: 'cold', sample: () => timeOf(cold) },
  ];
  const theirs: readonly Side[] = peers.spark.map(({ name, process }) =>
    asked(name, process, { do: 'time', ...request }),
  );
  const sleeping = asked('sleeping alone', peers.sleeper, { times: Math.ceil(rows / SPARK_BATCH) });
  const all = [...ours, ...theirs, ...(task.sleeps ? [sleeping] : [])];
  // Spark's compiler needs some ten runs to be done.
  await rounds(
    options.quick ? 1 : task.sleeps ? 3 : 12,
    all.filter(({ name }) => name !== 'cold'),
  );
  const pairs = options.quick ? 1 : 11;
  const times = await rounds(pairs, all);

  const timeOfSide = (side: Side): number => times.get(side) ?? Number.NaN;
  const [first, ...more] = theirs;
  if (first === undefined) throw new Error('no Spark');
  const better = more.reduce((best, side) => (timeOfSide(side) < timeOfSide(best) ? side : best), first);
  const row = (own: Side, other: Side, target: number | null): Row => {
    const [dfx, real] = [timeOfSide(own), timeOfSide(other)];
    const what = `${task.title}, ${rows.toLocaleString('en')} rows, ${own.name}`;
    return { what, against: other.name, pair: { dfx, real, ratio: dfx / real, pairs }, target };
  };
  return ours.flatMap((own) => {
    if (own.name !== 'warm') return [row(own, better, null)];
    const beside = theirs.map((other) => row(own, other, other === better && !task.sleeps ? MOST_TIME : null));
    return task.sleeps ? [...beside, row(own, sleeping, MOST_TIME_OF_SLEEPS)] : beside;
  });
}

async function mustBeEqual(
  { title }: Case,
  args: readonly string[],
  request: object,
  { spark }: Peers,
  options: BenchOptions,
): Promise<void> {
  const ours = join(options.folder, 'dfx.arrow');
  outputOf(dfxRun(options, 'off', [...args, '--output', ours]));
  for (const { name, process } of spark) {
    const theirs = join(options.folder, 'spark.arrow');
    await process.ask({ do: 'write', path: theirs, ...request });
    try {
      outputOf({ file: options.python, args: [equal, ours, theirs] });
    } catch (cause) {
      throw new Error(`${title}: dfx and ${name} give other results`, { cause });
    }
  }
}

function asked(name: string, process: LineProcess, request: object): Side {
  return { name, sample: async () => (await process.ask<{ us: number }>(request)).us };
}

/** The median of each side. They take turns, and who goes first alternates. */
async function rounds(count: number, sides: readonly Side[]): Promise<Map<Side, number>> {
  const samples = sides.map((side) => ({ side, found: [] as number[] }));
  for (let round = 0; round < count; round++) {
    const turn = round % samples.length;
    for (const { side, found } of [...samples.slice(turn), ...samples.slice(0, turn)]) found.push(await side.sample());
  }
  return new Map(samples.map(({ side, found }) => [side, median(found)]));
}
