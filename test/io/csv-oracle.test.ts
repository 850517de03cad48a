import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type InputSource, openInput, WHOLE } from '../../src/io/index.ts';
import type { DataType } from '../../src/wire/arrow/types.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { Random } from '../run/embedded/random-sql.ts';
import { type Answer, askEngine } from './csv-engine.ts';
import { shown } from './shown.ts';

function typeName(type: DataType): string {
  switch (type.kind) {
    case 'Null':
      return 'null';
    case 'Boolean':
      return 'bool';
    case 'Int64':
      return 'int64';
    case 'Float64':
      return 'double';
    case 'Utf8':
      return 'string';
    case 'Date32':
      return 'date32[day]';
    case 'Timestamp': {
      const unit = { Second: 's', Millisecond: 'ms', Microsecond: 'us', Nanosecond: 'ns' }[type.unit];
      return `timestamp[${unit}]`;
    }
    default:
      return type.kind;
  }
}

/** Our answer in the oracle's form. */
async function ours(text: InputSource): Promise<Answer> {
  try {
    const table = await openInput(text, { format: 'csv' });
    const fields = table.schema.fields.map(({ name, type }) => [name, typeName(type)] as const);
    const indices = table.schema.fields.map((_, i) => i);
    const columns: (string | boolean | null)[][] = fields.map(() => []);
    for await (const batch of table.read(indices, WHOLE).batches) {
      batch.columns.forEach((column, slot) => {
        columns[indices[slot] ?? 0]?.push(...shown(column));
      });
    }
    return { fields, columns };
  } catch (error) {
    if (error instanceof DfxError) return { error: error.message };
    throw error;
  }
}

const encoder = new TextEncoder();
const CORPUS: readonly (string | Uint8Array)[] = [
  'a,b\n1,2\n',
  'a,b\n1,\n,x\n',
  'a\n\n1\n\n2\n',
  'a,b\n"1",2\n',
  'a,b\n"x\ny",2\n',
  'a,b\n1,2.5\n2,3\n',
  'a\ntrue\nFALSE\n',
  'a\ntrue\n1\n',
  'a\n99999999999999999999\n',
  'a\n9223372036854775807\n-9223372036854775808\n',
  'a\n9223372036854775808\n',
  'a\n1e5\nNaN\ninf\n-inf\n',
  'a\n 1\n',
  'a\n+1\n',
  'a,b\n1\n',
  'a\n1,2\n',
  'a\r\n1\r\n2\r\n',
  'a\n1\n2',
  'a,b\n,\n',
  'a\n',
  'a',
  '\ufeffa,b\n1,2\n',
  'a,b\n"",x\n',
  'a\n"he said ""hi"""\n',
  'a\nx"y"\n',
  'a\n"x"y\n',
  'a\n-\n',
  'a\n1.\n.5\n-.5\n',
  Uint8Array.of(97, 10, 255, 10),
  'a b,C\n1,2\n',
  'a\nnan\n1\n',
  '"a,b"\n1\n',
  'a\n1\n"2\n',
  'a\n007\n-0\n',
  'a\n0x10\n',
  'a\n1_000\n',
  'a\rb\r',
  ',b\n1,2\n',
  'a\n1e400\n1e-400\n',
  'a\n1\n2\n\n\n',
  'a,b\n1,2\n \n',
  'a\n"1""2"\n',
  'a\n"""x"""\n',
  'a,b\n"",""\n',
  'a\n"\n"\n',
  'a\n1\n2\n"x',
  'a\nfalſe\n',
  'a\nFALſE\n',
  'a\ntRuE\n',
  'a\nnaN\n',
  'a\nInf\n',
  'a\nNAN\n',
  'a\ninfinity\n',
  'a\n-inf\n',
  'a\nfalseſ\n',
  'a\nTRUE \n',
  'a\n٣\n',
  'a\ntrue\n\nfalse',
  'a\n0.1\n123456789.123456789\n1.7976931348623157e308\n5e-324\n0.30000000000000004\n9007199254740993\n',
  'a\n-0.0\n-0\n',
  'a,b,c\n1,2,3\n4,5\n',
  'a\n1\\\n2\n',
  'a\n"1\\"\n',
  'a,b\nx,1\n"y,z",2\n',
  'a\n\u{1f600}\nä\n',
  'x\n1\n2.5\nabc\n',
  `a,b\n${'1,"q\nr"\n'.repeat(3000)}`,
  `a\n${'1\n'.repeat(999)}2.5\n`,
  `a\n${'1\n'.repeat(1000)}2.5\n`,
  `a\n${'1\n'.repeat(1200)}x\n`,
  `a\n${'12\n'.repeat(20000)}`,
  `a,b\n${'12345678901234567,abc\n'.repeat(9000)}`,
  `a\n${'1\n'.repeat(1500)} 7 \n+8\n`,
  `a\n${'1.5\n'.repeat(1500)}inf\n-NaN\n 2\n1e3\n`,
  `a\n${'true\n'.repeat(1200)}TRUE\n`,
  'a\n2020-01-01\n',
  'a\n2020-01-01\n2020-01-01T00:00:00\n',
  'a\n2020-01-01 00:00:00.123\n',
  'a\n2020-01-01T00:00:00Z\n',
  'a\n2020-01-01T00:00:00.1234567\n',
  'a\n2020-01-01 00:00:00.1234\n',
  'a\n2020-01-01\n1\n',
  'a\n2020-1-1\n',
  'a\n2020-01-01T00:00\n',
  `a\n${'2020-01-01\n'.repeat(900)}2020-01-01T00:00:00\n`,
  `a\n${'2020-01-01\n'.repeat(400)}2020-01-01T00:00:00\n`,
];

