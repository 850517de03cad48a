/** The scalar functions of the embedded engine, by name and alias. A file of functions adds its list here. */
import { TEMPORAL_FUNCTIONS } from '../temporal/functions.ts';
import { ARROW_CASTS } from './arrow-cast.ts';
import { CONDITIONAL_FUNCTIONS } from './conditional.ts';
import type { ScalarFunction } from './define.ts';
import { MATH_FUNCTIONS } from './math.ts';
import { NESTED_FUNCTIONS } from './nested.ts';
import { NESTED_MAKERS } from './nested-make.ts';
import { REFUSED_FUNCTIONS } from './refused.ts';
import { REGEX_FUNCTIONS } from './regex-functions.ts';
import { STRING_FUNCTIONS } from './strings.ts';
import { TYPE_FUNCTIONS } from './type-functions.ts';

const LISTS: readonly (readonly ScalarFunction[])[] = [
  REFUSED_FUNCTIONS,
  CONDITIONAL_FUNCTIONS,
  MATH_FUNCTIONS,
  NESTED_MAKERS,
  NESTED_FUNCTIONS,
  STRING_FUNCTIONS,
  REGEX_FUNCTIONS,
  ARROW_CASTS,
  TYPE_FUNCTIONS,
  TEMPORAL_FUNCTIONS,
];

const BY_NAME = new Map<string, ScalarFunction>();
for (const made of LISTS.flat()) for (const name of [made.name, ...(made.aliases ?? [])]) BY_NAME.set(name, made);

export function scalarFunction(name: string): ScalarFunction | undefined {
  return BY_NAME.get(name);
}
