/** What a run did: counted while it runs, for --stats, --json and the line of progress. */
import { milliseconds, sharedSeconds } from './clock.ts';
import type { PooledWorker } from './spawn/pool.ts';
import type { Done, EngineVersion } from './transport/messages.ts';
import type { Transport } from './transport/transport.ts';

export interface Progress {
  /** Rows and bytes of the input that were read so far. */
  readonly rows: number;
  readonly bytes: number;
  /** Null where nobody knows: a pipe. */
  readonly totalBytes: number | null;
  readonly splitsDone: number;
  /** Null where it isn't known yet. */
  readonly splits: number | null;
  readonly workersBusy: number;
  readonly workers: number;
  readonly seconds: number;
}

export interface WorkerReport {
  readonly pid: number;
  /** Null for one that was gone before it said so. */
  readonly engine: EngineVersion | null;
  readonly jobs: number;
  /** Rows that it read. */
  readonly rows: number;
  readonly seconds: { readonly open: number; readonly evaluate: number };
  /** How it was lost, null where it wasn't. */
  readonly died: string | null;
}

/** `rows`: row by row. `partial`: a state a split, merged. `whole`: one worker sees all rows. */
export type How = 'rows' | 'partial' | 'whole';

export interface PayloadReport {
  readonly label: string;
  readonly engine: 'embedded' | 'datafusion';
  /** Why that engine. */
  readonly reason: string;
  readonly how: How;
  /** Why in that way, where another would be faster. */
  readonly howReason: string | null;
}

/** Seconds since the process started. */
export interface BatchTimes {
  readonly pid: number;
  /** Of the result. */
  readonly rows: number;
  readonly sent: number;
  /** In the worker, reading included. */
  readonly started: number;
  readonly finished: number;
  /** The last byte of its result. */
  readonly received: number;
}

export interface RunReport {
  /** Null where the real engine doesn't say. */
  readonly rowsIn: number | null;
  readonly rowsOut: number;
  /** Bytes of the input that were read, those of a split that ran again counted again, those of a second engine not. */
  readonly bytesRead: number;
  readonly totalBytes: number | null;
  /** Batches of results. */
  readonly batches: number;
  readonly splits: number;
  /** Splits that ran again because their worker died. */
  readonly retries: number;
  /** Splits of a CSV file that were read again, since a line end in quotes had been taken for the end of a record. */
  readonly misplaced: number;
  readonly seconds: {
    /** From the start of the process to the plan. */
    readonly start: number;
    readonly plan: number;
    /** Until the first worker said hello. */
    readonly spawn: number;
    /** Of all workers together. */
    readonly open: number;
    readonly evaluate: number;
    readonly merge: number;
    /** In the consumer of the results. */
    readonly write: number;
    readonly total: number;
  };
  readonly workers: readonly WorkerReport[];
  readonly payloads: readonly PayloadReport[];
  /** How the input was split, in words. */
  readonly splitting: string;
  /** How it reached the workers, and why so. */
  readonly transport: Transport;
  /** Of each batch or split, in the order in which they were received; where it was asked for. */
  readonly times?: readonly BatchTimes[];
  /** The plan, line by line. */
  readonly explanation: readonly string[];
}

interface WorkerTally {
  pid: number;
  engine: EngineVersion | null;
  jobs: number;
  rows: number;
  open: number;
  evaluate: number;
  died: string | null;
}

export interface PlannedFacts {
  readonly payloads: readonly PayloadReport[];
  readonly splitting: string;
  readonly transport: Transport;
  readonly explanation: readonly string[];
  readonly totalBytes: number | null;
  readonly startSeconds: number;
  readonly planSeconds: number;
  /** Whether the times of each batch are kept. */
  readonly times?: boolean | undefined;
}

/** What a finished job says of the run as a whole. */
export interface DoneKind {
  /** Whether it read the run's input, and not what other workers gave. */
  readonly isInput: boolean;
  /** Whether what it read counts: where several engines read one input, that of one does. */
  readonly counts: boolean;
}

export class Recorder {
  readonly #facts: PlannedFacts;
  readonly #onProgress: ((progress: Progress) => void) | undefined;
  readonly #began = milliseconds();
  readonly #workers = new Map<PooledWorker, WorkerTally>();
  readonly #whole = new Map<string, PayloadReport>();
  #rowsIn = 0;
  #rowsKnown = true;
  #bytes = 0;
  #batches = 0;
  #splits = 0;
  #firstHello: number | null = null;
  /** The shared clock when the process started. */
  readonly #origin = sharedSeconds() - milliseconds() / 1000;
  readonly #times: BatchTimes[] | null;
  rowsOut = 0;
  retries = 0;
  misplaced = 0;
  mergeMs = 0;
  writeMs = 0;
  /** Splits that the run will have, where that is known. */
  splitCount: number | null = null;
  busy = 0;

