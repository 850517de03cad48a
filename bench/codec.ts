/** Reading and inspecting payloads, beside the real package. Before anything is timed, both sides must give the payload's bytes again. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePayload } from '../src/expr/payload.ts';
import { exprToProto } from '../src/expr/proto/index.ts';
import { readUdf } from '../src/expr/udf.ts';
import { readDefinition } from '../src/wire/frame.ts';
import { alternate, timeCalls } from './measure.ts';
import { chain, inList, largeFrame, nesting } from './payloads.ts';
import type { Peer } from './peer.ts';
import { dfxCommand, outputOf, timeOf } from './processes.ts';
import type { BenchOptions, MemoryRow, Row, Section } from './section.ts';

export async function codecSection(peer: Peer, options: BenchOptions): Promise<Section> {
  const udf = await payloadOfSize(peer, 1024);
  return {
    title: 'Payloads',
    rows: [...(await wholeProcesses(udf, options)), ...(await inProcess(peer, options))],
    memory: memoryRows(options),
    plots: [],
  };
}

/** A UDF payload of about this many bytes, made by the real package. */
async function payloadOfSize(peer: Peer, bytes: number): Promise<Uint8Array> {
  const smallest = await peer.make(0);
  return smallest.length >= bytes ? smallest : peer.make(bytes - smallest.length);
}

async function wholeProcesses(udf: Uint8Array, { quick, python, folder, root }: BenchOptions): Promise<Row[]> {
  const file = join(folder, 'udf.bin');
  writeFileSync(file, udf);
  const inspect = dfxCommand(root, ['inspect', file]);
  const report = outputOf({ ...inspect, args: [...inspect.args, '--json'] });
  if (JSON.parse(report).udfs?.[0]?.name !== 'above') throw new Error(`dfx inspect is wrong: ${report}`);
  const dfx = (): number => timeOf(inspect);
  const count = quick ? 3 : 15;
  return [
    {
      what: `dfx inspect, ${udf.length} bytes, whole process`,
      against: 'node -e 0',
      pair: await alternate(count, { dfx, real: () => timeOf({ file: process.execPath, args: ['-e', '0'] }) }),
      target: 1.5,
    },
    {
      what: `dfx inspect, ${udf.length} bytes, whole process`,
      against: 'python -c "import datafusion"',
      pair: await alternate(count, { dfx, real: () => timeOf({ file: python, args: ['-c', 'import datafusion'] }) }),
      target: 1,
    },
  ];
}

async function inProcess(peer: Peer, { quick }: BenchOptions): Promise<Row[]> {
  const udf = await payloadOfSize(peer, 1024);
  const pairs = quick ? 3 : 11;
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

function memoryRows(options: BenchOptions): MemoryRow[] {
  const size = options.quick ? 20_000_000 : 200_000_000;
  return [
    growth('frame of a UDF', largeFrame(size), 1, options),
    growth('NOT, 100,000 inside each other', nesting(100_000), 64, options),
  ];
}

/** How much memory grows beyond 32 MiB, against the bytes of the payload. */
function growth(what: string, payload: Uint8Array, target: number, { folder, root }: BenchOptions): MemoryRow {
  const file = join(folder, 'large.bin');
  writeFileSync(file, payload);
  const child = spawnSync(process.execPath, ['--import', 'tsx', join(root, 'bench', 'memory.ts'), file], {
    cwd: root,
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(`${what}: ${child.stderr}`);
  const { bytes, grown } = JSON.parse(child.stdout);
  return {
    what: `${what}: growth beyond 32 MiB`,
    against: 'the payload',
    dfx: Math.max(0, grown - 32 * 1024 ** 2),
    real: bytes,
    target,
  };
}
