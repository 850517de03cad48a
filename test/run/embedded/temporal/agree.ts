/** Judges cases of temporal values: equal here and in the real engine, or an error in both, whatever its words. */
import assert from 'node:assert/strict';
import { type Case, judge, type Outcome, summary, type Table } from '../judge.ts';

export interface Wanted {
  /** At least so many cases must be taken and be equal. */
  readonly equal: number;
}

export async function agree(tables: ReadonlyMap<string, Table>, cases: readonly Case[], wanted: Wanted): Promise<void> {
  const outcomes = await judge(tables, cases);
  const differing = cases.flatMap((one, i) => {
    const outcome = outcomes[i];
    return outcome !== undefined && differs(outcome) ? [`${one.table}: ${one.sql}\n    ${outcome.note}`] : [];
  });
  if (process.env['DFX_REASONS'] !== undefined) console.log(summary(outcomes).join('\n'));
  assert.equal(differing.slice(0, 40).join('\n'), '', `${differing.length} of ${cases.length} differ`);
  const equal = outcomes.filter(({ state }) => state === 'equal').length;
  assert.ok(equal >= wanted.equal, `${equal} of ${cases.length} are equal, ${wanted.equal} are due`);
}

function differs({ state, note, theirError }: Outcome): boolean {
  return state === 'different' && !(theirError !== null && note.startsWith('ours fails'));
}
