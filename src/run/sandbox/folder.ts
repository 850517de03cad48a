/** The private folder of a run's sandboxes: workers have folders of their own in it, and it is gone with dfx. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder } from '../private-folder.ts';

let made: string | null = null;

/** A folder that only this user can reach. */
export function privateFolder(): string {
  if (made !== null) return made;
  const folder = makePrivateFolder('sandbox');
  mkdirSync(join(folder, 'scratch'), { mode: 0o700 });
  made = folder;
  process.on('exit', () => remove(folder));
  return folder;
}

/** Where Python workers make their own. */
export function scratchFolder(): string {
  return join(privateFolder(), 'scratch');
}

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    // A UDF may have taken its own right to list what it made.
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`dfx: the folder ${folder} of the sandbox stays: ${why}\n`);
  }
}
