/** Whatever way CSV is cut, its rows are those of the whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColumnBatch } from '../../src/io/column.ts';
import { CsvPieces, type CsvTable, openCsv } from '../../src/io/csv.ts';
import { CsvCutter } from '../../src/io/csv-cut.ts';
import { csvDialect, type DialectOptions } from '../../src/io/csv-dialect.ts';
import { CsvReader } from '../../src/io/csv-reader.ts';
import type { RowsBefore, Split, SplitReader, SplitReport } from '../../src/io/split.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { Random, schemaOf } from './csv-fuzz.ts';
import { modelRecords, PLAIN } from './csv-model.ts';
import { shown } from './shown.ts';

type Rows = (string | boolean | null)[][];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function rowsOf(reader: SplitReader): Rows {
  const rows: Rows = [];
  for (const batch of reader.batches as Iterable<ColumnBatch>) {
    const columns = batch.columns.map(shown);
    for (let row = 0; row < batch.length; row++) rows.push(columns.map((column) => column[row] ?? null));
  }
  return rows;
}

interface Read {
  readonly rows: Rows;
  readonly report: SplitReport;
}

function readSplit(table: CsvTable, split: Split, before?: RowsBefore): Read {
  const reader = table.read(
    table.schema.fields.map((_, i) => i),
    split,
    before,
  );
  const rows = rowsOf(reader);
  const report = reader.report();
  assert.equal(report.rows, rows.length);
  return { rows, report };
}

/** As the runtime does it: a split whose start was taken wrongly is read again from where the one before ended. */
function readInSplits(table: CsvTable, start: number, ends: readonly number[]): Read & { readonly again: number } {
  const rows: Rows = [];
  let position = start;
  let lines = 0;
  let again = 0;
  let bytes = 0;
  let from = start;
  for (const [i, end] of ends.entries()) {
    const aligned = i === 0;
    let read: Read | null = null;
    try {
      read = readSplit(table, { kind: 'bytes', start: from, end, aligned });
    } catch (error) {
      if (aligned || !(error instanceof DfxError)) throw error;
    }
    if (read === null || read.report.start !== position) {
      again++;
      read = readSplit(table, { kind: 'bytes', start: position, end, aligned: true });
      assert.equal(read.report.start, position);
    }
    rows.push(...read.rows);
    position = read.report.end;
    lines += read.report.lines;
    bytes += read.report.bytes;
    from = end;
  }
  return { rows, again, report: { rows: rows.length, bytes, start, end: position, lines } };
}

const TEXTS: readonly string[] = [
  'a,b\n1,x\n2,y\n3,z\n',
  'a,b\r\n1,x\r\n2,y\r\n\r\n3,z\r\n',
  'a,b\r1,x\r\r2,y\r',
  'a,b\n\n\n1,x\n\n\n\n2,y\n\n\n',
  'a,b\n1,"x\ny"\n2,"p\r\nq"\n3,"""\n"""\n4,"\n\n\n"\n5,e',
  'a,b\n1,"x,\n""2"",y\n"\n3,it"s\n4,"z"q"\n5,\n,6\n',
  `a,b\n1,"${'long\n'.repeat(40)}"\n2,short\n3,"${'"",'.repeat(30)}"\n`,
  '"a\nb","c"\n1,2\n"3",4\n',
  'a,b\n1,ä\u{1f600}\n2,"é\né"\n',
  'a,b',
  'a,b\n',
  'a,b\n1,"never\nends\n2,y\n',
];

test('a file cut at any byte has the rows of the whole', async () => {
  let again = 0;
  for (const text of TEXTS) {
    const bytes = encoder.encode(text);
    const table = await openCsv(bytes, { schema: schemaOf('Utf8', 'Utf8') });
    const whole = readSplit(table, { kind: 'whole' });
    const [, ...records] = modelRecords(bytes, PLAIN);
    assert.deepEqual(
      whole.rows,
      records.map((fields) => fields.map((field) => (field.length === 0 ? null : decoder.decode(field)))),
      text,
    );
    const [first] = table.splits();
    assert.ok(first?.kind === 'bytes');
    const one = readInSplits(table, first.start, [bytes.length]);
    for (let cut = first.start + 1; cut < bytes.length; cut++) {
      const two = readInSplits(table, first.start, [cut, bytes.length]);
      const shownAt = `${JSON.stringify(text)} cut at ${cut}`;
      assert.deepEqual(two.rows, whole.rows, shownAt);
      assert.equal(two.report.end, bytes.length, shownAt);
      assert.equal(two.report.lines, one.report.lines, shownAt);
      again += two.again;
    }
  }
  assert.ok(again > 20, `${again} splits were read again`);
});

