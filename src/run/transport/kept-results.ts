/**
 * Results that workers write to the output file themselves, so that they don't pass through the parent: each keeps the bytes of a split until it
 * is told where they go, which is known once the splits before it are through (docs/worker-protocol.md).
 */
import { DfxError } from '../../wire/errors.ts';
import type { PooledWorker } from '../spawn/pool.ts';
import type { Failed } from './messages.ts';
import type { SplitTask } from './split-task.ts';

/** A file that workers write to. */
export interface Target {
  readonly path: string;
  /** What the user calls it. */
  readonly name: string;
}

/** A part of the result that waits in a worker. */
export interface KeptPart {
  readonly bytes: number;
  /** To be called before anything else is asked of the conveyor. */
  readonly place: (offset: number) => void;
}

interface Writing {
  readonly task: SplitTask;
  readonly worker: PooledWorker;
}

export class KeptResults {
  /** By the number of the job: what was told where it goes, and isn't written yet. */
  readonly #writing = new Map<number, Writing>();
  /** Whose worker went before it had written: they run again, for the same place. */
  readonly #again: SplitTask[] = [];

  get isEmpty(): boolean {
    return this.#writing.size === 0 && this.#again.length === 0;
  }

  get again(): readonly SplitTask[] {
    return this.#again;
  }

  has(job: number): boolean {
    return this.#writing.has(job);
  }

  /** Tells the worker, which must be alive. */
  place(task: SplitTask, worker: PooledWorker, offset: number, bytes: number): void {
    task.place = { offset, bytes };
    this.#writing.set(task.job, { task, worker });
    worker.worker.send({ type: 'write', job: task.job, offset });
  }

  /** A split that had its place came out of another worker. */
  placeAgain(task: SplitTask, worker: PooledWorker): void {
    const { place, kept } = task;
    if (place === null || kept !== place.bytes) {
      throw new DfxError('EXECUTION', `a split gave ${kept} bytes when it ran again, and ${place?.bytes} before`, {
        hint: 'run it again; if that happens again, write through a pipe: --output - > FILE',
      });
    }
    this.#again.splice(this.#again.indexOf(task), 1);
    this.place(task, worker, place.offset, place.bytes);
  }

  /** False: no such job is waited for. */
  written(job: number): boolean {
    return this.#writing.delete(job);
  }

  /** What has to run again without `worker`. */
  lost(worker: PooledWorker): readonly SplitTask[] {
    const tasks: SplitTask[] = [];
    for (const [job, writing] of this.#writing) {
      if (writing.worker !== worker) continue;
      this.#writing.delete(job);
      tasks.push(writing.task);
    }
    this.#again.push(...tasks);
    return tasks;
  }
}

export function writeError(failed: Failed, target: Target | null): DfxError {
  return new DfxError('FILE_UNWRITABLE', failed.message, { file: target?.name });
}
