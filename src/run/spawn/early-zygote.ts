/** The parent of Python workers that the launcher started before the command was loaded (bin/early-zygote.cjs). */
import type { ChildProcess } from 'node:child_process';
import type { WorkerCommand } from './worker.ts';

interface Early {
  readonly file: string;
  /** Null once it is taken. */
  child: ChildProcess | null;
}

function waiting(): Early | undefined {
  // Only the launcher sets it.
  return Reflect.get(globalThis, Symbol.for('dfx.early-zygote')) as Early | undefined;
}

/** It, if it is what `command` starts. */
export function takeEarlyZygote(command: WorkerCommand): ChildProcess | null {
  const early = waiting();
  const child = early?.child ?? null;
  if (early === undefined || child === null || early.file !== command.file) return null;
  early.child = null;
  // One that couldn't be started, or is gone already, is started again to say why.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return null;
  child.ref();
  for (const stream of child.stdio) if (stream && 'ref' in stream && typeof stream.ref === 'function') stream.ref();
  return child;
}

/** Ends it if nobody took it. */
export function endEarlyZygote(): void {
  const early = waiting();
  early?.child?.kill('SIGKILL');
  if (early !== undefined) early.child = null;
}
