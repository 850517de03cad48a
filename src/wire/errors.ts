/**
 * The one error of dfx and the one table of its codes.
 *
 * A code is stable: scripts match on it. Its class decides the exit code of the command line (README, "Exit codes").
 */
export const EXIT = {
  ok: 0,
  findings: 1,
  usage: 2,
  data: 3,
  policy: 4,
  execution: 5,
  defect: 70,
} as const;

export const ERROR_CODES = {
  // wrong usage
  USAGE: EXIT.usage,
  COLUMN_MISSING: EXIT.usage,
  INPUT_REQUIRED: EXIT.usage,
  FILE_NOT_FOUND: EXIT.usage,
  FILE_UNREADABLE: EXIT.usage,
  FILE_UNWRITABLE: EXIT.usage,

  // malformed or unsupported bytes or data
  EMPTY_INPUT: EXIT.data,
  NOT_A_PAYLOAD: EXIT.data,
  ENCODING: EXIT.data,
  LIMIT: EXIT.data,
  TRUNCATED: EXIT.data,
  BAD_VARINT: EXIT.data,
  BAD_TAG: EXIT.data,
  BAD_WIRE_TYPE: EXIT.data,
  BAD_UTF8: EXIT.data,
  BAD_VALUE: EXIT.data,
  MISSING_FIELD: EXIT.data,
  FRAME_TRUNCATED: EXIT.data,
  FRAME_VERSION: EXIT.data,
  FRAME_BODY: EXIT.data,
  CHAIN_TRUNCATED: EXIT.data,
  CHAIN_VERSION: EXIT.data,
  CHAIN_ID: EXIT.data,
  PICKLE: EXIT.data,
  PICKLE_TRUNCATED: EXIT.data,
  PICKLE_OPCODE: EXIT.data,
  ARROW: EXIT.data,
  JSON_SYNTAX: EXIT.data,
  JSON_SHAPE: EXIT.data,
  RAW_MISMATCH: EXIT.data,
  UNREPRESENTABLE: EXIT.data,
  SQL_SYNTAX: EXIT.data,
  SQL_UNSUPPORTED: EXIT.data,
  UNKNOWN_FUNCTION: EXIT.data,
  TYPE_NAME: EXIT.data,
  INPUT_FORMAT: EXIT.data,
  INPUT_ROW: EXIT.data,
  UNSUPPORTED: EXIT.data,

  // refused by policy
  STRICT: EXIT.policy,
  PYTHON_MISMATCH: EXIT.policy,
  SANDBOX_UNAVAILABLE: EXIT.policy,
  PICKLE_REFUSED: EXIT.policy,
  MODULE_REFUSED: EXIT.policy,

  // execution failed
  UDF_RAISED: EXIT.execution,
  UDF_NOT_REGISTERED: EXIT.execution,
  REGISTER: EXIT.execution,
  EXECUTION: EXIT.execution,
  WORKER_DIED: EXIT.execution,
  TIMEOUT: EXIT.execution,
  IDLE_TIMEOUT: EXIT.execution,
  MEMORY_LIMIT: EXIT.execution,
  ENVIRONMENT: EXIT.execution,

  // a defect of dfx itself
  DEFECT: EXIT.defect,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorPlace {
  /** Byte offset into the payload (after base64 or hex was taken off), or into the text for JSON and SQL. */
  readonly offset?: number | undefined;
  readonly file?: string | undefined;
  /** What the user can do next: one sentence, imperative. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The only error that leaves a public function. `message` says what was found and what was expected, in one line, without
 * the place (`offset`, `file`) and without the next step (`hint`); whoever shows it puts the three together.
 */
export class DfxError extends Error {
  readonly code: ErrorCode;
  readonly offset: number | undefined;
  readonly file: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, place: ErrorPlace = {}) {
    super(message, place.cause === undefined ? undefined : { cause: place.cause });
    this.name = 'DfxError';
    this.code = code;
    this.offset = place.offset;
    this.file = place.file;
    this.hint = place.hint;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code];
  }

  /** The same error with a place that only a caller further out knows. What is known already stays. */
  at(place: ErrorPlace): DfxError {
    return new DfxError(this.code, this.message, {
      offset: this.offset ?? place.offset,
      file: this.file ?? place.file,
      hint: this.hint ?? place.hint,
      cause: this.cause ?? place.cause,
    });
  }
}
