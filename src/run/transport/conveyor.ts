/**
 * The splits of an input through workers and back in order. Splits are handed out in order, as many to a worker as the transport lets
 * (`flowOf`); results wait in memory until those before them are taken. No split is read or handed out that is further ahead of the first
 * one not taken than the transport has room: memory is bounded by splits, not by the input.
 *
 * What comes out doesn't depend on timing: results come in the order of the splits, and so does the first failure.
 */
import { type RowsBefore, type Split, WHOLE } from '../../io/split.ts';
import { DfxError } from '../../wire/errors.ts';
import { milliseconds } from '../clock.ts';
import type { Recorder } from '../report.ts';
import type { PooledWorker, WorkerPool } from '../spawn/pool.ts';
import type { WorkerCommand } from '../spawn/worker.ts';
import { isAboutRows, placed, tried } from './failed-splits.ts';
import { type KeptPart, KeptResults, type Target, writeError } from './kept-results.ts';
import type { ArrowMessage, CommonJob, Done, FromWorker } from './messages.ts';
import { SchemaCheck, strayText } from './out-of-turn.ts';
import { type Slot, SplitTask, WorkerFailure } from './split-task.ts';
import { type Flow, hasRoom } from './transport.ts';

/** A part of the input: a split of a file, or bytes that came through a pipe. */
export interface SplitUnit {
  readonly split: Split;
  /** Behind the schema in the job's body. */
  readonly body: readonly Uint8Array[];
  /** What lies before it in the input, where that is known before anything is read. */
  readonly before?: RowsBefore;
  /** The body isn't needed any more: its result is taken, and it won't be sent again. */
  readonly release?: () => void;
}

export interface JobTemplate {
  readonly command: WorkerCommand;
  /** The labels of the payloads, for what they print. */
  readonly labels: readonly string[];
  /** What workers must have got before the job. */
  readonly payloads: readonly { readonly hash: string; readonly bytes: Uint8Array }[];
  readonly job: CommonJob;
  readonly schema: Uint8Array;
}

export interface ConveyorOptions {
  readonly pool: WorkerPool;
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  readonly template: JobTemplate;
  readonly units: AsyncIterable<SplitUnit> | Iterable<SplitUnit>;
  /** The schema of the batches to come, an IPC stream, where a worker can make a plan for them before the first one is there. */
  readonly ahead: Uint8Array | null;
  /** Ends the wait for the next unit. */
  readonly cancel: () => void;
  /** Line ends before the first unit. */
  readonly linesBefore: () => number;
  /** Whether the units are parts of the input, and not of what workers gave. */
  readonly isInput: boolean;
  /** Whether its rows are counted as the run's: of several groups that each read the input, one's are. */
  readonly counts: boolean;
  readonly workers: number;
  readonly flow: Flow;
  /** How often a split may cost a worker its life before the run is given up. */
  readonly retries: number;
  /** Rows of the result after which no more are asked for. */
  readonly limit: number | null;
  /** The file that workers write their results to; null: they send them. */
  readonly target: Target | null;
  /** A second worker is started when the first has been busy for so many milliseconds; null: as soon as there is something for it. */
  readonly patience: number | null;
  /** Units, where that is known. */
  readonly count: number | null;
}

export type Delivery =
  /** Once, before everything else. */
  | { readonly kind: 'schema'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'part';
      readonly rows: number;
      readonly messages: readonly ArrowMessage[];
      readonly chunks: readonly Uint8Array[];
      /** Where the bytes aren't here, but in a worker that writes them itself. */
      readonly kept: KeptPart | null;
    }
  /** A split is through. */
  | { readonly kind: 'end'; readonly done: Done; readonly worker: PooledWorker };

/** What a worker takes until it has done its first split, which slows the others down. */
const START_MS = 150;
/** Bytes of a result that are kept for the case that its worker dies; a longer one is passed on as it comes, and can't run again. */
const KEPT_BYTES = 32 * 1024 * 1024;
/** Bytes that may wait of a result that is passed on. */
const WAITING_BYTES = 4 * 1024 * 1024;

