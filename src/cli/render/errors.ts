/** The one line that a user gets for an error, and its JSON form. */
import { DfxError } from '../../wire/errors.ts';
import { escapeText } from './escape.ts';

/** What isn't a DfxError is a defect of dfx. */
export function asDfxError(error: unknown): DfxError {
  if (error instanceof DfxError) return error;
  return new DfxError('DEFECT', error instanceof Error ? error.message : String(error), {
    cause: error,
    hint: 'this is a defect of dfx: please report it with the command and what --debug shows',
  });
}

/** `dfx: payload.bin: byte 21: what was found; what to do next` */
export function errorLine(error: DfxError): string {
  const place = [error.file, error.offset === undefined ? undefined : `byte ${error.offset}`];
  const parts = ['dfx', ...place.filter((part) => part !== undefined), error.message];
  return escapeText(`${parts.join(': ')}${error.hint === undefined ? '' : `; ${error.hint}`}`);
}

export function errorDocument(error: DfxError): string {
  const { code, message, file, offset, hint } = error;
  return JSON.stringify({
    schema: 'dfx.error/1',
    error: { code, message, file: file ?? null, offset: offset ?? null, hint: hint ?? null },
  });
}
