/** One line on a terminal's stderr while a run takes long: rows, bytes, rate, time left, workers. */
import { byteText, countText, timeText } from './run-units.ts';
import { cutToWidth } from './run-width.ts';

export const PROGRESS_CHOICES = ['auto', 'always', 'never'] as const;
export type ProgressChoice = (typeof PROGRESS_CHOICES)[number];

/** What a run knows of itself while it goes on. */
export interface ProgressFacts {
  readonly rows: number;
  readonly bytes: number;
  /** Null where the input's end isn't known: a pipe. */
  readonly totalBytes: number | null;
  readonly workersBusy: number;
  readonly workers: number;
}

/** Where the line goes: stderr. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A run that ends sooner shows nothing. */
const QUIET_SECONDS = 0.5;
/** Seconds between two lines of a stream that is no terminal (`--progress always`). */
const LINE_SECONDS = 1;
const BAR = 20;
/** Back to the first column, and everything behind it erased (ECMA-48: CR, EL). */
const CLEAR = '\r\u001b[K';

/** Whether progress is shown at all. `sharesTerminal`: the result goes to the terminal while it is made. */
export function wantsProgress(
  choice: ProgressChoice,
  stream: ProgressStream,
  { TERM }: NodeJS.ProcessEnv,
  sharesTerminal: boolean,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  return stream.isTTY === true && TERM !== 'dumb' && !sharesTerminal;
}

export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #started: number;
  readonly #now: () => number;
  #shown = false;
  #last = Number.NEGATIVE_INFINITY;

  /** `now` is in seconds. */
  constructor(stream: ProgressStream, now: () => number = () => performance.now() / 1000) {
    this.#stream = stream;
    this.#now = now;
    this.#started = now();
  }

  show(facts: ProgressFacts): void {
    const seconds = this.#now() - this.#started;
    if (seconds < QUIET_SECONDS) return;
    if (this.#stream.isTTY !== true) {
      if (this.#now() - this.#last < LINE_SECONDS) return;
      this.#last = this.#now();
      this.#stream.write(`${progressText(facts, seconds)}\n`);
      return;
    }
    // One column is left free: a terminal may wrap when its last one is written to.
    const line = cutToWidth(progressText(facts, seconds), (this.#stream.columns ?? 80) - 1);
    this.#stream.write(`${CLEAR}${line}`);
    this.#shown = true;
  }

  /** Takes the line away: before others write to the terminal, and at the end. */
  clear(): void {
    if (!this.#shown) return;
    this.#shown = false;
    this.#stream.write(CLEAR);
  }
}

/** `[██████░░░░] 31%  1.6 M rows  55 of 180 MB  310 MB/s  1 s left  2 workers` */
export function progressText(facts: ProgressFacts, seconds: number): string {
  const { rows, bytes, totalBytes, workersBusy, workers } = facts;
  const parts: string[] = [];
  const rate = seconds > 0 ? bytes / seconds : 0;
  if (totalBytes !== null && totalBytes > 0) {
    const done = Math.min(1, bytes / totalBytes);
    const full = Math.round(done * BAR);
    parts.push(`[${'█'.repeat(full)}${'░'.repeat(BAR - full)}] ${String(Math.floor(done * 100)).padStart(2)}%`);
  }
  parts.push(`${countText(rows)} rows`);
  if (bytes > 0) {
    parts.push(
      totalBytes === null ? byteText(bytes) : `${byteText(Math.min(bytes, totalBytes))} of ${byteText(totalBytes)}`,
    );
    parts.push(`${byteText(rate)}/s`);
    if (totalBytes !== null && rate > 0) parts.push(`${timeText(Math.max(0, totalBytes - bytes) / rate)} left`);
  }
  parts.push(
    workersBusy === workers ? `${workers} worker${workers === 1 ? '' : 's'}` : `${workersBusy} of ${workers} workers`,
  );
  return parts.join('  ');
}