test('a file cut at many places has the rows of the whole', async () => {
  const random = new Random(7);
  for (let round = 0; round < 300; round++) {
    const text = randomText(random);
    const bytes = encoder.encode(text);
    const table = await openCsv(bytes, { schema: schemaOf('Utf8', 'Utf8'), header: false });
    const whole = readSplit(table, { kind: 'whole' });
    const ends = Array.from({ length: 1 + random.below(8) }, () => random.below(bytes.length + 1));
    const cuts = [...new Set([...ends.filter((end) => end > 0), bytes.length])].sort((a, b) => a - b);
    const parts = readInSplits(table, 0, cuts);
    assert.deepEqual(parts.rows, whole.rows, `${JSON.stringify(text)} cut at ${cuts.join()}`);
  }
});

function randomText(random: Random): string {
  const cells = [
    '',
    'a',
    'bc',
    '1',
    '"x"',
    '"y,"',
    '"l1\nl2"',
    '"""\n"""',
    '"\r\n"',
    'q"',
    'ä',
    `"${'z\n'.repeat(9)}"`,
  ];
  const rows = Array.from({ length: random.below(40) }, () => `${random.pick(cells)},${random.pick(cells)}`);
  const end = random.pick(['\n', '\r\n', '\r', '\n\n']);
  return rows.join(end) + random.pick(['', end]);
}

test('bytes that come in parts of any size are read as the whole', () => {
  const random = new Random(31);
  const schema = schemaOf('Utf8', 'Utf8');
  const dialect = csvDialect({});
  const read = (bytes: Uint8Array, aligned: boolean, stop: number, part: () => number): unknown => {
    const reader = new CsvReader(schema, [0, 1], dialect);
    reader.start({ rows: 0, lines: () => 0, aligned, stop });
    const rows: Rows = [];
    for (let at = 0; !reader.finished; ) {
      const batch = reader.next();
      if (batch !== null) {
        const columns = batch.columns.map(shown);
        for (let row = 0; row < batch.length; row++) rows.push(columns.map((column) => column[row] ?? null));
        continue;
      }
      if (reader.finished) break;
      const taken = bytes.subarray(at, at + part());
      if (taken.length === 0) {
        reader.end();
        continue;
      }
      reader.room().set(taken);
      reader.put(taken.length);
      at += taken.length;
    }
    return { rows, lines: reader.lines, origin: reader.origin, position: reader.position };
  };
  for (let round = 0; round < 1500; round++) {
    const bytes = encoder.encode(randomText(random));
    const stop = random.pick([Number.POSITIVE_INFINITY, random.below(bytes.length + 1)]);
    const aligned = random.below(2) === 0;
    const most = random.pick([1, 3, 20, 70]);
    const outcome = (part: () => number): unknown => {
      try {
        return read(bytes, aligned, stop, part);
      } catch (error) {
        // A start inside quotes: where the error shows depends on what is there to see.
        assert.ok(error instanceof DfxError && error.code === 'INPUT_ROW' && !aligned, String(error));
        return 'refused';
      }
    };
    assert.deepEqual(
      outcome(() => 1 + random.below(most)),
      outcome(() => bytes.length),
      `${JSON.stringify(decoder.decode(bytes))} ${aligned} ${stop} ${most}`,
    );
  }
});

test('splits of a large file follow each other, and each row is in one', async () => {
  const line = `12345,"two\nlines",${'x'.repeat(90)}\n`;
  const bytes = encoder.encode(`a,b,c\n${line.repeat(30_000)}`);
  const table = await openCsv(bytes, { schema: schemaOf('Int64', 'Utf8', 'Utf8') });
  const splits = table.splits();
  assert.equal(splits.length, 4);
  let position = -1;
  let rows = 0;
  let lines = 0;
  for (const split of splits) {
    const reader = table.read([0], split);
    let length = 0;
    for (const batch of reader.batches as Iterable<ColumnBatch>) length += batch.length;
    const report = reader.report();
    assert.equal(report.rows, length);
    if (position >= 0 && report.start !== position) {
      const [again] = [table.read([0], { ...split, start: position, aligned: true } as Split)];
      for (const batch of again.batches as Iterable<ColumnBatch>) rows += batch.length;
      position = again.report().end;
      lines += again.report().lines;
      continue;
    }
    rows += length;
    lines += report.lines;
    position = report.end;
  }
  assert.equal(rows, 30_000);
  assert.equal(position, bytes.length);
  assert.equal(lines, 60_001);
});

