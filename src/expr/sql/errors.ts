/** How the SQL reader refuses: always with a byte offset into the text, as the rest of dfx counts. */
import { DfxError, type ErrorCode } from '../../wire/errors.ts';

/** UTF-8 bytes before the UTF-16 index `index`. */
export function byteOffset(text: string, index: number): number {
  let bytes = 0;
  for (let i = 0; i < index && i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is four bytes: two for each half.
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit < 0xe000 ? 2 : 3;
  }
  return bytes;
}

/** A message quotes the text, and the text may hold a name of a megabyte. */
const LONGEST = 300;

/** Raised while reading; `index` counts UTF-16 units, since nobody but the last catcher needs bytes. */
export class SqlRefusal extends Error {
  readonly code: ErrorCode;
  readonly index: number;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, index: number, hint?: string) {
    super(message.length > LONGEST ? `${message.slice(0, LONGEST - 1)}…` : message);
    this.name = 'SqlRefusal';
    this.code = code;
    this.index = index;
    this.hint = hint;
  }

  inBytes(text: string): DfxError {
    return new DfxError(this.code, this.message, { offset: byteOffset(text, this.index), hint: this.hint });
  }
}

export function syntax(message: string, index: number): SqlRefusal {
  return new SqlRefusal('SQL_SYNTAX', message, index);
}

export function unsupported(message: string, index: number, hint?: string): SqlRefusal {
  return new SqlRefusal('SQL_UNSUPPORTED', message, index, hint);
}

export const NEEDS_SCHEMA = 'give the schema of the input (--schema or --input)';
