/** `dfx run`: replays payloads on an input file, in worker processes. */
import type { Command } from 'commander';
import type { EngineOption } from '../../run/plan/engine.ts';
import type { InputFormat } from '../../run/transport/messages.ts';
import type { Container } from '../../wire/detect.ts';
import type { Encoding } from '../../wire/encoding.ts';
import { DfxError } from '../../wire/errors.ts';
import { containerFlag, encodingFlag, oneOf, wholeNumber } from '../flags.ts';
import { addExamples, operandsOrStdin } from '../help.ts';
import type { RowFormat } from '../render/run-rows.ts';

export interface RunFlags {
  readonly input?: string;
  readonly inputFormat?: InputFormat;
  readonly delimiter?: string;
  readonly header: boolean;
  readonly workers?: number;
  readonly engine: EngineOption;
  readonly python?: string;
  readonly strict: boolean;
  readonly sandbox: 'on' | 'off';
  readonly timeout?: number;
  readonly output?: string;
  readonly format?: RowFormat;
  readonly json: boolean;
  readonly as?: Container;
  readonly encoding?: Encoding;
}

export function register(program: Command): void {
  const command = program
    .command('run')
    .summary('replay payloads on a file, in worker processes')
    .description(
      'Evaluates each payload on the input, in a worker process of its own: aggregates give a value each, row-wise ' +
        'expressions the columns of one table. A payload is a file, - for standard input, or label=file.',
    )
    .argument('[payload...]', 'payload files')
    .option('-i, --input <file>', 'CSV, Arrow, Parquet or NDJSON file to run on; - for standard input')
    .option('--input-format <format>', 'csv, arrow, parquet or ndjson (default: told from the file)', inputFormat)
    .option('--delimiter <character>', 'what separates the fields of a CSV file (default: a comma)')
    .option('--no-header', 'the CSV file has no header line: columns are column_1, column_2, …')
    .option('-w, --workers <count>', 'most worker processes at a time (default: one a payload, up to 4 a core)', count)
    .option('--engine <engine>', 'auto, embedded or datafusion', engine, 'auto')
    .option('--python <path>', 'Python that has the datafusion package (default: $DFX_PYTHON, then dfx env)')
    .option('--strict', 'refuse payloads that carry code', false)
    .option('--sandbox <mode>', 'off: run code that payloads carry with all your rights', sandbox, 'on')
    .option('--timeout <seconds>', 'end the run after that time', seconds)
    .option('-o, --output <file>', 'write the result to a file, whole or not at all')
    .option(
      '--format <format>',
      'text, csv, ndjson, arrow or arrow-stream (default: by the file name, else text, or csv on a pipe)',
      rowFormat,
    )
    .option(
      '--as <container>',
      'read the payloads as expr, expr-list or pickle, whatever they look like',
      containerFlag,
    )
    .option('--encoding <encoding>', 'read the payloads as raw, base64 or hex', encodingFlag)
    .option('--json', 'one JSON document (dfx.run/1); errors as JSON on stderr', false)
    .action(async (payloads: readonly string[], flags: RunFlags) => {
      const operands = operandsOrStdin(payloads, command);
      if (operands === null) return;
      const { runCommand } = await import('../run-command.ts');
      process.exitCode = await runCommand(operands, flags);
    });
  addExamples(command, [
    ['dfx run total.bin --input sales.csv', 'what it gives on a file'],
    ['dfx run a=a.bin b=b.bin -i sales.arrow -o both.arrow', 'two columns of one table, into a file'],
    ['dfx run score.bin -i sales.csv --sandbox off', 'it carries a Python UDF that you trust'],
  ]);
}

const inputFormat = oneOf<InputFormat>('input format', ['csv', 'arrow', 'parquet', 'ndjson']);
const rowFormat = oneOf<RowFormat>('format', ['text', 'csv', 'ndjson', 'arrow', 'arrow-stream']);
const engine = oneOf<EngineOption>('engine', ['auto', 'embedded', 'datafusion']);
const sandbox = oneOf<RunFlags['sandbox']>('sandbox mode', ['on', 'off']);

const count = wholeNumber('--workers', 1, 1024);

/** Seconds, with an optional unit: `30`, `1.5s`, `200ms`, `2m`. */
function seconds(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const size = { ms: 0.001, s: 1, m: 60, h: 3600 }[found?.[2] ?? 's'] ?? 1;
  const value = Number(found?.[1] ?? Number.NaN) * size;
  if (value > 0 && value <= 2_000_000) return value;
  throw new DfxError('USAGE', `found the timeout ${JSON.stringify(text)}, expected a time such as 30, 1.5s or 2m`);
}
