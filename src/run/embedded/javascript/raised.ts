/** What a UDF's own code threw, or gave that isn't of its declared type. */
import { DfxError } from '../../../wire/errors.ts';

export interface UdfIdentity {
  readonly name: string;
  readonly family: 'scalar' | 'aggregate' | 'window';
}

interface Raised {
  readonly type: string;
  readonly message: string;
  /** The stack as JavaScript prints it, without dfx's own frames below the UDF's. */
  readonly traceback: string;
}

/** Rows that a UDF was called over. */
interface CalledRows {
  readonly length: number;
  /** The one among them that it failed over, from 0. Null: any. */
  readonly row: number | null;
}

/** `rows` is null where it wasn't called over rows. */
export class UdfFailure extends DfxError {
  constructor(
    code: 'UDF_RAISED' | 'EXECUTION',
    readonly udf: UdfIdentity,
    what: string,
    readonly rows: CalledRows | null,
  ) {
    super(code, `the ${udf.family} UDF ${JSON.stringify(udf.name)} ${what}`);
  }
}

export class UdfRaised extends UdfFailure {
  constructor(
    udf: UdfIdentity,
    readonly exception: Raised,
    rows: CalledRows | null,
  ) {
    super(
      'UDF_RAISED',
      udf,
      `raised ${exception.type}${exception.message === '' ? '' : `: ${exception.message}`}`,
      rows,
    );
  }
}

/** A result that isn't of the declared type: what was found, in words that follow the UDF's name. */
export class WrongValue extends Error {
  constructor(
    message: string,
    /** The row that it was found for, from 0, where it was one. */
    readonly row: number | null = null,
  ) {
    super(message);
  }
}

/** Calls over rows: who calls one by one says where it is. */
export class Calls implements CalledRows {
  row: number | null = null;

  constructor(readonly length: number) {}
}

/** The file that stack traces name for a UDF's source. */
export function sourceName(udf: UdfIdentity): string {
  return `udf:${udf.name}`;
}

/** Runs the UDF's code; what it throws, whatever that is, comes out as `UdfRaised`, and a wrong value as `UdfFailure`. */
export function guarded<T>(udf: UdfIdentity, calls: Calls | null, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof UdfFailure) throw error;
    const length = calls?.length ?? 0;
    if (error instanceof WrongValue) {
      const rows = calls === null ? null : { length, row: error.row ?? calls.row };
      throw new UdfFailure('EXECUTION', udf, error.message, rows);
    }
    throw new UdfRaised(udf, raised(udf, error), calls === null ? null : { length, row: calls.row });
  }
}

/** Errors of another realm are no `Error` of ours, and anything may be thrown: nothing is called on it that could throw again. */
function raised(udf: UdfIdentity, error: unknown): Raised {
  if (typeof error !== 'object' || error === null) {
    return { type: typeof error, message: shown(error), traceback: shown(error) };
  }
  const type = textMember(error, 'name') ?? 'Error';
  const message = textMember(error, 'message') ?? '';
  return { type, message, traceback: ownFrames(udf, textMember(error, 'stack') ?? `${type}: ${message}`) };
}

function shown(value: unknown): string {
  return typeof value === 'symbol' ? 'a symbol' : String(value);
}

function textMember(error: object, name: string): string | null {
  try {
    const value: unknown = Reflect.get(error, name);
    return typeof value === 'string' ? value : null;
  } catch {
    return null; // a getter that throws says nothing
  }
}

/** The message and the frames down to the last one of the UDF's source. */
function ownFrames(udf: UdfIdentity, stack: string): string {
  const lines = stack.split('\n');
  const last = lines.findLastIndex((line) => line.includes(sourceName(udf)));
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  return lines.slice(0, last >= 0 ? last + 1 : first >= 0 ? first : lines.length).join('\n');
}
