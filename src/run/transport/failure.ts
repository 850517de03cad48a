/** A worker's `failed` message as the user's error. */
import { formatDataType } from '../../wire/arrow/index.ts';
import type { Schema } from '../../wire/arrow/types.ts';
import { DfxError, type ErrorCode } from '../../wire/errors.ts';
import type { Payload } from '../plan/load.ts';
import { missingColumns } from '../plan/missing.ts';
import type { WorkerCommand } from '../spawn/worker.ts';
import type { Failed } from './messages.ts';
import { isErrorCode } from './worker-codes.ts';

export interface Failure {
  readonly error: DfxError;
  /** Python's own account, for stderr. */
  readonly traceback: string | null;
}

export interface InputFacts {
  readonly name: string | null;
  /** Whether a CSV file has one. */
  readonly header: boolean;
}

/** `payloads` are those of the job. */
export function failureOf(
  failed: Failed,
  payloads: readonly Payload[],
  command: WorkerCommand,
  input: InputFacts,
): Failure {
  const file = fileOf(failed, payloads);
  return { error: errorOf(failed, file, command, input), traceback: failed.exception?.traceback ?? null };
}

/** The payload's file; of several, the one whose UDF failed, where one alone has a UDF of that name. */
function fileOf(failed: Failed, payloads: readonly Payload[]): string | undefined {
  if (payloads.length === 1) return payloads[0]?.file;
  if (failed.column !== null) return payloads[failed.column]?.file;
  const owners = payloads.filter(({ code }) => code.definitions.some(({ name }) => name === failed.udf?.name));
  return owners.length === 1 ? owners[0]?.file : undefined;
}

function errorOf(
  failed: Failed,
  file: string | undefined,
  command: WorkerCommand,
  { name: input, header }: InputFacts,
): DfxError {
  const { udf, exception } = failed;
  const code = knownCode(failed.code);
  switch (code) {
    case 'UDF_RAISED': {
      const at = exception?.place == null ? '' : ` at ${exception.place}`;
      const what = exception === null ? failed.message : `${toldOf(exception)}${at}`;
      const told = `the ${udf?.family ?? ''} UDF ${JSON.stringify(udf?.name ?? '')} raised ${what}${placeOf(failed)}`;
      return new DfxError(code, told, {
        file,
        hint: `look at ${command.language}'s traceback on stderr (left out with --json)`,
      });
    }
    case 'UDF_NOT_REGISTERED':
      return new DfxError(
        code,
        `the ${udf?.family ?? ''} UDF ${JSON.stringify(udf?.name ?? '')} travels by name, and no worker has it`,
        {
          file,
          hint: 'register it in a Python file that --register names, or have the sender encode it inline',
        },
      );
    case 'COLUMN_MISSING':
      return missingColumns(failed.missing, failed.schema ?? { fields: [], metadata: [] }, input ?? file);
    case 'INPUT_FORMAT':
      return new DfxError(code, bareText(failed.message), {
        file: input ?? file,
        hint: 'name the format with --input-format',
      });
    case 'INPUT_ROW':
      return new DfxError(code, rowText(failed.message, header), {
        file: input ?? file,
        hint: failed.hint ?? undefined,
      });
    case 'ENVIRONMENT': {
      const hint =
        failed.module === null
          ? 'name another Python with --python'
          : `install it with \`${command.file} -m pip install\`, or name a Python that has it with --python`;
      return new DfxError(code, `${failed.message}, which ${command.file} doesn't have`, { file, hint });
    }
    default:
      return new DfxError(code, `${failed.message}${placeOf(failed)}`, {
        file,
        hint: failed.schema === null ? (failed.hint ?? undefined) : seenTypes(failed.schema),
      });
  }
}

/** The real engine calls most of what it can't read an error of its own, in whole sentences. */
function bareText(message: string): string {
  return message.replace(/^Internal error: /, '').replace(/\.$/, '');
}

/**
 * Where a value doesn't parse, the real engine counts records, however many lines they have: from 0, the header among them
 * (arrow-csv, `line_number`).
 */
function rowText(message: string, header: boolean): string {
  return message.replace(/\bat line (\d+)\b/, (_, line: string) => `in row ${Number(line) + (header ? 0 : 1)}`);
}

/** The rows of the input, where they are known. */
function placeOf({ rows }: Failed): string {
  if (rows === null) return '';
  return rows.first === rows.last ? ` (row ${rows.first})` : ` (rows ${rows.first} to ${rows.last})`;
}

/** A plan fails over types: what the engine took the columns for is half of the answer. */
function seenTypes({ fields }: Schema): string | undefined {
  if (fields.length === 0) return undefined;
  const shown = fields.map(({ name, type }) => `${JSON.stringify(name)} is ${formatDataType(type)}`).join(', ');
  const untold = fields.some(({ type }) => formatDataType(type) === 'Null');
  return `in this input ${shown}${untold ? ' (a CSV file without a value in a column has no other type for it)' : ''}`;
}

/** An exception may have no message. Python's may have many lines; the traceback has them all. */
function toldOf({ type, message }: { readonly type: string; readonly message: string }): string {
  const line = firstLine(message.trim());
  return line === '' ? type : `${type}: ${line}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

/** NOT_MERGEABLE is between dfx and its workers alone. */
function knownCode(code: string): ErrorCode {
  return isErrorCode(code) ? code : 'EXECUTION';
}
