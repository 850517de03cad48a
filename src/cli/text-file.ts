/** The text of a file, which must be UTF-8. */
import { DfxError } from '../wire/errors.ts';

export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DfxError('BAD_UTF8', 'found bytes that are no UTF-8, expected text', {
      cause,
      hint: 'a payload is read by `dfx decode`; encode takes expr.json, proto JSON or SQL',
    });
  }
}
