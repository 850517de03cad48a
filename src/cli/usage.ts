/** Commander's errors in our own form. */
import type { Command, CommanderError } from 'commander';
import { DfxError } from '../wire/errors.ts';
import { nearestName } from './nearest.ts';

/** Commander writes `error: what is wrong`, and on a line of its own `(Did you mean --this?)`. */
export function usageError({ code, message }: CommanderError, command: Command, args: readonly string[]): DfxError {
  const [first = '', second = ''] = message.split('\n');
  const subcommands = command.commands.map((each) => each.name());
  const word = args.find((arg) => !arg.startsWith('-'));
  if (code === 'commander.excessArguments' && word !== undefined && subcommands.length > 0) {
    return new DfxError('USAGE', `unknown command ${JSON.stringify(word)} of ${command.name()}`, {
      hint: didYouMean(nearestName(word, subcommands)) ?? `expected ${subcommands.join(', ')}`,
    });
  }
  return new DfxError('USAGE', first.replace(/^error: /, '').replace(/\.$/, ''), {
    hint:
      didYouMean(/^\(Did you mean (.*)\?\)$/.exec(second)?.[1] ?? null) ??
      `\`dfx ${command.name()} --help\` says what it takes`,
  });
}

function didYouMean(name: string | null): string | undefined {
  return name === null ? undefined : `did you mean ${name}?`;
}