export class Conveyor {
  readonly #options: ConveyorOptions;
  readonly #slots: Slot[] = [];
  /** From the first split that isn't taken yet. */
  readonly #window: SplitTask[] = [];
  readonly #kept = new KeptResults();
  #exhausted = false;
  #fatal: unknown = null;
  #wake: (() => void) | null = null;
  #wakeFeeder: (() => void) | null = null;
  #schema: Uint8Array | null = null;
  readonly #schemas = new SchemaCheck();
  #ended = false;
  // What is through: where the next split starts.
  #rowsRead = 0;
  #rowsKnown = true;
  #linesRead = 0;
  #end: number | null = null;
  #left: number | null;
  #patient: boolean;
  #patienceEnds: NodeJS.Timeout | undefined;
  #busySince = 0;
  /** Whose worker plans, and has no job yet. */
  #told: Slot | null = null;
  /** How it was lost over that. */
  #lostAhead: DfxError | null = null;
  #finished = 0;

  constructor(options: ConveyorOptions) {
    this.#options = options;
    this.#left = options.limit;
    this.#patient = options.patience !== null;
  }

  /** Throws WorkerFailure for what a worker said, WORKER_DIED, or the reason why the run was ended. */
  async *deliveries(): AsyncGenerator<Delivery, void, void> {
    const { signal } = this.#options;
    const onAbort = (): void => this.#changed();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#attempt(() => this.#announce());
    const fed = this.#feed();
    try {
      while (this.#left !== 0) {
        signal.throwIfAborted();
        if (this.#fatal !== null) throw this.#fatal;
        const head = this.#window[0];
        if (head === undefined) {
          if (this.#exhausted) break;
          await this.#change();
        } else if (this.#isSettled(head)) {
          yield* this.#take(head);
        } else if (head.held > 0 && (head.streamed || (head.held > KEPT_BYTES && head.mayStream(this.#left)))) {
          head.streamed = true;
          yield* this.#parts(head);
        } else {
          await this.#change();
        }
      }
      while (!this.#kept.isEmpty) {
        await this.#change();
        signal.throwIfAborted();
        if (this.#fatal !== null) throw this.#fatal;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(this.#patienceEnds);
      this.#ended = true;
      this.#options.cancel();
      this.#wakeFeeder?.();
      for (const { pooled, queue } of this.#slots) {
        if (pooled === null) continue;
        if (queue.length === 0) this.#options.pool.give(pooled);
        else this.#options.pool.discard(pooled);
      }
      await fed;
    }
  }

  /** Whether the first split's result can be taken or thrown; one that wasn't where it was taken to be runs again. */
  #isSettled(head: SplitTask): boolean {
    if (head.passed) return true;
    if (this.#end !== null && head.unit.split.kind === 'bytes') {
      if (this.#end >= head.unit.split.end) {
        // A record of the split before covers this one whole.
        this.#withdraw(head);
        head.passed = true;
        return true;
      }
      if (!head.isAt(this.#end)) {
        if (head.outcome === null) return false;
        this.#options.recorder.misplaced++;
        this.#again(head, this.#end);
        return false;
      }
    }
    if (head.outcome === null) return false;
    // What a worker says of rows counts from the start of the split.
    if (head.index > 0 && head.attempt.before === null && isAboutRows(head.outcome)) {
      this.#again(head, head.attempt.start);
      return false;
    }
    if (head.outcome.kind === 'done' && this.#left !== null && head.outcome.done.rows > this.#left) {
      if (head.streamed || head.attempt.limit === this.#left) {
        throw new DfxError('DEFECT', `a worker gave ${head.outcome.done.rows} rows, asked for ${this.#left}`);
      }
      this.#again(head, head.attempt.start);
      return false;
    }
    return true;
  }

  *#take(head: SplitTask): Generator<Delivery, void, void> {
    const outcome = head.passed ? null : head.outcome;
    if (outcome?.kind === 'failed') throw placed(head, outcome.error, this.#rowsKnown ? this.#rowsRead : null);
    if (outcome?.kind === 'done') {
      yield* this.#parts(head);
      const { done } = outcome;
      this.#rowsRead += done.read.rows ?? 0;
      this.#rowsKnown &&= done.read.rows !== null;
      this.#linesRead += done.read.lines;
      if (head.unit.split.kind === 'bytes') this.#end = done.read.end;
      if (this.#left !== null) this.#left = Math.max(0, this.#left - done.rows);
      if (this.#options.counts) this.#options.recorder.committed(done);
      yield { kind: 'end', done, worker: outcome.worker };
    }
    this.#window.shift();
    head.unit.release?.();
    this.#wakeFeeder?.();
    this.#dispatch();
  }

  *#parts(head: SplitTask): Generator<Delivery, void, void> {
    if (head.schema !== null) {
      if (this.#schema === null) {
        this.#schema = head.schema;
        yield { kind: 'schema', bytes: head.schema };
      } else if (Buffer.compare(this.#schema, head.schema) !== 0) {
        throw new DfxError('EXECUTION', 'the result has another type in one part of the input than in another', {
          hint: 'run it on one worker with --workers 1',
        });
      }
    }
    for (let part = head.takePart(); part !== null; part = head.takePart()) {
      const { rows, messages, chunks, bytes } = part;
      const kept = part.kept ? { bytes, place: (offset: number) => this.#place(head, offset, bytes) } : null;
      yield { kind: 'part', rows, messages, chunks, kept };
      if (kept !== null && head.place === null) throw new DfxError('DEFECT', 'a kept result was taken without a place');
    }
    const slot = this.#slots.find(({ queue }) => queue[0] === head);
    if (slot?.paused === true) {
      slot.paused = false;
      slot.pooled?.worker.resume();
    }
  }

  async #feed(): Promise<void> {
    const { units, signal } = this.#options;
    let index = 0;
    try {
      for await (const unit of units) {
        const task = new SplitTask(index++, unit);
        this.#window.push(task);
        if (this.#lostAhead !== null) this.#lostOver(task, this.#lostAhead, null);
        this.#lostAhead = null;
        this.#dispatch();
        this.#changed();
        // A reader of files never waits: what was handed out goes on its way before it reads more.
        if (unit.body.length > 0) await new Promise(setImmediate);
        while (!hasRoom(this.#options.flow.room, this.#window) && !this.#ended && !signal.aborted) {
          await new Promise<void>((resolve) => {
            this.#wakeFeeder = resolve;
          });
        }
        if (this.#ended || signal.aborted) break;
      }
    } catch (error) {
      // What was read before counts first.
      this.#window.push(SplitTask.failed(index, { split: WHOLE, body: [] }, error));
    }
    this.#exhausted = true;
    this.#changed();
  }

  #place(task: SplitTask, offset: number, bytes: number): void {
    if (task.outcome?.kind !== 'done') throw new DfxError('DEFECT', 'a result was placed before its split was through');
    this.#kept.place(task, task.outcome.worker, offset, bytes);
  }

  #again(task: SplitTask, start: number | null): void {
    this.#forget(task);
    task.reset({
      start,
      before: { rows: this.#rowsRead, lines: this.#linesRead + this.#options.linesBefore() },
      limit: this.#left,
    });
    this.#dispatch();
  }

  /** A worker that keeps its result needs it no more. */
  #forget({ outcome, kept, job }: SplitTask): void {
    if (outcome?.kind === 'done' && kept !== null) outcome.worker.worker.send({ type: 'write', job, offset: null });
  }

  /** Its result isn't wanted: what a worker says of it is passed over. */
  #withdraw(task: SplitTask): void {
    this.#forget(task);
    for (const { queue } of this.#slots) {
      const at = queue.indexOf(task);
      if (at !== -1) queue[at] = SplitTask.forgotten(task);
    }
  }

  #dispatch(): void {
    if (this.#ended || this.#fatal !== null || this.#options.signal.aborted) return;
    for (const task of this.#kept.again.length === 0 ? this.#window : [...this.#kept.again, ...this.#window]) {
      if (task.outcome !== null || task.sent || task.passed) continue;
      const slot = task.pinned ?? this.#freeSlot(task);
      if (slot === null) return;
      if (task.pinned !== null && slot.queue.length > 0) continue;
      try {
        this.#send(task, slot);
      } catch (error) {
        this.#fatal = error;
        this.#changed();
        return;
      }
    }
  }

  #freeSlot({ bytes }: SplitTask): Slot | null {
    let best: Slot | null = null;
    for (const slot of this.#slots) {
      if (
        hasRoom(this.#options.flow.outstanding, slot.queue, bytes) &&
        !this.#isCareful(slot) &&
        (best === null || slot.queue.length < best.queue.length)
      )
        best = slot;
    }
    if (this.#slots.length > 0 && this.#patient) return best;
    if ((best === null || best.queue.length > 0) && this.#slots.length < this.#options.workers) {
      best = { pooled: null, queue: [], paused: false };
      this.#slots.push(best);
    }
    return best;
  }

  /**
   * What a worker had when it died is done job by job: the answer to one may still be on its way out of a worker that dies over the next, and
   * which of them it was must show.
   */
  #isCareful(slot: Slot): boolean {
    return this.#window.some(({ pinned, outcome, passed }) => pinned === slot && outcome === null && !passed);
  }

  /** More workers, unless the first will be done by the time that they could begin. */
  #hurry(): void {
    if (!isHelpWorthwhile(milliseconds() - this.#busySince, this.#finished, this.#options.count)) {
      this.#patienceEnds = setTimeout(() => this.#hurry(), START_MS);
      return;
    }
    this.#patient = false;
    this.#dispatch();
  }

  /** The first worker plans while the first batch is read and on its way. */
  #announce(): void {
    const { ahead, template } = this.#options;
    if (ahead === null) return;
    const slot: Slot = { pooled: null, queue: [], paused: false };
    this.#slots.push(slot);
    this.#told = slot;
    const place = { splitNumber: 0, attempt: 0, before: this.#atStart() };
    this.#equipped(slot).worker.send({ ...template.job, ...place, type: 'plan' }, [ahead]);
  }

  /** The slot's worker, which has the payloads. */
  #equipped(slot: Slot): PooledWorker {
    const { pool, template } = this.#options;
    const pooled = slot.pooled ?? pool.take(template.command);
    if (slot.pooled === null) {
      slot.pooled = pooled;
      pooled.labels = template.labels;
      pooled.worker.listen({
        onMessage: (message) => this.#hear(slot, pooled, message),
        onLost: (error) => this.#lost(slot, pooled, error),
      });
    }
    for (const { hash, bytes } of template.payloads) {
      if (pooled.worker.payloads.has(hash)) continue;
      pooled.worker.payloads.add(hash);
      pooled.worker.send({ type: 'payload', hash }, [bytes]);
    }
    return pooled;
  }

  #send(task: SplitTask, slot: Slot): void {
    const { pool, template } = this.#options;
    const pooled = this.#equipped(slot);
    if (this.#patient && this.#patienceEnds === undefined) {
      this.#busySince = milliseconds();
      this.#patienceEnds = setTimeout(() => this.#hurry(), this.#options.patience ?? 0);
    }
    const number = pool.nextJob();
    const { attempt, unit } = task;
    const { split } = unit;
    const limit = attempt.limit ?? this.#options.limit;
    // What comes in one piece may be of any length.
    const target = split.kind === 'whole' ? null : (this.#options.target?.path ?? null);
    const before = attempt.before ?? unit.before ?? (task.index === 0 ? this.#atStart() : null);
    slot.queue.push(task);
    if (this.#told === slot) this.#told = null;
    task.send(number, { limit, target, before });
    this.#options.recorder.busy = this.#slots.filter(({ queue }) => queue.length > 0).length;
    pooled.worker.send(
      {
        ...template.job,
        type: 'job',
        job: number,
        split:
          split.kind === 'bytes' && attempt.start !== null ? { ...split, start: attempt.start, aligned: true } : split,
        inBody: unit.body.length > 0,
        schemaBytes: template.schema.length,
        limit,
        target,
        before,
        splitNumber: task.index,
        attempt: task.deaths,
      },
      [template.schema, ...unit.body],
    );
  }

  #atStart(): RowsBefore | null {
    return this.#options.isInput ? { rows: 0, lines: this.#options.linesBefore() } : null;
  }

  #hear(slot: Slot, pooled: PooledWorker, message: FromWorker): void {
    if (message.type === 'hello') return this.#options.recorder.hello(pooled);
    if (message.type === 'written' && this.#kept.written(message.job)) return this.#changed();
    if (message.type === 'failed' && message.job !== null && this.#kept.has(message.job)) {
      this.#fatal ??= writeError(message, this.#options.target);
      return this.#changed();
    }
    const task = slot.queue[0];
    if (task === undefined || message.type === 'unready' || message.type === 'written' || message.job !== task.job) {
      return this.#stray(slot, pooled, strayText(message, task));
    }
    const wrong =
      task.outOfTurn(message) ?? (message.type === 'schema' ? this.#schemas.outOfTurn(message.bytes) : null);
    if (wrong !== null) return this.#stray(slot, pooled, wrong);
    switch (message.type) {
      case 'schema':
        task.schema = message.bytes;
        return;
      case 'result':
        task.addPart(message);
        if (task === this.#window[0]) {
          if (task.streamed && task.held > WAITING_BYTES) {
            slot.paused = true;
            pooled.worker.pause();
          }
          if (task.streamed || task.held > KEPT_BYTES) this.#changed();
        }
        return;
      case 'done':
        this.#options.recorder.done(pooled, message, this.#options, task.sentAt);
        task.outcome = { kind: 'done', done: message, worker: pooled };
        this.#finished++;
        if (task.place !== null) this.#attempt(() => this.#kept.placeAgain(task, pooled));
        break;
      case 'failed':
        task.outcome = { kind: 'failed', error: new WorkerFailure(message) };
        if (task.place !== null) this.#fatal ??= task.outcome.error;
        break;
    }
    slot.queue.shift();
    this.#options.recorder.busy = this.#slots.filter(({ queue }) => queue.length > 0).length;
    this.#dispatch();
    this.#changed();
  }

  /** A frame that isn't in its turn: it need not be the worker's own. */
  #stray(slot: Slot, pooled: PooledWorker, told: string): void {
    pooled.worker.kill();
    this.#lost(slot, pooled, pooled.worker.outOfTurn(told));
  }

  /** What it had to do goes to a fresh worker; the split that it was busy with may do that a few times only. */
  #lost(slot: Slot, pooled: PooledWorker, error: DfxError): void {
    const { recorder, pool } = this.#options;
    recorder.died(pooled, error.message);
    pool.discard(pooled);
    slot.pooled = null;
    slot.paused = false;
    const [first, ...others] = slot.queue.splice(0);
    if (error.code !== 'WORKER_DIED' && error.code !== 'IDLE_TIMEOUT' && error.code !== 'MEMORY_LIMIT') {
      this.#fatal ??= error;
    } else if (first !== undefined) {
      this.#lostOver(first, error, slot);
    } else if (this.#told === slot) {
      this.#lostAhead = error;
    }
    if (this.#told === slot) this.#told = null;
    for (const task of others) task.reset(task.attempt, slot);
    for (const task of this.#withResultsIn(pooled)) {
      recorder.retries++;
      task.deaths++;
      if (task.deaths > this.#options.retries) this.#fatal ??= tried(error, task.deaths);
      task.reset(task.attempt, slot);
    }
    this.#dispatch();
    this.#changed();
  }

  /** What the user asked for is the answer, in its place among the splits: to do it again would take as long, or as much. */
  #lostOver(task: SplitTask, error: DfxError, slot: Slot | null): void {
    const { recorder, retries } = this.#options;
    if (error.code !== 'WORKER_DIED') {
      task.outcome = { kind: 'failed', error };
    } else if (++task.deaths > retries || task.streamed) {
      task.outcome = { kind: 'failed', error: tried(error, task.deaths) };
    } else {
      recorder.retries++;
      task.reset(task.attempt, slot);
    }
  }

  /** Splits that were through, and whose bytes went with the worker. */
  #withResultsIn(pooled: PooledWorker): readonly SplitTask[] {
    const waiting = this.#window.filter(
      ({ outcome, kept }) => outcome?.kind === 'done' && outcome.worker === pooled && kept !== null,
    );
    return [...this.#kept.lost(pooled), ...waiting];
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fatal ??= error;
    }
  }

  #changed(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
    if (this.#options.signal.aborted) this.#wakeFeeder?.();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** `busy`: milliseconds that one worker took for `finished` units of `count`. */
export function isHelpWorthwhile(busy: number, finished: number, count: number | null): boolean {
  return count === null || finished === 0 || (busy / finished) * (count - finished) >= START_MS;
}
