/** Functions that give numbers of strings, and strings of numbers: lengths, `ascii`, `levenshtein`, `chr`, `to_hex`. */
import type { Column } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode } from '../simplify.ts';
import { INT32, isInteger, UTF8 } from '../types.ts';
import type { Vector } from '../vector.ts';
import type { Call, ScalarFunction } from './define.ts';
import {
  charCount,
  finished,
  integerText,
  isAscii,
  isSet,
  nullScalar,
  numbers,
  pointAt,
  rowCount,
  sameBytes,
  strictValidity,
  TextBuilder,
  type Texts,
  texts,
  widthOf,
} from './strings-rows.ts';
import {
  anyAsString,
  countType,
  firstSignature,
  keepingDictionary,
  keptArgument,
  stringArgument,
  takeArguments,
  widestString,
} from './strings-types.ts';

type Measure = (data: Uint8Array, from: number, to: number) => number;

function counts(type: DataType, rows: number): Int32Array | Float64Array {
  return type.kind === 'Int64' ? new Float64Array(rows) : new Int32Array(rows);
}

/** A number of one string. */
/** `bytesInAscii`: where all is ASCII the number is that of the bytes. */
function measured(
  name: string,
  argument: Node,
  typeOf: (type: DataType) => DataType,
  measure: Measure,
  bytesInAscii = false,
): Node {
  return keepingDictionary(argument, (given) => measuring(name, argument, typeOf(given), measure, bytesInAscii));
}

