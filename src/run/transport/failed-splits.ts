/** What is said of a split that failed: in the terms of the input, and after how many attempts. */
import { DfxError } from '../../wire/errors.ts';
import type { Failed } from './messages.ts';
import { type Outcome, type SplitTask, WorkerFailure } from './split-task.ts';

/** What a worker says of rows, or what ended it, counted from the input's start. `rowsBefore`: null where nobody knows. */
export function placed({ unit, isPlaced }: SplitTask, error: unknown, rowsBefore: number | null): unknown {
  if (error instanceof DfxError && rowsBefore !== null && !isPlaced && unit.body.length > 0 && isEnd(error)) {
    const told = `${error.message}, over rows of the input from row ${rowsBefore + 1} on`;
    return new DfxError(error.code, told, { file: error.file, hint: error.hint, cause: error.cause });
  }
  if (!(error instanceof WorkerFailure)) return error;
  if (error.failed.code === 'INPUT_ROW' && rowsBefore === null) return new WorkerFailure(withoutLine(error.failed));
  if (error.failed.rows === null) return error;
  const { first, last } = error.failed.rows;
  const rows = rowsBefore === null ? null : { first: first + rowsBefore, last: last + rowsBefore };
  return new WorkerFailure({ ...error.failed, rows });
}

export function isAboutRows(outcome: Outcome): boolean {
  return (
    outcome.kind === 'failed' && outcome.error instanceof WorkerFailure && outcome.error.failed.code === 'INPUT_ROW'
  );
}

/** The real engine's number counts from the start of what it was given. */
function withoutLine(failed: Failed): Failed {
  return { ...failed, message: failed.message.replace(/ (?:at|for) line \d+/, '') };
}

/** Of a worker, in the middle of its work. */
function isEnd({ code }: DfxError): boolean {
  return code === 'WORKER_DIED' || code === 'IDLE_TIMEOUT' || code === 'MEMORY_LIMIT';
}

/** After several attempts. */
export function tried(error: DfxError, times: number): DfxError {
  if (times === 1) return error;
  return new DfxError(error.code, `${error.message} (the last of ${times} workers that the same rows ended)`, {
    file: error.file,
    offset: error.offset,
    hint: error.hint,
    cause: error.cause,
  });
}
