/** What `dfx --help` lists. A command's module loads when it is called, not before. */
import type { Command } from 'commander';

export interface CommandModule {
  readonly register: (program: Command) => void;
}

export interface CommandEntry {
  readonly name: string;
  readonly operands: string;
  readonly summary: string;
  /** Command lines for the top of the help, each with what it is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  readonly load: () => Promise<CommandModule>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'inspect',
    operands: '[payload...]',
    summary: 'say what a payload is and whose code it carries',
    examples: [['dfx inspect payload.bin', 'what it is and what it carries']],
    load: () => import('./commands/inspect.ts'),
  },
  {
    name: 'decode',
    operands: '[payload...]',
    summary: 'show payloads as expr.json, proto JSON, SQL or a tree',
    examples: [['dfx decode payload.bin --format sql', 'the expression as SQL']],
    load: () => import('./commands/decode.ts'),
  },
  {
    name: 'encode',
    operands: '[file...]',
    summary: 'make payloads from expr.json, proto JSON or SQL',
    examples: [['dfx encode --sql "a + 1 > 2" -o test.bin', 'a payload from SQL']],
    load: () => import('./commands/encode.ts'),
  },
  {
    name: 'run',
    operands: '[payload...]',
    summary: 'replay payloads on a file, in worker processes',
    examples: [['dfx run total.bin --input sales.csv', 'what it gives on a file']],
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'env',
    operands: '[command]',
    summary: 'the Python environments that the real engine runs in',
    examples: [],
    load: () => import('./commands/env.ts'),
  },
];
