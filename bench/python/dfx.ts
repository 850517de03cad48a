/** `dfx run` as a whole process, on the interpreter that the peers run on. */
import { spawnSync } from 'node:child_process';
import { type Command, dfxCommand } from '../processes.ts';
import type { BenchOptions } from '../section.ts';

export type SandboxMode = 'on' | 'off';

export function dfxRun({ root, python }: BenchOptions, sandbox: SandboxMode, args: readonly string[]): Command {
  const off = sandbox === 'off' ? ['--sandbox', 'off'] : [];
  return dfxCommand(root, ['run', ...args, '--python', python, ...off]);
}

/** Why this machine has no sandbox for dfx, null where it has one. Any other failure is thrown. */
export function sandboxRefusal(options: BenchOptions, args: readonly string[]): string | null {
  const { file, args: all } = dfxRun(options, 'on', [...args, '--json']);
  const { status, stderr } = spawnSync(file, all, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status === 0) return null;
  const line = stderr.split('\n').find((text) => text.startsWith('{')) ?? '{}';
  const { error } = JSON.parse(line);
  if (error?.code !== 'SANDBOX_UNAVAILABLE') throw new Error(`dfx run ended with ${status}: ${stderr.slice(-2000)}`);
  return String(error.message);
}

/** Said of rows that could not be measured. */
export function withoutSandbox(refusal: string): string {
  return `No figure with the sandbox: ${refusal}.`;
}
