import { test } from 'node:test';
import { type Case, tableOf } from '../judge.ts';
import { agree } from './agree.ts';
import { numbersFrom, UNITS, ZONES } from './temporal-tables.ts';

const INSTANTS = [
  '2020-02-29T01:02:03.123456789Z',
  '1997-01-31 09:26:56.123-05:00',
  '1997-01-31 092656',
  '1997-01-31 092656 +07:30',
  '1997-01-31 092656+04:00',
  '1997-01-31',
  '2023-01-01 04:05:06.789 -08',
  '2023-01-01 040506 America/Los_Angeles',
  '2023-11-05 01:30:00 America/New_York',
  '2023-03-12 02:30:00 America/New_York',
  '2016-12-31T23:59:60.5',
  '0000-01-01',
  '0001-01-01T00:00:00',
  '9999-12-31T23:59:59.999999999',
  '1677-09-21T00:12:43.145224192',
  '2262-04-11T23:47:16.854775808',
  '2262-04-11 23:47:16.854775807',
  '2020-02-30',
  '2021-02-29T00:00:00',
  '2020-1-1',
  '2020-01-01t00:00:00z',
  '2020-01-01T24:00:00',
  '2020-01-01T00:00',
  '2020-01-01T00:00:00.',
  '2020-01-01T00:00:00.1234567890123',
  '2020-01-01T00:00:00.123456789012Z',
  '2020-01-01T00:00:00 +0530',
  '2020-01-01T00:00:00 Z',
  '2020-01-01T00:00:00  UTC',
  '2020-01-01T00:00:00utc',
  '2020-01-01T00:00:00+25:00',
  '2020-01-01T00:00:00\u00a0+01',
  '1969-12-31T23:59:59.999',
  '1969-12-31T23:59:59.9999999',
  '+10000-01-01',
  '-0001-12-31',
  '+262142-12-31',
  '+262143-01-01',
  '+5881580-07-11',
  '+5881580-07-12',
  '-5877641-06-23',
  '-5877641-06-22',
  '20200229',
  '2020022',
  '2020-1-01',
  '2020-01-1x',
  '2020-1-1xx',
  '2020-01-1',
  '99999999',
  '+2020-+1-+2',
  '+20-01-01',
  '-',
  '',
  ' 2020-01-01',
  '2020-01-01 ',
  '2020-01-01T00:00:00 ',
  '2020-01-01T00:00:00ABC',
  'today',
  '2020-06-01 10:00:00 Europe/Berlin',
  '1890-01-01 00:00:00 Europe/Berlin',
  '2020-06-01 10:00:00 europe/berlin',
];
const TIMES = [
  '9:26',
  '09:26:56.123',
  '9:26:56 pm',
  '12:00 AM',
  '12:30 pm',
  '00:00',
  '24:00',
  '23:59:60',
  '23:59:59.9999999999',
  '6:00  pm',
  '0:00 am',
  '13:00 pm',
  '1:2',
  '12345',
  '-5',
  '+7',
  '99999999999',
  '86399',
  '09:26:5',
  '09:26:56.',
  '09:2a:56',
  '12:00:00 Am',
  '4:05xm',
  '١٢:٠٠',
  '00:00:60.5',
  '9:26:56.1 AM',
];
const INTERVALS = [
  '1 year 2 months 3 days',
  '1month',
  '-1.5 days',
  '1.5 months',
  '0.5 year',
  '1 century',
  '2 decades',
  '1.25 weeks',
  '1h 2m 3s',
  '1 hour 1 hours',
  '5',
  '1 2',
  '1.5',
  '.5 day',
  '-.5 day',
  '5. day',
  '1.-5 day',
  '1 day  2 hours',
  '',
  ' ',
  '1 DAYS',
  '1 fortnight',
  '100 us 5 ms',
  '1 nanosecond',
  '0.0000001 seconds',
  '1.123456789012345 hours',
  '1.1234567890123456 hours',
  '99999999999 days',
  '2147483647 months',
  '2147483648 months',
  '9223372036 seconds',
  '9223372037 seconds',
  '-9223372036854775808 nanoseconds',
  '1 mon 1 day 1 millisecond',
  '1.5 ms',
  '-1 year 1 month',
  '+1 day',
  '1 day -2 hours',
  '3 minutes 0.5 seconds',
  '1 week 1 day',
  '0.1 decade',
  '0.33 century',
  '1 y 2 mons 3 w 4 d 5 hrs 6 min 7 sec 8 msec 9 usec',
];

