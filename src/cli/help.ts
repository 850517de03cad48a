/** Help texts: examples first, 80 columns at most. */
import type { Command, Option } from 'commander';
import { EXIT } from '../wire/errors.ts';
import type { CommandEntry } from './commands.ts';
import { oneOf } from './flags.ts';
import { COLOR_CHOICES } from './render/style.ts';

const WIDTH = 80;

/** What each exit code of the command line means; `errors.ts` says which error has which. */
const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  [String(EXIT.ok), 'done; also when the reader of stdout went away'],
  [String(EXIT.findings), 'findings, from commands that compare or check'],
  [String(EXIT.usage), 'wrong usage, a file that is not there'],
  [String(EXIT.data), 'malformed or unsupported bytes or data'],
  [String(EXIT.policy), 'refused by policy: strict, Python version, sandbox'],
  [String(EXIT.execution), 'execution failed: a UDF raised, a worker died, a timeout'],
  [String(EXIT.defect), 'a defect of dfx: please report it'],
  ['130, 143', 'ended by SIGINT, SIGTERM'],
];

/** Options that every command takes, wherever they stand. */
const COMMON_OPTIONS: readonly (readonly [flags: string, meaning: string])[] = [
  ['--json', 'documents and errors as JSON, one a line'],
  ['--color <when>', 'auto, always or never (also NO_COLOR, FORCE_COLOR)'],
  ['--debug', 'the stack trace of an error'],
  ['-V, --version', 'the version of dfx'],
  ['-h, --help', 'this help; `dfx help <command>` for a command'],
];

export const COMMON_FLAGS: readonly string[] = COMMON_OPTIONS.flatMap(([flags]) =>
  flags.split(', ').map((flag) => flag.split(' ')[0] ?? flag),
);

/** The help of `dfx` itself. */
export function programHelp(commands: readonly CommandEntry[]): string {
  const sections = [
    section('Examples:', columns(commands.flatMap(({ examples }) => examples))),
    'Usage: dfx <command> [options] [operand...]\n',
    'Takes apart, makes and replays the payloads that carry Apache DataFusion\nexpressions between processes.\n',
    section('Commands:', columns(commands.map(({ name, operands, summary }) => [`${name} ${operands}`, summary]))),
    section('Options:', columns(COMMON_OPTIONS)),
    section('Exit codes:', columns(EXIT_CODES)),
  ];
  return sections.join('\n');
}

/** Two columns with two spaces before and between. */
function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

function section(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.join('\n')}\n`;
}

/** Gives the command and its subcommands the common options and the common form of help. */
export function shareConventions(command: Command): void {
  const pending = [command];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    pending.push(...next.commands);
    // a command that only holds others hands its options on to them
    if (next.commands.length === 0) {
      for (const [flags, meaning] of COMMON_OPTIONS.slice(0, 3)) {
        const [long = flags] = flags.split(' ');
        if (next.options.some((option) => option.long === long)) continue;
        if (long === '--color') next.option(flags, meaning, oneOf('colour choice', COLOR_CHOICES), 'auto');
        else next.option(flags, meaning);
      }
    }
    next.helpOption('-h, --help', 'this help').helpCommand(false).configureHelp({ optionDescription: describeOption });
  }
}

/** Commander's own form says `(default: false)` of every switch. */
function describeOption({ description, defaultValue, defaultValueDescription, long }: Option): string {
  const isPlain = defaultValue === undefined || typeof defaultValue === 'boolean' || String(defaultValue) === '';
  if (isPlain || long === '--color') return description;
  return `${description} (default: ${defaultValueDescription ?? defaultValue})`;
}

/** The examples of a command, above everything else in its help. */
export function addExamples(command: Command, examples: readonly (readonly [line: string, purpose: string])[]): void {
  const beside = columns(examples);
  const isWide = beside.some((line) => line.length > WIDTH);
  const lines = isWide ? examples.flatMap(([line, purpose]) => [`  # ${purpose}`, `  ${line}`]) : beside;
  command.addHelpText('before', section('Examples:', lines));
}

export function helpWidth(stream: NodeJS.WriteStream): number {
  return Math.min(stream.columns ?? WIDTH, WIDTH);
}

/** No operand: help on a terminal (null), else standard input. */
export function operandsOrStdin(operands: readonly string[], command: Command): readonly string[] | null {
  if (operands.length > 0) return operands;
  if (!process.stdin.isTTY) return ['-'];
  command.outputHelp({ error: true });
  process.exitCode = EXIT.usage;
  return null;
}
