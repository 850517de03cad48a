/** Work that may end before it is done: by a signal, by a deadline, because the reader of stdout went away. */
import { constants } from 'node:os';
import { outputError } from '../io/file-errors.ts';
import { EXIT } from '../wire/errors.ts';
import { ReaderGone } from './output.ts';

/** Ctrl-C and its like. */
class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: Signal) {
    super(`ended by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

export interface Deadline {
  readonly seconds: number;
  readonly error: () => Error;
}

/**
 * Gives `work` a signal that says when to stop, and waits until it has: `work` ends what it started, removes what is half done, and
 * throws the signal's reason. Resolves to the exit code; throws what failed by itself, and the deadline's error.
 */
export async function untilEnded(work: (signal: AbortSignal) => Promise<number>, deadline?: Deadline): Promise<number> {
  const ending = new AbortController();
  const onSignal = (signal: Signal): void => ending.abort(new Interrupted(signal));
  const onStdoutError = (error: NodeJS.ErrnoException): void =>
    ending.abort(error.code === 'EPIPE' ? new ReaderGone() : outputError('stdout', error));
  const timer =
    deadline === undefined ? undefined : setTimeout(() => ending.abort(deadline.error()), deadline.seconds * 1000);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.stdout.on('error', onStdoutError);
  try {
    return await work(ending.signal);
  } catch (thrown) {
    const cause: unknown = ending.signal.aborted ? ending.signal.reason : thrown;
    if (cause instanceof ReaderGone) return EXIT.ok;
    if (cause instanceof Interrupted) return cause.exitCode;
    throw cause;
  } finally {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.stdout.off('error', onStdoutError);
  }
}
