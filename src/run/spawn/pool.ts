/** The workers of a run: started when they are needed, used again by the next job that wants their engine, gone at its end. */
import type { ChildProcess } from 'node:child_process';
import { DfxError } from '../../wire/errors.ts';
import { type LifeOptions, LifeWatch } from './life-watch.ts';
import { Worker, type WorkerCommand } from './worker.ts';
import { startZygote, Zygote } from './zygote.ts';

export interface PoolOptions {
  /** A line of a worker's stderr, and the labels of the payloads that it works on. */
  readonly onStderrLine: (labels: readonly string[], line: string) => void;
  /** Workers that were started before the plan was known; each is given out once. */
  readonly started?: ((command: WorkerCommand, onStderrLine: (line: string) => void) => Worker | null) | undefined;
  /** A forking parent that was started before the plan was known. */
  readonly startedZygote?: ((command: WorkerCommand) => ChildProcess | null) | undefined;
  /** Workers that a forking parent should have room for. */
  readonly slots?: number | undefined;
  readonly life?: LifeOptions | undefined;
}

/** Each slot takes two descriptors on both sides, used or not: where more are needed, another parent is started. */
const MOST_SLOTS = 32;
const SLOTS = 4;

export class PooledWorker {
  /** Whose prints these are: the payloads of the job at hand. */
  labels: readonly string[] = [];
  readonly worker: Worker;

  constructor(start: (onStderrLine: (line: string) => void) => Worker, pool: PoolOptions) {
    this.worker = start((line) => pool.onStderrLine(this.labels, line));
  }
}

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #busy = new Set<PooledWorker>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #zygotes: Zygote[] = [];
  readonly #watch: LifeWatch | null;
  #idle: PooledWorker[] = [];
  #jobs = 0;
  #closed = false;
  #isDismissed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    const { life } = options;
    this.#watch = life === undefined ? null : new LifeWatch(life, () => [...this.#busy].map(({ worker }) => worker));
  }

  /** A number that no other job of the run has. */
  nextJob(): number {
    return this.#jobs++;
  }

  /** One that waits, or a new one. Throws what keeps a process from being started. */
  take(command: WorkerCommand): PooledWorker {
    if (this.#isDismissed) throw new DfxError('DEFECT', 'a job came after the last one');
    for (const gone of this.#idle.filter(({ worker }) => worker.isLost)) this.#leave(gone.worker.killed());
    this.#idle = this.#idle.filter(({ worker }) => !worker.isLost);
    const at = this.#idle.findIndex(({ worker }) => worker.command.file === command.file);
    const [idle] = at === -1 ? [] : this.#idle.splice(at, 1);
    const taken = idle ?? new PooledWorker((onLine) => this.#start(command, onLine), this.#options);
    this.#busy.add(taken);
    this.#watch?.start();
    return taken;
  }

  /** For the next job. It has nothing left to do. */
  give(pooled: PooledWorker): void {
    this.#busy.delete(pooled);
    pooled.worker.listen(null);
    if (this.#closed) this.#leave(pooled.worker.killed());
    else this.#idle.push(pooled);
  }

  /** It is in the middle of something, or lost. */
  discard(pooled: PooledWorker): void {
    this.#busy.delete(pooled);
    pooled.worker.listen(null);
    this.#leave(pooled.worker.killed());
  }

  /** Lets those go that wait and are of another engine: their number counts. */
  stopOthers(command: WorkerCommand): void {
    for (const { worker } of this.#idle.filter((other) => other.worker.command.file !== command.file)) {
      this.#leave(worker.stop());
    }
    this.#idle = this.#idle.filter(({ worker }) => worker.command.file === command.file);
  }

  /** Kills every worker at once, for good. */
  killAll(): void {
    this.#closed = true;
    this.#watch?.stop();
    for (const pooled of [...this.#busy]) this.discard(pooled);
    for (const { worker } of this.#idle.splice(0)) this.#leave(worker.killed());
    for (const zygote of this.#zygotes.splice(0)) this.#leave(zygote.close());
  }

  /** No more jobs come: every worker ends, while the run goes on with what they gave. */
  dismiss(): void {
    this.#closed = true;
    this.#isDismissed = true;
    this.#watch?.stop();
    for (const pooled of [...this.#busy]) this.discard(pooled);
    for (const { worker } of this.#idle.splice(0)) this.#leave(worker.stop(true));
    // Whatever its workers left behind ends with it.
    for (const zygote of this.#zygotes.splice(0)) this.#leave(zygote.close());
  }

  /** Ends every worker and waits until no process is left. */
  async close(): Promise<void> {
    this.dismiss();
    while (this.#leaving.size > 0) await Promise.all(this.#leaving);
  }

  #start(command: WorkerCommand, onLine: (line: string) => void): Worker {
    const { forkArgs } = command;
    if (forkArgs === undefined) return this.#options.started?.(command, onLine) ?? Worker.start(command, onLine);
    let zygote = this.#zygotes.find(({ file, hasRoom }) => file === command.file && hasRoom);
    if (zygote === undefined) {
      const slots = Math.max(1, Math.min(this.#options.slots ?? SLOTS, MOST_SLOTS));
      const child = this.#options.startedZygote?.(command) ?? startZygote({ ...command, args: forkArgs }, slots);
      zygote = new Zygote(command.file, child, (line) => this.#options.onStderrLine([], line));
      this.#zygotes.push(zygote);
    }
    return new Worker(command, zygote.fork(command.scratch), onLine);
  }

  #leave(gone: Promise<void>): void {
    this.#leaving.add(gone);
    void gone.finally(() => this.#leaving.delete(gone));
  }
}
