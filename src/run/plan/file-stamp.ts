/** Whether a file is still what it was when the run was planned: its parts are read one after another, by several processes. */
import { type BigIntStats, statSync } from 'node:fs';
import { fileError } from '../../io/file-errors.ts';
import { DfxError } from '../../wire/errors.ts';

/** Throws INPUT_FORMAT where the file was written to, cut off, or replaced since the stamp was taken. */
export type StillThere = () => void;

export function stampFile(path: string): StillThere {
  const before = statOf(path);
  return () => {
    const now = statOf(path);
    const same = now.ino === before.ino && now.size === before.size && now.mtimeNs === before.mtimeNs;
    if (same || !before.isFile()) return;
    throw new DfxError('INPUT_FORMAT', 'the input changed while it was read', {
      file: path,
      hint: 'run it again when nobody writes to it',
    });
  };
}

function statOf(path: string): BigIntStats {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    throw fileError(path, error);
  }
}
