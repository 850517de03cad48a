/** `npm test -- run-transcripts --update` rewrites the transcripts: what `dfx run` prints, on pipes and on a terminal. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encodePayload, fromSql } from '../../src/index.ts';
import { type Column, writeArrow } from '../../src/io/index.ts';
import type { DataType, Schema } from '../../src/wire/arrow/types.ts';
import { dfx, dfxOnTerminal, temporaryFolder } from './dfx.ts';

const { DFX_UPDATE: UPDATE } = process.env;
const FOLDER = 'test/transcripts/run';

const work = temporaryFolder();
after(() => work.remove());

function columns(...fields: readonly (readonly [name: string, type: DataType])[]): Schema {
  return { fields: fields.map(([name, type]) => ({ name, type, nullable: true, metadata: [] })), metadata: [] };
}

const SCHEMA = columns(
  ['id', { kind: 'Int64' }],
  ['amount', { kind: 'Float64' }],
  ['name', { kind: 'Utf8' }],
  ['day', { kind: 'Date32' }],
);
const PAYLOADS: readonly (readonly [name: string, sql: string])[] = [
  ['twice', 'id * 2'],
  ['big', 'amount > 8'],
  ['upper', 'upper(name)'],
  ['total', 'sum(amount)'],
  ['rows', 'count(*)'],
  ['middle', 'approx_median(amount)'],
  ['three', '1 + 2'],
  ['wrong', 'amonut + 1'],
];
for (const [name, sql] of PAYLOADS) {
  const expr = fromSql(sql, name === 'wrong' ? {} : { schema: SCHEMA });
  writeFileSync(join(work.path, `${name}.bin`), encodePayload(expr));
}
const ROWS = [
  '1,10.5,"Ann, the 1st",2020-02-29',
  '2,,日本,1999-12-31',
  '3,-0.1,,2024-01-01',
  '4,1e20,"a ""quote""",1970-01-01',
];
const files: readonly (readonly [name: string, text: string])[] = [
  ['data.csv', `id,amount,name,day\n${ROWS.join('\n')}\n`],
  ['semicolons.csv', `1;10,5;'x;y'\n2;NA;z\n`],
  ['bad.csv', `id,amount\n${'1,2\n'.repeat(1200)}x,3\n`],
  ['ragged.csv', 'id,amount\n1,2\n3\n'],
  ['long.csv', `id\n${Array.from({ length: 500 }, (_, at) => at).join('\n')}\n`],
  ['data.ndjson', '{"id": 1, "name": "a"}\n{"id": 2}\n'],
];
for (const [name, text] of files) writeFileSync(join(work.path, name), text);

const ITEM = { name: 'item', type: { kind: 'Utf8' }, nullable: true, metadata: [] } as const;
const TAGS: DataType = { kind: 'List', item: ITEM };
const tags: Column = {
  layout: 'list',
  type: TAGS,
  length: 3,
  validity: Uint8Array.of(0b101),
  offsets: Int32Array.of(0, 2, 2, 3),
  item: {
    layout: 'string',
    type: ITEM.type,
    length: 3,
    validity: Uint8Array.of(0b101),
    offsets: Int32Array.of(0, 1, 1, 4),
    data: new TextEncoder().encode('ab"c'),
  },
};
const ids: Column = {
  layout: 'numeric',
  type: { kind: 'Int64' },
  length: 3,
  validity: null,
  values: BigInt64Array.of(1n, 2n, 9007199254740993n / 2n),
};
writeFileSync(
  join(work.path, 'tags.arrow'),
  writeArrow(columns(['id', { kind: 'Int64' }], ['tags', TAGS]), [{ length: 3, columns: [ids, tags] }], 'file'),
);

const DATA = ['--input', 'data.csv'] as const;

/** A transcript's name and its command; files are named from the folder of the test. */
const COMMANDS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['rows-csv', ['twice.bin', 'upper.bin', ...DATA]],
  ['rows-tsv', ['twice.bin', 'upper.bin', ...DATA, '--format', 'tsv']],
  ['rows-ndjson', ['twice.bin', 'upper.bin', ...DATA, '--format', 'ndjson']],
  ['rows-table', ['twice.bin', 'upper.bin', ...DATA, '--format', 'table']],
  ['rows-json', ['twice.bin', '--keep', 'tags', '--input', 'tags.arrow', '--json']],
  ['rows-file', ['twice.bin', ...DATA, '--output', 'out.parquet']],
  ['values', ['total.bin', 'n=rows.bin', ...DATA]],
  ['values-json', ['total.bin', ...DATA, '--json']],
  ['values-csv', ['total.bin', 'rows.bin', ...DATA, '--format', 'csv']],
  ['values-filter', ['rows.bin', '--filter', 'big.bin', ...DATA]],
  ['without-input', ['three.bin']],
  ['filter', ['--filter', 'big.bin', ...DATA]],
  ['filter-keep', ['twice.bin', '--filter', 'big.bin', '--keep', 'day,name', ...DATA]],
  ['limit', ['twice.bin', '--keep', 'all', '--limit', '2', ...DATA]],
  ['limit-nothing', ['twice.bin', '--limit', '0', ...DATA]],
  [
    'dialect',
    [
      'a=twice.bin',
      '--input',
      'semicolons.csv',
      '--delimiter',
      ';',
      '--no-header',
      '--quote',
      "'",
      '--null-text',
      'NA',
      '--schema',
      'id Int64, b Utf8, c Utf8',
      '--keep',
      'all',
    ],
  ],
  ['schema-ndjson', ['twice.bin', '--input', 'data.ndjson', '--schema', 'id Float64, name Utf8', '--keep', 'all']],
  ['stats', ['twice.bin', ...DATA, '--stats']],
  ['stats-partly', ['total.bin', 'middle.bin', ...DATA, '--stats']],
  ['verbose', ['total.bin', ...DATA, '--verbose']],
  ['list-csv', ['twice.bin', '--keep', 'tags', '--input', 'tags.arrow']],
  ['list-csv-file', ['twice.bin', '--keep', 'tags', '--input', 'tags.arrow', '--output', 'out.csv']],
  ['list-table', ['twice.bin', '--keep', 'all', '--input', 'tags.arrow', '--format', 'table']],
  ['missing-column', ['wrong.bin', ...DATA]],
  ['missing-kept', ['twice.bin', '--keep', 'nme', ...DATA]],
  ['bad-row', ['twice.bin', '--input', 'bad.csv']],
  ['ragged-row', ['rows.bin', 'total.bin', '--input', 'ragged.csv']],
  ['usage-input', ['twice.bin']],
  ['usage-filter', ['--filter', 'big.bin']],
  ['usage-filter-value', ['--filter', 'total.bin', ...DATA]],
  ['usage-filter-type', ['--filter', 'twice.bin', ...DATA]],
  ['usage-keep', ['twice.bin', '--keep', 'a,,b', ...DATA]],
  ['usage-keep-twice', ['twice.bin', '--keep', 'id,id', ...DATA]],
  ['usage-keep-label', ['id=twice.bin', '--keep', 'all', ...DATA]],
  ['usage-keep-value', ['total.bin', '--keep', 'id', ...DATA]],
  ['usage-limit-value', ['total.bin', '--limit', '1', ...DATA]],
  ['usage-json', ['twice.bin', '--json', '--format', 'csv', ...DATA]],
  ['usage-mixed', ['twice.bin', 'total.bin', ...DATA]],
  ['usage-delimiter', ['twice.bin', '--input', 'data.ndjson', '--delimiter', 'tab']],
  ['usage-schema', ['twice.bin', '--input', 'tags.arrow', '--schema', 'id Int64']],
  ['usage-schema-type', ['twice.bin', ...DATA, '--schema', 'id Int65']],
  ['usage-stdin', ['-', '--input', '-']],
  ['usage-format', ['twice.bin', ...DATA, '--format', 'xml']],
  ['usage-output', ['twice.bin', ...DATA, '--output', 'out.xlsx']],
];
const ON_TERMINAL: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['terminal-table', ['twice.bin', 'upper.bin', ...DATA, '--keep', 'all', '--color', 'always']],
  ['terminal-long', ['twice.bin', '--input', 'long.csv']],
  ['terminal-binary', ['twice.bin', ...DATA, '--format', 'arrow']],
  ['terminal-file', ['twice.bin', ...DATA, '--output', 'out.arrow']],
];

