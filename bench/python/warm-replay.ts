/**
 * dfx as it is once its worker is up: payloads are read and planned, the input is read, transferred and evaluated, and the whole result comes
 * to Node, in this process with a pool that is kept from run to run. What is left out is the start of Node and of Python.
 *
 * package.json starts the benchmark with `--initial-old-space-size=64`: after the first full collection V8 limits a small heap to some 14 MB more, buffers
 * of batches included, and collects it all again for each 14 MB that pass through. A process of `dfx run`, which starts with a fresh heap and no
 * such limit, does at most two of these collections on 5 million rows; without the option this one does 13.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { prepareInput } from '../../src/run/plan/input.ts';
import { loadPayloads } from '../../src/run/plan/load.ts';
import { type PlanOptions, planRun } from '../../src/run/plan/plan.ts';
import { conveyorOf } from '../../src/run/replay.ts';
import { Recorder } from '../../src/run/report.ts';
import { WorkerPool } from '../../src/run/spawn/pool.ts';

export interface WarmRun {
  readonly payloads: readonly string[];
  readonly input: string;
  /** The real engine, unless another is named. */
  readonly options: Partial<Omit<PlanOptions, 'policy' | 'source'>>;
}

export class WarmReplay {
  readonly #pool = new WorkerPool({
    onStderrLine: (_labels, line) => {
      process.stderr.write(`${line}\n`);
    },
  });

  /** Microseconds of one run. */
  async time(run: WarmRun): Promise<number> {
    const started = process.hrtime.bigint();
    await this.#replay(run);
    return Number(process.hrtime.bigint() - started) / 1000;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #replay({ payloads, input, options }: WarmRun): Promise<void> {
    const { signal } = new AbortController();
    const loaded = payloads.flatMap((path) => loadPayloads(basename(path, '.bin'), path, readFileSync(path)));
    const source = await prepareInput(input, { signal });
    try {
      const policy = { strict: false, sandbox: 'off' } as const;
      const plan = await planRun(loaded, { engine: 'datafusion', ...options, policy, source });
      const [group] = plan.groups;
      if (group === undefined || plan.groups.length > 1) throw new Error('expected one group of payloads');
      const context = { inputName: input, signal, onStderrLine: () => undefined, onTraceback: () => undefined };
      const replay = { plan, context, pool: this.#pool, recorder: new Recorder(plan.facts, undefined) };
      let rows = 0;
      const conveyor = conveyorOf(replay, group, { mode: 'rows', output: { output: 'arrow' } }, plan.workers.splits);
      for await (const delivery of conveyor.deliveries()) if (delivery.kind === 'part') rows += delivery.rows;
      if (rows === 0) throw new Error('a run without rows');
    } finally {
      await source.close();
    }
  }
}
