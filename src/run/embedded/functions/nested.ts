/** The functions over lists and maps; those that make lists and structs, and take values out of them, are in `nested-make.ts`. */
import type { ScalarFunction } from './define.ts';
import { MAP_MAKERS } from './nested-map-make.ts';
import { NESTED_MAPS } from './nested-maps.ts';
import { NESTED_MEASURES } from './nested-measure.ts';
import { NESTED_RESHAPES } from './nested-reshape.ts';
import { NESTED_SEARCHES } from './nested-search.ts';
import { NESTED_SETS } from './nested-sets.ts';
import { NESTED_SUMS } from './nested-sums.ts';
import { NESTED_VECTORS } from './nested-vectors.ts';

export const NESTED_FUNCTIONS: readonly ScalarFunction[] = [
  ...NESTED_SEARCHES,
  ...NESTED_RESHAPES,
  ...NESTED_MEASURES,
  ...NESTED_SETS,
  ...NESTED_SUMS,
  ...NESTED_VECTORS,
  ...NESTED_MAPS,
  ...MAP_MAKERS,
];
