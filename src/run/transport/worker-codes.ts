/** The error codes that workers send. Code of a payload can write frames, too: what no worker of ours says is none of a worker's. */
import { ERROR_CODES, type ErrorCode, EXIT } from '../../wire/errors.ts';

/** All that python/dfx_worker has. */
const PYTHON: ReadonlySet<string> = new Set([
  'COLUMN_MISSING',
  'DEFECT',
  'ENVIRONMENT',
  'EXECUTION',
  'INPUT_FORMAT',
  'INPUT_ROW',
  'MODULE_REFUSED',
  'NOT_MERGEABLE',
  'REGISTER',
  'STRICT',
  'UDF_NOT_REGISTERED',
  'UDF_RAISED',
  'UNSUPPORTED',
]);

/** Of the embedded engine and its readers, besides all that is wrong with bytes. */
const NODE: ReadonlySet<string> = new Set<ErrorCode>([
  'DEFECT',
  'EXECUTION',
  'FILE_NOT_FOUND',
  'FILE_UNREADABLE',
  'FILE_UNWRITABLE',
  'STRICT',
  'UDF_RAISED',
  'USAGE',
]);

/** `language`: the worker's, as its command has it. */
export function isWorkerCode(language: string, code: string): boolean {
  if (language === 'Python') return PYTHON.has(code);
  return NODE.has(code) || (isErrorCode(code) && ERROR_CODES[code] === EXIT.data);
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
