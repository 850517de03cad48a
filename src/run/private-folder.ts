/**
 * Folders in the system's temporary one that are gone with dfx. One that is killed can't remove its own: their names say whose they are, and
 * the next dfx that makes one removes those whose process is gone.
 */
import { mkdtempSync, readFileSync, readlinkSync } from 'node:fs';
import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `sandbox`: what workers that run code are started with, and their own folders; `input`: what came through a pipe. */
type Purpose = 'sandbox' | 'input';

/** Boot of the machine, namespace of process numbers, number, start in ticks since the boot; then what mkdtemp adds. */
const OWNED = /^dfx-(?:sandbox|input)-([0-9a-f]{8}-\d+)-(\d+)-(\d+)-[A-Za-z0-9]{6}$/;

/** Those who may write in a folder without this bit may also rename what others have there. */
const STICKY = 0o1000;
const WRITABLE_BY_OTHERS = 0o022;

let swept = false;

/** A new folder that only this user can reach. Whoever asks removes it in the end. */
export function makePrivateFolder(purpose: Purpose): string {
  const parent = tmpdir();
  const owner = ownProcess();
  const folder = mkdtempSync(join(parent, owner === null ? `dfx-${purpose}-` : `dfx-${purpose}-${owner}-`));
  if (!swept && owner !== null) {
    swept = true;
    // Nobody waits for it, and nobody misses it: what can't be removed now is tried again by the next one.
    removeStaleFolders(parent).catch(() => undefined);
  }
  return folder;
}

/** Removes the folders of this user whose process is gone. Links are none of them, and none is followed. */
export async function removeStaleFolders(parent: string): Promise<void> {
  const namespace = processNamespace();
  if (namespace === null || !(await keepsNames(parent))) return;
  for (const name of await readdir(parent)) {
    const [, owner, pid, started] = OWNED.exec(name) ?? [];
    if (pid === undefined || owner !== namespace || startOf(pid) === started) continue;
    const folder = join(parent, name);
    const kind = await lstat(folder).catch(() => null);
    if (kind?.isDirectory() !== true || kind.uid !== process.geteuid?.()) continue;
    // A UDF may have taken its user's right to list what it made; another dfx may be at it, too.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Whether nobody else can put something in the place of a folder that was looked at. */
async function keepsNames(parent: string): Promise<boolean> {
  const { mode, uid } = await stat(parent);
  if (uid !== 0 && uid !== process.geteuid?.()) return false;
  return (mode & STICKY) !== 0 || (mode & WRITABLE_BY_OTHERS) === 0;
}

/** This process as names have it; null where the system doesn't say. */
function ownProcess(): string | null {
  const namespace = processNamespace();
  const pid = reading(() => readlinkSync('/proc/self'));
  const started = pid === null ? null : startOf(pid);
  return namespace === null || started === null ? null : `${namespace}-${pid}-${started}`;
}

/**
 * Where a process number means the same: containers and machines that share the folder have processes of the same numbers, and theirs can't
 * be looked at from here.
 */
function processNamespace(): string | null {
  const boot = reading(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'))?.slice(0, 8);
  const namespace = reading(() => readlinkSync('/proc/self/ns/pid'))?.replace(/\D/g, '');
  return boot === undefined || namespace === undefined ? null : `${boot}-${namespace}`;
}

/** When a process began, in ticks; null where it is gone, also where only its parent hasn't noticed yet (proc(5), `/proc/pid/stat`). */
function startOf(pid: string): string | null {
  const text = reading(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  if (text === null) return null;
  // The name of the program, in parentheses, may hold anything. Behind it come fields 3 and on.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

/** Null for what isn't there or isn't ours to read. */
function reading(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
