/** How replay grows with workers and batch sizes: whole processes, one file. */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { roundRobin } from '../measure.ts';
import { dfxCommand, timeOf } from '../processes.ts';
import type { BenchOptions, Plot, Section } from '../section.ts';
import { makeInputs, makePayload } from './files.ts';

const WORKERS = [1, 2, 4];
const BATCHES = [1024, 4096, 8192, 16_384, 65_536];

export async function scalingSection(options: BenchOptions): Promise<Section> {
  const inputs = makeInputs(options.quick ? 20_000 : 5_000_000, options);
  const samples = options.quick ? 1 : 7;
  const payloads = [
    { name: 'aggregate', path: makePayload('aggregate', 'sum(a * b)', options), output: [] },
    {
      name: 'row-wise to Arrow',
      path: makePayload('rows', 'a * 2 + b', options),
      output: ['--output', join(options.folder, 'scaling.arrow')],
    },
  ];
  const curve = (at: readonly number[], flag: string, path: string, input: string, output: readonly string[]) =>
    roundRobin(samples, at, (value) => {
      const args = ['run', path, '--input', input, flag, String(value), ...output];
      return timeOf(dfxCommand(options.root, args));
    }).map((microseconds) => microseconds / 1000);
  const plots: Plot[] = (['csv', 'arrow'] as const).flatMap((format) =>
    [
      { title: 'Workers', axis: 'workers', at: WORKERS, flag: '--workers' },
      { title: 'Batch size', axis: 'rows of a batch', at: BATCHES, flag: '--batch-size' },
    ].map(({ title, axis, at, flag }) => ({
      title: `${title}: ${inputs.rows.toLocaleString('en')} rows of ${format === 'csv' ? 'CSV' : 'Arrow'}, ${availableParallelism()} cores`,
      axis,
      at,
      curves: payloads.map(({ name, path, output }) => ({
        name,
        milliseconds: curve(at, flag, path, inputs[format], output),
      })),
    })),
  );
  return { title: 'Scaling, whole processes', rows: [], memory: [], plots };
}
