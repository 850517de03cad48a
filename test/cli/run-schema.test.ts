import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseFormat, formatFlag } from '../../src/cli/run-format.ts';
import { parseColumns } from '../../src/cli/run-schema.ts';
import { formatDataType } from '../../src/wire/arrow/index.ts';
import { DfxError } from '../../src/wire/errors.ts';

function told(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof DfxError);
    return `${error.code}: ${error.message}; ${error.hint}`;
  }
  return 'no error';
}

test('columns are names and types, with a space or a colon between', () => {
  const fields = parseColumns(
    'a Int64, b:Utf8 ,"odd, ""name" Decimal128(10, 2), d Timestamp(Microsecond, Some("UTC")), e : List(Int64)',
  );
  assert.deepEqual(
    fields.map(({ name, type }) => [name, formatDataType(type)]),
    [
      ['a', 'Int64'],
      ['b', 'Utf8'],
      ['odd, "name', 'Decimal128(10, 2)'],
      ['d', 'Timestamp(Microsecond, Some("UTC"))'],
      ['e', 'List(Int64)'],
    ],
  );
});

test('what is no column is told', () => {
  assert.deepEqual(
    ['a', 'a Int64,', 'a Int64, a Utf8'].map((text) => told(() => parseColumns(text))),
    [
      'USAGE: found "a" in --schema, expected a name and a type; such as --schema "a Int64, b Utf8"; a file of that name is read instead',
      'USAGE: found "" in --schema, expected a name and a type; such as --schema "a Int64, b Utf8"; a file of that name is read instead',
      'USAGE: found the column "a" twice in --schema; each column of the input has one type',
    ],
  );
  assert.match(
    told(() => parseColumns('a Int65')),
    /^USAGE: found the type "Int65" of the column "a" in --schema: /,
  );
});

test('a format has the name that was asked for, or the one that the output ends in', () => {
  assert.deepEqual(
    [
      'x.csv',
      'x.TSV',
      'x.ndjson',
      'x.jsonl',
      'x.arrow',
      'x.feather',
      'x.ipc',
      'x.arrows',
      'x.parquet',
      'x.txt',
      '-',
    ].map((output) => chooseFormat({ output }, 'table')),
    ['csv', 'tsv', 'ndjson', 'ndjson', 'arrow', 'arrow', 'arrow', 'arrow-stream', 'parquet', 'table', 'table'],
  );
  assert.equal(chooseFormat({ output: 'x.csv', format: 'parquet' }, 'table'), 'parquet');
  assert.deepEqual(['text', 'jsonl', 'arrow-stream'].map(formatFlag), ['table', 'ndjson', 'arrow-stream']);
  assert.equal(
    told(() => chooseFormat({ output: 'result' }, 'table')),
    'USAGE: the name "result" doesn\'t say the output\'s format; name it with --format, or end it in .csv, .tsv, .ndjson, .jsonl, .arrow, .arrows, .feather, .ipc, .parquet, .txt',
  );
  assert.equal(
    told(() => formatFlag('xml')),
    'USAGE: found the format "xml", expected one of table, csv, tsv, ndjson, arrow, arrow-stream, parquet; undefined',
  );
});
