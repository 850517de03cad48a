import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildColumn } from '../../../src/run/embedded/build.ts';
import { assemble, concatColumns, gather } from '../../../src/run/embedded/gather.ts';
import { parseDataType } from '../../../src/wire/arrow/index.ts';
import type { ArrowValue } from '../../../src/wire/arrow/value-model.ts';
import { exactCells } from './exact-cells.ts';

const VALUES: readonly (readonly [type: string, values: readonly ArrowValue[]])[] = [
  ['Null', [null, null]],
  ['Boolean', [true, null, false]],
  ['UInt64', [18446744073709551615n, null, 3]],
  ['Float32', [{ kind: 'nan', bits: 'ffc00001' }, -0, null]],
  ['Float64', [{ kind: 'nan', bits: 'fff8000000000001' }, null, 0.1]],
  ['Utf8View', ['', null, '\u{1f600}']],
  ['FixedSizeBinary(2)', [Uint8Array.of(1, 2), null]],
  ['Timestamp(Nanosecond, Some("UTC"))', [-9223372036854775808n, null, 5]],
  ['Decimal256(50, 3)', [10n ** 49n, null, -1n]],
  ['Interval(MonthDayNano)', [{ kind: 'monthDayNano', months: 1, days: -2, nanos: 9223372036854775807n }, null]],
  ['LargeList(Utf8)', [['a', null], [], null, ['b']]],
  ['FixedSizeList(2 x Int8)', [[1, null], null]],
  [
    'Struct("a": Int8, "b": List(Int64))',
    [
      {
        kind: 'struct',
        fields: [
          ['a', 1],
          ['b', [2, 3]],
        ],
      },
      null,
    ],
  ],
  ['Dictionary(Int8, Utf8)', ['x', null, 'y', 'x']],
  [
    'Map("entries": non-null Struct("key": non-null Utf8, "value": Int64), unsorted)',
    [{ kind: 'map', entries: [['k', null]] }, null, { kind: 'map', entries: [] }],
  ],
  [
    'Union(Dense, 0: ("a": Int64), 5: ("b": Utf8))',
    [
      { kind: 'union', id: 5, value: 'x' },
      { kind: 'union', id: 0, value: null },
    ],
  ],
];

for (const [text, values] of VALUES) {
  test(`rows of ${text} are picked, joined and put together with every bit`, () => {
    const type = parseDataType(text);
    const column = buildColumn(type, values);
    const cells = exactCells(column);
    const last = values.length - 1;
    assert.deepEqual(exactCells(gather(column, Int32Array.of(last, 0, last))), [cells[last], cells[0], cells[last]]);
    const tail = gather(column, Int32Array.of(last));
    assert.deepEqual(exactCells(concatColumns(type, [column, tail, column])), [...cells, cells[last], ...cells]);
    const parts = [
      { rows: Int32Array.of(1, 3), vector: { column: tail, scalar: true } },
      { rows: Int32Array.of(0), vector: { column: gather(column, Int32Array.of(0)), scalar: false } },
    ];
    const put = exactCells(assemble(type, 4, parts));
    assert.deepEqual([put[0], put[1], put[3]], [cells[0], cells[last], cells[last]]);
  });
}

test('a slice that starts within its buffers is joined from its own values', () => {
  const type = parseDataType('List(Utf8)');
  const column = buildColumn(type, [['a'], ['b', 'c'], ['d']]);
  assert.ok(column.layout === 'list');
  const slice = { ...column, length: 2, offsets: column.offsets.subarray(1) };
  assert.deepEqual(exactCells(concatColumns(type, [slice, slice])), [['b', 'c'], ['d'], ['b', 'c'], ['d']]);
});
