/**
 * Reads one large payload in a process of its own and tells what the memory grew by, as JSON:
 *   node --import tsx bench/memory.ts frame|nesting FILE
 */
import { readFileSync } from 'node:fs';
import { decodePayload } from '../src/expr/payload.ts';
import { readUdf } from '../src/expr/udf.ts';

const file = process.argv[2] ?? '';
// once on a small payload, so that what grows below is not code
decodePayload(Uint8Array.from([0x0a, 0x03, 0x0a, 0x01, 0x61]));
const payload = new Uint8Array(readFileSync(file));
const before = process.memoryUsage.rss();
const decoded = decodePayload(payload);
const [read] = decoded.exprs;
if (read === undefined) throw new Error('the payload holds no expression');
const udf =
  read.expr.kind === 'scalar_function' && read.expr.definition !== null ? readUdf(read.expr.definition) : null;
process.stdout.write(
  JSON.stringify({
    bytes: payload.length,
    grown: Math.max(0, peakMemory() - before),
    depth: read.tape.depth,
    framed: udf?.framing.outcome === 'frame',
  }),
);

/** Of this program alone: what `getrusage` says counts from before `exec`, when the memory was that of whoever started it. */
function peakMemory(): number {
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (peak === undefined) throw new Error('this system does not say what memory was used at most');
  return Number(peak) * 1024;
}
