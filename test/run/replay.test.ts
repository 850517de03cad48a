/** Runs over real splits in real workers: quoted line ends, partial aggregates, filters, limits, bad rows. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exprToProto } from '../../src/expr/proto/index.ts';
import { fromSql } from '../../src/expr/sql/index.ts';
import { ArrowStreamReader, valueAt } from '../../src/io/index.ts';
import { prepareInput } from '../../src/run/plan/input.ts';
import { loadPayloads, type Payload } from '../../src/run/plan/load.ts';
import { type PlanOptions, planRun } from '../../src/run/plan/plan.ts';
import type { RunReport } from '../../src/run/report.ts';
import { type RunContext, replayRows, replayValues } from '../../src/run/run.ts';
import { DfxError } from '../../src/wire/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const ROWS = 120_000;
const file = join(folder, 'quoted.csv');
const rows: { readonly id: number; readonly a: number }[] = [];

before(() => {
  // Texts with line ends, and one that is longer than any split; a small generator, so that the file is the same each time.
  const texts = ['x', '"a\nb"', '"1,2\n3,4\n5,6"', '"he said ""hi""\n"', 'plain text', '""'];
  let state = 7;
  const lines = ['id,a,s'];
  for (let id = 0; id < ROWS; id++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    const a = Math.floor(state / 65536) % 1000;
    const text = id === 60_000 ? `"${'7,8,line\n'.repeat(300_000)}"` : texts[Math.floor(state / 1024) % texts.length];
    lines.push(`${id},${a},${text}`);
    rows.push({ id, a });
  }
  writeFileSync(file, `${lines.join('\n')}\n`);
});

function payload(label: string, sql: string): Payload {
  const [found] = loadPayloads(label, label, exprToProto(fromSql(sql)));
  assert.ok(found !== undefined);
  return found;
}

async function plan(payloads: readonly Payload[], input: string, options: Partial<PlanOptions> = {}) {
  const policy = { strict: false, sandbox: 'on' } as const;
  return planRun(payloads, { policy, engine: 'embedded', source: await prepareInput(input, {}), ...options });
}

const context: RunContext = {
  inputName: 'input.csv',
  signal: new AbortController().signal,
  onStderrLine: (_, line) => assert.fail(line),
  onTraceback: () => undefined,
};

async function csvOf(
  payloads: readonly Payload[],
  input: string,
  options: Partial<PlanOptions> = {},
): Promise<{ readonly text: string; readonly report: RunReport }> {
  const chunks: Uint8Array[] = [];
  const report = await replayRows(await plan(payloads, input, options), context, { output: 'csv' }, async (result) => {
    for await (const part of result.parts) chunks.push(...part.chunks);
  });
  return { text: Buffer.concat(chunks).toString(), report };
}

type Value = ReturnType<typeof valueAt> | { readonly error: string; readonly file: string | undefined };

async function valuesOf(
  payloads: readonly Payload[],
  input: string,
  options: Partial<PlanOptions> = {},
): Promise<{ readonly values: readonly Value[]; readonly report: RunReport }> {
  const values: Value[] = [];
  const report = await replayValues(await plan(payloads, input, options), context, async (outcome) => {
    if (!outcome.ok) {
      values.push({ error: outcome.error.message, file: outcome.error.file });
      return;
    }
    const reader = new ArrowStreamReader();
    reader.push(outcome.ipc);
    const column = reader.next()?.columns[outcome.at];
    assert.ok(column !== undefined);
    values.push(valueAt(column, 0));
  });
  return { values, report };
}

test('rows are the same for every number of workers, though line ends stand in quotes', async () => {
  const expected = rows.map(({ id, a }) => `${id + a}\n`).join('');
  for (const workers of [1, 3]) {
    const { text, report } = await csvOf([payload('sum', 'id + a')], file, { workers });
    assert.equal(text, expected);
    assert.deepEqual([report.rowsIn, report.rowsOut, report.retries], [ROWS, ROWS, 0]);
    assert.ok(report.splits >= 3, `${report.splits} splits`);
    assert.ok(report.misplaced >= 1, `${report.misplaced} splits read again`);
    assert.ok(report.workers.length <= workers);
  }
});

test('partial aggregates come together, and one that fails leaves the others be', async () => {
  const payloads = [
    payload('total', 'sum(a)'),
    payload('broken', 'sum(a / (id - 100000))'),
    payload('count', 'count(distinct a)'),
  ];
  const { values, report } = await valuesOf(payloads, file, { workers: 2 });
  assert.deepEqual(values, [
    rows.reduce((sum, { a }) => sum + a, 0),
    { error: 'Divide by zero error', file: 'broken' },
    new Set(rows.map(({ a }) => a)).size,
  ]);
  assert.deepEqual(
    report.payloads.map(({ label, engine, how }) => [label, engine, how]),
    [
      ['total', 'embedded', 'partial'],
      ['broken', 'embedded', 'partial'],
      ['count', 'embedded', 'partial'],
    ],
  );
});

test('a filter drops rows before anything else sees them, and columns are kept', async () => {
  const filter = payload('filter', 'a % 100 = 7 AND id <> 100000');
  const chosen = rows.filter(({ id, a }) => a % 100 === 7 && id !== 100_000);
  const { text } = await csvOf([payload('r', 'a / (id - 100000)')], file, { filter, keep: ['a'] });
  assert.equal(text, chosen.map(({ id, a }) => `${a},${Math.trunc(a / (id - 100_000)) || 0}\n`).join(''));
  const { values } = await valuesOf([payload('n', 'count(*)')], file, { filter });
  assert.deepEqual(values, [chosen.length]);
  const alone = await csvOf([], file, { filter, keep: 'all', limit: 2 });
  assert.match(alone.text, /^\d+,\d*07,/);
});

test('a limit is exact wherever it falls, and ends the reading', async () => {
  const expected = rows.map(({ id, a }) => `${id + a}\n`);
  for (const limit of [0, 1, 50_000]) {
    const { text, report } = await csvOf([payload('sum', 'id + a')], file, { limit });
    assert.equal(text, expected.slice(0, limit).join(''));
    assert.equal(report.rowsOut, Math.min(limit, ROWS));
    if (limit === 1) assert.ok((report.rowsIn ?? 0) <= 8192);
  }
});

test('the first bad row is told with its row and line, whichever worker meets it', async () => {
  const bad = join(folder, 'bad.csv');
  const lines = Array.from({ length: 400_000 }, (_, id) =>
    id === 250_000 || id === 390_000 ? `${id},x` : `${id},${id}`,
  );
  writeFileSync(bad, `id,a\n${lines.join('\n')}\n`);
  for (const workers of [1, 2]) {
    await assert.rejects(csvOf([payload('sum', 'id + a')], bad, { workers }), {
      code: 'INPUT_ROW',
      file: 'input.csv',
      message: 'row 250001 (line 250002), column "a": "x" is no Int64',
    });
  }
});

test('columns of several groups stand side by side', async () => {
  const payloads = [payload('place', 'row_number() OVER ()'), payload('sum', 'id + a')];
  const { text } = await csvOf(payloads, file, { limit: 3 });
  assert.equal(
    text,
    rows
      .slice(0, 3)
      .map(({ id, a }, at) => `${at + 1},${id + a}\n`)
      .join(''),
  );
});

test('columns that are kept stand beside windows, whose rows come at the end', async () => {
  const before = payload('before', 'lag(a, 1) OVER (ORDER BY id)');
  const expected = rows.map(({ id, a }, at) => `${id},${a},${at === 0 ? '' : rows[at - 1]?.a}\n`);
  for (const limit of [undefined, 3]) {
    const { text } = await csvOf([before], file, { keep: ['id', 'a'], ...(limit === undefined ? {} : { limit }) });
    assert.equal(text, expected.slice(0, limit).join(''));
  }
  const filter = payload('filter', 'id % 2 = 1');
  const { text } = await csvOf([payload('place', 'count(*) OVER ()'), payload('sum', 'id + a')], file, {
    keep: ['id'],
    filter,
    limit: 2,
  });
  assert.equal(text, [1, 3].map((id) => `${id},${ROWS / 2},${id + (rows[id]?.a ?? 0)}\n`).join(''));
});

test('an input that is cut off or written to while it is read gives no result', async () => {
  const text = 'id,a,s\n1,2,x\n3,4,y\n';
  for (const [name, change] of [
    ['cut.csv', 'id,a,s\n1,2,x\n'],
    ['longer.csv', `${text}5,6,z\n`],
    ['other.csv', text.replace('4', '7')],
  ] as const) {
    const changing = join(folder, name);
    writeFileSync(changing, text);
    const told = new DfxError('INPUT_FORMAT', 'the input changed while it was read', {
      file: changing,
      hint: 'run it again when nobody writes to it',
    });
    const sum = await plan([payload('sum', 'sum(a)')], changing);
    const row = await plan([payload('row', 'a + 1')], changing);
    writeFileSync(changing, change);
    await assert.rejects(
      replayValues(sum, context, async () => undefined),
      told,
    );
    await assert.rejects(
      replayRows(row, context, { output: 'csv' }, async ({ parts }) => {
        for await (const part of parts) void part;
      }),
      told,
    );
  }
});
