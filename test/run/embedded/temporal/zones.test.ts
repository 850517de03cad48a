import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offsetName, zoneNames, zoneOf } from '../../../../src/io/zone.ts';
import { type Case, type Table, tableOf } from '../judge.ts';
import { agree } from './agree.ts';
import { numbersFrom } from './temporal-tables.ts';

test('every zone has the offsets of the real engine, at its transitions and at random instants', async () => {
  const random = numbersFrom(71);
  const tables = new Map<string, Table>();
  const cases: Case[] = [];
  for (const name of zoneNames()) {
    const zone = zoneOf(name);
    assert.ok(zone !== null, name);
    const near = [...zone.starts]
      .filter(() => random() < 0.2)
      .flatMap((at) => {
        const offset = zone.offsetAt(at);
        return [-1, 0, offset - 1, offset, offset - 3600, offset + 1800, Math.floor((random() - 0.5) * 20_000)].map(
          (more) => at + more,
        );
      });
    const seconds = [
      ...near,
      ...Array.from({ length: 40 }, () => Math.floor((random() * 2 - 1) * 4.3e9)),
      5e9,
      -6e10,
      2e11,
    ];
    tables.set(name, tableOf([['i', 'Int64', seconds.map(BigInt)]]));
    const zoned = `arrow_cast(i, 'Timestamp(Second, Some("${name}"))')`;
    cases.push(
      { table: name, kind: 'row', sql: `to_local_time(${zoned})` },
      {
        table: name,
        kind: 'row',
        sql: `arrow_try_cast(arrow_cast(i, 'Timestamp(Second, None)'), 'Timestamp(Second, Some("${name}"))')`,
      },
    );
    if (random() < 0.3) cases.push({ table: name, kind: 'row', sql: `arrow_cast(${zoned}, 'Utf8')` });
    if (random() < 0.3) {
      const short = `arrow_cast(i % 9000000000, 'Timestamp(Second, Some("${name}"))')`;
      for (const cut of ['hour', 'day', 'week', 'month'])
        cases.push({ table: name, kind: 'row', sql: `date_trunc('${cut}', ${short})` });
    }
  }
  await agree(tables, cases, { equal: 1500 });
});

test('offsets and names that are no zones', () => {
  for (const name of [
    '',
    '+5',
    '+05:',
    '+5:30',
    '+24',
    '-2400',
    '+0a:00',
    'utc',
    'Mars/Base',
    '05:30',
    '+05:3',
    '+053',
  ]) {
    assert.equal(zoneOf(name), null, name);
  }
  assert.equal(zoneOf('-0330')?.offsetAt(0), -12_600);
  assert.equal(zoneOf('+09')?.offsetAt(0), 32_400);
  assert.equal(offsetName(-17_762), '-04:56:02');
  assert.equal(offsetName(19_800), '+05:30');
});
