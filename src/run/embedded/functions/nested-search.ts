/** Values looked for in lists: array_has and its kin, array_position(s), array_remove, array_replace. */
import { bitmapBytes, isValid, setBit, withoutFullBitmap } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { constantColumn, newValues } from '../build.ts';
import { castMayFail } from '../cast/index.ts';
import { mayFail } from '../fallible.ts';
import { concatColumns, gather } from '../gather.ts';
import { type Node, plainValue } from '../nodes.ts';
import { isComparable, rowOrder } from '../order.ts';
import { Refusal } from '../refusal.ts';
import {
  callNode,
  compareNodes,
  constant,
  equalNode,
  fold,
  isNullConstant,
  logicNodes,
  nullInstead,
} from '../simplify.ts';
import { BOOLEAN, innerTypes, isFloat, sameType, UINT64 } from '../types.ts';
import { booleanColumn, type Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import {
  integerAt,
  isNested,
  itemType,
  ListMaker,
  listArguments,
  listOf,
  listsOf,
  oneOf,
  refuseStrict,
  rowCall,
  rowsOf,
  sameValue,
} from './nested-lists.ts';

export const NESTED_SEARCHES: readonly ScalarFunction[] = [
  { name: 'array_has', aliases: ['list_has', 'array_contains', 'list_contains'], bind: arrayHas },
  { name: 'array_has_all', aliases: ['list_has_all'], bind: (args) => hasMany('array_has_all', args) },
  {
    name: 'array_has_any',
    aliases: ['list_has_any', 'arrays_overlap'],
    bind: (args) => hasMany('array_has_any', args),
  },
  { name: 'array_position', aliases: ['list_position', 'array_indexof', 'list_indexof'], bind: arrayPosition },
  { name: 'array_positions', aliases: ['list_positions'], bind: arrayPositions },
  { name: 'array_remove', aliases: ['list_remove'], bind: (args) => arrayRemove('array_remove', args, 1) },
  { name: 'array_remove_n', aliases: ['list_remove_n'], bind: (args) => arrayRemove('array_remove_n', args, null) },
  {
    name: 'array_remove_all',
    aliases: ['list_remove_all'],
    bind: (args) => arrayRemove('array_remove_all', args, Infinity),
  },
  { name: 'array_replace', aliases: ['list_replace'], bind: (args) => arrayReplace('array_replace', args, 1) },
  { name: 'array_replace_n', aliases: ['list_replace_n'], bind: (args) => arrayReplace('array_replace_n', args, null) },
  {
    name: 'array_replace_all',
    aliases: ['list_replace_all'],
    bind: (args) => arrayReplace('array_replace_all', args, Infinity),
  },
];

function arrayHas(given: readonly Node[]): Node {
  const [list, needle] = listArguments('array_has', given, ['array', 'element']);
  if (list === undefined || needle === undefined) throw new DfxError('DEFECT', 'array_has without its arguments');
  const listed = listedItems(list);
  if (needle.op !== 'constant' || list.op !== 'constant') {
    if (isNullConstant(list)) return nullInstead('array_has', BOOLEAN, [needle]);
    if (listed !== null) return inList(needle, listed);
  }
  return rowCall({
    name: 'array_has',
    type: BOOLEAN,
    args: [list, needle],
    column: (vectors, rows) => {
      const lists = listsOf(vectors[0]);
      const needles = rowsOf(vectors[1]);
      const order = rowOrder(lists.item, needles.column);
      const bits = new Uint8Array(bitmapBytes(rows));
      const validity = new Uint8Array(bits.length);
      for (let row = 0; row < rows; row++) {
        const i = row * lists.step;
        const j = row * needles.step;
        if (!isValid(lists.column, i) || !isValid(needles.column, j)) continue;
        setBit(validity, row);
        const end = lists.offsets[i + 1] ?? 0;
        for (let at = lists.offsets[i] ?? 0; at < end; at++) {
          if (!isValid(lists.item, at) || order(at, j) !== 0) continue;
          setBit(bits, row);
          break;
        }
      }
      return booleanColumn(bits, rows, withoutFullBitmap(validity, rows));
    },
  });
}

/** The items of a list that is written out: the optimizer makes an IN of it, which is null where a null might be the value. */
function listedItems(list: Node): readonly Node[] | null {
  if (list.op === 'call' && list.name === 'make_array') return list.args;
  if (list.op !== 'constant' || list.value.layout !== 'list' || !isValid(list.value, 0)) return null;
  const { item, offsets } = list.value;
  const start = offsets[0] ?? 0;
  return Array.from({ length: (offsets[1] ?? 0) - start }, (_, i) => constant(gather(item, Int32Array.of(start + i))));
}

function inList(needle: Node, list: readonly Node[]): Node {
  const { type } = needle;
  if (list.length === 0) {
    if (mayFail(needle)) throw new Refusal('array_has', 'drops an operand that may fail');
    return constant(constantColumn(BOOLEAN, false));
  }
  if (!isComparable(type) || innerTypes(type).length > 0) {
    throw new Refusal('array_has', `looks for a ${type.kind} among listed ones`);
  }
  if (needle.op === 'cast' && (isFloat(type.kind) || castMayFail(needle.operand.type, type))) {
    throw new Refusal('array_has', 'looks for a value that is cast');
  }
  if (isNullConstant(needle)) return nullInstead('array_has', BOOLEAN, list);
  const short = list.length === 1 || (list.length <= 3 && needle.op === 'column');
  if (list.every(({ op }) => op === 'constant')) {
    if (list.every(isNullConstant)) return nullInstead('array_has', BOOLEAN, [needle]);
    if (isFloat(type.kind) && needle.op === 'call')
      throw new Refusal('array_has', 'looks for the result of a function');
    return fold({
      op: 'in_list',
      type: BOOLEAN,
      nullable: true,
      operand: needle,
      list,
      negated: false,
      zeros: short ? 'equal' : 'distinct',
    });
  }
  if ([needle, ...list].some(mayFail)) throw new Refusal('array_has', 'has an operand that may fail');
  if (!short && isFloat(type.kind)) throw new Refusal('array_has', 'has a list of floats with more than literals');
  return list
    .map((item) => (short ? compareNodes('Eq', needle, item) : equalNode(needle, item)))
    .reduce((left, right) => logicNodes('Or', left, right));
}

/** Whether all, or any, of the second list's values are in the first. Nulls are values here. */
function hasMany(name: 'array_has_all' | 'array_has_any', given: readonly Node[]): Node {
  const [haystack, needle] = listArguments(name, given, ['array', 'array'], 'kept');
  if (haystack === undefined || needle === undefined) throw new DfxError('DEFECT', `${name} without its arguments`);
  if (!sameType(itemType(name, haystack), itemType(name, needle))) throw new Refusal(name, 'has items of two types');
  const all = name === 'array_has_all';
  const eitherIsNull = haystack.nullable || needle.nullable;
  const isLiteral = needle.op === 'constant' || (!all && haystack.op === 'constant');
  const hasItems = needle.op === 'call' && needle.name === 'make_array' && needle.args.length > 0;
  if (eitherIsNull && !isLiteral && !hasItems) {
    // A batch in which no row has anything to look for gives its nulls an answer (`array_has.rs` of datafusion-functions-nested 55.2).
    throw new Refusal(name, 'looks for lists that may all be empty in a batch, beside nulls');
  }
  return rowCall({
    name,
    type: BOOLEAN,
    args: [haystack, needle],
    column: (vectors, rows) => {
      const lists = listsOf(vectors[0]);
      const needles = listsOf(vectors[1]);
      const bits = new Uint8Array(bitmapBytes(rows));
      const constantSide = all ? null : needles.step === 0 ? needles : lists.step === 0 ? lists : null;
      if (constantSide !== null && !isValid(constantSide.column, 0)) {
        return booleanColumn(bits, rows, new Uint8Array(bits.length));
      }
      const start = (constantSide ?? needles).offsets[0] ?? 0;
      const end = (constantSide ?? needles).offsets[constantSide === null ? needles.column.length : 1] ?? 0;
      if (start === end) {
        // Without any value to look for, rows without a list have an answer too.
        if (all) for (let row = 0; row < rows; row++) setBit(bits, row);
        return booleanColumn(bits, rows, null);
      }
      const validity = new Uint8Array(bits.length);
      const same = sameValue(lists.item, needles.item);
      for (let row = 0; row < rows; row++) {
        const i = row * lists.step;
        const j = row * needles.step;
        if (!isValid(lists.column, i) || !isValid(needles.column, j)) continue;
        setBit(validity, row);
        const from = lists.offsets[i] ?? 0;
        const to = lists.offsets[i + 1] ?? 0;
        let answer = all;
        for (let k = needles.offsets[j] ?? 0; answer === all && k < (needles.offsets[j + 1] ?? 0); k++) {
          let found = false;
          for (let at = from; !found && at < to; at++) found = same(at, k);
          answer = found;
        }
        if (answer) setBit(bits, row);
      }
      return booleanColumn(bits, rows, withoutFullBitmap(validity, rows));
    },
  });
}

/** A list without a value among lists is taken for whatever stands there. */
function refuseMissing(name: string, element: Node): void {
  if (!isNested(element.type)) return;
  if (element.type.kind === 'Struct' || element.op !== 'constant' || isNullConstant(element)) {
    throw new Refusal(name, `looks for a ${element.type.kind} that is no literal`);
  }
}

function arrayPosition(given: readonly Node[]): Node {
  const name = 'array_position';
  const args = oneOf(name, given, ['array', 'element'], ['array', 'element', 'index']);
  const [list, element, start] = args;
  if (list === undefined || element === undefined) throw new DfxError('DEFECT', `${name} without its arguments`);
  if (!sameType(itemType(name, list), element.type)) throw new Refusal(name, 'has items of two types');
  refuseMissing(name, element);
  if (start?.nullable === true) throw new Refusal(name, 'starts at an index that may be null');
  return rowCall({
    name,
    type: UINT64,
    args,
    mayFail: start !== undefined && plainValue(start) !== 1,
    column: (vectors, rows) => {
      const lists = listsOf(vectors[0]);
      const elements = rowsOf(vectors[1]);
      const starts = vectors[2] === undefined ? null : rowsOf(vectors[2]);
      const same = sameValue(lists.item, elements.column);
      const values = newValues('UInt64', rows);
      const validity = new Uint8Array(bitmapBytes(rows));
      for (let row = 0; row < rows; row++) {
        const i = row * lists.step;
        if (!isValid(lists.column, i)) continue;
        const from = lists.offsets[i] ?? 0;
        const to = lists.offsets[i + 1] ?? 0;
        const first = (starts === null ? 1 : (integerAt(starts, row) ?? 0)) - 1;
        if (first < 0 || first > to - from) {
          const { column, step } = starts ?? elements;
          const given = column.layout === 'numeric' ? column.values[row * step] : first;
          throw new DfxError('EXECUTION', `start_from out of bounds: ${given}`);
        }
        for (let at = from + first; at < to; at++) {
          if (!same(at, row * elements.step)) continue;
          values[row] = at - from + 1;
          setBit(validity, row);
          break;
        }
      }
      return { layout: 'numeric', type: UINT64, length: rows, validity: withoutFullBitmap(validity, rows), values };
    },
  });
}

function arrayPositions(given: readonly Node[]): Node {
  const name = 'array_positions';
  const [list, element] = listArguments(name, given, ['array', 'element']);
  if (list === undefined || element === undefined) throw new DfxError('DEFECT', `${name} without its arguments`);
  if (!sameType(itemType(name, list), element.type)) throw new Refusal(name, 'has items of two types');
  refuseMissing(name, element);
  const type = listOf(UINT64);
  return rowCall({
    name,
    type,
    args: [list, element],
    column: (vectors, rows) => {
      const lists = listsOf(vectors[0]);
      const elements = rowsOf(vectors[1]);
      const same = sameValue(lists.item, elements.column);
      const made = new ListMaker(rows, rows);
      for (let row = 0; row < rows; row++) {
        const i = row * lists.step;
        if (!isValid(lists.column, i)) {
          made.endNull();
          continue;
        }
        const from = lists.offsets[i] ?? 0;
        for (let at = from; at < (lists.offsets[i + 1] ?? 0); at++) {
          if (same(at, row * elements.step)) made.pick(at - from + 1);
        }
        made.end();
      }
      const values = Float64Array.from(made.picked());
      return made.finishItems(type, { layout: 'numeric', type: UINT64, length: values.length, validity: null, values });
    },
  });
}

/** Without the first `most` items that are the value; null: as many as the last argument says. */
function arrayRemove(name: string, given: readonly Node[], most: number | null): Node {
  const args = listArguments(name, given, most === null ? ['array', 'element', 'index'] : ['array', 'element']);
  const [list, element] = args;
  if (list === undefined || element === undefined) throw new DfxError('DEFECT', `${name} without its arguments`);
  if (!sameType(itemType(name, list), element.type)) throw new Refusal(name, 'has items of two types');
  // A row whose element is null has no answer, so that no missing list is looked for.
  if (element.type.kind === 'Struct') throw new Refusal(name, 'looks for a Struct');
  const { type } = list;
  return rowCall({
    name,
    type,
    nullable: args.some((arg) => arg.nullable),
    args,
    column: (vectors, rows) => {
      const lists = listsOf(vectors[0]);
      const elements = rowsOf(vectors[1]);
      const limits = most === null ? rowsOf(vectors[2]) : null;
      const same = sameValue(lists.item, elements.column);
      const made = new ListMaker(rows, lists.item.length);
      for (let row = 0; row < rows; row++) {
        const i = row * lists.step;
        const j = row * elements.step;
        const limit = limits === null ? most : integerAt(limits, row);
        if (limit === null || !isValid(lists.column, i) || !isValid(elements.column, j)) {
          made.endNull();
          continue;
        }
        let left = limit;
        for (let at = lists.offsets[i] ?? 0; at < (lists.offsets[i + 1] ?? 0); at++) {
          if (left > 0 && same(at, j)) left--;
          else made.pick(at);
        }
        made.end();
      }
      return made.finish(type, lists.item);
    },
  });
}

/** The first `most` items that are the second argument become the third; null: as many as the last argument says. */
function arrayReplace(name: string, given: readonly Node[], most: number | null): Node {
  const shapes = ['array', 'element', 'element'] as const;
  const args = listArguments(name, given, most === null ? [...shapes, 'index'] : shapes);
  const [list, from, to] = args;
  if (list === undefined || from === undefined || to === undefined) {
    throw new DfxError('DEFECT', `${name} without its arguments`);
  }
  const inner = itemType(name, list);
  if (!sameType(inner, from.type) || !sameType(inner, to.type)) throw new Refusal(name, 'has items of two types');
  refuseStrict(name, list);
  refuseMissing(name, from);
  const type: DataType = list.type;
  return callNode({
    name,
    type,
    nullable: true,
    args,
    mayFail: false,
    evaluate: (vectors: readonly Vector[], length) => {
      const scalar = vectors.every((vector) => vector.scalar);
      const rows = scalar ? 1 : length;
      const lists = listsOf(vectors[0]);
      const wanted = rowsOf(vectors[1]);
      const others = rowsOf(vectors[2]);
      const limits = most === null ? rowsOf(vectors[3]) : null;
      const same = sameValue(lists.item, wanted.column);
      const base = lists.item.length;
      const made = new ListMaker(rows, base);
      for (let row = 0; row < rows; row++) {
        const i = row * lists.step;
        const limit = limits === null ? most : integerAt(limits, row);
        if (limit === null || !isValid(lists.column, i)) {
          made.endNull();
          continue;
        }
        let left = limit;
        for (let at = lists.offsets[i] ?? 0; at < (lists.offsets[i + 1] ?? 0); at++) {
          if (left > 0 && same(at, row * wanted.step)) {
            left--;
            made.pick(base + row * others.step);
          } else made.pick(at);
        }
        made.end();
      }
      return { column: made.finish(type, concatColumns(inner, [lists.item, others.column])), scalar };
    },
  });
}
