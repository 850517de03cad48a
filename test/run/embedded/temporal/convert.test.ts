import { test } from 'node:test';
import { type Case, tableOf } from '../judge.ts';
import { agree } from './agree.ts';
import { edgeTables, numbersFrom, plainTable, ZONES } from './temporal-tables.ts';

/** A format and texts that fit it, or nearly so. */
const READ: readonly (readonly [string, readonly string[]])[] = [
  [
    '%Y-%m-%d %H:%M:%S',
    [
      '2020-02-29 01:02:03',
      '2020-2-9 1:2:3',
      '+10000-01-01 00:00:00',
      '-0001-12-31 23:59:60',
      '2020-02-30 01:02:03',
      '2020-02-29 24:00:00',
      '2020-02-29  01:02:03 ',
      ' 2020-02-29 01:02:03',
      '1500-01-01 00:00:00',
    ],
  ],
  [
    '%Y-%m-%dT%H:%M:%S%.f%:z',
    [
      '2020-02-29T01:02:03.5+05:30',
      '2020-02-29T01:02:03-0800',
      '2020-02-29T01:02:03.1234567891 \u221201:00',
      '2020-02-29T01:02:03+99:00',
      '2020-02-29T01:02:03Z',
      '2020-02-29T01:02:03+05',
    ],
  ],
  [
    '%Y-%m-%d %H:%M:%S%#z',
    ['2020-02-29 01:02:03+05', '2020-02-29 01:02:03z', '2020-02-29 01:02:03 +05 30', '2020-02-29 01:02:03+05:3'],
  ],
  ['%d/%m/%Y', ['29/02/2020', '31/12/1969', '32/01/2020', '1/1/20', '01/01/262143']],
  ['%d.%m.%y %H', ['29.02.20 10', '01.01.70 00', '01.01.69 23']],
  ['%d %b %Y', ['29 Feb 2020', '1 january 2020', '1 JAN 2020', '1 Xyz 2020']],
  [
    '%A, %d %B %Y %I:%M %p',
    [
      'Saturday, 29 February 2020 12:30 AM',
      'Sunday, 29 February 2020 12:30 AM',
      'sat, 29 feb 2020 11:59 pm',
      'Saturday, 29 February 2020 13:30 PM',
    ],
  ],
  ['%Y %j', ['2020 366', '2021 366', '2020 060', '2020 0']],
  ['%G-W%V-%u', ['2020-W53-5', '2021-W53-5', '2020-W01-1', '2019-W52-7']],
  ['%Y %U %w', ['2020 00 3', '2020 00 2', '2020 53 4', '2021 10 0']],
  ['%Y %W %a', ['2020 00 Wed', '2020 00 Tue', '2020 52 Thu']],
  ['%s', ['0', '1582938123', '-5', '9223372036', '9223372037', '99999999999999999999']],
  ['%s %Y', ['1582938123 2020', '1582938123 2021']],
  ['%C%y %m %d', ['2020 02 29', '1970 01 01']],
  ['%+', ['2020-02-29T01:02:03Z', '2020-02-29 01:02:03.5 UTC', '2020- 02-29T1:2:3+01:00', '2020-02-29T01:02Z']],
  ['%c', ['Sat Feb 29 01:02:03 2020', 'Sat Feb  1 01:02:03 2020']],
  ['%D %T', ['02/29/20 01:02:03']],
  ['%F %R', ['2020-02-29 01:02']],
  ['%v', [' 1-Feb-2020', '29-Feb-2020']],
  [
    '%Y-%m-%d %H:%M:%S %Z',
    [
      '2020-02-29 01:02:03 America/New_York',
      '2023-11-05 01:30:00 America/New_York',
      '2023-03-12 02:30:00 America/New_York',
      '2020-02-29 01:02:03 Mars/Base',
      '2020-02-29 01:02:03 +01:00',
      '2020-02-29',
    ],
  ],
  ['%Y-%m-%d %Z', ['2020-02-29 Europe/Berlin', '2020-02-29']],
  ['%H:%M:%S%.3f', ['01:02:03.123', '01:02:03', '01:02:03.12', '23:59:60.5', '01:02:03.1234']],
  ['%H%M%S%6f', ['010203123456', '01020312345']],
  ['%I:%M', ['01:30']],
  ['%H:%M', ['9:5', '23:59', '24:00']],
  ['%l %P', ['3 pm']],
  ['%Y-%q', ['2020-1']],
  ['%Y-%m-%d%q', ['2020-02-291', '2020-02-292']],
  ['literal %% %n%t x', ['literal %  x', 'literal %x']],
  ['%E', ['1']],
  ['', ['']],
];
const CALLS = [
  'to_timestamp',
  'to_timestamp_seconds',
  'to_timestamp_millis',
  'to_timestamp_micros',
  'to_timestamp_nanos',
  'to_date',
  'to_time',
  'to_unixtime',
];
const PLAIN = [
  '2020-02-29T01:02:03.999999999Z',
  '1969-12-31T23:59:59.9999',
  '2020-02-29',
  '12:30',
  '12:30:45.5',
  '2300-01-01',
  '2020-02-29 01:02:03+05:30',
  '+10000-01-01',
  'x',
  '23:59:60',
  '20200229',
  '1.5',
  '2016-12-31 23:59:60',
];

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function mutated(text: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1));
  const piece = '0123456789-+: .T'[Math.floor(random() * 16)] ?? '';
  return random() < 0.5 ? text.slice(0, at) + text.slice(at + 1) : text.slice(0, at) + piece + text.slice(at + 1);
}