function readPieces(pieces: readonly Uint8Array[], options: DialectOptions): { rows: Rows; lines: number } {
  const reader = new CsvPieces(schemaOf('Utf8', 'Utf8'), [0, 1], options);
  const rows: Rows = [];
  let lines = 0;
  for (const piece of pieces) {
    const read = reader.read(piece);
    rows.push(...rowsOf(read));
    lines += read.report().lines;
  }
  return { rows, lines };
}

test('a stream cut into pieces of whole records has the rows of the whole', async () => {
  const random = new Random(11);
  const dialects: readonly DialectOptions[] = [{}, { escape: '\\' }, { quote: "'" }, { delimiter: '\t' }];
  for (let round = 0; round < 400; round++) {
    const options = random.pick(dialects);
    const text = `\ufeff"h\n1",h2\n${randomText(random)}`
      .replaceAll(',', options.delimiter ?? ',')
      .replaceAll('"', options.quote ?? '"');
    const bytes = encoder.encode(text);
    const cutter = new CsvCutter(csvDialect(options), true, 1 + random.below(60));
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + random.below(30);
      pieces.push(...cutter.push(bytes.subarray(at, at + size)));
      at += size;
    }
    pieces.push(...cutter.finish());
    const whole = await openCsv(bytes, { ...options, schema: schemaOf('Utf8', 'Utf8') });
    const expected = readSplit(whole, { kind: 'whole' });
    const read = readPieces(pieces, options);
    const shownAs = `${JSON.stringify(text)} ${JSON.stringify(options)} ${JSON.stringify(pieces.map((piece) => decoder.decode(piece)))}`;
    assert.deepEqual(read.rows, expected.rows, shownAs);
    assert.equal(cutter.headLines, 1);
    assert.equal(read.lines, expected.report.lines, shownAs);
  }
});

test('pieces are as small as they are asked for, however large the chunks', async () => {
  const rows = Array.from({ length: 5000 }, (_, i) => `${i},"v,${i}"\r\n`);
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    yield encoder.encode(`a,b\r\n${rows.join('')}`);
  };
  const { stream } = await openCsv(whole());
  assert.ok(stream !== null);
  const pieces: string[] = [];
  for await (const piece of stream.pieces(1000)) pieces.push(new TextDecoder().decode(piece));
  // The header's own line end is an empty line of the rows.
  assert.ok(pieces.join('') === `\r\n${rows.join('')}`);
  assert.deepEqual(
    pieces.slice(0, -1).filter((piece) => piece.length < 1000 || piece.length >= 2100 || !piece.endsWith('"\r\n')),
    [],
  );
});

test('a stream gives its schema and then its pieces', async () => {
  const text = `a,b\n${Array.from({ length: 5000 }, (_, i) => `${i},"v,${i}"`).join('\n')}\n`;
  const bytes = encoder.encode(text);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 997) yield bytes.slice(at, at + 997);
  };
  const table = await openCsv(chunks());
  assert.deepEqual(
    table.schema.fields.map(({ name, type }) => `${name} ${type.kind}`),
    ['a Int64', 'b Utf8'],
  );
  assert.ok(table.stream !== null);
  const reader = new CsvPieces(table.schema, [0]);
  let rows = 0;
  let sum = 0;
  const sizes: number[] = [];
  for await (const piece of table.stream.pieces(10_000)) {
    sizes.push(piece.length);
    for (const [value] of rowsOf(reader.read(piece))) {
      rows++;
      sum += Number(value);
    }
  }
  assert.equal(table.stream.headLines(), 0);
  assert.equal(rows, 5000);
  assert.equal(sum, (4999 * 5000) / 2);
  assert.ok(sizes.length > 3 && sizes.slice(0, -1).every((size) => size >= 10_000 && size < 20_000), sizes.join());
});
