/** `upper`, `lower` and `initcap`: ASCII by bytes, all else by the engine's own tables of characters. */
import type { DataType } from '../../../wire/arrow/types.ts';
import type { Node } from '../nodes.ts';
import type { Vector } from '../vector.ts';
import type { Call, ScalarFunction } from './define.ts';
import {
  finished,
  isAscii,
  isSet,
  nullScalar,
  pointAt,
  rowCount,
  skipCharsBack,
  strictValidity,
  TextBuilder,
  texts,
  widthOf,
} from './strings-rows.ts';
import { keepingDictionary, keptArgument, takeArguments } from './strings-types.ts';
import {
  alphanumericSet,
  type CaseMapping,
  casedSet,
  caseIgnorableSet,
  lowerMapping,
  upperMapping,
} from './unicode.ts';

const ASCII_UPPER = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 32 : byte));
const ASCII_LOWER = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte));
const ASCII_WORD = Uint8Array.from({ length: 256 }, (_, byte) => {
  const letter = ASCII_LOWER[byte] ?? 0;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) ? 1 : 0;
});

type Write = (out: TextBuilder, data: Uint8Array, from: number, to: number) => void;

function cased(name: string, ascii: Uint8Array | null, write: Write): ScalarFunction {
  const bind = (args: readonly Node[]): Node => {
    takeArguments(name, args, 1);
    const argument = keptArgument(name, args[0]);
    return keepingDictionary(argument, (type) => casing(name, type, argument, ascii, write));
  };
  return { name, bind };
}

function casing(name: string, type: DataType, argument: Node, ascii: Uint8Array | null, write: Write): Call {
  const evaluate = (given: readonly Vector[], length: number): Vector => {
    const validity = strictValidity(given);
    if (validity === false) return nullScalar(type);
    const rows = rowCount(given, length);
    const { data, offsets } = texts(given[0]);
    const from = offsets[0] ?? 0;
    const to = offsets[rows] ?? 0;
    if (ascii !== null && isAscii(data, from, to)) {
      const bytes = mapAscii(data, from, to, ascii === ASCII_UPPER ? 0x61 : 0x41);
      const moved = from === 0 ? offsets : offsets.map((offset) => offset - from);
      return finished({ layout: 'string', type, length: rows, validity, offsets: moved, data: bytes }, given);
    }
    const out = new TextBuilder(rows, to - from);
    for (let row = 0; row < rows; row++) {
      if (isSet(validity, row)) write(out, data, offsets[row] ?? 0, offsets[row + 1] ?? 0);
      out.end();
    }
    return finished(out.column(type, validity), given);
  };
  return { name, type, nullable: true, args: [argument], mayFail: false, evaluate };
}

/** ASCII with the 26 letters from `first` on taken to the other case: four bytes at a time. */
export function mapAscii(data: Uint8Array, from: number, to: number, first: number): Uint8Array {
  const bytes = new Uint8Array((to - from + 3) & ~3);
  bytes.set(data.subarray(from, to));
  const words = new Int32Array(bytes.buffer);
  // The top bit of each byte tells whether it is at least the first letter, or past the last; no sum runs over into the next byte.
  const reached = 0x01010101 * (0x80 - first);
  const passed = 0x01010101 * (0x80 - first - 26);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    const letters = (word + reached) & ~(word + passed) & 0x80808080;
    words[i] = word ^ (letters >>> 2);
  }
  return bytes.subarray(0, to - from);
}

function writeMapped(out: TextBuilder, { single, several }: CaseMapping, point: number): void {
  const one = single.get(point);
  if (one !== undefined) {
    out.point(one);
    return;
  }
  const more = several.get(point);
  if (more === undefined) out.point(point);
  else for (const each of more) out.point(each);
}

function writeUpper(out: TextBuilder, data: Uint8Array, from: number, to: number): void {
  const mapping = upperMapping();
  for (let at = from; at < to; ) {
    const byte = data[at] ?? 0;
    if (byte < 0x80) out.byte(ASCII_UPPER[byte] ?? 0);
    else writeMapped(out, mapping, pointAt(data, at));
    at += widthOf(byte);
  }
}

const CAPITAL_SIGMA = 0x3a3;
const FINAL_SIGMA = 0x3c2;

function writeLower(out: TextBuilder, data: Uint8Array, from: number, to: number): void {
  const mapping = lowerMapping();
  for (let at = from; at < to; ) {
    const byte = data[at] ?? 0;
    if (byte < 0x80) {
      out.byte(ASCII_LOWER[byte] ?? 0);
    } else {
      const point = pointAt(data, at);
      if (point === CAPITAL_SIGMA && isFinal(data, from, at, to)) out.point(FINAL_SIGMA);
      else writeMapped(out, mapping, point);
    }
    at += widthOf(byte);
  }
}

/** A sigma is final after a cased character and before none, looking past those that case ignores (Unicode's `Final_Sigma`). */
function isFinal(data: Uint8Array, from: number, at: number, to: number): boolean {
  const ignorable = caseIgnorableSet();
  const letters = casedSet();
  let before = at;
  do {
    if (before === from) return false;
    before = skipCharsBack(data, from, before, 1);
  } while (ignorable.has(pointAt(data, before)));
  if (!letters.has(pointAt(data, before))) return false;
  let after = at + widthOf(data[at] ?? 0);
  while (after < to && ignorable.has(pointAt(data, after))) after += widthOf(data[after] ?? 0);
  return after >= to || !letters.has(pointAt(data, after));
}

function writeTitle(out: TextBuilder, data: Uint8Array, from: number, to: number): void {
  if (isAscii(data, from, to)) {
    let inside = false;
    for (let at = from; at < to; at++) {
      const byte = data[at] ?? 0;
      out.byte((inside ? ASCII_LOWER : ASCII_UPPER)[byte] ?? 0);
      inside = ASCII_WORD[byte] === 1;
    }
    return;
  }
  const words = alphanumericSet();
  let inside = false;
  for (let at = from; at < to; ) {
    const point = pointAt(data, at);
    writeMapped(out, inside ? lowerMapping() : upperMapping(), point);
    inside = words.has(point);
    at += widthOf(data[at] ?? 0);
  }
}

export const CASING: readonly ScalarFunction[] = [
  cased('upper', ASCII_UPPER, writeUpper),
  cased('lower', ASCII_LOWER, writeLower),
  cased('initcap', null, writeTitle),
];
