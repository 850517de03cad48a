/** Starts the process of a worker: pipes on descriptors 3 and 4, a group of its own. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface ProcessCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export function startProcess(command: ProcessCommand): ChildProcess {
  return spawn(command.file, command.args, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    env: command.env,
    detached: true,
    windowsHide: true,
  });
}