const TARGETS = [
  ...UNITS.flatMap((unit) => [
    `Timestamp(${unit}, None)`,
    ...ZONES.map((zone) => `Timestamp(${unit}, Some("${zone}"))`),
  ]),
  'Date32',
  'Date64',
  'Time32(Second)',
  'Time32(Millisecond)',
  'Time64(Microsecond)',
  'Time64(Nanosecond)',
  'Interval(MonthDayNano)',
];

/** The texts, each with some mutations: a character dropped, doubled or replaced. */
function mutated(texts: readonly string[], random: () => number): string[] {
  const pieces = '0123456789-+: .TZzx';
  return texts.flatMap((text) => [
    text,
    ...Array.from({ length: 6 }, () => {
      const at = Math.floor(random() * (text.length + 1));
      const piece = pieces[Math.floor(random() * pieces.length)] ?? '';
      const how = random();
      if (how < 0.3) return text.slice(0, at) + text.slice(at + 1);
      return how < 0.5 ? text.slice(0, at) + piece + text.slice(at) : text.slice(0, at) + piece + text.slice(at + 1);
    }),
  ]);
}

test('texts parse to the same values as in the real engine', async () => {
  const random = numbersFrom(11);
  const texts = mutated([...INSTANTS, ...TIMES, ...INTERVALS], random);
  const tables = new Map(
    ['Utf8', 'Utf8View', 'LargeUtf8'].map((type) => [type, tableOf([['s', type, [null, ...texts]]])] as const),
  );
  const cases: Case[] = [...tables.keys()].flatMap((table) =>
    TARGETS.map((to) => ({ table, kind: 'row' as const, sql: `arrow_try_cast(s, '${to}')` })),
  );
  for (const unit of ['YearMonth', 'DayTime']) {
    cases.push({ table: 'Utf8', kind: 'row', sql: `arrow_cast(arrow_try_cast(s, 'Interval(${unit})'), 'Utf8')` });
    cases.push({
      table: 'Utf8',
      kind: 'row',
      sql: `arrow_cast(arrow_try_cast(s, 'Interval(${unit})'), 'Interval(MonthDayNano)')`,
    });
  }
  cases.push({ table: 'Utf8', kind: 'row', sql: `arrow_cast(arrow_try_cast(s, 'Interval(MonthDayNano)'), 'Utf8')` });
  for (const unit of UNITS) {
    cases.push({
      table: 'Utf8',
      kind: 'row',
      sql: `arrow_try_cast(arrow_try_cast(s, 'Interval(MonthDayNano)'), 'Duration(${unit})')`,
    });
  }
  await agree(tables, cases, { equal: 100 });
});

test('a text that is no value makes CAST fail, and no other', async () => {
  const random = numbersFrom(12);
  const texts = mutated([...INSTANTS.slice(0, 40), ...TIMES.slice(0, 12), ...INTERVALS.slice(0, 12)], random);
  const tables = new Map(texts.map((text, i) => [`t${i}`, tableOf([['s', 'Utf8', [text]]])] as const));
  const cases = [...tables.keys()].flatMap((table) =>
    TARGETS.filter(() => random() < 0.15).map((to) => ({ table, kind: 'row' as const, sql: `arrow_cast(s, '${to}')` })),
  );
  await agree(tables, cases, { equal: 150 });
});
