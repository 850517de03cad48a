/** One split on its way through the workers: what is asked of them, and what came back. */

import type { RowsBefore } from '../../io/split.ts';
import { sharedSeconds } from '../clock.ts';
import type { PooledWorker } from '../spawn/pool.ts';
import type { SplitUnit } from './conveyor.ts';
import type { Done, Failed, ResultPart } from './messages.ts';

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
  job = -1;
  /** When it was sent, in seconds of the machine's clock. */
  sentAt = 0;
  /** Bytes of parts that weren't taken. */
  held = 0;
  /** Where in the output its bytes go, and how many they are: its result was taken, and its worker writes it. */
  place: { readonly offset: number; readonly bytes: number } | null = null;
  #parts: ResultPart[] = [];

  constructor(index: number, unit: SplitUnit) {
    this.index = index;
    this.unit = unit;
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
    stand.send(task.job);
    return stand;
  }

  /** A result may be passed on before it is whole where nothing can show that it was read from the wrong place. */
  get mayStream(): boolean {
    const { split } = this.unit;
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

  send(job: number): void {
    this.sent = true;
    this.job = job;
    this.sentAt = sharedSeconds();
  }

  addPart(part: ResultPart): void {
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
    this.#parts = [];
    this.pinned = pinned;
  }
}
