/** `dfx run`: replays payloads on an input file, in worker processes. */
import type { Command } from 'commander';
import type { EngineOption } from '../../run/plan/engine.ts';
import type { InputFormat } from '../../run/transport/messages.ts';
import { TRANSPORTS, type TransportName } from '../../run/transport/transport.ts';
import type { Container } from '../../wire/detect.ts';
import type { Encoding } from '../../wire/encoding.ts';
import { DfxError } from '../../wire/errors.ts';
import { containerFlag, encodingFlag, oneOf, wholeNumber } from '../flags.ts';
import { addExamples, operandsOrStdin } from '../help.ts';
import { PROGRESS_CHOICES, type ProgressChoice } from '../render/progress.ts';
import type { ColorChoice } from '../render/style.ts';
import { FORMAT_NAMES, formatFlag, type RowFormat } from '../run-format.ts';

export interface RunFlags {
  readonly input?: string;
  readonly inputFormat?: InputFormat;
  readonly delimiter?: string;
  readonly header: boolean;
  readonly quote?: string;
  readonly escape?: string;
  readonly nullText?: string;
  readonly maxRecordBytes?: number;
  readonly schema?: string;
  readonly output?: string;
  readonly format?: RowFormat;
  readonly keep?: readonly string[] | 'all';
  readonly filter?: string;
  readonly limit?: number;
  readonly json: boolean;
  readonly engine: EngineOption;
  readonly python?: string;
  readonly strict: boolean;
  readonly sandbox: 'on' | 'off';
  readonly allowModules?: readonly string[];
  readonly workers?: number;
  readonly batchSize?: number;
  readonly transport?: TransportName;
  readonly register?: string;
  readonly splitSize?: number;
  readonly queueDepth?: number;
  readonly times: boolean;
  readonly retries?: number;
  readonly timeout?: number;
  readonly idleTimeout?: number;
  readonly killOnIdle: boolean;
  readonly memoryLimit?: number;
  readonly stats: boolean;
  readonly verbose: boolean;
  readonly progress: ProgressChoice;
  readonly color: ColorChoice;
  readonly as?: Container;
  readonly encoding?: Encoding;
}

