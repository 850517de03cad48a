/** A quote that nobody closed is found within the longest record that is allowed, and its line named. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCsv } from '../../src/io/csv.ts';
import { CsvCutter } from '../../src/io/csv-cut.ts';
import { csvDialect } from '../../src/io/csv-dialect.ts';
import { WHOLE } from '../../src/io/split.ts';
import { DfxError } from '../../src/wire/errors.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const LIMIT = 3 << 20;
const HINT = 'close the quote, or allow longer records with --max-record-bytes';
const SCHEMA = {
  fields: ['a', 'b'].map((name) => ({ name, type: { kind: 'Utf8' } as const, nullable: true, metadata: [] })),
  metadata: [],
};

function lines(count: number): string {
  return Array.from({ length: count }, (_, i) => `${i},text\n`).join('');
}

async function rowsOf(text: string | AsyncIterable<Uint8Array>, options: object = {}): Promise<number> {
  const table = await openCsv(typeof text === 'string' ? encode(text) : text, { maxRecordBytes: LIMIT, ...options });
  let rows = 0;
  for await (const batch of table.read([0, 1], WHOLE).batches) rows += batch.length;
  return rows;
}

async function* inChunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

const LONG = 'x'.repeat(LIMIT);

test('a quote that opens in a row', async () => {
  const text = `a,b\n${lines(5000)}5000,"two\nlines"\n5001,"open\n${lines(1_000_000)}`;
  const error = new DfxError(
    'INPUT_ROW',
    `row 5002 (line 5004) is longer than ${LIMIT} bytes: the value that is quoted from line 5004 on may lack its closing quote`,
    { hint: HINT },
  );
  await assert.rejects(rowsOf(text), error);
  await assert.rejects(rowsOf(inChunks(text, 10_000)), error);
});

test('a value of many lines before it is none of the longest record', async () => {
  const value = `"${'line\n'.repeat(500_000)}"`;
  assert.equal(await rowsOf(`a,b\n1,${value}\n2,${value}\n3,4\n`, { schema: SCHEMA }), 3);
});

test('within the first rows, the header, and without a quote', async () => {
  const rejects = async (text: string, message: string, hint: string, options: object = {}): Promise<void> => {
    await assert.rejects(rowsOf(text, options), new DfxError('INPUT_ROW', message, { hint }));
  };
  const closing = 'on may lack its closing quote';
  await rejects(
    `a,b\n1,2\n3,"${'x'.repeat(20_000)}\n${lines(900_000)}`,
    `a record on or behind line 1 is longer than ${LIMIT} bytes: the value that is quoted from line 3 ${closing}`,
    HINT,
  );
  await rejects(
    `a,"b\n${lines(900_000)}`,
    `the header is longer than ${LIMIT} bytes: the value that is quoted from line 1 ${closing}`,
    HINT,
  );
  await rejects(
    `a,b\n1,2\n${LONG}${LONG}`,
    `a record on or behind line 3 is longer than ${LIMIT} bytes`,
    'is this CSV? --max-record-bytes allows longer records',
  );
  await rejects(
    `a,b\n1,2\n${LONG}${LONG}`,
    `row 2 (line 3) is longer than ${LIMIT} bytes`,
    'is this CSV? --max-record-bytes allows longer records',
    { schema: SCHEMA },
  );
});

test('the limit is the last length that is read', async () => {
  const row = `${'x'.repeat(98)},y`;
  const options = { schema: SCHEMA, header: false };
  assert.equal(row.length, 100);
  assert.equal(await rowsOf(`${row}\n`, { ...options, maxRecordBytes: 101 }), 1);
  await assert.rejects(
    rowsOf(inChunks(`${row}x\n`, 10), { ...options, maxRecordBytes: 90 }),
    new DfxError('INPUT_ROW', 'row 1 (line 1) is longer than 90 bytes', {
      hint: 'is this CSV? --max-record-bytes allows longer records',
    }),
  );
});

test('pieces for several readers', () => {
  const cutter = new CsvCutter(csvDialect({ maxRecordBytes: 100_000 }), true, 1000);
  const pieces = cutter.push(encode(`a,b\n${lines(200)}`));
  assert.equal(pieces.length, 1);
  const rest = `a,b\n${lines(200)}`.length;
  assert.throws(
    () => {
      for (let i = 0; i < 100; i++) cutter.push(encode(i === 0 ? '1,"open\n' : lines(200)));
    },
    new DfxError(
      'INPUT_ROW',
      `the record at byte ${rest} is longer than 100000 bytes: the value that is quoted from byte ${rest + 2} on may lack its closing quote`,
      { hint: HINT },
    ),
  );
});
