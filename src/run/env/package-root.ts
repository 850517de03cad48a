/** Where the files lie that ship beside the code: the Python worker and the pinned requirements. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DfxError } from '../../wire/errors.ts';

let known: string | undefined;

/** The folder of dfx's package.json: the checkout, or where the package is installed. */
export function packageRoot(): string {
  if (known !== undefined) return known;
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && /"name":\s*"dfx"/.test(readFileSync(manifest, 'utf8'))) {
      known = folder;
      return folder;
    }
    const parent = dirname(folder);
    if (parent === folder) throw new DfxError('DEFECT', 'no package.json of dfx above its own code');
    folder = parent;
  }
}
