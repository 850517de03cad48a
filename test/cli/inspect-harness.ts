/** `dfx inspect` in this process: the command's own parsing and text, 80 columns, no terminal. */
import { Command } from 'commander';
import { register } from '../../src/cli/commands/inspect.ts';
import { shareConventions } from '../../src/cli/help.ts';
import { errorLine } from '../../src/cli/render/errors.ts';
import type { Sink } from '../../src/cli/render/sink.ts';
import { DfxError } from '../../src/wire/errors.ts';
import type { Outcome } from './dfx.ts';

export interface Terminal {
  readonly isTerminal?: boolean;
  readonly width?: number;
  readonly env?: NodeJS.ProcessEnv;
}

export async function inspectInProcess(
  args: readonly string[],
  { isTerminal = false, width = 80, env = {} }: Terminal = {},
): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const sink = (into: string[]): Sink => ({
    isTerminal,
    width,
    write: async (text) => {
      into.push(text);
    },
  });
  const program = new Command('dfx').exitOverride();
  register(program, () => ({ out: sink(out), err: sink(err), env }));
  for (const command of program.commands) shareConventions(command);
  const before = process.exitCode;
  let status = 0;
  try {
    await program.parseAsync(['inspect', ...args], { from: 'user' });
    status = Number(process.exitCode ?? 0);
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    err.push(`${errorLine(error)}\n`);
    status = error.exitCode;
  } finally {
    process.exitCode = before;
  }
  return { status, stdout: out.join(''), stderr: err.join('') };
}
