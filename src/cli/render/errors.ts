/** The one line that a user gets for an error, and its JSON form. */
import { DfxError } from '../../wire/errors.ts';
import { escapeText } from './escape.ts';

const REPORT = 'this is a defect of dfx: please report it with the command and what --debug shows';

/** What isn't a DfxError is a defect of dfx. */
export function asDfxError(error: unknown): DfxError {
  if (error instanceof DfxError) return error;
  return new DfxError('DEFECT', error instanceof Error ? error.message : String(error), {
    cause: error,
    hint: REPORT,
  });
}

/** `dfx: payload.bin: byte 21: what was found; what to do next` */
export function errorLine(error: DfxError): string {
  const place = [error.file, error.offset === undefined ? undefined : `byte ${error.offset}`];
  const hint = hintOf(error);
  const parts = ['dfx', ...place.filter((part) => part !== undefined), error.message];
  return escapeText(`${parts.join(': ')}${hint === undefined ? '' : `; ${hint}`}`);
}

export function errorDocument(error: DfxError): string {
  const { code, message, file, offset } = error;
  return JSON.stringify({
    schema: 'dfx.error/1',
    error: { code, message, file: file ?? null, offset: offset ?? null, hint: hintOf(error) ?? null },
  });
}

/** A defect that dfx noticed by itself is told like one that it didn't. */
function hintOf({ code, hint }: DfxError): string | undefined {
  return hint ?? (code === 'DEFECT' ? REPORT : undefined);
}
