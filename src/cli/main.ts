/** The commander program: only the command in use is loaded. */
import { Command, CommanderError } from 'commander';
import { DfxError, EXIT } from '../wire/errors.ts';
import { asDfxError, errorDocument, errorLine } from './render/errors.ts';

interface CommandModule {
  readonly register: (program: Command) => void;
}

const COMMANDS: ReadonlyMap<string, () => Promise<CommandModule>> = new Map([
  ['run', () => import('./commands/run.ts')],
  ['env', () => import('./commands/env.ts')],
]);

async function main(args: readonly string[]): Promise<void> {
  const program = new Command('dfx')
    .description('Encode, inspect, decode and replay the payloads that carry Apache DataFusion expressions')
    .exitOverride();
  const named = args.find((arg) => COMMANDS.has(arg));
  const loaders = named === undefined ? [...COMMANDS.values()] : [COMMANDS.get(named)];
  for (const load of loaders) (await load?.())?.register(program);
  await program.parseAsync(args, { from: 'user' });
}

try {
  await main(process.argv.slice(2));
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else {
    const error = thrown instanceof DfxError ? thrown : asDfxError(thrown);
    const json = process.argv.includes('--json');
    process.stderr.write(`${json ? errorDocument(error) : errorLine(error)}\n`);
    if (process.argv.includes('--debug') && error.cause instanceof Error)
      process.stderr.write(`${error.cause.stack}\n`);
    process.exitCode = error.exitCode;
  }
}