function randomText(random: Random): string {
  const columns = 1 + random.below(3);
  const pools = Array.from({ length: columns }, () =>
    random.pick([
      ['1', '2', '-3', '', '9007199254740993'],
      ['1', '2.5', '', '1e3', 'nan', '.5', '-0.0', '17.25e-3'],
      ['true', 'FALSE', ''],
      ['a', 'b c', '', '"q""r"', '"x,y"', '"l1\nl2"', '"l1\r\nl2"', 'it"s', '""', 'ä'],
      ['', '""'],
      ['1', 'x', '', 'true'],
      ['2020-01-01', '1969-12-31', ''],
      ['2020-01-01T00:00:00', '1999-12-31 23:59:59.5', '2020-02-29T12:00:00Z', ''],
      ['0.1', '0.123456789012345678', '12345678901234567890.5', '4.35', '1.005'],
    ]),
  );
  const end = random.pick(['\n', '\r\n', '\n', '\r']);
  const rows = Array.from({ length: 1 + random.below(40) }, () => pools.map((pool) => random.pick(pool)).join(','));
  const head = pools.map((_, i) => `c${i}`).join(',');
  return [head, ...rows].join(end) + random.pick(['', end]);
}

async function* chunks(text: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += 1000) yield text.slice(at, at + 1000);
}

test('a file, a stream and bytes are read alike', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dfx-csv-'));
  try {
    for (const text of CORPUS) {
      if (typeof text !== 'string' || text.length < 4000) continue;
      const bytes = encoder.encode(text);
      const path = join(folder, 'a.csv');
      writeFileSync(path, bytes);
      const expected = await ours(bytes);
      assert.deepEqual(await ours(path), expected);
      assert.deepEqual(await ours(chunks(bytes)), expected);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('CSV has the schema and values that the real engine reads', { timeout: 120_000 }, async (t) => {
  const random = new Random(4711);
  const texts = [...CORPUS, ...Array.from({ length: 300 }, () => randomText(random))].map((text) =>
    typeof text === 'string' ? encoder.encode(text) : text,
  );
  const answers = await askEngine(texts.map((text) => ({ text })));
  const differences: string[] = [];
  for (const [i, text] of texts.entries()) {
    const theirs = answers[i];
    assert.ok(theirs !== undefined);
    const mine = await ours(text);
    const start = JSON.stringify(new TextDecoder().decode(text.subarray(0, 80)));
    if ((mine.error === undefined) !== (theirs.error === undefined)) {
      differences.push(`${start}: ours ${mine.error ?? 'reads'}, theirs ${theirs.error ?? 'reads'}`);
    } else if (mine.error === undefined) {
      const seen = (answer: Answer): unknown => [answer.fields, answer.columns];
      try {
        assert.deepEqual(seen(mine), seen(theirs));
      } catch (error) {
        differences.push(`${start}: ${String(error).slice(0, 600)}`);
      }
    }
  }
  t.diagnostic(`${texts.length - differences.length} of ${texts.length} texts equal`);
  assert.equal(differences.join('\n'), '');
});
