/**
 * dfx and the real package side by side: `npm run bench`, `npm run bench -- --quick` for a smoke test.
 *
 * Each time is a median over samples that alternate between the two. Before anything is timed its result is checked: dfx's encoding of what
 * it decoded, and the real package's, must be the payload again. Exits with 1 where a target is missed, unless `--quick`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodePayload } from '../src/expr/payload.ts';
import { exprToProto } from '../src/expr/proto/index.ts';
import { readUdf } from '../src/expr/udf.ts';
import { readDefinition } from '../src/wire/frame.ts';
import { alternate, type Pair, timeCalls } from './measure.ts';
import { chain, inList, largeFrame, nesting } from './payloads.ts';
import { Peer, peerPython, type Versions } from './peer.ts';

interface Row {
  readonly what: string;
  readonly against: string;
  readonly pair: Pair;
  /** Greatest ratio; null where the row is for information. */
  readonly target: number | null;
}

interface Machine extends Versions {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
}

interface MemoryRow {
  readonly what: string;
  readonly bytes: number;
  readonly grown: number;
  /** Most growth, in bytes. */
  readonly target: number;
}

const quick = process.argv.includes('--quick');
const pairs = quick ? 3 : 11;
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'dfx-bench-'));
const python = peerPython();
const peer = new Peer(python);
try {
  const versions = await peer.versions();
  const machine: Machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    ...versions,
  };
  const udf = await payloadOfSize(1024);
  const rows = [...(await wholeProcesses(udf)), ...(await inProcess(udf))];
  const memory = memoryRows();
  print(machine, rows, memory);
  if (!quick) writeResults({ machine, pairs, rows, memory });
  const missed = rows.some(({ pair, target }) => target !== null && pair.ratio > target) || memory.some(tooMuch);
  if (missed && !quick) process.exitCode = 1;
} finally {
  peer.close();
  rmSync(folder, { recursive: true, force: true });
}

/** A UDF payload of about this many bytes, made by the real package. */
async function payloadOfSize(bytes: number): Promise<Uint8Array> {
  const smallest = await peer.make(0);
  return smallest.length >= bytes ? smallest : peer.make(bytes - smallest.length);
}

async function wholeProcesses(udf: Uint8Array): Promise<Row[]> {
  const file = join(folder, 'udf.bin');
  writeFileSync(file, udf);
  const inspect = [join(root, 'bin', 'dfx'), 'inspect', file];
  const report = spawnSync(process.execPath, [...inspect, '--json'], { encoding: 'utf8' });
  if (JSON.parse(report.stdout).udfs?.[0]?.name !== 'above') throw new Error(`dfx inspect is wrong: ${report.stderr}`);
  const dfx = (): number => spawnTime(process.execPath, inspect);
  const count = quick ? 3 : 15;
  return [
    {
      what: `dfx inspect, ${udf.length} bytes, whole process`,
      against: 'node -e 0',
      pair: await alternate(count, { dfx, real: () => spawnTime(process.execPath, ['-e', '0']) }),
      target: 1.5,
    },
    {
      what: `dfx inspect, ${udf.length} bytes, whole process`,
      against: 'python -c "import datafusion"',
      pair: await alternate(count, { dfx, real: () => spawnTime(python, ['-c', 'import datafusion']) }),
      target: 1,
    },
  ];
}

