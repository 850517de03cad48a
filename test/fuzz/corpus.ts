/** The payloads that fuzzing starts from: all the fixtures. */
import { readFileSync } from 'node:fs';

const folder = new URL('../../fixtures/', import.meta.url);

export interface Seed {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Every fixture that isn't empty. The large ones would take the time of hundreds of small ones. */
export function seeds(maxBytes = 8192): readonly Seed[] {
  const manifest: readonly { path: string; bytes: number }[] = JSON.parse(
    readFileSync(new URL('manifest.json', folder), 'utf8'),
  );
  return manifest
    .filter(({ bytes }) => bytes > 0 && bytes <= maxBytes)
    .map(({ path }) => ({ path, bytes: new Uint8Array(readFileSync(new URL(path, folder))) }));
}
