/** What attempts to get out are aimed at: files, sockets and processes of this user. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { python, root } from '../cli.ts';

export interface Attack {
  readonly name: string;
  readonly target: string;
  /** The target, where it is a file that the attempt may change. */
  readonly file?: string;
}

export interface Folder {
  readonly path: string;
  readonly write: (name: string, text: string) => string;
  readonly restore: (path: string) => void;
}

export interface Targets {
  readonly folder: Folder;
  /** A payload of attacks.py. */
  readonly made: (name: string) => string;
  readonly attacks: readonly Attack[];
  /** With a secret. */
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
  readonly socketPath: string;
  readonly pid: number;
  /** A file in the user's home. */
  readonly private: string;
  readonly remove: () => void;
}

export const SECRET = 'DFX_TEST_SECRET';

export function folderAt(parent: string, prefix: string): Folder {
  const path = mkdtempSync(join(parent, prefix));
  const write = (name: string, text: string): string => {
    writeFileSync(join(path, name), text, { mode: 0o600 });
    return join(path, name);
  };
  return {
    path,
    write,
    restore: (file) => {
      writeFileSync(file, 'private,text\n');
      chmodSync(file, 0o600);
    },
  };
}

export async function attackFolder(): Promise<Targets> {
  const folder = folderAt(tmpdir(), 'dfx-attack-');
  const home = folderAt(homedir(), '.dfx-attack-');
  const payloads = spawnSync(python, [join(root, 'test/run/sandbox/attacks.py'), folder.path], { encoding: 'utf8' });
  if (payloads.status !== 0) throw new Error(`attacks.py ended with ${payloads.status}: ${payloads.stderr}`);
  const secret = home.write('private.txt', 'private,text\n');
  const beside = folder.write('beside.txt', 'private,text\n');
  const socketPath = join(folder.path, 'socket');
  const abstract = `dfx-attack-${process.pid}`;
  const servers = [
    await listening({ port: 0, host: '127.0.0.1' }),
    await listening({ path: socketPath }),
    await listening({ path: `\0${abstract}` }),
  ];
  const address = servers[0]?.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const other: ChildProcess = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
  const pid = other.pid ?? 0;

  const reading = (target: string): readonly Attack[] =>
    READING.map((name) => ({ name, target: name === 'listdir' ? target.replace(/\/[^/]*$/, '') : target }));
  const changing = CHANGING.map((name, at) => {
    const file = home.write(`changed-${at}.txt`, 'private,text\n');
    return { name, target: file, file };
  });
  const creating = CREATING.map((name, at) => ({ name, target: join(home.path, `new-${at}`) }));
  const on = (target: string | number, names: readonly string[]): readonly Attack[] =>
    names.map((name) => ({ name, target: String(target) }));
  mkdirSync(join(home.path, 'folder'));
  return {
    folder,
    made: (name) => join(folder.path, name),
    attacks: [
      ...reading(secret),
      { name: 'open', target: beside },
      { name: 'open', target: '/etc/passwd' },
      ...changing,
      ...creating,
      ...on(secret, ['inotify']),
      // The input of the run, which workers may read.
      ...on(join(folder.path, 'attacks.csv'), ['flock', 'F_SETLK']),
      ...on(port, ['TCP', 'UDP']),
      ...on(socketPath, ['Unix socket']),
      ...on(abstract, ['abstract Unix socket']),
      ...on('-', ['listen', 'netlink', 'socket by libc', 'fork', 'clone', 'execve', 'no death signal']),
      ...on('/bin/true', ['subprocess', 'posix_spawn']),
      ...on(pid, OTHER_PROCESS),
      ...on(SECRET, ['environment', 'initial environment']),
      ...on('-', [...DOORS, ...(process.getuid?.() === 0 ? DOORS_OF_ROOT : [])]),
    ],
    env: { [SECRET]: 'secret' },
    port,
    socketPath,
    pid,
    private: secret,
    remove: () => {
      other.kill('SIGKILL');
      for (const server of servers) server.close();
      for (const { path } of [folder, home]) rmSync(path, { recursive: true, force: true });
    },
  };
}

function listening(options: { port?: number; host?: string; path?: string }): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(options, () => {
      server.unref();
      resolve(server);
    });
  });
}

const READING = [
  'open',
  'open in a thread',
  'open by libc',
  'openat2',
  'listdir',
  'through a symbolic link',
  'pyarrow.OSFile',
  'pyarrow.memory_map',
  'pyarrow.fs',
  'datafusion read_csv',
];

const CHANGING = [
  'through a hard link',
  'write',
  'append',
  'pyarrow writes',
  'unlink',
  'rename',
  'truncate',
  'cut for reading',
  'cut without access',
  'chmod',
  'chown',
  'utime',
  'setxattr',
];

const CREATING = ['write', 'pyarrow writes', 'datafusion COPY TO', 'mkdir'];

const OTHER_PROCESS = [
  'kill',
  'kill the parent',
  'killpg',
  'tgkill',
  'pidfd',
  'rt_sigqueueinfo',
  'F_SETOWN',
  'ptrace',
  'process_vm_readv',
  'setpriority',
  'sched_setaffinity',
  'prlimit',
  'environ of another',
  'memory of another',
  'maps of another',
  'listing /proc',
];

const DOORS = ['unshare', 'setns', 'io_uring_setup', 'bpf', 'perf_event_open', 'keyctl', 'shmget', 'mq_open', 'clone3'];
const DOORS_OF_ROOT = ['mount', 'chroot', 'open_by_handle_at'];
