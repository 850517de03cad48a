/**
 * Looks after workers while they run: one that says nothing for too long is told of or ended, one that takes too much memory is ended.
 * It looks from outside, so that it sees native code that holds the interpreter's lock, too.
 */
import { readFileSync } from 'node:fs';
import type { Split } from '../../io/split.ts';
import { DfxError } from '../../wire/errors.ts';
import { placeText, type Worker, type WorkerTask } from './worker.ts';

export interface LifeOptions {
  /** Seconds without a word after which a worker that has work is told of; null: never. */
  readonly idleTimeout: number | null;
  /** Whether it is ended then. */
  readonly killOnIdle: boolean;
  /** Bytes of a worker's own memory; null: no limit. */
  readonly memoryLimit: number | null;
  readonly onWarning: (warning: DfxError) => void;
}

/** Memory is taken at a gigabyte a second or so: between two looks it is some dozens of megabytes. */
const MEMORY_LOOK_MS = 25;
const LONGEST_LOOK_MS = 1000;

export class LifeWatch {
  readonly #options: LifeOptions;
  readonly #workers: () => Iterable<Worker>;
  /** When a worker that was told of had last been heard: one warning a silence. */
  readonly #told = new WeakMap<Worker, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: LifeOptions, workers: () => Iterable<Worker>) {
    this.#options = options;
    this.#workers = workers;
  }

  /** Safe to call more than once. */
  start(): void {
    const { idleTimeout, memoryLimit } = this.#options;
    if (this.#timer !== null || (idleTimeout === null && memoryLimit === null)) return;
    const idleLook = idleTimeout === null ? LONGEST_LOOK_MS : Math.min(LONGEST_LOOK_MS, (idleTimeout * 1000) / 10);
    const pause = memoryLimit === null ? Math.max(1, idleLook) : Math.min(MEMORY_LOOK_MS, idleLook);
    // What has come while dfx itself was busy is read between a timer and what is called behind it.
    this.#timer = setInterval(() => setImmediate(() => this.#look()), pause).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    if (this.#timer === null) return;
    for (const worker of this.#workers()) {
      this.#lookAtSilence(worker);
      this.#lookAtMemory(worker);
    }
  }

  #lookAtSilence(worker: Worker): void {
    const { idleTimeout, killOnIdle, onWarning } = this.#options;
    const { task, silence, lastHeard } = worker;
    if (idleTimeout === null || task === null || silence < idleTimeout * 1000) return;
    const what = `${worker.command.title} ${worker.pid} has said nothing for ${idleTimeout} s: ${taskText(task)}`;
    if (killOnIdle) {
      worker.condemn(
        new DfxError('IDLE_TIMEOUT', `${what}, and was ended`, { hint: 'give it more time with --idle-timeout' }),
      );
    } else if (this.#told.get(worker) !== lastHeard) {
      this.#told.set(worker, lastHeard);
      onWarning(new DfxError('IDLE_TIMEOUT', what, { hint: '--kill-on-idle ends such a worker' }));
    }
  }

  #lookAtMemory(worker: Worker): void {
    const { memoryLimit } = this.#options;
    if (memoryLimit === null || worker.pid === 0) return;
    const taken = ownMemory(worker.pid);
    if (taken === null || taken <= memoryLimit) return;
    const { task, command } = worker;
    const during = task === null ? '' : `: ${taskText(task)}`;
    const what = `${command.title} ${worker.pid} took ${sizeText(taken)}, more than --memory-limit ${sizeText(memoryLimit)}`;
    worker.condemn(
      new DfxError('MEMORY_LIMIT', `${what}, and was ended${during}`, {
        hint: 'give it more, or less at a time with --batch-size',
      }),
    );
  }
}

/** `job 3, bytes 0 to 16777216, after 8192 rows of its result`. */
function taskText(task: WorkerTask): string {
  const { job, split, rows } = task;
  const part = split === null ? placeText(task) : splitText(split);
  return `job ${job}${part === null ? '' : `, ${part}`}, after ${rows} ${rows === 1 ? 'row' : 'rows'} of its result`;
}

function splitText(split: Split): string {
  if (split.kind === 'whole') return 'the whole input';
  if (split.kind === 'bytes') return `bytes ${split.start} to ${split.end}`;
  const first = split.parts[0];
  const last = split.parts.at(-1);
  if (first === undefined || last === undefined) return 'no rows';
  if (split.parts.length === 1) return `rows ${first.start} to ${first.end} of batch ${first.batch}`;
  return `row ${first.start} of batch ${first.batch} to row ${last.end} of batch ${last.batch}`;
}

/**
 * Bytes that only the process's going gives back, anonymous, shared and swapped ones; what is mapped from files isn't among them. Null
 * where there is no such process.
 */
export function ownMemory(pid: number): number | null {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return null;
  }
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return (kilobytes('RssAnon') + kilobytes('RssShmem') + kilobytes('VmSwap')) * 1024;
}

const MEBIBYTE = 1024 * 1024;

function sizeText(bytes: number): string {
  return `${Math.ceil(bytes / MEBIBYTE)} MiB`;
}