  constructor(facts: PlannedFacts, onProgress: ((progress: Progress) => void) | undefined) {
    this.#facts = facts;
    this.#times = facts.times === true ? [] : null;
    this.#onProgress = onProgress;
    // A long first split has something to show, too.
    this.progress();
  }

  hello(pooled: PooledWorker): void {
    this.#firstHello ??= milliseconds();
    this.#tally(pooled).engine = pooled.worker.hello?.engine ?? null;
    this.progress();
  }

  /** Results that count: those of a split that was misplaced don't, but what was read for them was read. */
  done(pooled: PooledWorker, done: Done, { isInput, counts }: DoneKind, sentAt: number): void {
    const tally = this.#tally(pooled);
    tally.jobs++;
    tally.open += done.seconds.open;
    tally.evaluate += done.seconds.evaluate;
    this.#batches += done.batches;
    if (isInput) tally.rows += done.read.rows ?? 0;
    if (isInput && counts) this.#bytes += done.read.bytes;
    if (this.#times !== null && isInput && done.at !== null) {
      const since = (at: number): number => Math.round((at - this.#origin) * 1e6) / 1e6;
      this.#times.push({
        pid: tally.pid,
        rows: done.rows,
        sent: since(sentAt),
        started: since(done.at.started),
        finished: since(done.at.finished),
        received: since(sharedSeconds()),
      });
    }
    this.progress();
  }

  committed(done: Done): void {
    this.#splits++;
    if (done.read.rows === null) this.#rowsKnown = false;
    else this.#rowsIn += done.read.rows;
  }

  /** Its partial results turned out to be none that can be merged. */
  wentWhole(label: string, howReason: string): void {
    const entry = this.#facts.payloads.find((one) => one.label === label);
    if (entry !== undefined) this.#whole.set(label, { ...entry, how: 'whole', howReason });
  }

  died(pooled: PooledWorker, message: string): void {
    this.#tally(pooled).died = message;
  }

  progress(): void {
    if (this.#onProgress === undefined) return;
    this.#onProgress({
      rows: this.#rowsIn,
      bytes: this.#bytes,
      totalBytes: this.#facts.totalBytes,
      splitsDone: this.#splits,
      splits: this.splitCount,
      workersBusy: this.busy,
      workers: this.#workers.size,
      seconds: (milliseconds() - this.#began) / 1000,
    });
  }

  report(): RunReport {
    const workers = [...this.#workers.values()];
    const now = milliseconds();
    return {
      rowsIn: this.#rowsKnown ? this.#rowsIn : null,
      rowsOut: this.rowsOut,
      bytesRead: this.#bytes,
      totalBytes: this.#facts.totalBytes,
      batches: this.#batches,
      splits: this.#splits,
      retries: this.retries,
      misplaced: this.misplaced,
      seconds: {
        start: this.#facts.startSeconds,
        plan: this.#facts.planSeconds,
        spawn: ((this.#firstHello ?? now) - this.#began) / 1000,
        open: workers.reduce((sum, { open }) => sum + open, 0),
        evaluate: workers.reduce((sum, { evaluate }) => sum + evaluate, 0),
        merge: this.mergeMs / 1000,
        write: this.writeMs / 1000,
        total: now / 1000,
      },
      workers: workers.map(({ pid, engine, jobs, rows, open, evaluate, died }) => ({
        pid,
        engine,
        jobs,
        rows,
        seconds: { open, evaluate },
        died,
      })),
      payloads: this.#facts.payloads.map((entry) => this.#whole.get(entry.label) ?? entry),
      splitting: this.#facts.splitting,
      transport: this.#facts.transport,
      ...(this.#times === null ? {} : { times: this.#times }),
      explanation: this.#facts.explanation,
    };
  }

  #tally(pooled: PooledWorker): WorkerTally {
    let tally = this.#workers.get(pooled);
    if (tally === undefined) {
      tally = { pid: pooled.worker.pid, engine: null, jobs: 0, rows: 0, open: 0, evaluate: 0, died: null };
      this.#workers.set(pooled, tally);
    }
    return tally;
  }
}
