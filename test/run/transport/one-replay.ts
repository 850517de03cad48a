/** A replay in this process, in a transport that the test chooses: rows out, and what it took. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { readArrow } from '../../../src/io/arrow.ts';
import { valueAt } from '../../../src/io/column.ts';
import { joinPieces } from '../../../src/io/ipc/write.ts';
import { prepareInput } from '../../../src/run/plan/input.ts';
import { loadPayloads } from '../../../src/run/plan/load.ts';
import { type Plan, type PlanOptions, planRun } from '../../../src/run/plan/plan.ts';
import { collect, conveyorOf, type Replay } from '../../../src/run/replay.ts';
import { Recorder, type RunReport } from '../../../src/run/report.ts';
import { WorkerPool } from '../../../src/run/spawn/pool.ts';
import { Worker } from '../../../src/run/spawn/worker.ts';
import type { Conveyor, Delivery } from '../../../src/run/transport/conveyor.ts';
import { endOfStream, formatDataType } from '../../../src/wire/arrow/index.ts';
import { python } from '../cli.ts';

export interface Shown {
  readonly types: readonly string[];
  readonly columns: readonly (readonly unknown[])[];
}

/** Every value of a column behind each other; 64-bit integers as text, so that they compare whatever holds them. */
export function shown(ipc: Uint8Array): Shown {
  const { schema, batches } = readArrow(ipc);
  const columns = schema.fields.map((): unknown[] => []);
  for (const batch of batches()) {
    batch.columns.forEach((column, at) => {
      for (let row = 0; row < batch.length; row++) columns[at]?.push(String(valueAt(column, row)));
    });
  }
  return { types: schema.fields.map(({ type }) => formatDataType(type)), columns };
}

/** Takes the results slowly, and counts the jobs that are on their way meanwhile. */
async function* watched(conveyor: Conveyor, held: { now: number; most: number }): AsyncGenerator<Delivery> {
  const { send } = Worker.prototype;
  Worker.prototype.send = function (this: Worker, header, bodies): void {
    if (header.type === 'job') held.most = Math.max(held.most, ++held.now);
    send.call(this, header, bodies);
  };
  try {
    for await (const delivery of conveyor.deliveries()) {
      if (delivery.kind === 'end') held.now--;
      await new Promise((resolve) => setTimeout(resolve, 3));
      yield delivery;
    }
  } finally {
    Worker.prototype.send = send;
  }
}

export type ReplayOptions = Partial<Omit<PlanOptions, 'policy' | 'source'>>;

/** Workers that are kept from one replay to the next. */
export class Replays {
  readonly pool = new WorkerPool({ onStderrLine: () => undefined });

  async close(): Promise<void> {
    await this.pool.close();
  }

  /** `held` counts the batches that were sent and whose results aren't taken yet; its consumer is slow. Throws what the run throws. */
  async run(
    payload: string,
    input: string,
    options: ReplayOptions,
    signal: AbortSignal = new AbortController().signal,
    held?: { now: number; most: number },
  ): Promise<{ readonly result: Shown; readonly plan: Plan; readonly report: RunReport }> {
    const loaded = loadPayloads(basename(payload, '.bin'), payload, readFileSync(payload));
    const source = await prepareInput(input, { signal });
    try {
      const policy = { strict: false, sandbox: 'off' } as const;
      const plan = await planRun(loaded, { policy, engine: 'auto', python, workers: 1, ...options, source });
      const [group] = plan.groups;
      if (group === undefined || plan.groups.length > 1) throw new Error('expected one group of payloads');
      const context = { inputName: input, signal, onStderrLine: () => undefined, onTraceback: () => undefined };
      const recorder = new Recorder(plan.facts, undefined);
      const replay: Replay = { plan, context, pool: this.pool, recorder };
      const conveyor = conveyorOf(replay, group, { mode: 'rows', output: { output: 'arrow' } }, plan.workers.splits);
      const { schema, chunks } = await collect(held === undefined ? conveyor.deliveries() : watched(conveyor, held));
      const head = schema.subarray(0, schema.length - endOfStream().length);
      return { result: shown(joinPieces([head, ...chunks, endOfStream()])), plan, report: recorder.report() };
    } finally {
      await source.close();
    }
  }
}
