/**
 * The string functions of the embedded engine.
 *
 * Not computed here, and refused by name:
 * - dictionaries of anything but strings;
 * - binary arguments of `concat`, `concat_ws` and `||`;
 * - `levenshtein` of Utf8 with LargeUtf8, `find_in_set` of LargeUtf8 constants, `concat_ws` of nothing but null literals
 *   after a column: DataFusion 55 fails on them in its own ways;
 * - `lpad` and `rpad` to a constant length beyond 2147483647, `to_hex` of an untyped null;
 * - `uuid`: no two runs give the same;
 * - `array_to_string` of structs, maps, unions and dictionaries, and of an untyped null;
 * - `digest` with blake3, which Node doesn't have.
 */
import type { ScalarFunction } from './define.ts';
import { ENCODINGS } from './encoding.ts';
import { HASHES } from './hash.ts';
import { ARRAY_TEXTS } from './strings-array.ts';
import { BUILDING } from './strings-build.ts';
import { CASING } from './strings-case.ts';
import { MEASURING } from './strings-measure.ts';
import { PADDING } from './strings-pad.ts';
import { SEARCHING } from './strings-search.ts';
import { SLICING } from './strings-slice.ts';
import { VERSION } from './strings-version.ts';

export const STRING_FUNCTIONS: readonly ScalarFunction[] = [
  ...MEASURING,
  ...SEARCHING,
  ...SLICING,
  ...BUILDING,
  ...PADDING,
  ...CASING,
  ...HASHES,
  ...ENCODINGS,
  ...ARRAY_TEXTS,
  VERSION,
];
