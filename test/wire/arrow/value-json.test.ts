import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ArrowValue,
  arrowValueFromJson,
  arrowValueToJson,
  type DataType,
  decimalText,
  parseDataType,
  parseDecimal,
} from '../../../src/wire/arrow/index.ts';

const EXACT: readonly (readonly [string, ArrowValue, unknown])[] = [
  ['Float32', Math.fround(0.1), 0.1],
  ['Float32', 3.4028234663852886e38, 3.4028235e38],
  ['Float64', 0.1, 0.1],
  ['Float64', Number.NaN, 'NaN'],
  ['Float64', { kind: 'nan', bits: 'fff8000000000001' }, 'NaN:fff8000000000001'],
  ['Float16', 65504, 65504],
  ['Float16', 2 ** -24, 2 ** -24],
  ['Int64', -(2n ** 63n), '-9223372036854775808'],
  ['UInt64', 2n ** 64n - 1n, '18446744073709551615'],
  ['Decimal128(10, -3)', 12n, '12000'],
  ['Decimal128(10, 2)', -1n, '-0.01'],
  ['Interval(DayTime)', { kind: 'dayTime', days: 1, milliseconds: -2 }, { days: 1, milliseconds: -2 }],
  ['Interval(YearMonth)', -7, -7],
  ['Dictionary(Int8, Utf8)', 'x', 'x'],
  ['FixedSizeBinary(2)', Uint8Array.of(0, 255), '00ff'],
];

for (const [type, value, json] of EXACT) {
  test(`writes and reads ${JSON.stringify(json)} of ${type}`, () => {
    assert.deepEqual(arrowValueToJson(parseDataType(type), value), json);
    assert.deepEqual(arrowValueFromJson(parseDataType(type), json), value);
  });
}

const WRONG: readonly (readonly [string, unknown, string])[] = [
  ['Int8', 128, 'found 128, expected a value of Int8'],
  ['UInt8', -1, 'found -1, expected a value of UInt8'],
  ['Int64', 2 ** 53, 'found 9007199254740992, expected a value of Int64'],
  ['Int64', 1.5, 'found 1.5, expected a value of Int64'],
  ['Float16', 0.1, 'found 0.1, expected a value of Float16'],
  ['Utf8', 1, 'found 1, expected a value of Utf8'],
  ['Binary', '0', 'found "0", expected a value of Binary'],
  ['Decimal128(10, 2)', '0.001', 'found "0.001", expected a value of Decimal128(10, 2)'],
  ['List(Int64)', 1, 'found 1, expected a value of List(Int64)'],
  ['FixedSizeList(2 x Int64)', [1], 'found a list of 1, expected a value of FixedSizeList(2 x Int64)'],
  ['Struct("a": Int64)', [['b', 1]], 'found a list of 1, expected a value of Struct("a": Int64)'],
  ['Struct("a": Int64)', { a: 1 }, 'found an object, expected a value of Struct("a": Int64)'],
];

for (const [type, json, message] of WRONG) {
  test(`refuses ${JSON.stringify(json)} as ${type}`, () => {
    assert.throws(() => arrowValueFromJson(parseDataType(type), json), { code: 'JSON_SHAPE', message });
  });
}

test('every half survives its way through JSON', () => {
  const float16: DataType = { kind: 'Float16' };
  // Each positive finite half, by the definition of IEEE 754 binary16.
  for (let bits = 0; bits < 0x7c00; bits += 1) {
    const exponent = bits >> 10;
    const half = exponent === 0 ? (bits / 1024) * 2 ** -14 : (1 + (bits & 0x3ff) / 1024) * 2 ** (exponent - 15);
    assert.equal(arrowValueFromJson(float16, half), half);
  }
});

test('decimals take any digits that their scale can hold', () => {
  assert.equal(parseDecimal('1.50', 1), 15n);
  assert.equal(parseDecimal('1.55', 1), undefined);
  assert.equal(parseDecimal('12e3', 0), 12000n);
  assert.equal(parseDecimal('12000', -3), 12n);
  assert.equal(parseDecimal('1,5', 1), undefined);
  assert.equal(decimalText(-5n, 3), '-0.005');
  // Python: decimal.Decimal((1, (1, 2, 3), 2)) formatted with 'f', and zero without zeros behind it.
  assert.equal(decimalText(-123n, -2), '-12300');
  assert.equal(decimalText(0n, -2), '0');
  for (const scale of [-128, -1, 0, 1, 38, 76, 127]) {
    for (const unscaled of [0n, -7n, 10n ** 76n - 1n])
      assert.equal(parseDecimal(decimalText(unscaled, scale), scale), unscaled, `${unscaled} at ${scale}`);
  }
});
