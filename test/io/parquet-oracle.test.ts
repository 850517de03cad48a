import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type InputTable, openInput, type Split, WHOLE } from '../../src/io/index.ts';
import { type Field, formatDataType, readIpcSchema } from '../../src/wire/arrow/index.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { columnValues, type Shown } from './column-values.ts';

const PYTHON = process.env['DFX_PYTHON'] ?? fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));

interface Case {
  readonly name: string;
  readonly bytes: string;
  readonly schema: string;
  readonly columns: readonly (readonly [string, readonly Shown[]])[];
}

function oracle(): readonly Case[] {
  assert.ok(existsSync(PYTHON), `no Python with the engine at ${PYTHON}: set DFX_PYTHON or make .venv`);
  const script = fileURLToPath(new URL('./parquet_oracle.py', import.meta.url));
  const run = spawnSync(PYTHON, [script], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as Case[];
}

const cases = oracle();
const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true }));

async function valuesOf(table: InputTable, splits: readonly Split[], indices: readonly number[]) {
  const columns = indices.map((index): [string, Shown[]] => [table.schema.fields[index]?.name ?? '', []]);
  for (const split of splits) {
    const reader = table.read(indices, split);
    let rows = 0;
    for await (const batch of reader.batches) {
      assert.ok(batch.length <= 8192);
      rows += batch.length;
      batch.columns.forEach((column, i) => {
        for (const value of columnValues(column)) columns[i]?.[1].push(value);
      });
    }
    assert.equal(reader.report().rows, rows);
  }
  return columns;
}

/** pyarrow, which the schema came through, calls the entries of every map so; the engine itself (`arrow_typeof`) as the file does. */
function shown(fields: readonly Field[]): readonly string[] {
  return fields.map(({ name, type, nullable }) => {
    const text = formatDataType(type).replaceAll('Map("key_value"', 'Map("entries"');
    return `${name}: ${text}${nullable ? '' : ' not null'}`;
  });
}

for (const { name, bytes, schema, columns } of cases) {
  test(`${name}: schema and values are the engine's, whole, by splits and column by column`, async () => {
    const path = join(folder, 'input.parquet');
    writeFileSync(path, Buffer.from(bytes, 'base64'));
    const table = await openInput(path);
    const engine = readIpcSchema(new Uint8Array(Buffer.from(schema, 'base64'))).schema;
    assert.deepEqual(shown(table.schema.fields), shown(engine.fields));
    const all = columns.map((_, i) => i);
    assert.deepEqual(await valuesOf(table, [WHOLE], all), columns);
    assert.deepEqual(await valuesOf(table, table.splits(), all), columns);
    const inMemory = await openInput(Buffer.from(bytes, 'base64'));
    for (const i of all) assert.deepEqual(await valuesOf(inMemory, [WHOLE], [i]), [columns[i]]);
  });
}

test('ranges of rows cut at any place give the rows of the whole', async () => {
  for (const { name, bytes, columns } of cases.filter((each) => each.name.startsWith('long'))) {
    const table = await openInput(Buffer.from(bytes, 'base64'));
    const splits: Split[] = [];
    for (const split of table.splits()) {
      if (split.kind !== 'rows') continue;
      for (const { batch, start, end } of split.parts) {
        for (let from = start; from < end; from += 1777) {
          splits.push({ kind: 'rows', parts: [{ batch, start: from, end: Math.min(from + 1777, end) }] });
        }
      }
    }
    assert.deepEqual(await valuesOf(table, splits, [...columns.keys()]), columns, name);
  }
});

async function readEverything(bytes: Uint8Array): Promise<void> {
  try {
    const table = await openInput(bytes, { format: 'parquet' });
    const readable = table.schema.fields.flatMap((_, i) => {
      try {
        table.read([i], WHOLE);
        return [i];
      } catch {
        return [];
      }
    });
    for (const split of table.splits()) {
      for await (const batch of table.read(readable, split).batches)
        for (const column of batch.columns) columnValues(column);
    }
  } catch (error) {
    assert.ok(error instanceof DfxError, error instanceof Error ? error.stack : String(error));
    assert.notEqual(error.code, 'DEFECT', error.stack);
  }
}

test('damage gives rows or an error of ours, at once', async () => {
  const some = [
    'flat',
    'flat, pages of version 2',
    'nested',
    'dictionaries',
    'deltas',
    'texts as deltas',
    'bytes split',
    'INT96',
  ];
  for (const { name, bytes } of cases.filter((each) => some.includes(each.name))) {
    const whole = Buffer.from(bytes, 'base64');
    let seed = 4711;
    for (let turn = 0; turn < 250; turn++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const at = seed % whole.length;
      const damaged = new Uint8Array(whole);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << ((seed >>> 9) & 7));
      const started = performance.now();
      await readEverything(damaged);
      assert.ok(performance.now() - started < 5000, `${name}, byte ${at}`);
    }
    for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 50)) {
      await readEverything(new Uint8Array(whole.subarray(0, length)));
    }
  }
});

test('what is no Parquet file, and what is cut off, is said so', async () => {
  const bytes = Buffer.from(cases[0]?.bytes ?? '', 'base64');
  for (const [input, message] of [
    [bytes.subarray(0, 5), "the Parquet file can't be read: it is cut off"],
    [bytes.subarray(0, bytes.length - 1), "the Parquet file can't be read: its end is missing"],
    [
      Buffer.concat([bytes.subarray(0, 20), bytes.subarray(-8)]),
      /^the Parquet file can't be read: its footer claims \d+ bytes of 28$/,
    ],
  ] as const) {
    await assert.rejects(openInput(input, { format: 'parquet' }), (error) => {
      assert.ok(error instanceof DfxError && error.code === 'INPUT_FORMAT');
      if (typeof message === 'string') assert.equal(error.message, message);
      else assert.match(error.message, message);
      return true;
    });
  }
});

test('what is encrypted is refused by name, and the columns beside it are read', async () => {
  const script = fileURLToPath(new URL('./parquet_encrypted.py', import.meta.url));
  const [plain, whole] = [join(folder, 'plain.parquet'), join(folder, 'whole.parquet')];
  const run = spawnSync(PYTHON, [script, plain, whole], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  const table = await openInput(plain);
  assert.throws(() => table.read([0], WHOLE), {
    code: 'UNSUPPORTED',
    message: 'column "a" is encrypted, which the embedded reader can\'t read',
  });
  assert.deepEqual(await valuesOf(table, table.splits(), [1]), [['b', ['3', '4']]]);
  await assert.rejects(openInput(whole), { code: 'UNSUPPORTED', message: 'the Parquet file is encrypted' });
});