function measuring(name: string, argument: Node, type: DataType, measure: Measure, bytesInAscii: boolean): Call {
  const evaluate = (args: readonly Vector[], length: number): Vector => {
    const validity = strictValidity(args);
    if (validity === false) return nullScalar(type);
    const rows = rowCount(args, length);
    const { data, offsets } = texts(args[0]);
    const values = counts(type, rows);
    if (bytesInAscii && isAscii(data, offsets[0] ?? 0, offsets[rows] ?? 0)) {
      for (let row = 0; row < rows; row++) values[row] = (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
      return finished({ layout: 'numeric', type, length: rows, validity, values }, args);
    }
    for (let row = 0; row < rows; row++) {
      if (isSet(validity, row)) values[row] = measure(data, offsets[row] ?? 0, offsets[row + 1] ?? 0);
    }
    return finished({ layout: 'numeric', type, length: rows, validity, values }, args);
  };
  return { name, type, nullable: true, args: [argument], mayFail: false, evaluate };
}

function lengthFunction(name: string, measure: Measure): ScalarFunction {
  return {
    name,
    bind: (args) => {
      takeArguments(name, args, 1);
      return measured(name, keptArgument(name, args[0]), countType, measure);
    },
  };
}

const ascii: ScalarFunction = {
  name: 'ascii',
  bind: (args) => {
    takeArguments('ascii', args, 1);
    const first: Measure = (data, from, to) => (from === to ? 0 : pointAt(data, from));
    return measured('ascii', keptArgument('ascii', args[0]), () => INT32, first);
  },
};

const characterLength: ScalarFunction = {
  name: 'character_length',
  aliases: ['length', 'char_length'],
  bind: (args) => {
    takeArguments('character_length', args, 1);
    return measured('character_length', anyAsString('character_length', args[0]), countType, charCount, true);
  },
};

const chr: ScalarFunction = {
  name: 'chr',
  bind: (args) => {
    const cast = firstSignature('chr', args, [['Int64']]);
    const evaluate = (given: readonly Vector[], length: number): Vector => {
      const validity = strictValidity(given);
      if (validity === false) return nullScalar(UTF8);
      const rows = rowCount(given, length);
      const { values } = numbers(given[0]);
      const out = new TextBuilder(rows, rows);
      for (let row = 0; row < rows; row++) {
        if (isSet(validity, row)) {
          const point = values[row] ?? 0;
          if (point < 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
            throw new DfxError('EXECUTION', `invalid Unicode scalar value: ${integerText(given[0], row)}`);
          }
          out.point(point);
        }
        out.end();
      }
      return finished(out.column(UTF8, validity), given);
    };
    return callNode({ name: 'chr', type: UTF8, nullable: true, args: cast, mayFail: true, evaluate });
  },
};

const toHex: ScalarFunction = {
  name: 'to_hex',
  bind: (args) => {
    takeArguments('to_hex', args, 1);
    const [argument] = args;
    if (argument === undefined || argument.type.kind === 'Null') throw new Refusal('to_hex', "of Null isn't supported");
    if (!isInteger(argument.type.kind)) throw new Refusal('to_hex', `takes integers, found ${argument.type.kind}`);
    return callNode({ name: 'to_hex', type: UTF8, nullable: true, args: [argument], mayFail: false, evaluate: hexes });
  },
};

const HEX = new TextEncoder().encode('0123456789abcdef');
/** The digits of the two's complement in 64 bits, whatever the integer's own width, without leading zeros. */
function hexes(args: readonly Vector[], length: number): Vector {
  const validity = strictValidity(args);
  if (validity === false) return nullScalar(UTF8);
  const rows = rowCount(args, length);
  const column = args[0]?.column;
  if (column?.layout !== 'numeric') throw new DfxError('DEFECT', 'to_hex of no integer');
  const { values } = column;
  const out = new TextBuilder(rows, rows * 4);
  for (let row = 0; row < rows; row++) {
    const value = values[row] ?? 0;
    let high = 0;
    let low: number;
    if (typeof value === 'bigint') {
      const word = BigInt.asUintN(64, value);
      high = Number(word >> 32n);
      low = Number(word & 0xffffffffn);
    } else {
      low = value >>> 0;
      high = Math.floor(value / 4294967296) >>> 0;
    }
    let started = false;
    for (let shift = 60; shift >= 0; shift -= 4) {
      const digit = shift >= 32 ? (high >>> (shift - 32)) & 15 : (low >>> shift) & 15;
      started ||= digit !== 0 || shift === 0;
      if (started) out.byte(HEX[digit] ?? 0);
    }
    out.end();
  }
  return finished(out.column(UTF8, validity), args);
}

const levenshtein: ScalarFunction = {
  name: 'levenshtein',
  bind: (args) => {
    takeArguments('levenshtein', args, 2);
    const strings = args.map((arg) => stringArgument('levenshtein', arg));
    const kinds = strings.map(({ type }) => type.kind);
    // The engine picks its kernel by the first argument, and computes in the type that both have in common.
    if (kinds[0] === 'Utf8' && kinds[1] === 'LargeUtf8') {
      throw new Refusal('levenshtein', 'of Utf8 and LargeUtf8 fails in the real engine');
    }
    const type = countType(widestString(strings.map((node) => node.type)));
    return callNode({
      name: 'levenshtein',
      type,
      nullable: true,
      args: strings,
      mayFail: false,
      evaluate: distances(type),
    });
  },
};

function distances(type: DataType): (args: readonly Vector[], length: number) => Vector {
  return (args, length) => {
    const validity = strictValidity(args);
    if (validity === false) return nullScalar(type);
    const rows = rowCount(args, length);
    const a = texts(args[0]);
    const b = texts(args[1]);
    const values = counts(type, rows);
    for (let row = 0; row < rows; row++) if (isSet(validity, row)) values[row] = distance(a, b, row);
    const column: Column = { layout: 'numeric', type, length: rows, validity, values };
    return finished(column, args);
  };
}

function pointsOf({ data, offsets, step }: Texts, row: number): number[] {
  const points: number[] = [];
  const end = offsets[row * step + 1] ?? 0;
  for (let at = offsets[row * step] ?? 0; at < end; at += widthOf(data[at] ?? 0)) points.push(pointAt(data, at));
  return points;
}

function distance(a: Texts, b: Texts, row: number): number {
  const i = row * a.step;
  const j = row * b.step;
  if (sameBytes(a.data, a.offsets[i] ?? 0, a.offsets[i + 1] ?? 0, b.data, b.offsets[j] ?? 0, b.offsets[j + 1] ?? 0)) {
    return 0;
  }
  const left = pointsOf(a, row);
  const right = pointsOf(b, row);
  let costs = Int32Array.from({ length: right.length + 1 }, (_, k) => k);
  let next = new Int32Array(right.length + 1);
  left.forEach((point, x) => {
    next[0] = x + 1;
    for (let y = 0; y < right.length; y++) {
      const replaced = (costs[y] ?? 0) + (point === right[y] ? 0 : 1);
      next[y + 1] = Math.min(replaced, (costs[y + 1] ?? 0) + 1, (next[y] ?? 0) + 1);
    }
    [costs, next] = [next, costs];
  });
  return costs[right.length] ?? 0;
}

export const MEASURING: readonly ScalarFunction[] = [
  ascii,
  lengthFunction('bit_length', (_data, from, to) => (to - from) * 8),
  lengthFunction('octet_length', (_data, from, to) => to - from),
  characterLength,
  chr,
  toHex,
  levenshtein,
];
