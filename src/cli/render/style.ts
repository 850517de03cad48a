/** Colours by meaning. Plain text is the default; chalk loads only where a stream takes colours. */
export interface Style {
  readonly heading: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly name: (text: string) => string;
  readonly value: (text: string) => string;
  readonly structure: (text: string) => string;
  readonly opcode: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly error: (text: string) => string;
}

const same = (text: string): string => text;

export const PLAIN: Style = {
  heading: same,
  dim: same,
  name: same,
  value: same,
  structure: same,
  opcode: same,
  warning: same,
  error: same,
};

export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/**
 * Whether to colour: the flag first, then `NO_COLOR` (no-color.org: any value that isn't empty) and `FORCE_COLOR` (`0` and `false` switch
 * off), then whether it is a terminal that is no `TERM=dumb`.
 */
export function wantsColor(choice: ColorChoice, isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always';
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTerminal && TERM !== 'dumb';
}

export async function loadStyle(colored: boolean): Promise<Style> {
  if (!colored) return PLAIN;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    heading: chalk.bold,
    dim: chalk.dim,
    name: chalk.cyan,
    value: chalk.green,
    structure: chalk.blue,
    opcode: chalk.magenta,
    warning: chalk.yellow,
    error: chalk.red,
  };
}
