/** Options of `dfx run` that don't go together, told in one line before anything is read. */
import { realpathSync, statSync } from 'node:fs';
import { fileError } from '../io/file-errors.ts';
import type { PreparedInput } from '../run/plan/input.ts';
import type { Payload } from '../run/plan/load.ts';
import { DfxError } from '../wire/errors.ts';
import type { RunFlags } from './commands/run.ts';
import { isBinary, type RowFormat } from './run-format.ts';

function refuse(message: string, hint: string): never {
  throw new DfxError('USAGE', message, { hint });
}

/** What the flags alone show. */
export function checkFlags(operands: readonly string[], flags: RunFlags): void {
  const { input, output, json } = flags;
  const toFile = output !== undefined && output !== '-';
  if (json && flags.format !== undefined && !toFile) {
    refuse(
      `found --json and --format ${flags.format}, and both are for stdout`,
      'leave one out, or name a file for the rows with --output',
    );
  }
  if (flags.times && !json) refuse('found --times without --json', 'the times of batches are members of its document');
  if (flags.register !== undefined && flags.engine === 'embedded') {
    refuse('found --register with --engine embedded', 'what it registers runs in Python: leave one of them out');
  }
  if (input === undefined) {
    if (flags.transport !== undefined)
      refuse('found --transport without --input', 'name the file that is sent to workers with --input');
    if (flags.filter !== undefined)
      refuse('found --filter without --input', 'name the file whose rows it keeps with --input');
    if (flags.keep !== undefined)
      refuse('found --keep without --input', 'name the file whose columns it keeps with --input');
    const option = inputOption(flags);
    if (option !== null) refuse(`found ${option} without --input`, 'name the file that it is about with --input');
  }
  if (flags.killOnIdle && flags.idleTimeout === undefined)
    refuse('found --kill-on-idle without --idle-timeout', 'say after what time a worker is idle with --idle-timeout');
  if (flags.memoryLimit !== undefined && process.platform !== 'linux')
    refuse(`found --memory-limit on ${process.platform}`, 'it is for Linux: leave it out');
  const fromStdin = [...operands, ...(flags.filter === undefined ? [] : [flags.filter])].some(isStdin);
  if (input === '-' && fromStdin) {
    refuse('found - twice: standard input can be read once only', 'give the payload or the input as a file');
  }
}

/** Where workers find the user's module. */
export function registerPath(path: string): string {
  if (!path.endsWith('.py')) refuse(`found --register ${path}, expected a Python file`, 'its name ends in .py');
  try {
    if (statSync(path).isFile()) return realpathSync(path);
  } catch (error) {
    throw fileError(path, error);
  }
  return refuse(`found --register ${path}, which is no file`, 'name the Python file that has register(ctx)');
}

function isStdin(operand: string): boolean {
  return operand === '-' || operand.endsWith('=-');
}

/** The first option that only an input has a use for. */
function inputOption({ inputFormat, schema, ...flags }: RunFlags): string | null {
  if (inputFormat !== undefined) return '--input-format';
  if (schema !== undefined) return '--schema';
  return csvOption(flags);
}

type CsvFlag = 'delimiter' | 'header' | 'quote' | 'escape' | 'nullText' | 'maxRecordBytes';

function csvOption(flags: Pick<RunFlags, CsvFlag>): string | null {
  if (flags.delimiter !== undefined) return '--delimiter';
  if (!flags.header) return '--no-header';
  if (flags.quote !== undefined) return '--quote';
  if (flags.escape !== undefined) return '--escape';
  if (flags.nullText !== undefined) return '--null-text';
  return flags.maxRecordBytes === undefined ? null : '--max-record-bytes';
}

/** What is wrong with the flags for a file of that format. */
export function checkInputFlags(flags: RunFlags, { spec, name }: PreparedInput): void {
  const { format } = spec;
  const option = csvOption(flags);
  if (format !== 'csv' && option !== null) {
    refuse(
      `found ${option}, and ${name} is ${formatName(format)}`,
      'it is for CSV: leave it out, or say --input-format csv',
    );
  }
  if (flags.schema !== undefined && format !== 'csv' && format !== 'ndjson') {
    refuse(`found --schema, and ${name} is ${formatName(format)}, which says its types`, 'leave it out');
  }
}

function formatName(format: string): string {
  return format === 'parquet' ? 'Parquet' : format === 'arrow' ? 'Arrow' : format.toUpperCase();
}

/** Two columns of one name would be one for most readers. `names`: those of the input. */
export function refuseKeptTwins({ keep }: RunFlags, payloads: readonly Payload[], names: readonly string[]): void {
  if (keep === undefined) return;
  const kept = new Set(keep === 'all' ? names : keep);
  const twin = payloads.find(({ label }) => kept.has(label));
  if (twin === undefined) return;
  const name = JSON.stringify(twin.label);
  refuse(`found the column ${name} in --keep and a payload of that label`, 'label the payload otherwise: other=file');
}

/** What is wrong with the flags for payloads that give one value each. */
export function checkShape(payloads: readonly Payload[], flags: RunFlags): void {
  const value = payloads.find(({ shape }) => shape === 'value');
  if (value === undefined) return;
  const option = flags.keep !== undefined ? '--keep' : flags.limit !== undefined ? '--limit' : null;
  if (option === null) return;
  refuse(
    `found ${option}, and ${JSON.stringify(value.label)} gives one value`,
    'it is for row-wise expressions: leave it out, or run the aggregates apart',
  );
}

/** Binary never goes to a terminal. */
export function refuseTerminal(format: RowFormat): void {
  if (isBinary(format) && process.stdout.isTTY) {
    refuse('the output is binary and stdout is a terminal', 'write it to a file with --output, or pipe it');
  }
}
