/** `lpad` and `rpad`. */
import { isValid, type StringColumn, valueAt } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { Refusal } from '../refusal.ts';
import { callNode, isNullConstant } from '../simplify.ts';
import type { Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import { MOST_BYTES } from './room.ts';
import {
  charCount,
  finished,
  integerText,
  isAscii,
  isSet,
  nullScalar,
  numbers,
  rowCount,
  skipChars,
  strictValidity,
  TextBuilder,
  type Texts,
  texts,
} from './strings-rows.ts';
import { builtType, firstSignature, isAtLeast } from './strings-types.ts';

const STRINGS = ['Utf8View', 'Utf8', 'LargeUtf8'] as const;
const PADDED = [
  ...STRINGS.map((kind) => [kind, 'Int64'] as const),
  ...STRINGS.flatMap((kind) => STRINGS.map((fill) => [kind, 'Int64', fill] as const)),
];
const SPACE: Texts = { data: Uint8Array.of(0x20), offsets: Int32Array.of(0, 1), step: 0 };
const MAX_LENGTH = 0x7fffffff;

function pad(name: 'lpad' | 'rpad'): ScalarFunction {
  return {
    name,
    bind: (args) => {
      const cast = firstSignature(name, args, PADDED);
      const [, wanted] = cast;
      // Looked at before any row, even where a null makes all of them null.
      if (wanted?.op === 'constant' && Number(valueAt(wanted.value, 0) ?? 0) > MAX_LENGTH) {
        throw new Refusal(name, `pads to more than ${MAX_LENGTH} characters`);
      }
      const type = builtType(cast[0]?.type ?? { kind: 'Utf8' });
      const evaluate = (given: readonly Vector[], length: number): Vector => {
        const rows = rowCount(given, length);
        refuseCapacity(given, rows);
        const validity = strictValidity(given);
        if (validity === false) return nullScalar(type);
        const plain = plainPadded(name, type, given, rows, validity);
        if (plain !== null) return finished(plain, given);
        const write = padder(name, given);
        const out = new TextBuilder(rows, rows * 8);
        for (let row = 0; row < rows; row++) {
          if (isSet(validity, row)) write(out, row);
          out.end();
        }
        return finished(out.column(type, validity), given);
      };
      // A short constant length fails no row; a negative one does, where other fills make the engine add lengths up.
      const fixed = cast[2] === undefined || (cast[2].op === 'constant' && !isNullConstant(cast[2]));
      const short = isAtLeast(wanted, fixed ? Number.MIN_SAFE_INTEGER : 0) && !isAtLeast(wanted, SHORT + 1);
      const mayFail = !(short || (wanted !== undefined && isNullConstant(wanted)));
      return callNode({ name, type, nullable: true, args: cast, mayFail, evaluate });
    },
  };
}

/** One length up to this, and one fill, for all rows: the engine takes another way. */
const SHORT = 16384;

/** DataFusion 55 adds the lengths up for a buffer of that size, as unsigned numbers: a negative one is too many bytes to ask for. */
function refuseCapacity(given: readonly Vector[], rows: number): void {
  const [, lengths, fills] = given;
  if (lengths === undefined || rows === 0) return;
  const { column, scalar } = lengths;
  const { values } = numbers(lengths);
  const fixed = fills === undefined || (fills.scalar && isValid(fills.column, 0));
  if (scalar && fixed && (values[0] ?? 0) <= SHORT) return;
  for (let row = 0; row < (scalar ? 1 : rows); row++) {
    if ((values[row] ?? 0) < 0 && isValid(column, row)) throw new DfxError('EXECUTION', 'capacity overflow');
  }
}

/** One length up to `SHORT` and one byte to fill with, for texts of ASCII: no character needs a look. Null: other texts. */
function plainPadded(
  name: 'lpad' | 'rpad',
  type: DataType,
  [text, lengths, fill]: readonly Vector[],
  rows: number,
  validity: Uint8Array | null,
): StringColumn | null {
  if (lengths === undefined || !lengths.scalar || (fill !== undefined && !fill.scalar)) return null;
  const length = numbers(lengths).values[0] ?? 0;
  const fills = fill === undefined ? SPACE : texts(fill);
  const start = fills.offsets[0] ?? 0;
  const byte = fills.data[start] ?? 0x80;
  if (length < 0 || length > SHORT || rows * length > MOST_BYTES) return null;
  if ((fills.offsets[1] ?? 0) - start !== 1 || byte > 0x7f) return null;
  const { data: source, offsets: places, step } = texts(text);
  if (!isAscii(source, places[0] ?? 0, places[rows * step + 1 - step] ?? 0)) return null;
  const offsets = new Int32Array(rows + 1);
  const data = new Uint8Array(rows * length).fill(byte);
  for (let row = 0, at = 0; row < rows; row++) {
    if (validity === null || isSet(validity, row)) {
      const from = places[row * step] ?? 0;
      const size = Math.min(length, (places[row * step + 1] ?? 0) - from);
      let to = name === 'lpad' ? at + length - size : at;
      for (let i = from; i < from + size; i++) data[to++] = source[i] ?? 0;
      at += length;
    }
    offsets[row + 1] = at;
  }
  return { layout: 'string', type, length: rows, validity, offsets, data: data.subarray(0, offsets[rows]) };
}

function padder(name: 'lpad' | 'rpad', given: readonly Vector[]): (out: TextBuilder, row: number) => void {
  const { data, offsets, step } = texts(given[0]);
  const lengths = numbers(given[1]);
  const fills = given[2] === undefined ? SPACE : texts(given[2]);
  return (out, row) => {
    const from = offsets[row * step] ?? 0;
    const to = offsets[row * step + 1] ?? 0;
    const length = Math.max(0, lengths.values[row * lengths.step] ?? 0);
    if (length > MAX_LENGTH) throw tooWide(name, given[1], row);
    const missing = length - charCount(data, from, to);
    const start = fills.offsets[row * fills.step] ?? 0;
    const stop = fills.offsets[row * fills.step + 1] ?? 0;
    if (missing < 0) {
      out.copy(data, from, skipChars(data, from, to, length));
      return;
    }
    if (name === 'rpad') out.copy(data, from, to);
    if (stop - start === 1) {
      out.reserve(missing);
      out.data.fill(fills.data[start] ?? 0, out.at, out.at + missing);
      out.at += missing;
    } else if (start < stop) {
      const whole = charCount(fills.data, start, stop);
      out.copies(fills.data, start, stop, Math.floor(missing / whole));
      out.copy(fills.data, start, skipChars(fills.data, start, stop, missing % whole));
    }
    if (name === 'lpad') out.copy(data, from, to);
  };
}

function tooWide(name: string, lengths: Vector | undefined, row: number): DfxError {
  const wanted = integerText(lengths, row);
  return new DfxError(
    'EXECUTION',
    `${name} requested length ${wanted} too large, maximum allowed length is ${MAX_LENGTH}`,
  );
}

export const PADDING: readonly ScalarFunction[] = [pad('lpad'), pad('rpad')];
