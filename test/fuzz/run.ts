/** Long runs: `npm run fuzz -- --seconds 600`, or `--seed 1234 --cases 1` for one case again. */
import { parseArgs } from 'node:util';
import { seeds } from './corpus.ts';
import { fuzzCase } from './rounds.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    cases: { type: 'string' },
    go: { type: 'boolean' },
  },
});
const { seconds = '60', seed = String(Date.now() % 1_000_000_000), cases = 'Infinity', go = false } = values;
const corpus = seeds();
const bodies = corpus.map(({ bytes }) => bytes);
const end = Date.now() + Number(seconds) * 1000;
const outcomes = new Map<string, number>();
let failed = 0;
let done = 0;
process.stdout.write(`fuzzing ${corpus.length} payloads from seed ${seed}\n`);
for (let at = Number(seed); Date.now() < end && done < Number(cases); at++, done++) {
  try {
    const outcome = fuzzCase(at, corpus, bodies);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  } catch (error) {
    failed++;
    const { message, stack } =
      error instanceof Error && error.cause instanceof Error ? error.cause : { message: '', stack: '' };
    process.stdout.write(`${error instanceof Error ? error.message : error}\n${message === '' ? '' : stack}\n`);
    if (!go) break;
  }
}
const counts = [...outcomes].sort(([, a], [, b]) => b - a).map(([outcome, count]) => `${outcome} ${count}`);
process.stdout.write(`${done} cases, ${failed} failed: ${counts.join(', ')}\n`);
if (failed > 0) process.exitCode = 1;
