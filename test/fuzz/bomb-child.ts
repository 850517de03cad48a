/** Puts one bomb through everything in a process of its own and tells by how much the memory grew and how long it took. */
import { performance } from 'node:perf_hooks';
import { BOMBS } from './bombs.ts';
import { probe } from './probe.ts';

const [, , name = '', bytes = '0'] = process.argv;
probe(Uint8Array.from([0x0a, 0x03, 0x0a, 0x01, 0x61]));
const payload = BOMBS[name]?.(Number(bytes)) ?? new Uint8Array();
const before = process.memoryUsage.rss();
const started = performance.now();
const outcome = probe(payload);
process.stdout.write(
  JSON.stringify({
    bytes: payload.length,
    grown: Math.max(0, process.resourceUsage().maxRSS * 1024 - before),
    milliseconds: performance.now() - started,
    outcome,
  }),
);
