/** Rounds of fuzzing: one round is one damaged payload through everything. */
import type { Seed } from './corpus.ts';
import { below, MUTATIONS, pick, seeded } from './mutations.ts';
import { probe } from './probe.ts';

const NAMES = Object.keys(MUTATIONS);

/** One case, which its seed makes again: `npm run fuzz -- --seed SEED --cases 1`. */
export function fuzzCase(seed: number, corpus: readonly Seed[], bodies: readonly Uint8Array[]): string {
  const random = seeded(seed);
  const { path, bytes } = pick(random, corpus);
  const done: string[] = [];
  let damaged = bytes;
  for (let count = 1 + below(random, 3); count > 0 && damaged.length > 0; count--) {
    const name = pick(random, NAMES);
    done.push(name);
    damaged = MUTATIONS[name]?.(damaged, random, bodies) ?? damaged;
  }
  try {
    return probe(damaged);
  } catch (error) {
    const shown = Buffer.from(damaged.subarray(0, 2048)).toString('hex');
    throw new Error(`seed ${seed}: ${path}, ${done.join(', ')}: ${error}\n${shown}`, { cause: error });
  }
}
