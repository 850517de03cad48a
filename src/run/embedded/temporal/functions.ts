/** The functions of dates and times. */
import type { ScalarFunction } from '../functions/define.ts';
import { BIN_FUNCTIONS } from './functions-bin.ts';
import { CHAR_FUNCTIONS } from './functions-char.ts';
import { CONVERT_FUNCTIONS } from './functions-convert.ts';
import { MAKE_FUNCTIONS } from './functions-make.ts';
import { PART_FUNCTIONS } from './functions-part.ts';
import { TRUNC_FUNCTIONS } from './functions-trunc.ts';

export const TEMPORAL_FUNCTIONS: readonly ScalarFunction[] = [
  ...PART_FUNCTIONS,
  ...TRUNC_FUNCTIONS,
  ...BIN_FUNCTIONS,
  ...MAKE_FUNCTIONS,
  ...CHAR_FUNCTIONS,
  ...CONVERT_FUNCTIONS,
];
