/** The aggregate functions of the embedded engine, by name and alias. A file of functions adds its list here. */
import { BASIC_AGGREGATES } from './basic.ts';
import type { AggregateFunction } from './define.ts';

const LISTS: readonly (readonly AggregateFunction[])[] = [BASIC_AGGREGATES];

const BY_NAME = new Map<string, AggregateFunction>();
for (const made of LISTS.flat()) for (const name of [made.name, ...(made.aliases ?? [])]) BY_NAME.set(name, made);

export function aggregateFunction(name: string): AggregateFunction | undefined {
  return BY_NAME.get(name);
}
