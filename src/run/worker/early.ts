/** Node workers that the launcher started before the command was loaded (bin/early-workers.cjs). */
import type { ChildProcess } from 'node:child_process';
import { Worker, type WorkerCommand } from '../spawn/worker.ts';

const EARLY = Symbol.for('dfx.early-workers');

function waiting(): ChildProcess[] {
  const found: unknown = Reflect.get(globalThis, EARLY);
  // Only the launcher sets it.
  return Array.isArray(found) ? (found as ChildProcess[]) : [];
}

/** One of them, if it is what `command` starts. */
export function takeEarly(command: WorkerCommand, onStderrLine: (line: string) => void): Worker | null {
  if (command.file !== process.execPath) return null;
  const child = waiting().shift();
  if (child === undefined || child.pid === undefined || child.exitCode !== null) return null;
  child.ref();
  for (const stream of child.stdio) if (stream && 'ref' in stream && typeof stream.ref === 'function') stream.ref();
  return Worker.around(command, child, onStderrLine);
}

/** Ends those that nobody took. */
export function endEarly(): void {
  for (const child of waiting().splice(0)) child.kill('SIGKILL');
}
