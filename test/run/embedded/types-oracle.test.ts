import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, differences, judge, summary } from './judge.ts';
import { Random } from './random-sql.ts';
import { fill, typedTable } from './templates.ts';

const SEED = Number(process.env['DFX_SEED'] ?? '20260');
const CASES = Number(process.env['DFX_CASES'] ?? '500');

const PLAIN_TYPES = 'INT|BIGINT|TINYINT|BIGINT UNSIGNED|DOUBLE|FLOAT|VARCHAR';
const DECIMAL_TYPES = '32(5, 1)|32(9, 4)|64(18, 6)|64(10, 0)|128(38, 20)|256(76, 10)|128(5,-2)';
const OTHER_TYPES =
  'Utf8|LargeUtf8|Utf8View|Binary|LargeBinary|BinaryView|FixedSizeBinary(3)|List(Int64)|List(Utf8)|List(Float64)|LargeList(Int32)|' +
  'FixedSizeList(2 x Int64)|List(List(Int64))|ListView(Int64)|Dictionary(Int32, Utf8)|Dictionary(Int8, Int64)|Int64|Float64|Float16|Boolean|' +
  'Struct("b": Utf8, "a": Int32)|Struct("a": Float64, "b": Utf8View)';

const SUBJECTS: readonly (readonly [string, readonly string[]])[] = [
  [
    'decimals',
    [
      '{dec} {+|-|*|/|%} {dec}',
      '{dec} {+|-|*|/|%} {int}',
      '{int} {+|-|*|/|%} {dec}',
      '-{dec}',
      '{dec} {=|<|>=|IS DISTINCT FROM} {num}',
      `{CAST|TRY_CAST}({dec} AS {${PLAIN_TYPES}})`,
      '{CAST|TRY_CAST}({num} AS DECIMAL({10,2|5,0|38,10|20,0|76,5}))',
      'TRY_CAST({col} AS DECIMAL({10,2|5,0|38,10|3,3}))',
      `{arrow_cast|arrow_try_cast}({dec}, 'Decimal{${DECIMAL_TYPES}}')`,
      `{arrow_cast|arrow_try_cast}({num}, 'Decimal{${DECIMAL_TYPES}}')`,
      'CASE WHEN {bool} THEN {dec} ELSE {num} END',
      '{dec} BETWEEN {dec} AND {num}',
      '{dec} = CAST({1.5|0|1|-1} AS DECIMAL(4,1))',
      'u64 {+|-|*|/|%|=|<} {i64|i32|5|-1}',
    ],
  ],
  [
    'casts of bytes, nested values and dictionaries',
    [
      `{arrow_cast|arrow_try_cast}({any}, '{${OTHER_TYPES}}')`,
      `{arrow_cast|arrow_try_cast}({bin}, '{${OTHER_TYPES}}')`,
      `arrow_try_cast({list}, '{${OTHER_TYPES}}')`,
      'CAST({list} AS VARCHAR)',
      '{cast_to_type|try_cast_to_type}({any}, {any})',
      'arrow_typeof({any})',
    ],
  ],
  [
    'comparisons across types',
    [
      '{any} {=|<|>=|IS DISTINCT FROM} {any}',
      '{list} {=|<} {list}',
      'sr {=|<|IS NOT DISTINCT FROM} sr',
      '{bin} {=|<} {bin}',
      'iv {=|<} {iv}',
      'dc {=|<} {str}',
      '{any} IS NULL',
      '{any} IN ({lit}, {lit})',
      '{int} NOT IN ({int}, {int}, {int}, {int})',
      '{any} = {lit}',
      '{any} BETWEEN {any} AND {any}',
      'CASE {any} WHEN {lit} THEN {any} WHEN {lit} THEN {lit} END',
    ],
  ],
  [
    'conditions and constructors',
    [
      'CASE WHEN {bool} THEN {any} ELSE {any} END',
      '{coalesce|nullif|greatest|least}({any}, {any})',
      'nvl({num}, {num})',
      'nvl2({any}, {num}, {str})',
      '{int} {&|#|<<|>>} {int}',
      'make_array({any}, {any})',
      'struct({any}, {any})',
      "named_struct('a', {any}, 'b', {lit})['a']",
      "sr['{a|b}']",
      "mp['{a|zz}']",
      '{list}[{small}]',
      '[{int}, {num}]',
    ],
  ],
];

for (const [subject, templates] of SUBJECTS) {
  test(`${subject} have the values, types and errors of the real engine`, { timeout: 120_000 }, async (t) => {
    const random = new Random(SEED);
    const tables = new Map([
      ['nulls', typedTable(random, 60)],
      ['full', typedTable(random, 20, false)],
      ['empty', typedTable(random, 0)],
    ]);
    const cases = Array.from(
      { length: CASES },
      (_, i): Case => ({
        table: random.pick(['nulls', 'nulls', 'nulls', 'full', 'empty']),
        kind: 'row',
        sql: fill(templates[i % templates.length] ?? 'NULL', random),
      }),
    );
    const outcomes = await judge(tables, cases);
    for (const line of summary(outcomes)) t.diagnostic(line);
    assert.equal(differences(cases, outcomes), '');
    const equal = outcomes.filter(({ state }) => state === 'equal').length;
    assert.ok(equal > CASES / 4, `only ${equal} of ${CASES} cases were compared`);
  });
}