test('texts are read by formats as the real engine reads them', async () => {
  const random = numbersFrom(61);
  const tables = new Map();
  const cases: Case[] = [];
  const add = (text: string, sqls: readonly string[]): void => {
    const table = `t${tables.size}`;
    tables.set(table, tableOf([['s', ['Utf8', 'Utf8View', 'LargeUtf8'][tables.size % 3] ?? 'Utf8', [text, null]]]));
    cases.push(...sqls.map((sql): Case => ({ table, kind: 'row', sql })));
  };
  for (const [format, texts] of READ) {
    const other = READ[Math.floor(random() * READ.length)]?.[0] ?? '';
    for (const text of [
      ...texts,
      ...texts.flatMap((one) => [mutated(one, random), mutated(one, random), mutated(one, random)]),
    ]) {
      const call = CALLS[Math.floor(random() * CALLS.length)] ?? 'to_date';
      add(text, [
        `to_timestamp(s, ${quoted(format)})`,
        `to_date(s, ${quoted(format)})`,
        `to_time(s, ${quoted(format)})`,
        `${call}(s, ${quoted(other)}, NULL, ${quoted(format)})`,
      ]);
    }
  }
  for (const text of PLAIN)
    add(text, [...CALLS.map((call) => `${call}(s)`), 'to_date(s, NULL)', "to_timestamp(s, arrow_cast(NULL, 'Utf8'))"]);
  await agree(tables, cases, { equal: 1 });
});

const NAMES = [
  ...[0, 1, 2, 3].flatMap((i) => [`t${i}`, `c${i}`, ...ZONES.map((_, z) => `z${i}${z}`)]),
  'd',
  'md',
  'i',
  'j',
  'p0',
];

function conversions(table: string): Case[] {
  const sqls = [
    ...NAMES.flatMap((name) => [...CALLS, 'to_local_time', 'from_unixtime'].map((call) => `${call}(${name})`)),
    ...CALLS.flatMap((call) => [
      `${call}(arrow_cast(i, 'Float64') / 7)`,
      `${call}(arrow_cast(j, 'Float32'))`,
      `${call}(arrow_cast(j % 100, 'UInt8'))`,
      `${call}(NULL)`,
    ]),
    ...ZONES.map((zone) => `from_unixtime(i, '${zone}')`),
    "from_unixtime(i, 'Mars/Base')",
    "from_unixtime(j, 'UTC')",
    'to_local_time(NULL)',
  ];
  return sqls.map((sql) => ({ table, kind: 'row', sql }));
}

test('conversions of temporal values and numbers', async () => {
  await agree(new Map([['plain', plainTable(62)]]), conversions('plain'), { equal: 1 });
});

test('conversions of edge values, row by row', async () => {
  const tables = edgeTables(63, 6);
  await agree(tables, [...tables.keys()].flatMap(conversions), { equal: 1 });
});
