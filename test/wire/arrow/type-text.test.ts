import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DataType, displayDataType, formatDataType, parseDataType } from '../../../src/wire/arrow/index.ts';
import { DfxError } from '../../../src/wire/errors.ts';

const int64: DataType = { kind: 'Int64' };
const named = (name: string, type: DataType, nullable = true) => ({ name, type, nullable, metadata: [] });

// The first of each pair is what Rust's Debug of arrow-schema printed before version 57, whole fields and all.
const OLDER_FORMS: readonly (readonly [string, DataType])[] = [
  ['Timestamp(Nanosecond, None)', { kind: 'Timestamp', unit: 'Nanosecond', timezone: null }],
  ['Timestamp(Second, Some("+02:00"))', { kind: 'Timestamp', unit: 'Second', timezone: '+02:00' }],
  ['Timestamp(µs, "UTC")', { kind: 'Timestamp', unit: 'Microsecond', timezone: 'UTC' }],
  ['Timestamp(us)', { kind: 'Timestamp', unit: 'Microsecond', timezone: null }],
  ['FixedSizeList(4, Int64)', { kind: 'FixedSizeList', item: named('item', int64), size: 4 }],
  [
    'List(Field { name: "item", data_type: Int64, nullable: true, dict_id: 0, dict_is_ordered: false, metadata: {} })',
    { kind: 'List', item: named('item', int64) },
  ],
  ['List(Field { data_type: Int64 })', { kind: 'List', item: named('item', int64, false) }],
  [
    'FixedSizeList(Field { data_type: Int64, nullable: true }, 3)',
    { kind: 'FixedSizeList', item: named('item', int64), size: 3 },
  ],
  ['Struct([Field { name: "a", data_type: Int64 }])', { kind: 'Struct', fields: [named('a', int64, false)] }],
  [
    'Union([(3, Field { name: "a", data_type: Int64 })], Dense)',
    { kind: 'Union', mode: 'Dense', fields: [{ id: 3, field: named('a', int64, false) }] },
  ],
  [
    'Map(Field { name: "entries", data_type: Struct([Field { name: "k", data_type: Int64 }, Field { name: "v", data_type: Int64, nullable: true }]) }, false)',
    {
      kind: 'Map',
      entries: named('entries', { kind: 'Struct', fields: [named('k', int64, false), named('v', int64)] }, false),
      sorted: false,
    },
  ],
];

for (const [text, type] of OLDER_FORMS) {
  test(`reads ${text}`, () => assert.deepEqual(parseDataType(text), type));
}

test('spells units out, and abbreviates them as DataFusion 55 displays them', () => {
  const type: DataType = { kind: 'Timestamp', unit: 'Microsecond', timezone: 'UTC' };
  assert.equal(formatDataType(type), 'Timestamp(Microsecond, Some("UTC"))');
  assert.equal(displayDataType(type), 'Timestamp(µs, "UTC")');
  assert.equal(formatDataType({ kind: 'List', item: named('item', int64) }), 'List(Int64)');
});

const WRONG: readonly (readonly [string, number, string])[] = [
  ['', 0, 'found the end in a type name, expected a type'],
  ['Int65', 0, '"Int65" is no Arrow type'],
  ['List(Int64', 10, 'found the end in a type name, expected ")"'],
  ['List(Foo)', 5, '"Foo" is no Arrow type'],
  ['List', 4, 'found the end in a type name, expected "("'],
  ['Int64)', 5, 'found ")" in a type name, expected the end'],
  ['Decimal128(39, 2)', 11, 'the precision of a Decimal128 is 39, expected 1 to 38'],
  ['Time32(Nanosecond)', 7, 'the unit of a Time32 is Nanosecond, expected Second or Millisecond'],
  ['Dictionary(Utf8, Utf8)', 11, 'the key of a Dictionary is Utf8, expected an integer'],
  ['Struct("a: Int64)', 7, 'found a string without its closing quote in a type name'],
  ['Struct("\\q": Int64)', 8, 'found an unknown escape in a type name'],
  ['Timestamp(Second, UTC)', 18, 'found "UTC" in a type name, expected None, Some("…") or a time zone in quotes'],
  ['Struct(a Int64)', 7, 'found "a" in a type name, expected a field name in quotes'],
  ['Int64;', 5, 'found ";" in a type name'],
  ['List(Field { name: "a" })', 24, 'found ")" in a type name, expected a Field with its data_type'],
];

for (const [text, offset, message] of WRONG) {
  test(`refuses the type name ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseDataType(text),
      (error) =>
        error instanceof DfxError && error.code === 'TYPE_NAME' && error.message === message && error.offset === offset,
    );
  });
}

test('reads and writes 100,000 levels, and stops at the limit', () => {
  const text = `${'List('.repeat(100_000)}Int8${')'.repeat(100_000)}`;
  assert.equal(formatDataType(parseDataType(text)), text);
  assert.throws(() => parseDataType(text, { maxDepth: 99 }), {
    code: 'LIMIT',
    message: 'a type nests deeper than 99 levels',
  });
});
