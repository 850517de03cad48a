/** `string_to_array` and `array_to_string`. */

import { arrowFloatText } from '../../../expr/number-text.ts';
import { type Column, isValid, type StringColumn } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { canCast, castColumn, castMayFail } from '../cast/index.ts';
import { buildStrings } from '../cast/text-sink.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo } from '../simplify.ts';
import { isFloat, isList, isString, UTF8 } from '../types.ts';
import type { Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import {
  dropRows,
  find,
  finished,
  isSet,
  nullScalar,
  rowCount,
  sameBytes,
  strictValidity,
  TextBuilder,
  texts,
  widthOf,
} from './strings-rows.ts';
import { stringArgument, takeArguments } from './strings-types.ts';

/** Splits at a delimiter; without one (null) into characters. An empty delimiter leaves the text whole, an empty text has no parts. */
const stringToArray: ScalarFunction = {
  name: 'string_to_array',
  aliases: ['string_to_list'],
  bind: (args) => {
    takeArguments('string_to_array', args, 2, 3);
    const strings = args.map((arg) => stringArgument('string_to_array', arg));
    const itemType = strings[0]?.type ?? UTF8;
    const type: DataType = { kind: 'List', item: { name: 'item', type: itemType, nullable: true, metadata: [] } };
    const evaluate = (given: readonly Vector[], length: number): Vector => {
      const [strings0, delimiters, nulls] = given;
      const rows = rowCount(given, length);
      if (strings0 === undefined || delimiters === undefined)
        throw new DfxError('DEFECT', 'string_to_array of nothing');
      const validity = strictValidity([strings0]);
      if (validity === false) return { column: nullColumn(type, 1), scalar: true };
      const splitter = new Splitter(strings0, delimiters, nulls);
      const offsets = new Int32Array(rows + 1);
      for (let row = 0; row < rows; row++) {
        if (isSet(validity, row * splitter.step)) splitter.split(row);
        offsets[row + 1] = splitter.count;
      }
      const own = strings0.scalar ? null : validity;
      return finished(
        { layout: 'list', type, length: rows, validity: own, offsets, item: splitter.items(itemType) },
        given,
      );
    };
    return callNode({ name: 'string_to_array', type, nullable: true, args: strings, mayFail: false, evaluate });
  },
};

class Splitter {
  readonly step: 0 | 1;
  private readonly strings: ReturnType<typeof texts>;
  private readonly delimiters: ReturnType<typeof texts>;
  private readonly nulls: ReturnType<typeof texts> | null;
  /** Where parts start and end, one behind the other. */
  private readonly parts: number[] = [];
  private readonly nullParts: number[] = [];

  constructor(
    strings: Vector,
    private readonly delimiterVector: Vector,
    private readonly nullVector: Vector | undefined,
  ) {
    this.strings = texts(strings);
    this.step = this.strings.step;
    this.delimiters = texts(delimiterVector);
    this.nulls = nullVector === undefined ? null : texts(nullVector);
  }

  get count(): number {
    return this.parts.length >> 1;
  }

  split(row: number): void {
    const { data, offsets, step } = this.strings;
    const to = offsets[row * step + 1] ?? 0;
    let from = offsets[row * step] ?? 0;
    if (!isValid(this.delimiterVector.column, row * this.delimiters.step)) {
      while (from < to) {
        const end = from + widthOf(data[from] ?? 0);
        this.add(row, from, end);
        from = end;
      }
      return;
    }
    if (from === to) return;
    const start = this.delimiters.offsets[row * this.delimiters.step] ?? 0;
    const stop = this.delimiters.offsets[row * this.delimiters.step + 1] ?? 0;
    while (start < stop) {
      const at = find(data, from, to, this.delimiters.data, start, stop);
      if (at < 0) break;
      this.add(row, from, at);
      from = at + stop - start;
    }
    this.add(row, from, to);
  }

  private add(row: number, from: number, to: number): void {
    const { nulls, nullVector } = this;
    if (nulls !== null && nullVector !== undefined) {
      const k = row * nulls.step;
      const start = nulls.offsets[k] ?? 0;
      const stop = nulls.offsets[k + 1] ?? 0;
      if (isValid(nullVector.column, k) && sameBytes(this.strings.data, from, to, nulls.data, start, stop)) {
        this.nullParts.push(this.count);
      }
    }
    this.parts.push(from, to);
  }

  items(type: DataType): StringColumn {
    const out = new TextBuilder(this.count, this.parts.length * 4);
    let next = 0;
    for (let i = 0; i < this.count; i++) {
      if (this.nullParts[next] === i) next++;
      else out.copy(this.strings.data, this.parts[i * 2] ?? 0, this.parts[i * 2 + 1] ?? 0);
      out.end();
    }
    return out.column(type, dropRows(null, this.nullParts, this.count));
  }
}

/** The type at the bottom of lists of lists. */
function leafType(type: DataType): DataType {
  let leaf = type;
  while (isList(leaf)) leaf = leaf.item.type;
  return leaf;
}

const arrayToString: ScalarFunction = {
  name: 'array_to_string',
  aliases: ['list_to_string', 'array_join', 'list_join'],
  bind: (args) => {
    takeArguments('array_to_string', args, 2, 3);
    const [list, ...others] = args;
    if (list === undefined || !isList(list.type)) throw new Refusal('array_to_string', 'takes a list');
    const leaf = leafType(list.type);
    const plain = leaf.kind === 'Null' || isString(leaf.kind) || isFloat(leaf.kind);
    if (!plain && (leaf.kind === 'Dictionary' || leaf.kind === 'Struct' || !canCast(leaf, UTF8))) {
      throw new Refusal('array_to_string', `of ${leaf.kind} isn't supported`);
    }
    const mayFail = !plain && castMayFail(leaf, UTF8);
    const cast = [list, ...others.map((other) => castTo(other, UTF8))];
    const evaluate = (given: readonly Vector[], length: number): Vector => {
      const [lists, delimiters, nulls] = given;
      if (lists === undefined || delimiters === undefined) throw new DfxError('DEFECT', 'array_to_string of nothing');
      const validity = strictValidity([lists, delimiters]);
      if (validity === false) return nullScalar(UTF8);
      const rows = rowCount(given, length);
      const between = texts(delimiters);
      const instead = nulls === undefined ? null : texts(nulls);
      const leaves = leafTexts(lists.column);
      const out = new TextBuilder(rows, rows * 16);
      // Where both are scalars beside a column of null texts, the validity has one bit.
      const fixed = lists.scalar && delimiters.scalar;
      for (let row = 0; row < rows; row++) {
        if (isSet(validity, fixed ? 0 : row)) {
          const k = row * between.step;
          const writer = new ListWriter(out, leaves);
          writer.delimit(between.data, between.offsets[k] ?? 0, between.offsets[k + 1] ?? 0);
          if (instead !== null && nulls !== undefined && isValid(nulls.column, row * instead.step)) {
            const j = row * instead.step;
            writer.replaceNulls(instead.data, instead.offsets[j] ?? 0, instead.offsets[j + 1] ?? 0);
          }
          writer.row(lists.column, lists.scalar ? 0 : row);
        }
        out.end();
      }
      return finished(out.column(UTF8, fixed ? null : validity), given);
    };
    return callNode({ name: 'array_to_string', type: UTF8, nullable: true, args: cast, mayFail, evaluate });
  },
};

/** The items at the bottom as texts, null where they are all nulls without a type. */
function leafTexts(lists: Column): StringColumn | null {
  let column = lists;
  while (column.layout === 'list') column = column.item;
  if (column.layout === 'null') return null;
  if (column.layout === 'string' && isString(column.type.kind)) return column;
  const { kind } = column.type;
  let made: Column;
  if (column.layout === 'numeric' && isFloat(kind)) {
    const { values } = column;
    const bits = kind === 'Float32' ? 32 : 64;
    made = buildStrings('Utf8', column, (row) => positional(Number(values[row] ?? 0), bits));
  } else {
    made = castColumn(column, UTF8, false);
  }
  if (made.layout !== 'string') throw new DfxError('DEFECT', `texts of ${kind} that are none`);
  return made;
}

/** As Rust displays a float: the shortest digits, never an exponent, no `.0`. */
function positional(value: number, bits: 32 | 64): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value < 0 ? '-inf' : 'inf';
  const [, sign = '', whole = '', part = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(arrowFloatText(value, bits)) ?? [];
  const digits = whole + part;
  const point = whole.length + Number(exponent);
  const left = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  const right = point < 0 ? '0'.repeat(-point) + digits : digits.slice(Math.max(0, point));
  const fraction = right.replace(/0+$/, '');
  return sign + left.replace(/^0+(?=\d)/, '') + (fraction === '' ? '' : `.${fraction}`);
}

/** Writes the items of one row of lists. */
class ListWriter {
  private first = true;
  private delimiter: readonly [Uint8Array, number, number] = [new Uint8Array(0), 0, 0];
  private instead: readonly [Uint8Array, number, number] | null = null;

  constructor(
    private readonly out: TextBuilder,
    private readonly leaves: StringColumn | null,
  ) {}

  delimit(data: Uint8Array, from: number, to: number): void {
    this.delimiter = [data, from, to];
  }

  replaceNulls(data: Uint8Array, from: number, to: number): void {
    this.instead = [data, from, to];
  }

  /** Calls itself for lists within lists, as deep as their type. */
  row(lists: Column, row: number): void {
    if (lists.layout !== 'list') throw new DfxError('DEFECT', `a ${lists.type.kind} column where lists were due`);
    const { offsets, item } = lists;
    const to = offsets[row + 1] ?? 0;
    for (let at = offsets[row] ?? 0; at < to; at++) {
      if (item.layout === 'null') continue;
      if (!isValid(item, at)) {
        if (this.instead === null) continue;
        this.separate();
        this.out.copy(...this.instead);
      } else if (item.layout === 'list') {
        this.row(item, at);
      } else if (this.leaves !== null) {
        this.separate();
        this.out.copy(this.leaves.data, this.leaves.offsets[at] ?? 0, this.leaves.offsets[at + 1] ?? 0);
      }
    }
  }

  private separate(): void {
    if (this.first) this.first = false;
    else this.out.copy(...this.delimiter);
  }
}

export const ARRAY_TEXTS: readonly ScalarFunction[] = [stringToArray, arrayToString];
