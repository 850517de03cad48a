/** NDJSON files. */
import { DfxError } from '../wire/errors.ts';
import type { InputSource } from './byte-source.ts';
import type { InputTable } from './column.ts';

export async function openNdjson(input: InputSource): Promise<InputTable> {
  const file = typeof input === 'string' ? input : undefined;
  throw new DfxError('UNSUPPORTED', "the embedded engine doesn't read ndjson files", { file });
}
