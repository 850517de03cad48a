/** Functions that look for one string in another: `contains`, `starts_with`, `ends_with`, `strpos`, `find_in_set`. */
import type { DataType } from '../../../wire/arrow/types.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode } from '../simplify.ts';
import { BOOLEAN, INT32 } from '../types.ts';
import type { Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import {
  charCount,
  find,
  finished,
  isSet,
  newBits,
  nullScalar,
  rowCount,
  sameBytes,
  strictValidity,
  type Texts,
  texts,
} from './strings-rows.ts';
import { containsBits, prefixBits, suffixBits } from './strings-scan.ts';
import { countType, firstSignature, stringArgument, takeArguments } from './strings-types.ts';

type Scan = (haystack: Vector, needle: Uint8Array, rows: number) => Uint8Array;
type Test = (a: Texts, b: Texts, row: number) => boolean;

/** A test of two strings: by a scan of the whole column where the second is one for all rows. */
function testing(name: string, scan: Scan, test: Test): ScalarFunction {
  return {
    name,
    bind: (args) => {
      takeArguments(name, args, 2);
      const strings = args.map((arg) => stringArgument(name, arg));
      const evaluate = (given: readonly Vector[], length: number): Vector => {
        const validity = strictValidity(given);
        if (validity === false) return nullScalar(BOOLEAN);
        const rows = rowCount(given, length);
        const [haystack] = given;
        const a = texts(haystack);
        const b = texts(given[1]);
        let bits: Uint8Array;
        if (haystack !== undefined && b.step === 0) {
          const needle = b.data.subarray(b.offsets[0] ?? 0, b.offsets[1] ?? 0);
          bits = scan(haystack, needle, rows);
        } else {
          bits = newBits(rows);
          for (let row = 0; row < rows; row++) {
            if (test(a, b, row)) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
          }
        }
        return finished({ layout: 'boolean', type: BOOLEAN, length: rows, validity, bits }, given);
      };
      return callNode({ name, type: BOOLEAN, nullable: true, args: strings, mayFail: false, evaluate });
    },
  };
}

function containsAt(a: Texts, b: Texts, row: number): boolean {
  const i = row * a.step;
  const j = row * b.step;
  const from = a.offsets[i] ?? 0;
  return find(a.data, from, a.offsets[i + 1] ?? 0, b.data, b.offsets[j] ?? 0, b.offsets[j + 1] ?? 0) >= 0;
}

function startsAt(a: Texts, b: Texts, row: number): boolean {
  const from = a.offsets[row * a.step] ?? 0;
  const start = b.offsets[row * b.step] ?? 0;
  const stop = b.offsets[row * b.step + 1] ?? 0;
  const to = from + stop - start;
  return to <= (a.offsets[row * a.step + 1] ?? 0) && sameBytes(a.data, from, to, b.data, start, stop);
}

function endsAt(a: Texts, b: Texts, row: number): boolean {
  const to = a.offsets[row * a.step + 1] ?? 0;
  const start = b.offsets[row * b.step] ?? 0;
  const stop = b.offsets[row * b.step + 1] ?? 0;
  const from = to - (stop - start);
  return from >= (a.offsets[row * a.step] ?? 0) && sameBytes(a.data, from, to, b.data, start, stop);
}

/** An integer of two strings. */
function located(
  name: string,
  type: DataType,
  args: readonly Node[],
  nullable: boolean,
  locate: (a: Texts, b: Texts, row: number) => number,
): Node {
  const evaluate = (given: readonly Vector[], length: number): Vector => {
    const validity = strictValidity(given);
    if (validity === false) return nullScalar(type);
    const rows = rowCount(given, length);
    const a = texts(given[0]);
    const b = texts(given[1]);
    const values = type.kind === 'Int64' ? new Float64Array(rows) : new Int32Array(rows);
    for (let row = 0; row < rows; row++) if (isSet(validity, row)) values[row] = locate(a, b, row);
    return finished({ layout: 'numeric', type, length: rows, validity, values }, given);
  };
  return callNode({ name, type, nullable, args, mayFail: false, evaluate });
}

/** The character, counted from 1, where the needle is found; 0 where it isn't. */
function positionOf(a: Texts, b: Texts, row: number): number {
  const i = row * a.step;
  const j = row * b.step;
  const from = a.offsets[i] ?? 0;
  const at = find(a.data, from, a.offsets[i + 1] ?? 0, b.data, b.offsets[j] ?? 0, b.offsets[j + 1] ?? 0);
  return at < 0 ? 0 : charCount(a.data, from, at) + 1;
}

const strpos: ScalarFunction = {
  name: 'strpos',
  aliases: ['instr', 'position'],
  bind: (args) => {
    takeArguments('strpos', args, 2);
    const strings = args.map((arg) => stringArgument('strpos', arg));
    const nullable = strings.some((arg) => arg.nullable);
    return located('strpos', countType(strings[0]?.type ?? INT32), strings, nullable, positionOf);
  },
};

const COMMA = 0x2c;

/** The place, counted from 1, of the string among those that commas part; 0 where it isn't there. */
function placeOf(a: Texts, b: Texts, row: number): number {
  const { data } = b;
  const start = a.offsets[row * a.step] ?? 0;
  const stop = a.offsets[row * a.step + 1] ?? 0;
  const to = b.offsets[row * b.step + 1] ?? 0;
  let from = b.offsets[row * b.step] ?? 0;
  for (let place = 1; ; place++) {
    let end = from;
    while (end < to && data[end] !== COMMA) end++;
    if (sameBytes(a.data, start, stop, data, from, end)) return place;
    if (end === to) return 0;
    from = end + 1;
  }
}

const findInSet: ScalarFunction = {
  name: 'find_in_set',
  bind: (args) => {
    const cast = firstSignature('find_in_set', args, [
      ['Utf8View', 'Utf8View'],
      ['Utf8', 'Utf8'],
      ['LargeUtf8', 'LargeUtf8'],
    ]);
    const type = countType(cast[0]?.type ?? INT32);
    if (type.kind === 'Int64' && cast.every(({ op }) => op === 'constant')) {
      // The engine computes an Int32 there and then trips over it.
      throw new Refusal('find_in_set', 'of LargeUtf8 constants fails in the real engine');
    }
    return located('find_in_set', type, cast, true, placeOf);
  },
};

export const SEARCHING: readonly ScalarFunction[] = [
  testing('contains', containsBits, containsAt),
  testing('starts_with', prefixBits, startsAt),
  testing('ends_with', suffixBits, endsAt),
  strpos,
  findInSet,
];