export function register(program: Command): void {
  const command = program
    .command('run')
    .summary('replay payloads on a file, in worker processes')
    .description(
      'Evaluates each payload on the input, in worker processes: aggregates give a value each, row-wise expressions the ' +
        'columns of one table. A payload is a file, - for standard input, or label=file.',
    )
    .argument('[payload...]', 'payload files')
    .optionsGroup('Input:')
    .option('-i, --input <file>', 'CSV, Arrow, Parquet or NDJSON file to run on; - for standard input')
    .option('--input-format <name>', 'csv, arrow, parquet or ndjson (default: told from the file)', inputFormat)
    .option('--schema <text>', 'columns of CSV or NDJSON: "a Int64, b Utf8", or a file that holds a schema')
    .option('--delimiter <char>', 'what separates the fields of a CSV file (default: a comma)', character)
    .option('--no-header', 'the CSV file has no header line: columns are column_1, column_2, …')
    .option('--quote <char>', 'what CSV fields are quoted with (default: ")', character)
    .option('--escape <char>', 'what escapes a quote in a CSV field (default: a second quote)', character)
    .option('--null-text <text>', 'CSV fields that are nulls, besides empty ones')
    .option('--max-record-bytes <size>', 'longest record of a CSV file: 1M, 1G (default: 64M)', recordSize)
    .optionsGroup('Result:')
    .option('-o, --output <file>', 'write the result to a file, whole or not at all')
    .option('--format <name>', `${FORMAT_NAMES} (default: by the file name, else table, or csv on a pipe)`, formatFlag)
    .option('--keep <names>', 'put these input columns before the results: a,b or all', keep)
    .option('--filter <payload>', 'keep the rows where this boolean payload is true')
    .option('--limit <rows>', 'stop after so many rows', wholeNumber('--limit', 0))
    .option('--json', 'one JSON document (dfx.run/2); errors as JSON on stderr', false)
    .optionsGroup('Engine:')
    .option('--engine <engine>', 'auto, embedded or datafusion', engine, 'auto')
    .option('--python <path>', 'Python that has datafusion (default: $DFX_PYTHON, then dfx env, then PATH)')
    .option('--register <module.py>', 'a Python file of yours whose register(ctx) gives UDFs that travel by name')
    .option('--strict', 'refuse payloads that carry code', false)
    .option('--sandbox <mode>', 'off: code that payloads carry has all your rights', sandbox, 'on')
    .option('--allow-modules <names>', 'refuse Python code that takes something from others: a,b.c', moduleNames)
    .optionsGroup('Workers:')
    .option('-w, --workers <count>', 'most worker processes at a time', wholeNumber('--workers', 1, 1024))
    .option(
      '--batch-size <rows>',
      'rows that are evaluated at a time (default: 8192)',
      wholeNumber('--batch-size', 1, 1 << 20),
    )
    .option('--transport <name>', 'split, sync or pipelined (default: split; of a pipe pipelined)', transport)
    .option('--split-size <bytes>', 'most bytes of the input that one worker reads at a time: 64K, 4M', bytes)
    .option(
      '--queue-depth <count>',
      'batches that wait for a worker (default: 2)',
      wholeNumber('--queue-depth', 1, 1024),
    )
    .option(
      '--retries <count>',
      'times that the work of a dead worker is done again (default: 2)',
      wholeNumber('--retries', 0, 100),
    )
    .option('--timeout <time>', 'end the run after that time: 30, 1.5s, 2m', seconds)
    .option('--idle-timeout <time>', 'warn of a worker that says nothing for that time', seconds)
    .option('--kill-on-idle', 'end such a worker, and the run', false)
    .option('--memory-limit <size>', 'end the run when a worker takes more memory: 512M, 2G', memoryLimit)
    .optionsGroup('Reports, on stderr:')
    .option('--stats', 'rows, bytes, time, workers, and why which engine', false)
    .option('--times', 'with --json: when each batch was sent, evaluated and received', false)
    .option('-v, --verbose', 'the plan: expressions with types, engine, splits', false)
    .option(
      '--progress <when>',
      'auto, always or never',
      oneOf<ProgressChoice>('progress choice', PROGRESS_CHOICES),
      'auto',
    )
    .optionsGroup('Payloads:')
    .option('--as <name>', 'read them as expr, expr-list or pickle, whatever they look like', containerFlag)
    .option('--encoding <name>', 'read them as raw, base64 or hex', encodingFlag)
    .optionsGroup('Others:')
    .action(async (payloads: readonly string[], flags: RunFlags) => {
      // A filter by itself gives the input's own columns: no payload need come from anywhere.
      const alone = flags.filter !== undefined && payloads.length === 0;
      const operands = alone ? [] : operandsOrStdin(payloads, command);
      if (operands === null) return;
      const { runCommand } = await import('../run-command.ts');
      process.exitCode = await runCommand(operands, flags);
    });
  addExamples(command, [
    ['dfx run total.bin --input sales.csv', 'what it gives on a file'],
    ['dfx run a=a.bin b=b.bin -i sales.arrow -o both.parquet', 'two columns of one table, into a file'],
    ['dfx run --filter big.bin -i sales.csv > big.csv', 'the rows where it is true'],
    ['dfx run score.bin --keep id,name -i sales.parquet --limit 10', 'beside columns of the input'],
    ['dfx run score.bin -i sales.csv --allow-modules pyarrow', 'its Python UDF has pyarrow and nothing else'],
  ]);
}

const inputFormat = oneOf<InputFormat>('input format', ['csv', 'arrow', 'parquet', 'ndjson']);
const engine = oneOf<EngineOption>('engine', ['auto', 'embedded', 'datafusion']);
const transport = oneOf<TransportName>('transport', TRANSPORTS);
/** Bytes. No worker starts with less. */
const SMALLEST_LIMIT = 1 << 20;
const sandbox = oneOf<RunFlags['sandbox']>('sandbox mode', ['on', 'off']);

