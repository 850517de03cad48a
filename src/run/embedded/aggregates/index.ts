/** The aggregate functions of the embedded engine, by name and alias. */
import { COUNT } from './count.ts';
import { type AggregateFunction, byName } from './define.ts';
import { EXTREMES } from './extreme.ts';
import { rareAggregate } from './rare.ts';
import { SUMS } from './sum.ts';

const COMMON = byName([[COUNT], SUMS, EXTREMES]);

export function aggregateFunction(name: string): AggregateFunction | undefined {
  return COMMON.get(name) ?? rareAggregate(name);
}
