/** Tables of random lists, structs and maps, and the texts of calls over them. */
import type { ArrowValue } from '../../../../src/wire/arrow/value-model.ts';
import { type Table, tableOf } from '../judge.ts';
import type { Random } from '../random-sql.ts';

const ROWS = 40;

const INTEGERS = [0, 1, 2, 3, -1, 5, 2147483647];
const WIDE = [0n, 1n, 2n, 3n, -1n, 9223372036854775807n, -9223372036854775808n];
const FLOATS = [0, -0, 1, -1.5, 2, 0.1, 1e300, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const TEXTS = ['', 'a', 'b', 'ab', 'é', 'a text of more than twelve bytes', '😀'];

export function nestedTable(random: Random): Table {
  const some = (make: () => ArrowValue, nulls = 5): ArrowValue => (random.below(nulls) === 0 ? null : make());
  const list = (make: () => ArrowValue, nulls = 4): ArrowValue =>
    Array.from({ length: random.pick([0, 1, 2, 3, 3, 4, 6]) }, () => some(make, nulls));
  const rows = (make: () => ArrowValue, nulls = 5): ArrowValue[] =>
    Array.from({ length: ROWS }, () => some(make, nulls));
  const lists = (make: () => ArrowValue): ArrowValue[] => rows(() => list(make));
  const int = (): ArrowValue => random.pick(INTEGERS);
  const wide = (): ArrowValue => random.pick(WIDE);
  const float = (): ArrowValue => random.pick(FLOATS);
  const text = (): ArrowValue => random.pick(TEXTS);
  const pair = (): ArrowValue => ({
    kind: 'struct',
    fields: [
      ['a', some(int)],
      ['b', some(text)],
    ],
  });
  const map = (key: () => ArrowValue, value: () => ArrowValue): ArrowValue => {
    const keys = new Set(Array.from({ length: random.below(4) }, () => key()));
    return { kind: 'map', entries: [...keys].map((one) => [one, some(value)] as const) };
  };
  return tableOf([
    ['li', 'List(Int64)', lists(wide)],
    ['lj', 'List(Int64)', lists(wide)],
    ['lk', 'List(Int32)', lists(int)],
    ['lu', 'List(UInt8)', lists(() => random.below(4))],
    ['lf', 'List(Float64)', lists(float)],
    ['lh', 'List(Float64)', lists(float)],
    ['lg', 'List(Float32)', lists(() => Math.fround(Number(random.pick(FLOATS))))],
    ['ls', 'List(Utf8)', lists(text)],
    ['lt', 'List(Utf8)', lists(text)],
    ['lv', 'List(Utf8View)', lists(text)],
    ['lb', 'List(Boolean)', lists(() => random.below(2) === 0)],
    ['ld', 'List(Date32)', lists(() => random.below(4))],
    ['le', 'List(Decimal128(10, 2))', lists(() => BigInt(random.below(5)))],
    ['lp', 'List(Struct("a": Int32, "b": Utf8))', lists(pair)],
    ['bi', 'LargeList(Int64)', lists(wide)],
    ['bs', 'LargeList(Utf8)', lists(text)],
    ['fx', 'FixedSizeList(2 x Int32)', rows(() => [some(int), some(int)])],
    ['fy', 'FixedSizeList(2 x Int32)', rows(() => [some(int), some(int)])],
    ['ll', 'List(List(Int64))', rows(() => list(() => list(wide)))],
    ['lm', 'List(List(Int64))', rows(() => list(() => list(wide)))],
    ['lls', 'List(LargeList(Utf8))', rows(() => list(() => list(text)))],
    ['bl', 'LargeList(List(Int32))', rows(() => list(() => list(int)))],
    ['lll', 'List(List(List(Int32)))', rows(() => list(() => list(() => list(int, 9), 9), 9))],
    ['nz', 'List(Int64)', Array.from({ length: ROWS }, () => list(wide))],
    ['m', MAP_OF('Utf8', 'Int64'), rows(() => map(text, wide))],
    ['mi', MAP_OF('Int64', 'Utf8'), rows(() => map(wide, text))],
    ['mv', MAP_OF('Int32', 'Float64'), rows(() => map(int, float))],
    ['i', 'Int64', rows(() => random.pick(WIDE.slice(0, 5)))],
    ['k', 'Int32', rows(int)],
    ['u', 'UInt64', rows(() => random.below(5))],
    ['n', 'Int64', rows(() => random.below(9) - 4)],
    ['p', 'Int64', Array.from({ length: ROWS }, () => 1 + random.below(3))],
    ['f', 'Float64', rows(float)],
    ['g', 'Float32', rows(() => Math.fround(Number(random.pick(FLOATS))))],
    ['s', 'Utf8', rows(text)],
    ['v', 'Utf8View', rows(text)],
    ['b', 'Boolean', rows(() => random.below(2) === 0)],
    ['d', 'Date32', rows(() => random.below(4))],
    ['e', 'Decimal128(10, 2)', rows(() => BigInt(random.below(5)))],
    ['st', 'Struct("a": Int32, "b": Utf8)', rows(pair)],
  ]);
}

function MAP_OF(key: string, value: string): string {
  return `Map("entries": non-null Struct("key": non-null ${key}, "value": ${value}), unsorted)`;
}

const LISTS = 'li lj lk lu lf lh lg ls lt lv lb ld le lp bi bs fx fy ll lm lls bl lll nz'.split(' ');
const LITERALS = [
  '[1, 2, 3]',
  '[1, NULL, 3]',
  '[]',
  "['a', 'b', NULL]",
  '[0.0, -0.0, 1.5]',
  '[[1, 2], [3]]',
  '[[1], NULL]',
  '[true, false]',
  '[i, 1]',
  "[s, 'a']",
  '[f, 1.0]',
  '[k, 2, i, n]',
  'NULL',
  "arrow_cast(NULL, 'List(Int64)')",
  "arrow_cast([], 'List(Utf8)')",
  "arrow_cast([1, 2], 'LargeList(Int64)')",
];
const ELEMENTS = [
  'i',
  'k',
  'u',
  'n',
  'f',
  'g',
  's',
  'v',
  'b',
  'd',
  'e',
  'st',
  'li',
  'll',
  'lf',
  '1',
  '2',
  "'a'",
  "''",
  '0.0',
  '-0.0',
  '1.5',
  'NULL',
  'true',
  '[1, 2]',
  '[]',
  "arrow_cast(NULL, 'Int64')",
  'p + 1',
  'abs(f)',
  'CAST(k AS DOUBLE)',
  "arrow_cast('NaN', 'Float64')",
  "concat(s, '')",
];
const INDEXES = [
  '1',
  '2',
  '-1',
  '0',
  '-2',
  '3',
  '100',
  'n',
  'n',
  'p',
  'k',
  'NULL',
  '3000000000',
  '-9223372036854775808',
  'i',
  'u',
];
const PAIRED: readonly (readonly [string, string])[] = [
  ['li', 'i'],
  ['li', 'k'],
  ['lk', 'k'],
  ['lk', 'i'],
  ['lu', 'u'],
  ['lf', 'f'],
  ['lg', 'g'],
  ['lf', 'g'],
  ['ls', 's'],
  ['lv', 's'],
  ['ls', 'v'],
  ['lb', 'b'],
  ['ld', 'd'],
  ['le', 'e'],
  ['lp', 'st'],
  ['bi', 'i'],
  ['bs', 's'],
  ['fx', 'k'],
  ['ll', 'li'],
  ['nz', 'i'],
  ['li', '1'],
  ['lf', '0.0'],
  ['lf', '-0.0'],
  ['ls', "'a'"],
  ['ll', '[1, 2]'],
  ['[1, 2, NULL]', 'i'],
  ['[i, 1]', 'i'],
  ['[i, k, NULL]', 'p'],
  ["['a', 'b']", 's'],
  ['[0.0, 1.5]', 'f'],
  ['[0.0, 1.5, 2.0, 3.0]', 'f'],
  ['li', 'NULL'],
  ['ls', 'NULL'],
];
const LIKE: readonly (readonly [string, string])[] = [
  ['li', 'lj'],
  ['li', 'lk'],
  ['lf', 'lh'],
  ['lf', 'lg'],
  ['ls', 'lt'],
  ['ls', 'lv'],
  ['bi', 'li'],
  ['bs', 'ls'],
  ['fx', 'fy'],
  ['fx', 'lk'],
  ['ll', 'lm'],
  ['li', '[1, 2]'],
  ['[1, 2]', 'li'],
  ['ls', "['a', NULL]"],
  ['li', '[]'],
  ['li', "arrow_cast(NULL, 'List(Int64)')"],
  ['lf', '[0.0, 1.5]'],
  ['lb', '[true]'],
  ['ld', 'ld'],
  ['le', 'le'],
  ['lp', 'lp'],
  ['nz', 'li'],
  ['nz', 'nz'],
  ["arrow_cast(NULL, 'List(Int64)')", 'li'],
  ["arrow_cast([], 'List(Int64)')", 'li'],
  ['li', "arrow_cast([], 'List(Int64)')"],
  ['[1, 2]', '[2, 3]'],
];

/** Holes: {list} {like} (two lists) {with} (a list and an item) {element} {index} {small}. */
export function nestedCall(random: Random, template: string): string {
  return template.replace(/\{([^}]+)\}/g, (_, hole: string) => {
    switch (hole) {
      case 'list':
        return random.below(4) === 0 ? random.pick(LITERALS) : random.pick(LISTS);
      case 'like': {
        const [one, other] = random.below(8) === 0 ? [random.pick(LISTS), random.pick(LISTS)] : random.pick(LIKE);
        return `${one}, ${other}`;
      }
      case 'with': {
        const [list, element] =
          random.below(4) === 0 ? [random.pick(LISTS), random.pick(ELEMENTS)] : random.pick(PAIRED);
        return `${list}, ${element}`;
      }
      case 'htiw': {
        const [list, element] =
          random.below(4) === 0 ? [random.pick(LISTS), random.pick(ELEMENTS)] : random.pick(PAIRED);
        return `${element}, ${list}`;
      }
      case 'element':
        return random.pick(ELEMENTS);
      case 'index':
        return random.pick(INDEXES);
      case 'small':
        return random.pick(['n', 'p', '0', '1', '2', '3', '-1', 'NULL', 'lu[1]']);
      case 'map':
        return random.pick([
          'm',
          'mi',
          'mv',
          "map(['a', 'b'], [1, 2])",
          'map(nz, nz)',
          'map([i], [s])',
          'map([p, p + 1], [s, NULL])',
        ]);
      default:
        return random.pick(hole.split('|'));
    }
  });
}
