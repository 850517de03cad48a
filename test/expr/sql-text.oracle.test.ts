/** The real engine reads our SQL text back: expressions that `sqlText` calls exact must come back as themselves. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exprFromProto } from '../../src/expr/proto/index.ts';
import { sqlText } from '../../src/expr/sql-text.ts';
import { columnsOf } from '../../src/expr/walk.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { DFX_PYTHON = `${ROOT}.venv/bin/python` } = process.env;

/** Exact in SQL, yet not in this test. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['55/exprs/py-col-s-t-a.bin', 'the relation s.t resolves to the table t of the test'],
  ['55/exprs/py-col-c-s-t-a.bin', 'the relation c.s.t resolves to the table t of the test'],
  ['55/exprs/name-nul.bin', "pyarrow cuts the name at the NUL, so the test's table lacks the column"],
  ['55/exprs/nested-right-40.bin', "the engine's SQL parser stops at 50 levels of parentheses"],
]);

interface Entry {
  readonly path: string;
  readonly container: string;
  readonly canonical?: string;
}

interface Answer {
  readonly payload: string | null;
  readonly sql?: string;
  readonly error?: string;
}

test('exact SQL text of every fixture of DataFusion 55 parses to the same canonical expression', () => {
  assert.ok(existsSync(DFX_PYTHON), `no Python with datafusion at ${DFX_PYTHON}: set DFX_PYTHON`);
  const manifest: readonly Entry[] = JSON.parse(readFileSync(`${ROOT}fixtures/manifest.json`, 'utf8'));
  const exact: { readonly path: string; readonly sql: string; readonly line: string }[] = [];
  for (const { path, container, canonical } of manifest) {
    // Without a canonical name the engine could not read the payload itself.
    if (container !== 'expr' || canonical === undefined || !path.startsWith('55/') || EXCEPTIONS.has(path)) continue;
    const bytes = readFileSync(`${ROOT}fixtures/${path}`);
    const { expr } = exprFromProto(bytes);
    const text = sqlText(expr);
    if (!text.exact) continue;
    const columns = columnsOf(expr).map((column) => column.name);
    exact.push({
      path,
      sql: text.sql,
      line: JSON.stringify({ payload: bytes.toString('hex'), sql: text.sql, columns }),
    });
  }
  const run = spawnSync(DFX_PYTHON, [fileURLToPath(new URL('sql_text_oracle.py', import.meta.url))], {
    input: `${exact.map((entry) => entry.line).join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(run.status, 0, run.stderr);
  const answers: readonly Answer[] = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(answers.length, exact.length);
  const wrong: string[] = [];
  let same = 0;
  answers.forEach((answer, index) => {
    const entry = exact[index];
    // Payloads that the engine itself can't read back have no canonical expression to compare with.
    if (entry === undefined || answer.payload === null) return;
    if (answer.sql === answer.payload) same++;
    else
      wrong.push(`${entry.path}: ${entry.sql}\n  payload ${answer.payload}\n  text    ${answer.sql ?? answer.error}`);
  });
  assert.equal(wrong.join('\n'), '');
  assert.ok(same > 1700, `only ${same} texts were exact`);
});
