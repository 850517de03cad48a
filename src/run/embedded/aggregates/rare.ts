/** The aggregate functions that few payloads use: a build loads them when one does (scripts/build.mjs). A file of functions adds its list here. */
import { APPROXIMATE } from './approximate.ts';
import { BITS } from './bits.ts';
import { COLLECTING } from './collect.ts';
import { type AggregateFunction, byName } from './define.ts';
import { MOMENTS } from './moments.ts';
import { ORDERED } from './ordered.ts';
import { QUANTILES } from './quantile.ts';

const RARE = byName([BITS, MOMENTS, QUANTILES, ORDERED, COLLECTING, APPROXIMATE]);

export function rareAggregate(name: string): AggregateFunction | undefined {
  return RARE.get(name);
}
