/** What this machine can keep: a launcher that becomes nothing shuts itself off, tries to get out, and tells. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './filter.ts';
import { privateFolder } from './folder.ts';
import { launcher, STEPS } from './launcher/program.ts';

/** `lacking`: a property that can't be kept here, in words that follow "there is no sandbox: ". */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly lacking: string };

/** The machine whose system calls dfx knows, null for others. */
export function machine(): Machine | null {
  if (process.platform !== 'linux') return null;
  return process.arch === 'x64' || process.arch === 'arm64' ? process.arch : null;
}

let known: Promise<Verdict> | null = null;

/** Asked once in a process. */
export function probe(): Promise<Verdict> {
  known ??= ask();
  return known;
}

const PROBE_MS = 5000;

async function ask(): Promise<Verdict> {
  const kind = machine();
  if (kind === null) return no(`dfx knows no kernel layer of ${process.platform} on ${process.arch}`);
  let file: string;
  try {
    file = join(privateFolder(), 'probe');
    writeFileSync(file, launcher(kind, { rules: [], target: null }), { mode: 0o700 });
  } catch (error) {
    return no(`no private folder can be made (${error instanceof Error ? error.message : String(error)})`);
  }
  return new Promise((resolve) => {
    const child = spawn(file, [], { stdio: 'ignore', timeout: PROBE_MS });
    child.on('error', (error) =>
      resolve(no(`${file} can't be started (${error.message}); TMPDIR may name another folder`)),
    );
    child.on('exit', (code, signal) => resolve(code === 0 ? { ok: true } : no(meaning(code, signal))));
  });
}

function no(lacking: string): Verdict {
  return { ok: false, lacking };
}

function meaning(code: number | null, signal: string | null): string {
  switch (code) {
    case STEPS.noLandlock:
      return 'the kernel has no Landlock (Linux 5.13), which keeps private files from being read or written';
    case STEPS.landlockRule:
    case STEPS.landlockHold:
      return "Landlock can't be entered, which keeps private files from being read or written";
    case STEPS.filesOpen:
      return 'Landlock is there and files can be read all the same';
    case STEPS.privileges:
    case STEPS.noSeccomp:
      return "seccomp filters can't be loaded, which keep code from the network, from signals and from new processes";
    case STEPS.networkOpen:
      return 'a seccomp filter is loaded and sockets can be opened all the same';
    case STEPS.capabilities:
      return "the capabilities of root can't be dropped";
    case STEPS.descriptors:
      return "inherited descriptors can't be closed (Linux 5.9)";
    default:
      return `the probe was ended by ${signal ?? `exit code ${code}`}`;
  }
}
