/** Cuts the command line at the command's name; what is wrong before it is told here. */
import { DfxError } from '../wire/errors.ts';
import { COMMON_FLAGS } from './help.ts';
import { nearestName } from './nearest.ts';

export type Invocation =
  | { readonly kind: 'help'; readonly error: boolean }
  | { readonly kind: 'version' }
  | { readonly kind: 'command'; readonly name: string; readonly args: readonly string[] };

const SEE_HELP = '`dfx --help` lists what there is';

/** Common options may stand before the command's name: they are moved behind it. */
export function readInvocation(args: readonly string[], commands: readonly string[]): Invocation {
  const moved: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const rest = args.slice(at + 1);
    if (arg === '-h' || arg === '--help') return { kind: 'help', error: false };
    if (arg === '-V' || arg === '--version') return { kind: 'version' };
    if (arg === '--json' || arg === '--debug' || arg.startsWith('--color=')) moved.push(arg);
    else if (arg === '--color') {
      moved.push(arg, ...rest.slice(0, 1));
      at++;
    } else if (arg.startsWith('-') && arg !== '-') throw unknown('option', arg, COMMON_FLAGS);
    else if (arg === 'help') return readHelp(rest, commands);
    else if (commands.includes(arg)) return { kind: 'command', name: arg, args: withOptions(rest, moved) };
    else throw unknown('command', arg, [...commands, 'help']);
  }
  return { kind: 'help', error: true };
}

function readHelp(args: readonly string[], commands: readonly string[]): Invocation {
  const words = args.filter((arg) => !arg.startsWith('-'));
  const [name] = words;
  if (name === undefined || name === 'help') return { kind: 'help', error: false };
  if (!commands.includes(name)) throw unknown('command', name, commands);
  return { kind: 'command', name, args: [...words.slice(1), '--help'] };
}

/** Behind the command's own, so that a subcommand's name stays in its place; before a `--`. */
function withOptions(args: readonly string[], options: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end === -1 ? [...args, ...options] : [...args.slice(0, end), ...options, ...args.slice(end)];
}

function unknown(what: 'command' | 'option', name: string, known: readonly string[]): DfxError {
  const nearest = nearestName(name, known);
  return new DfxError('USAGE', `unknown ${what} ${JSON.stringify(name)}`, {
    hint: nearest === null ? SEE_HELP : `did you mean ${nearest}?`,
  });
}
