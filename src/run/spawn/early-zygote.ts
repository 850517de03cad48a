/** The parent of Python workers that the launcher started before the command was loaded (bin/early-zygote.cjs). */
import type { ChildProcess } from 'node:child_process';
import type { WorkerCommand } from './worker.ts';

interface Early {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
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
  if (early === undefined || child === null || !isStartOf(early, command)) return null;
  early.child = null;
  // One that couldn't be started, or is gone already, is started again to say why.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return null;
  child.ref();
  for (const stream of child.stdio) if (stream && 'ref' in stream && typeof stream.ref === 'function') stream.ref();
  return child;
}

/** Code of a payload sees the environment that the process was started with: it must be the one that this run is to give it. */
function isStartOf(early: Early, { file, env }: WorkerCommand): boolean {
  const textOf = (variables: NodeJS.ProcessEnv): string => JSON.stringify(Object.entries(variables).sort());
  return early.file === file && textOf(early.env) === textOf(env);
}

/** Ends it if nobody took it. */
export function endEarlyZygote(): void {
  const early = waiting();
  early?.child?.kill('SIGKILL');
  if (early !== undefined) early.child = null;
}
