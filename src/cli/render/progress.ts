/** One line on a terminal's stderr while a run takes long: rows, bytes, rate, time left, workers. */
import { cutText } from './layout.ts';
import { byteText, countText, plural, timeText } from './run-units.ts';

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
const BAR = 24;
const SHORTEST_BAR = 6;
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
      this.#stream.write(`${progressText(facts, seconds, 80)}\n`);
      return;
    }
    // One column is left free: a terminal may wrap when its last one is written to.
    const width = (this.#stream.columns ?? 80) - 1;
    const line = cutText(progressText(facts, seconds, width), width);
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

/** `[██████░░░░] 31%  1.6 M rows  55 of 180 MB  310 MB/s  1 s left  2 workers`; the bar takes what room is left of `width` columns. */
export function progressText(facts: ProgressFacts, seconds: number, width: number): string {
  const { rows, bytes, totalBytes, workersBusy, workers } = facts;
  const parts = [`${countText(rows)} rows`];
  if (bytes > 0) {
    const rate = seconds > 0 ? bytes / seconds : 0;
    parts.push(totalBytes === null ? byteText(bytes) : partOf(Math.min(bytes, totalBytes), totalBytes));
    parts.push(`${byteText(rate)}/s`);
    if (totalBytes !== null && rate > 0) parts.push(`${leftText(Math.max(0, totalBytes - bytes) / rate)} left`);
  }
  const known = workers === workersBusy ? plural(workers, 'worker') : `${workersBusy} of ${plural(workers, 'worker')}`;
  parts.push(known);
  const text = parts.join('  ');
  if (totalBytes === null || totalBytes === 0) return text;
  const done = Math.min(1, bytes / totalBytes);
  const percent = `${String(Math.floor(done * 100)).padStart(2)}%`;
  const room = Math.min(BAR, width - text.length - percent.length - '[]   '.length);
  if (room < SHORTEST_BAR) return `${percent}  ${text}`;
  const full = Math.round(done * room);
  return `[${'█'.repeat(full)}${'░'.repeat(room - full)}] ${percent}  ${text}`;
}

/** `55 of 180 MB`, `900 kB of 1.2 GB`. */
function partOf(bytes: number, total: number): string {
  const [part, whole] = [byteText(bytes), byteText(total)];
  const unit = whole.slice(whole.lastIndexOf(' '));
  return part.endsWith(unit) ? `${part.slice(0, -unit.length)} of ${whole}` : `${part} of ${whole}`;
}

/** Whole seconds: it is a guess. */
function leftText(seconds: number): string {
  return seconds < 99.5 ? `${Math.ceil(seconds)} s` : timeText(seconds);
}
