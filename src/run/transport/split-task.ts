/** One split on its way through the workers: what is asked of them, and what came back. */

import type { RowsBefore } from '../../io/split.ts';
import { sharedSeconds } from '../clock.ts';
import type { PooledWorker } from '../spawn/pool.ts';
import type { SplitUnit } from './conveyor.ts';
import type { Done, Failed, Job, ResultPart, ResultSchema } from './messages.ts';

/** A worker's `failed` message, as an error. `failure.ts` makes it the user's, in the terms of the payload. */
export class WorkerFailure extends Error {
  readonly failed: Failed;

  constructor(failed: Failed) {
    super(failed.message);
    this.name = 'WorkerFailure';
    this.failed = failed;
  }
}

/** What is known of a split when it is sent: all of it once those before it are through. */
export interface Attempt {
  /** Where its first record starts; null: the worker looks for it. */
  readonly start: number | null;
  readonly before: RowsBefore | null;
  readonly limit: number | null;
}

export type Outcome =
  | { readonly kind: 'done'; readonly done: Done; readonly worker: PooledWorker }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A worker and what it has to do, first things first. */
export interface Slot {
  pooled: PooledWorker | null;
  readonly queue: SplitTask[];
  paused: boolean;
}

const UNKNOWN: Attempt = { start: null, before: null, limit: null };

export class SplitTask {
  readonly index: number;
  readonly unit: SplitUnit;
  /** Of its body. */
  readonly bytes: number;
  attempt: Attempt = UNKNOWN;
  outcome: Outcome | null = null;
  schema: Uint8Array | null = null;
  /** Workers that died while they were busy with it. */
  deaths = 0;
  /** Parts of its result were passed on before it was done: it can't run again. */
  streamed = false;
  /** Nothing of it counts: the split before covers it. */
  passed = false;
  /** The one that it waits for; null: any. */
  pinned: Slot | null = null;
  sent = false;
  /** Its worker was told what lies before it, and says so. */
  isPlaced = false;
  job = -1;
  /** When it was sent, in seconds of the machine's clock. */
  sentAt = 0;
  /** Bytes of parts that weren't taken. */
  held = 0;
  /** Where in the output its bytes go, and how many they are: its result was taken, and its worker writes it. */
  place: { readonly offset: number; readonly bytes: number } | null = null;
  #parts: ResultPart[] = [];
  /** Of its result, as it came. */
  #rows = 0;
  #limit: number | null = null;
  #mayKeep = false;

  constructor(index: number, unit: SplitUnit) {
    this.index = index;
    this.unit = unit;
    this.bytes = unit.body.reduce((sum, { length }) => sum + length, 0);
  }

  /** The input couldn't be read any further. */
  static failed(index: number, unit: SplitUnit, error: unknown): SplitTask {
    const task = new SplitTask(index, unit);
    task.outcome = { kind: 'failed', error };
    return task;
  }

  /** Stands in a worker's queue for one whose result nobody wants any more. */
  static forgotten(task: SplitTask): SplitTask {
    const stand = new SplitTask(task.index, task.unit);
    stand.send(task.job, { limit: task.#limit, target: task.#mayKeep ? '' : null, before: null });
    stand.schema = task.schema;
    stand.#rows = task.#rows;
    stand.#parts = task.#parts.slice();
    return stand;
  }

  /**
   * A result may be passed on before it is whole where nothing can show that it was read from the wrong place, or that it has more rows than
   * are `left` of the limit.
   */
  mayStream(left: number | null): boolean {
    const { split } = this.unit;
    if (left !== null && left !== this.#limit) return false;
    return split.kind !== 'bytes' || split.aligned || this.attempt.start !== null;
  }

  /** Whether it was read from `place` on, as far as can be told. */
  isAt(place: number): boolean {
    const { split } = this.unit;
    if (split.kind !== 'bytes') return true;
    if (this.attempt.start !== null) return this.attempt.start === place;
    if (split.aligned) return split.start === place;
    return this.outcome?.kind === 'done' && this.outcome.done.read.start === place;
  }

  send(job: number, { limit, target, before }: Pick<Job, 'limit' | 'target' | 'before'>): void {
    this.sent = true;
    this.job = job;
    this.#limit = limit;
    this.isPlaced = before !== null;
    this.#mayKeep = target !== null;
    this.sentAt = sharedSeconds();
  }

  /** Why no worker answers with that at this point; null: it's in its turn. Code in the worker's process can write frames of its own. */
  outOfTurn(message: ResultSchema | ResultPart | Done | Failed): string | null {
    switch (message.type) {
      case 'schema':
        return this.schema === null ? null : 'found a second schema frame';
      case 'result':
        if (this.schema === null) return 'found a result frame before its schema';
        if (!message.kept) return this.kept === null ? null : 'found a result frame behind one that is kept';
        return this.#mayKeep && this.#rows === 0 ? null : 'found a result frame that keeps what is to be sent';
      case 'done':
        if (this.schema === null) return 'found a done frame before its schema';
        if (message.rows !== this.#rows) return `found a done frame of ${message.rows} rows behind ${this.#rows}`;
        if (this.#limit === null || message.rows <= this.#limit) return null;
        return `found a result of ${message.rows} rows, asked for ${this.#limit}`;
      case 'failed':
        return null;
    }
  }

  addPart(part: ResultPart): void {
    this.#rows += part.rows;
    this.#parts.push(part);
    if (!part.kept) this.held += part.bytes;
  }

  takePart(): ResultPart | null {
    const part = this.#parts.shift();
    if (part === undefined) return null;
    if (!part.kept) this.held -= part.bytes;
    return part;
  }

  /** Bytes of the result that its worker keeps; null: it keeps none. */
  get kept(): number | null {
    const [part] = this.#parts;
    return part?.kept === true ? part.bytes : null;
  }

  /** Forgets what came back, to be sent again. */
  reset(attempt: Attempt, pinned: Slot | null = null): void {
    this.attempt = attempt;
    this.outcome = null;
    this.schema = null;
    this.sent = false;
    this.job = -1;
    this.held = 0;
    this.#rows = 0;
    this.#parts = [];
    this.pinned = pinned;
  }
}
