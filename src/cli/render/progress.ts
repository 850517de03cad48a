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

/** Seconds between two pictures on a terminal. */
const DRAW_SECONDS = 0.1;
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

/** Shows what it was told last, again and again, so that time goes on between the ends of two splits. */
export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #started: number;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | null = null;
  /** Null while others may write to the terminal. */
  #facts: ProgressFacts | null = null;
  #shown = false;
  #last = Number.NEGATIVE_INFINITY;

  /** `now` is in seconds. */
  constructor(stream: ProgressStream, now: () => number = () => performance.now() / 1000) {
    this.#stream = stream;
    this.#now = now;
    this.#started = now();
  }

  show(facts: ProgressFacts): void {
    this.#facts = facts;
    this.#timer ??= setInterval(() => this.#draw(), DRAW_SECONDS * 1000).unref();
    this.#draw();
  }

  #draw(): void {
    const facts = this.#facts;
    const now = this.#now();
    const seconds = now - this.#started;
    const isTerminal = this.#stream.isTTY === true;
    if (facts === null || seconds < QUIET_SECONDS) return;
    // Half: a timer may come a little early.
    if (now - this.#last < (isTerminal ? DRAW_SECONDS / 2 : LINE_SECONDS)) return;
    this.#last = now;
    if (!isTerminal) {
      this.#stream.write(`${progressText(facts, seconds, 80)}\n`);
      return;
    }
    // One column is left free: a terminal may wrap when its last one is written to.
    const width = (this.#stream.columns ?? 80) - 1;
    const line = cutText(progressText(facts, seconds, width), width);
    this.#stream.write(`${CLEAR}${line}`);
    this.#shown = true;
  }

  /** Writes whole lines where the line stood, which comes back below. */
  above(text: string): void {
    this.#erase();
    this.#stream.write(text);
  }

  /** Takes the line away until it is told something new: others write to the terminal, perhaps parts of lines. */
  clear(): void {
    this.#facts = null;
    this.#erase();
  }

  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.clear();
  }

  #erase(): void {
    if (!this.#shown) return;
    this.#shown = false;
    this.#last = Number.NEGATIVE_INFINITY;
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
  // Where nothing tells how long it will take, people see how long it took.
  if (bytes === 0 || totalBytes === null) parts.push(`${leftText(seconds)}`);
  // A worker has work before it has said hello.
  const all = Math.max(workers, workersBusy);
  if (all === 0) parts.push('starting');
  else parts.push(all === workersBusy ? plural(all, 'worker') : `${workersBusy} of ${plural(all, 'worker')}`);
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

/** Whole seconds: it is a guess, or changes all the time. */
function leftText(seconds: number): string {
  return seconds < 99.5 ? `${Math.ceil(seconds)} s` : timeText(seconds);
}
