/** How Python UDFs grow with workers and queue depths: whole processes, one that sleeps and one that computes. Equal results first. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { roundRobin } from '../measure.ts';
import { outputOf, timeOf } from '../processes.ts';
import type { BenchOptions, Plot, Section } from '../section.ts';
import { dfxRun } from './dfx.ts';
import { makeIdFile, makeUdfPayloads, type UdfName } from './payloads.ts';

const equal = fileURLToPath(new URL('equal_tables.py', import.meta.url));

const WORKERS = [1, 2, 4, 8];
const DEPTHS = [1, 2, 4, 8];
const BATCH_ROWS = 8192;

interface Curve {
  readonly name: string;
  readonly udf: UdfName;
  readonly args: readonly string[];
}

const WORKER_CURVES: readonly Curve[] = [
  { name: 'sleeps, split', udf: 'short_nap', args: ['--transport', 'split'] },
  { name: 'sleeps, pipelined', udf: 'short_nap', args: ['--transport', 'pipelined'] },
  { name: 'computes, split', udf: 'spin', args: ['--transport', 'split'] },
  { name: 'computes, pipelined', udf: 'spin', args: ['--transport', 'pipelined'] },
];

const DEPTH_CURVES: readonly Curve[] = [
  { name: 'sleeps', udf: 'short_nap', args: ['--transport', 'pipelined', '--workers', '1'] },
  { name: 'computes', udf: 'spin', args: ['--transport', 'pipelined', '--workers', '1'] },
];

export async function pythonScalingSection(options: BenchOptions): Promise<Section> {
  // Sixteen splits of sixteen batches each: as many for each of eight workers.
  const rows = (options.quick ? 16 : 256) * BATCH_ROWS;
  const input = makeIdFile(rows, BATCH_ROWS, options);
  const payload = makeUdfPayloads(options);
  const samples = options.quick ? 1 : 5;
  const output = join(options.folder, 'scaling.arrow');
  const expected = join(options.folder, 'scaling-expected.arrow');
  outputOf(dfxRun(options, 'off', [payload('add_one'), '--input', input, '--output', expected]));

  const measure = ({ udf, args }: Curve, flag: string, at: readonly number[]): number[] => {
    const command = (value: number) =>
      dfxRun(options, 'off', [payload(udf), '--input', input, '--output', output, ...args, flag, String(value)]);
    for (const value of at) {
      outputOf(command(value));
      outputOf({ file: options.python, args: [equal, output, expected] });
    }
    return roundRobin(samples, at, (value) => timeOf(command(value))).map((microseconds) => microseconds / 1000);
  };
  const plot = (title: string, axis: string, flag: string, at: readonly number[], curves: readonly Curve[]): Plot => ({
    title: `${title}: ${rows.toLocaleString('en')} rows in batches of ${BATCH_ROWS.toLocaleString('en')}, ${availableParallelism()} cores`,
    axis,
    at,
    curves: curves.map((curve) => ({ name: curve.name, milliseconds: measure(curve, flag, at) })),
  });
  return {
    title: 'Python workers and queue depths, whole processes',
    notes: ['One UDF sleeps for 5 ms a batch, the other computes for about as long in plain Python. Sandbox off.'],
    rows: [],
    memory: [],
    plots: [
      plot('Workers', 'workers', '--workers', WORKERS, WORKER_CURVES),
      plot('Queue depth, one worker', 'batches that wait', '--queue-depth', DEPTHS, DEPTH_CURVES),
    ],
  };
}