/** Dotted names of Python modules; each stands for those inside of it, too. */
function moduleNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find(
    (name) => !/^[\p{ID_Start}_][\p{ID_Continue}]*(\.[\p{ID_Start}_][\p{ID_Continue}]*)*$/u.test(name),
  );
  if (wrong === undefined) return names;
  throw new DfxError(
    'USAGE',
    `found ${JSON.stringify(wrong)} in --allow-modules, expected names of Python modules: a,b.c`,
  );
}

/** One ASCII character; `\t` or `tab` for a tab, which is hard to type. */
function character(text: string): string {
  const value = text === '\\t' || text === 'tab' ? '\t' : text;
  if (value.length === 1 && value.charCodeAt(0) < 128 && value !== '\n' && value !== '\r') return value;
  throw new DfxError('USAGE', `found ${JSON.stringify(text)}, expected one ASCII character`, {
    hint: 'tab stands for a tab',
  });
}

/** `a,b`; a name that holds a comma is quoted: `"a,b",c`. The word `all` means all, `"all"` a column of that name. */
function keep(text: string): readonly string[] | 'all' {
  if (text === 'all') return 'all';
  const names: string[] = [];
  const part = /\s*(?:"((?:[^"]|"")*)"|([^",]*[^",\s]))\s*(?:,|$)/y;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) {
      throw new DfxError('USAGE', `found ${JSON.stringify(text)} for --keep, expected names of columns: a,b`, {
        hint: 'a name that holds a comma or a quote is quoted: \'"a,b",c\'',
      });
    }
    names.push(found[1] === undefined ? (found[2] ?? '') : found[1].replaceAll('""', '"'));
  }
  const twin = names.find((name, at) => names.indexOf(name) !== at);
  if (names.length > 0 && twin === undefined) return names;
  throw new DfxError(
    'USAGE',
    twin === undefined ? 'found no name in --keep' : `found the column ${JSON.stringify(twin)} twice in --keep`,
    { hint: 'name columns of the input: --keep a,b' },
  );
}

/** Bytes, with an optional unit: `65536`, `64K`, `4M`. */
function bytes(text: string): number {
  const [, digits = 'NaN', unit = ''] = /^(\d+)([kKmMgG]?)$/.exec(text) ?? [];
  const value = Number(digits) * ({ k: 1 << 10, m: 1 << 20, g: 1 << 30 }[unit.toLowerCase()] ?? 1);
  if (value >= 1 && value <= 2 ** 40) return value;
  throw new DfxError('USAGE', `found the split size ${JSON.stringify(text)}, expected bytes such as 65536, 64K or 4M`);
}

/** What the CSV reader has room for. */
function recordSize(text: string): number {
  const value = memorySize(text);
  if (value <= 256 << 20) return value;
  throw new DfxError('USAGE', `found ${JSON.stringify(text)} for --max-record-bytes, expected at most 256M`);
}

/** A number without a unit is one of bytes, which nobody means who writes 512. */
function memoryLimit(text: string): number {
  const value = memorySize(text);
  if (value >= SMALLEST_LIMIT) return value;
  throw new DfxError('USAGE', `found ${JSON.stringify(text)} for --memory-limit, expected 1M at least`, {
    hint: 'such as 512M or 2G: a Python worker takes some 40M before it begins',
  });
}

/** Bytes, with an optional unit of 1024: `512M`, `1.5G`. */
function memorySize(text: string): number {
  const [, digits = 'NaN', unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text) ?? [];
  const value = Math.floor(Number(digits) * 1024 ** ' KMGT'.indexOf(unit === '' ? ' ' : unit.toUpperCase()));
  if (value > 0 && value <= Number.MAX_SAFE_INTEGER) return value;
  throw new DfxError('USAGE', `found the size ${JSON.stringify(text)}, expected one such as 512M or 2G`);
}

/** Seconds, with an optional unit: `30`, `1.5s`, `200ms`, `2m`. */
function seconds(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const [, digits = 'NaN', unit = 's'] = found ?? [];
  // 700 / 1000 is 0.7, and 700 * 0.001 isn't.
  const value = unit === 'ms' ? Number(digits) / 1000 : Number(digits) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 1);
  if (value > 0 && value <= 2_000_000) return value;
  throw new DfxError('USAGE', `found the timeout ${JSON.stringify(text)}, expected a time such as 30, 1.5s or 2m`);
}
