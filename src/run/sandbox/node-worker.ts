/** The sandbox of a Node worker: a launcher in the place of Node, made for this run. It may write nothing at all. */
import { closeSync, existsSync, openSync, readSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from '../env/package-root.ts';
import type { WorkerCommand } from '../spawn/worker.ts';
import { privateFolder } from './folder.ts';
import { launcher, type ReadRule } from './launcher/program.ts';
import { machine } from './probe.ts';
import { bundledWorker } from './source-worker.ts';

/** What the dynamic linker and Node itself read, wherever it exists. Nothing of a user's lies here. */
const SYSTEM = [
  '/lib',
  '/lib64',
  '/usr/lib',
  '/usr/lib64',
  '/usr/local/lib',
  '/nix/store',
  '/etc/ld.so.cache',
  '/etc/localtime',
  '/etc/ssl/openssl.cnf',
  '/usr/share/zoneinfo',
  '/proc/meminfo',
  '/dev/urandom',
  '/dev/random',
];

export function sandboxedNode(command: WorkerCommand, readable: readonly string[]): WorkerCommand {
  const kind = machine();
  // `probe` has refused before.
  if (kind === null) throw new Error('a sandbox for a machine that has none');
  const node = realpathSync(command.file);
  const loader = interpreterOf(node);
  const { args, files } = import.meta.url.endsWith('.ts')
    ? bundledWorker()
    : { args: command.args, files: builtFiles() };
  const rules: readonly ReadRule[] = [
    ...[node, ...(loader === null ? [] : [loader])].map((path) => ({ path, isFolder: false, execute: true })),
    ...[...SYSTEM, ...files, ...packageFolders(), ...readable].flatMap(readRule),
    { path: '/dev/null', isFolder: false, write: true },
  ];
  const file = join(privateFolder(), 'worker');
  writeFileSync(file, launcher(kind, { rules, target: { file: node, args, env: command.env } }), { mode: 0o700 });
  return { ...command, file, args: [], env: {} };
}

function readRule(path: string): readonly ReadRule[] {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? [] : [{ path, isFolder: found.isDirectory() }];
}

function builtFiles(): readonly string[] {
  const root = packageRoot();
  return ['bin', 'dist', 'package.json'].map((name) => join(root, name));
}

/** The packages that a worker loads when a file needs them, wherever they are installed. */
function packageFolders(): readonly string[] {
  const root = packageRoot();
  const { dependencies = {} }: { dependencies?: Record<string, string> } = createRequire(join(root, 'package.json'))(
    './package.json',
  );
  return Object.keys(dependencies).flatMap((name) => {
    for (let folder = root; ; folder = dirname(folder)) {
      const found = join(folder, 'node_modules', name);
      if (existsSync(found)) return [realpathSync(found), found];
      if (folder === dirname(folder)) return [];
    }
  });
}

const PROGRAM_INTERPRETER = 3;

/** The dynamic linker that the kernel starts with the program (elf.h, PT_INTERP), null for none. */
function interpreterOf(program: string): string | null {
  const start = Buffer.alloc(16384);
  const file = openSync(program, 'r');
  try {
    readSync(file, start, 0, start.length, 0);
  } finally {
    closeSync(file);
  }
  const table = Number(start.readBigUInt64LE(32));
  const size = start.readUInt16LE(54);
  for (let at = table; at < table + size * start.readUInt16LE(56) && at + 40 <= start.length; at += size) {
    if (start.readUInt32LE(at) !== PROGRAM_INTERPRETER) continue;
    const from = Number(start.readBigUInt64LE(at + 8));
    return start.toString('latin1', from, start.indexOf(0, from));
  }
  return null;
}