function spawnTime(command: string, args: readonly string[]): number {
  return timeCalls(1, () => {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`);
  });
}

async function inProcess(udf: Uint8Array): Promise<Row[]> {
  const against = 'Expr.from_bytes';
  const rows: Row[] = [];
  const time = async (what: string, payload: Uint8Array, calls: number, target: number | null, decode = frameRead) => {
    const [read] = decodePayload(payload).exprs;
    // without `raw`, which would be the payload's own bytes
    if (read === undefined || read.expr.raw !== undefined) throw new Error(`${what}: not read as canonical bytes`);
    if (!same(exprToProto(read.expr), payload)) throw new Error(`${what}: dfx gives other bytes again`);
    if (!(await peer.check(payload))) throw new Error(`${what}: the real package gives other bytes again`);
    const call = (): unknown => decode(payload);
    timeCalls(calls * (quick ? 1 : 5), call);
    const pair = await alternate(pairs, { dfx: () => timeCalls(calls, call), real: () => peer.time(calls) });
    rows.push({ what: `${what}, ${payload.length} bytes`, against, pair, target });
  };
  await time('decode a UDF, frame header read', udf, quick ? 200 : 2000, 1);
  await time('decode a UDF, pickle and schemas read', udf, quick ? 100 : 1000, null, pickleRead);
  await time('decode a chain of 3,000 operands', chain(3000), quick ? 5 : 50, 2);
  await time('decode an IN list of 100,000', inList(100_000), quick ? 1 : 3, 2);
  return rows;
}

function frameRead(payload: Uint8Array): unknown {
  const expr = decodePayload(payload).exprs[0]?.expr;
  return expr?.kind === 'scalar_function' && expr.definition !== null ? readDefinition(expr.definition) : expr;
}

function pickleRead(payload: Uint8Array): unknown {
  const expr = decodePayload(payload).exprs[0]?.expr;
  return expr?.kind === 'scalar_function' && expr.definition !== null ? readUdf(expr.definition) : expr;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function memoryRows(): MemoryRow[] {
  const size = quick ? 20_000_000 : 200_000_000;
  return [
    memoryOf('frame of a UDF', largeFrame(size), (bytes) => bytes + 32 * 1024 ** 2),
    memoryOf('NOT, 100,000 inside each other', nesting(100_000), (bytes) => 64 * bytes + 32 * 1024 ** 2),
  ];
}

function memoryOf(what: string, payload: Uint8Array, target: (bytes: number) => number): MemoryRow {
  const file = join(folder, 'large.bin');
  writeFileSync(file, payload);
  const child = spawnSync(process.execPath, ['--import', 'tsx', join(root, 'bench', 'memory.ts'), file], {
    cwd: root,
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(`${what}: ${child.stderr}`);
  const { bytes, grown } = JSON.parse(child.stdout);
  return { what, bytes, grown, target: target(bytes) };
}

function tooMuch({ grown, target }: MemoryRow): boolean {
  return grown > target;
}

function print(machine: Machine, rows: Row[], memory: MemoryRow[]): void {
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`,
    `node ${machine.node}, python ${machine.python}, datafusion ${machine.datafusion}, pyarrow ${machine.pyarrow}`,
    '',
    ...rows.map(({ what, against, pair, target }) => {
      const verdict =
        target === null ? '' : pair.ratio <= target ? `  ok, at most ${target}` : `  MISSED, at most ${target}`;
      return `${what.padEnd(52)} ${duration(pair.dfx)}  ${against.padEnd(29)} ${duration(pair.real)}  x${pair.ratio.toFixed(2)}${verdict}`;
    }),
    '',
    ...memory.map((row) => {
      const verdict = tooMuch(row) ? 'MISSED' : 'ok';
      return `${row.what.padEnd(52)} ${mebibytes(row.bytes)} payload, memory grows by ${mebibytes(row.grown)}  ${verdict}, at most ${mebibytes(row.target)}`;
    }),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function duration(microseconds: number): string {
  const text = microseconds >= 1000 ? `${(microseconds / 1000).toFixed(2)} ms` : `${microseconds.toFixed(1)} µs`;
  return text.padStart(10);
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

/** The last full run stands in the repository; the others are the machine's own. */
function writeResults(results: { readonly [key: string]: unknown }): void {
  const target = new URL('results/', import.meta.url);
  mkdirSync(target, { recursive: true });
  const text = `${JSON.stringify(results, null, 2)}\n`;
  writeFileSync(new URL('latest.json', target), text);
  writeFileSync(new URL(`${new Date().toISOString().replaceAll(':', '-')}.json`, target), text);
}
