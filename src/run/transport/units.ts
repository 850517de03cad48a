/** The parts of the input that a group's workers get, in order. */
import { WHOLE } from '../../io/split.ts';
import type { JobGroup } from '../plan/groups.ts';
import type { Plan } from '../plan/plan.ts';
import type { SplitUnit } from './conveyor.ts';

export interface Units {
  readonly units: Iterable<SplitUnit> | AsyncIterable<SplitUnit>;
  /** How many, where that is known before they are there. */
  readonly count: number | null;
}

export function unitsOf(plan: Plan, group: JobGroup): Units {
  const splits = group.engine === 'datafusion' || group.how === 'whole' ? [WHOLE] : plan.splits;
  return { units: splits.map((split) => ({ split, body: [] })), count: splits.length };
}
