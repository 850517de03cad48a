/** A process of a worker, however it came to be: spawned by itself, or forked by the parent of Python workers. */
import type { Readable, Writable } from 'node:stream';

export type ExitStatus =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'not-started'; readonly cause: Error }
  /** The process that was to fork it, or had forked it, is gone: `how` in words, with what it said last. */
  | { readonly kind: 'parent-lost'; readonly how: string };

export interface WorkerProcess {
  /** That of the host. 0 while it isn't known, and when the process could not be started. */
  readonly pid: number;
  readonly toWorker: Writable;
  readonly fromWorker: Readable;
  readonly stderr: Readable;
  /** The process is gone. Its pipes may still hold its last words. */
  readonly exited: Promise<ExitStatus>;
  /** Whether somebody else ends it with all of its kind, and what they started. */
  readonly isForked: boolean;
  /** Kills it and its process group, in which is what a UDF started. Safe to call at any time, more than once. */
  readonly kill: () => void;
}

/** Ends the process and its group. Call it only while the process can't have been reaped: its pid may be another's then. */
export function killTree(pid: number): void {
  for (const target of process.platform === 'win32' ? [pid] : [pid, -pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // It is gone, or its group isn't made yet: the other call reaches it.
    }
  }
}

/** `exit code 7`, `SIGKILL`: how a process ended, to stand behind `left with` or `was ended by`. */
export function exitText(code: number | null, signal: string | null): string {
  return signal === null ? `left with exit code ${code ?? 0}` : `was ended by ${signal}`;
}
