/** The real engine reads our SQL text back: expressions that `sqlText` calls exact must come back as themselves. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Expr } from '../../src/expr/model.ts';
import { exprFromProto, exprToProto } from '../../src/expr/proto/index.ts';
import { sqlText } from '../../src/expr/sql-text.ts';
import { columnsOf } from '../../src/expr/walk.ts';
import { EXACT } from './sql-text-cases.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { DFX_PYTHON = `${ROOT}.venv/bin/python` } = process.env;

/** Exact in SQL, yet not in this test. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['55/exprs/py-col-s-t-a.bin', 'the relation s.t resolves to the table t of the test'],
  ['55/exprs/py-col-c-s-t-a.bin', 'the relation c.s.t resolves to the table t of the test'],
  ['55/exprs/built-column-nasty-relation.bin', 'the table of the test has another name than the relation'],
  ['55/exprs/name-nul.bin', "pyarrow cuts the name at the NUL, so the test's table lacks the column"],
  ['55/exprs/nested-right-40.bin', "the engine's SQL parser stops at 50 levels of parentheses"],
]);

/** Literals that no SQL text makes. */
const VALUE_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['55/literals/struct-metadata.bin', 'arrow_cast reads no metadata of fields'],
  ['55/literals/folded-null-union-sparse-0-a-int64-1-b-utf8.bin', 'nothing casts to a union'],
  ['55/literals/folded-null-union-dense-3-a-int64.bin', 'nothing casts to a union'],
]);

const UNIT_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['"Strange"(a)', 'the engine has no such function'],
  ['s."Table"."a.b"', 'the table of the test has another name than the relation'],
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
  readonly bytes?: readonly [payload: string, sql: string];
}

interface Text {
  readonly path: string;
  readonly payload: string;
  readonly sql: string;
  readonly columns: readonly string[];
}

/** The SQL texts of the fixtures that `wanted` picks. */
function texts(wanted: (path: string, expr: Expr, isExact: boolean) => boolean): readonly Text[] {
  const manifest: readonly Entry[] = JSON.parse(readFileSync(`${ROOT}fixtures/manifest.json`, 'utf8'));
  return manifest.flatMap(({ path, container, canonical }) => {
    // Without a canonical name the engine could not read the payload itself.
    if (container !== 'expr' || canonical === undefined || !path.startsWith('55/')) return [];
    const bytes = readFileSync(`${ROOT}fixtures/${path}`);
    const { expr } = exprFromProto(bytes);
    const { sql, exact } = sqlText(expr);
    if (!wanted(path, expr, exact)) return [];
    return [{ path, payload: bytes.toString('hex'), sql, columns: columnsOf(expr).map((column) => column.name) }];
  });
}

function ask(entries: readonly Text[], ...mode: readonly string[]): readonly Answer[] {
  assert.ok(existsSync(DFX_PYTHON), `no Python with datafusion at ${DFX_PYTHON}: set DFX_PYTHON`);
  const run = spawnSync(DFX_PYTHON, [fileURLToPath(new URL('sql_text_oracle.py', import.meta.url)), ...mode], {
    input: `${entries.map((entry) => JSON.stringify(entry)).join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(run.status, 0, run.stderr);
  const answers: readonly Answer[] = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(answers.length, entries.length);
  return answers;
}

/** The expression without the tables of its columns, which the SQL parser adds, and without places. */
function withoutRelations(hex: string): string {
  const { expr } = exprFromProto(Buffer.from(hex, 'hex'));
  const text = JSON.stringify(expr, (key, value: unknown) => {
    if (key === 'span' || key === 'relation') return undefined;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
  // Names that spell a call hold the table, too.
  return text.replace(/\bt2?\./g, '');
}

function compare(entries: readonly Text[], answers: readonly Answer[], atLeast: number): void {
  const wrong: string[] = [];
  let same = 0;
  answers.forEach((answer, index) => {
    const entry = entries[index];
    if (entry === undefined || answer.payload === null) return;
    const [left, right] = (answer.bytes ?? []).map(withoutRelations);
    if (answer.sql === answer.payload && left === right) same++;
    else
      wrong.push(
        `${entry.path}: ${entry.sql}\n  payload ${answer.payload}\n  text    ${answer.sql ?? answer.error}\n  ${left}\n  ${right}`,
      );
  });
  assert.equal(wrong.join('\n'), '');
  assert.ok(same >= atLeast, `only ${same} texts came back the same`);
}

test('exact SQL text of every fixture of DataFusion 55 parses to the same expression', () => {
  const exact = texts((path, _, isExact) => isExact && !EXCEPTIONS.has(path));
  compare(exact, ask(exact), 1700);
});

test('the texts of the unit test parse to the expressions beside them', () => {
  const entries = EXACT.map(([builder, sql]) => ({
    path: sql,
    payload: Buffer.from(exprToProto(builder.expr)).toString('hex'),
    sql,
    columns: columnsOf(builder.expr).map((column) => column.name),
  })).filter(({ sql }) => !UNIT_EXCEPTIONS.has(sql));
  const answers = ask(entries);
  assert.deepEqual(
    entries.filter((_, index) => answers[index]?.payload === null).map((entry) => entry.sql),
    [],
  );
  compare(entries, answers, entries.length);
});

test('the SQL text of every literal evaluates to its value and type', () => {
  const literals = texts(
    (path, expr) =>
      expr.kind === 'literal' &&
      // Bare by choice: SQL has no Utf8View literal.
      expr.value.kind !== 'Utf8View' &&
      path.startsWith('55/literals/') &&
      !VALUE_EXCEPTIONS.has(path),
  );
  compare(literals, ask(literals, 'values'), 300);
});
