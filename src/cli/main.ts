/** The command line from its arguments to its exit code. Only the command in use is loaded. */
import { Command, CommanderError } from 'commander';
import { type DfxError, EXIT } from '../wire/errors.ts';
import { readInvocation } from './arguments.ts';
import { COMMANDS } from './commands.ts';
import { helpWidth, programHelp, shareConventions } from './help.ts';
import { printError, ReaderGone } from './output.ts';
import { asDfxError } from './render/errors.ts';
import { usageError } from './usage.ts';
import { VERSION } from './version.ts';

async function main(args: readonly string[]): Promise<void> {
  const invocation = readInvocation(
    args,
    COMMANDS.map(({ name }) => name),
  );
  switch (invocation.kind) {
    case 'version':
      process.stdout.write(`${VERSION}\n`);
      return;
    case 'help':
      (invocation.error ? process.stderr : process.stdout).write(programHelp(COMMANDS));
      process.exitCode = invocation.error ? EXIT.usage : EXIT.ok;
      return;
    case 'command':
      await runCommand(invocation.name, invocation.args);
  }
}

async function runCommand(name: string, args: readonly string[]): Promise<void> {
  const program = new Command('dfx').exitOverride().configureOutput({
    outputError: () => undefined, // told below, as every other error
    getOutHelpWidth: () => helpWidth(process.stdout),
    getErrHelpWidth: () => helpWidth(process.stderr),
  });
  const module = await COMMANDS.find((command) => command.name === name)?.load();
  module?.register(program);
  const [command] = program.commands;
  if (command === undefined) throw new Error(`the command ${name} is not there`);
  shareConventions(command);
  try {
    await program.parseAsync([name, ...args], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode !== 0 && thrown.code !== 'commander.help') throw usageError(thrown, command, args);
    process.exitCode = thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

function report(thrown: unknown): DfxError {
  const error = asDfxError(thrown);
  printError(error, process.argv.includes('--json'));
  return error;
}

// What no command catches is a defect, wherever it was thrown: the user gets a line, never a stack.
process.on('uncaughtException', (thrown) => process.exit(report(thrown).exitCode));
process.on('unhandledRejection', (thrown) => process.exit(report(thrown).exitCode));
// A reader that went away is no failure, and a failed write says so itself; unheard, the event would end the process.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

main(process.argv.slice(2))
  .catch((thrown: unknown) => {
    process.exitCode = thrown instanceof ReaderGone ? EXIT.ok : report(thrown).exitCode;
  })
  .then(() => {
    // What is written is out: taking the heap apart would only take time.
    if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit();
  });
