/** Whole processes: how long they take, and what all of them together hold in memory. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { timeCalls } from './measure.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** `dfx` as a user starts it, by its file. */
export function dfxCommand(root: string, args: readonly string[]): Command {
  const file = join(root, 'bin', 'dfx');
  return process.platform === 'win32' ? { file: process.execPath, args: [file, ...args] } : { file, args };
}

/** What the command prints. Throws where it fails. */
export function outputOf({ file, args }: Command): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}: ${stderr.slice(-2000)}`);
  return stdout;
}

/**
 * Microseconds from start to end, nothing printed on a terminal, `before` not counted. An untimed run goes first: a system that takes files out
 * of its page cache would else let one of two sides wait for the disk.
 */
export function timeOf(command: Command, before: () => void = () => undefined): number {
  before();
  outputOf(command);
  before();
  return timeCalls(1, () => outputOf(command));
}

const POLL_MS = 5;

/**
 * The highest sum of the proportional set sizes (`Pss`, pages shared between processes counted once) of the process and all below it, in bytes.
 * Linux only. Sampled, in a run of its own: looking takes time.
 */
export async function peakMemoryOf({ file, args }: Command): Promise<number> {
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, child.pid === undefined ? 0 : treeMemory(child.pid));
  }, POLL_MS);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearInterval(look);
  if (status !== 0)
    throw new Error(`${file} ended with ${status}: ${Buffer.concat(errors).toString('utf8').slice(-2000)}`);
  return peak;
}

function treeMemory(root: number): number {
  let bytes = 0;
  const todo = [root];
  for (let pid = todo.pop(); pid !== undefined; pid = todo.pop()) {
    bytes += pssOf(pid);
    todo.push(...childrenOf(pid));
  }
  return bytes;
}

function pssOf(pid: number): number {
  const found = /^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`));
  return Number(found?.[1] ?? 0) * 1024;
}

function childrenOf(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // ended meanwhile
  }
  return threads.flatMap((thread) =>
    textOf(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // ended meanwhile
  }
}
