/** The aggregate functions of the embedded engine, by name and alias. A file of functions adds its list here. */
import { APPROXIMATE } from './approximate.ts';
import { BITS } from './bits.ts';
import { COLLECTING } from './collect.ts';
import { COUNT } from './count.ts';
import type { AggregateFunction } from './define.ts';
import { EXTREMES } from './extreme.ts';
import { MOMENTS } from './moments.ts';
import { ORDERED } from './ordered.ts';
import { QUANTILES } from './quantile.ts';
import { SUMS } from './sum.ts';

const LISTS: readonly (readonly AggregateFunction[])[] = [
  [COUNT],
  SUMS,
  EXTREMES,
  BITS,
  MOMENTS,
  QUANTILES,
  ORDERED,
  COLLECTING,
  APPROXIMATE,
];

const BY_NAME = new Map<string, AggregateFunction>();
for (const made of LISTS.flat()) for (const name of [made.name, ...(made.aliases ?? [])]) BY_NAME.set(name, made);

export function aggregateFunction(name: string): AggregateFunction | undefined {
  return BY_NAME.get(name);
}
