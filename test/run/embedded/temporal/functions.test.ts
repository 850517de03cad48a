import { test } from 'node:test';
import type { Case } from '../judge.ts';
import { agree } from './agree.ts';
import { edgeTables, numbersFrom, plainTable, ZONES } from './temporal-tables.ts';

const PARTS = [
  'year',
  'isoyear',
  'quarter',
  'qtr',
  'month',
  'mon',
  'week',
  'day',
  'doy',
  'dow',
  'isodow',
  'hour',
  'minute',
  'm',
  'SECOND',
  'millisecond',
  'us',
  'nanosecond',
  'epoch',
  "''year''",
  'century',
  'isoweek',
];
const CUTS = [
  'microsecond',
  'millisecond',
  'second',
  'minute',
  'HOUR',
  'day',
  'week',
  'month',
  'quarter',
  'year',
  'decade',
];
const NAMES = [
  ...[0, 1, 2, 3].flatMap((i) => [`t${i}`, `p${i}`, `c${i}`, ...ZONES.map((_, z) => `z${i}${z}`)]),
  'd',
  'md',
];
const VALUES = [
  ...NAMES,
  "'2024-02-29T12:34:56.789'",
  "arrow_cast(p3, 'Interval(MonthDayNano)')",
  "arrow_cast(arrow_cast(j % 3000, 'Int32'), 'Interval(YearMonth)')",
  "INTERVAL '14 months 9 days 100000 seconds 123 milliseconds'",
  "INTERVAL '-3 days -7000 seconds -1500000 nanoseconds'",
  "arrow_cast('9 days 5000 seconds 123 milliseconds', 'Interval(DayTime)')",
  "TIMESTAMP '1969-12-31T23:59:59.999999999'",
  "arrow_cast('1969-03-30T01:59:59.987654', 'Timestamp(Microsecond, None)')",
  "arrow_cast('2024-03-10T12:00:00', 'Timestamp(Millisecond, Some(\"America/New_York\"))')",
  'NULL',
];
const STRIDES = [
  '1 minute',
  '15 minutes',
  '7 days',
  '1 nanosecond',
  '1500 milliseconds',
  '1 month',
  '5 months',
  '1 year',
  '-1 day',
  '-2 months',
  '0 days',
  '1 month 1 day',
  '1000000 days',
  '36500000 days',
  '3 hours',
  '100 microseconds',
];
const ORIGINS = [
  '',
  ", TIMESTAMP '2001-01-31T00:00:00'",
  ", TIMESTAMP '1970-01-01T00:00:00.5'",
  ", TIME '00:01:00'",
  ", '2020-02-29'",
];

function cases(table: string): Case[] {
  const sqls = [
    ...VALUES.flatMap((value) => [
      ...PARTS.map((part) => `date_part('${part}', ${value})`),
      ...CUTS.map((part) => `date_trunc('${part}', ${value})`),
    ]),
    ...NAMES.flatMap((value) =>
      STRIDES.flatMap((stride) => ORIGINS.map((origin) => `date_bin(INTERVAL '${stride}', ${value}${origin})`)),
    ),
    "date_bin(arrow_cast('90 minutes', 'Interval(DayTime)'), t2)",
    "date_bin('15 minutes', t1)",
    "date_bin('15 minutes', '2020-01-01T00:17:00')",
    'date_bin(NULL, t1)',
    "date_bin(INTERVAL '1 day', d)",
    "date_bin(INTERVAL '10 minutes', arrow_cast(c0, 'Time32(Second)'), arrow_cast(61, 'Time32(Second)'))",
    'make_date(i % 10000, j % 12 + 1, j % 28 + 1)',
    'make_date(2000 + j % 300, 2, 28)',
    "make_date('2020', 2, '29')",
    'make_date(NULL, j, j)',
    'make_date(j, NULL, 1)',
    'make_date(2021, 2, 29)',
    'make_time(abs(j) % 24, abs(i) % 60, abs(j) % 60)',
    "make_time('1', 2, 3)",
    'make_time(24, 0, 0)',
    'make_time(j, 0, 0)',
    'make_date(j, 1, 1)',
    'make_date(300000, 1, 1)',
    'make_date(1.5, 1, 1)',
  ];
  return sqls.map((sql) => ({ table, kind: 'row', sql }));
}

test('parts, truncations and bins are those of the real engine', async () => {
  const random = numbersFrom(34);
  const some = cases('plain').filter(() => random() < 0.5);
  await agree(new Map([['plain', plainTable(31)]]), some, { equal: 1200 });
});

test('parts, truncations and bins of edge values, row by row', async () => {
  const tables = edgeTables(32, 4);
  const random = numbersFrom(33);
  await agree(
    tables,
    [...tables.keys()].flatMap((table) => cases(table).filter(() => random() < 0.25)),
    { equal: 1800 },
  );
});