/** Times, pids and what follows from them differ from run to run. */
function steady(text: string): string {
  return text
    .replace(/^(time +).*(\n {10}.*)*/gm, '$1TIME')
    .replace(/, [\d.,]+ (bytes|.B)\/s$/gm, ', RATE')
    .replace(/\b\d+(\.\d+)? (ms|s|min)\b/g, 'TIME')
    .replace(/\bpid:? \d+/g, 'pid PID')
    .replace(/"pids?":(\d+|\[[\d,]*\])/g, '"pid":0')
    .replace(/"(start|plan|spawn|open|evaluate|merge|write|total|seconds)":[\d.e-]+/g, '"$1":0');
}

function compare(name: string, found: string): void {
  const path = join(FOLDER, `${name}.txt`);
  if (UPDATE === '1') writeFileSync(path, found);
  assert.ok(existsSync(path), `there is no transcript ${path}: write it with --update`);
  assert.equal(found, readFileSync(path, 'utf8'));
}

for (const [name, args] of COMMANDS) {
  test(`run ${name}`, () => {
    const { status, stdout, stderr } = dfx(['run', ...args], { cwd: work.path });
    compare(name, steady(`$ dfx run ${args.join(' ')}\n${stdout}--- stderr\n${stderr}--- exit ${status}\n`));
  });
}
for (const [name, args] of ON_TERMINAL) {
  test(`run ${name}`, () => {
    const full = args.map((arg) => (/\.(bin|csv|arrow)$/.test(arg) ? join(work.path, arg) : arg));
    const { status, stdout } = dfxOnTerminal(['run', ...full, '--progress', 'never']);
    const text = stdout.replaceAll('\r\n', '\n').replaceAll(work.path, '…').replaceAll('\u001b', '␛');
    compare(name, steady(`$ dfx run ${args.join(' ')}\n${text}--- exit ${status}\n`));
  });
}

test('every transcript belongs to a command', () => {
  const names = [...COMMANDS, ...ON_TERMINAL].map(([name]) => `${name}.txt`);
  assert.deepEqual(readdirSync(FOLDER).sort(), names.sort());
});
