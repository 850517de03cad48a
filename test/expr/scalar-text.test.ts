import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { arrayValueText } from '../../src/expr/array-text.ts';
import { exprFromProto } from '../../src/expr/proto/index.ts';
import { scalarText } from '../../src/expr/scalar-text.ts';
import { type ArrowValue, parseDataType } from '../../src/wire/arrow/index.ts';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

/** Texts that differ from DataFusion 55's, with the reason. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['55/broken/proto-decimal-scale-300.bin', 'the engine takes the scale modulo 256; the text says what the bytes say'],
]);

test('every literal of the fixtures of DataFusion 55 reads as the engine prints it', () => {
  const manifest: readonly { readonly path: string; readonly container: string; readonly canonical?: string }[] =
    JSON.parse(readFileSync(new URL('manifest.json', FIXTURES), 'utf8'));
  const wrong: string[] = [];
  let literals = 0;
  for (const { path, container, canonical } of manifest) {
    if (container !== 'expr' || canonical === undefined || !path.startsWith('55/') || EXCEPTIONS.has(path)) continue;
    const { expr } = exprFromProto(readFileSync(new URL(path, FIXTURES)));
    if (expr.kind !== 'literal') continue;
    literals++;
    const text = scalarText(expr.value);
    if (text !== canonical) wrong.push(`${path}: ${text}, expected ${canonical}`);
  }
  assert.equal(wrong.join('\n'), '');
  assert.ok(literals > 400, String(literals));
});

/** Type of the items, the items, and the engine's text of `lit` of a list of them (datafusion 55.0.0). */
const LISTS: readonly (readonly [string, readonly ArrowValue[], string])[] = [
  [
    'Float64',
    [
      1,
      0.5,
      1e9,
      123456789012.5,
      1e20,
      1e-5,
      1e-6,
      0.00012,
      -0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -1.5e300,
      5e-324,
    ],
    '[1.0, 0.5, 1000000000.0, 123456789012.5, 1e20, 0.00001, 1e-6, 0.00012, -0.0, NaN, inf, -1.5e300, 5e-324]',
  ],
  [
    'Float32',
    [1, Math.fround(0.1), 1e10, 16777216, Math.fround(3.4028234663852886e38)],
    '[1.0, 0.1, 10000000000.0, 16777216.0, 3.4028235e38]',
  ],
  ['Float16', [1, 0.5], '[1, 0.5]'],
  ['Boolean', [true, false, null], '[true, false, ]'],
  ['Binary', [new Uint8Array([0, 255]), new Uint8Array()], '[00ff, ]'],
  ['Decimal128(5, 2)', [-5n, 12345n], '[-0.05, 123.45]'],
  ['Date32', [0, -1], '[1970-01-01, 1969-12-31]'],
  ['Date64', [0, 86400000], '[1970-01-01T00:00:00, 1970-01-02T00:00:00]'],
  ['Time32(Millisecond)', [3723004], '[01:02:03.004]'],
  ['Time64(Nanosecond)', [3723000000004, 3723500000000], '[01:02:03.000000004, 01:02:03.500]'],
  ['Timestamp(Second, None)', [0, -1], '[1970-01-01T00:00:00, 1969-12-31T23:59:59]'],
  [
    'Timestamp(Nanosecond, None)',
    [1, 1_000_000_000, 1_500_000_000, 1_001_000],
    '[1970-01-01T00:00:00.000000001, 1970-01-01T00:00:01, 1970-01-01T00:00:01.500, 1970-01-01T00:00:00.001001]',
  ],
  ['Timestamp(Microsecond, Some("UTC"))', [1], '[1970-01-01T00:00:00.000001Z]'],
  ['Timestamp(Second, Some("+01:00"))', [1], '[1970-01-01T01:00:01+01:00]'],
  ['Duration(Second)', [5, -5, 0, 90061], '[PT5S, -PT5S, P0D, PT90061S]'],
  ['Duration(Millisecond)', [5, 1500], '[PT0.005S, PT1.5S]'],
  ['Duration(Nanosecond)', [5, 1_000_000_000, -1], '[PT0.000000005S, PT1S, -PT0.000000001S]'],
  [
    'Interval(MonthDayNano)',
    [
      { kind: 'monthDayNano', months: 1, days: 2, nanos: 3 },
      { kind: 'monthDayNano', months: 0, days: 0, nanos: 0 },
      { kind: 'monthDayNano', months: -1, days: -2, nanos: -3 },
      { kind: 'monthDayNano', months: 0, days: 0, nanos: 3_723_500_000_000 },
      { kind: 'monthDayNano', months: 0, days: 0, nanos: -3_723_500_000_000 },
      { kind: 'monthDayNano', months: 14, days: 0, nanos: 0 },
    ],
    '[1 mons 2 days 0.000000003 secs, 0 secs, -1 mons -2 days -0.000000003 secs, 1 hours 2 mins 3.500000000 secs, ' +
      '-1 hours -2 mins -3.500000000 secs, 14 mons]',
  ],
  [
    'Struct("a": Int64, "b": Utf8)',
    [
      {
        kind: 'struct',
        fields: [
          ['a', 1],
          ['b', 'x'],
        ],
      },
      null,
      {
        kind: 'struct',
        fields: [
          ['a', null],
          ['b', null],
        ],
      },
    ],
    '[{a: 1, b: x}, , {a: , b: }]',
  ],
  ['Utf8', ['a\nb', '"'], '[a\nb, "]'],
];

test('values in lists read as the engine prints them', () => {
  for (const [item, values, expected] of LISTS) {
    assert.equal(arrayValueText(parseDataType(`List(${item})`), values), expected, item);
  }
});

test('100,000 nested lists have a text', () => {
  let type = parseDataType('List(Int64)');
  let value: ArrowValue = [1];
  for (let level = 1; level < 100_000; level++) {
    type = { kind: 'List', item: { name: 'item', type, nullable: true, metadata: [] } };
    value = [value];
  }
  assert.equal(arrayValueText(type, value).length, 200_001);
});
