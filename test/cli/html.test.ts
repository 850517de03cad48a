import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { escapeText } from '../../src/cli/render/escape.ts';
import { renderHtml } from '../../src/cli/render/html.ts';
import { html, Markup } from '../../src/cli/render/html-markup.ts';
import { col, fn, lit } from '../../src/expr/builder.ts';
import { encodePayload } from '../../src/expr/encode.ts';
import { fromJson } from '../../src/expr/json/index.ts';
import type { InspectReport } from '../../src/inspect/model.ts';
import { type InspectOptions, inspect } from '../../src/inspect/report.ts';
import { dfx, root, temporaryFolder } from './dfx.ts';
import { readPage, shownBytes } from './html-page.ts';

function pageOf(bytes: Uint8Array, options: InspectOptions = {}): string {
  const inspection = inspect(bytes, { file: 'payload.bin', ...options });
  return renderHtml([inspection], { redact: options.redact ?? false });
}

function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(root, 'fixtures', name)));
}

function hexOf(bytes: Uint8Array): string[] {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
}

/** Ends an element or an attribute, starts a script, steers a terminal, turns the direction of text, hides. */
const PLANTED = [
  '<script>alert(1)</script>',
  '</style><script>alert(2)</script>',
  '</title></textarea><svg/onload=alert(3)>',
  '"onload="alert(4)',
  "'onfocus='alert(5)' autofocus='",
  '<img src=x onerror=alert(6)>',
  '<!-- <![CDATA[ ]]> -->',
  '&lt;b&gt; &amp;#60; &#x3c;i&#x3e;',
  'javascript:alert(7)',
  '`+alert(8)+`',
  '\u001b[31mred\u001b[0m\u009b2J\u0007',
  'a\u202etxt.exe\u2066b\u2069\u200f',
  'z\u200bero\u00adwidth\ufeff\u2028line\u0000nul',
  '\ud800half',
  '\u{e0041}tag',
] as const;

/** Protobuf and JSON have no text for half a surrogate pair. */
function wellFormed(text: string): string {
  return text.replace('\ud800', '\ufffd');
}

test('what is planted in a payload comes out as text, everywhere', () => {
  for (const planted of PLANTED) {
    const name = wellFormed(planted);
    const bytes = encodePayload(fn(name, col(name, name), lit(name), col('c').alias(name, [[name, name]])));
    const page = readPage(pageOf(bytes, { file: planted }));
    const shown = escapeText(name);
    for (const { name: element, text } of page.elements) {
      if (element === 'title') assert.equal(text, `${escapeText(planted)} · dfx inspect`);
      if (element === 'h2') assert.equal(text, escapeText(planted));
    }
    // the function and the column in the tree, among the names and beside the bytes
    assert.ok(page.text.split(shown).length > 6, `${JSON.stringify(planted)} is shown`);
  }
});

test('what is planted in a UDF comes out as text, everywhere', () => {
  for (const planted of PLANTED) {
    // Python refuses NUL in names and source
    const name = wellFormed(planted).replace('\0', '\u0001');
    const document = {
      expr: { udf: 'u', args: [{ col: 'a' }] },
      udfs: [
        {
          id: 'u',
          name,
          family: 'scalar',
          inputs: [{ name, type: 'Int64' }],
          returns: 'Int64',
          volatility: 'immutable',
          python: {
            source: `# ${name.replace(/[\n\r\0\f\u2028]/g, '')}\ndef f(a):\n\treturn a\n`,
            entry: 'f',
            captures: [['held', name]],
          },
        },
      ],
    };
    const bytes = encodePayload(fromJson(JSON.stringify(document), { targetPython: { major: 3, minor: 11 } }));
    const page = readPage(pageOf(bytes));
    assert.ok(page.text.includes(`${escapeText(name)} scalar UDF inline Python 3.11`));
    assert.ok(page.text.includes('\ndef f(a):\n\treturn a'), 'source keeps its lines and tabs');
    assert.ok(page.text.split(escapeText(name)).length > 4, `${JSON.stringify(planted)} is shown`);
  }
});

/** The words that the page chooses its colours by. */
const CLOSED: readonly string[] = ['severity', 'transport', 'language'];

function poisoned(value: unknown, text: string, key = ''): unknown {
  if (typeof value === 'string') return CLOSED.includes(key) ? value : text;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, text, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poisoned(item, text, name)]));
}

test('no string of a report is trusted, whatever it is meant to be', () => {
  const names = [
    'main/custom_sum.bin',
    'main/count_above_10.bin',
    '55/broken/body-scalar-opcode.bin',
    '55/pickles/dict-nasty-keys-protocol-4.pkl',
    '55/udfs/by-hand-source-lambda-values-by-eq-2-values.bin',
  ];
  for (const name of names) {
    const inspection = inspect(fixture(name), { file: name });
    for (const planted of PLANTED) {
      // the shape is that of a report: only its strings are others
      const report = poisoned(inspection.report, planted) as InspectReport;
      const page = readPage(renderHtml([{ ...inspection, report }], { redact: false }));
      assert.ok(page.text.split(escapeText(planted)).length > 10);
    }
  }
});

test('markup is made by the template only', () => {
  const forged = { toString: () => '<script>', text: '<script>' };
  assert.equal(html`${'<i>'}`.toString(), '&lt;i&gt;');
  assert.equal(html`${html`<i>`}${[html`<b>`, html`</b>`]}`.toString(), '<i><b></b>');
  assert.equal(forged instanceof Markup, false);
  assert.throws(() => new Markup('<script>', Symbol('markup') as never), {
    name: 'TypeError',
    message: 'markup is made by html`…` only',
  });
});

test('a page for the main payloads, for one of each kind and for all broken ones', () => {
  const folders = ['54', '55'].flatMap((line) =>
    readdirSync(join(root, 'fixtures', line)).map((folder) => join(line, folder)),
  );
  const samples = ['main', ...folders].flatMap((folder) => {
    const files = readdirSync(join(root, 'fixtures', folder)).filter((name) => /\.(bin|pkl)$/.test(name));
    const all = folder === 'main' || folder.endsWith('broken');
    return (all ? files : files.filter((_, at) => at % 40 === 0)).map((name) => join(folder, name));
  });
  assert.ok(samples.length > 100);
  for (const name of samples) {
    const bytes = fixture(name);
    const inspection = inspect(bytes, { file: name });
    const source = renderHtml([inspection], { redact: false });
    const page = readPage(source);
    assert.ok(page.text.includes(inspection.report.sha256), name);
    assert.ok(page.text.includes(escapeText(name)), name);
    for (const { code } of inspection.report.warnings) assert.ok(page.text.includes(code), `${name}: ${code}`);
    if (inspection.error !== null) assert.ok(page.text.includes(escapeText(inspection.error.message)), name);
    for (const udf of inspection.report.udfs) assert.ok(page.text.includes(escapeText(udf.name ?? '')), name);
    const { bytes: shown, leftOut } = shownBytes(source);
    assert.equal(shown.length + leftOut, inspection.report.payloadBytes, name);
    if (leftOut === 0) assert.deepEqual(shown, hexOf(bytes), name);
  }
});

test('the UDF of a main payload, at a glance', () => {
  const { text } = readPage(pageOf(fixture('main/count_above_10.bin')));
  const flat = text.replace(/\s+/g, ' ');
  // what the datafusion-python example says of its own function
  for (const part of [
    'sum(above_10(value))',
    'above_10 scalar UDF inline Python 3.11 immutable',
    'above_10(arg_0: Int64) → Int64',
    'DFPYUDF version 1, made by Python 3.11',
    'make_above.<locals>.above(values)',
    'count_above.py:9, module __main__',
    'thresholdint102 bytes',
    'pyarrow.compute, pyarrow',
  ]) {
    assert.ok(flat.includes(part), part);
  }
});

test('an error leads to the byte where it is', () => {
  const source = pageOf(fixture('55/broken/body-scalar-opcode.bin'));
  readPage(source);
  assert.match(
    source,
    /<b>PICKLE_OPCODE<\/b> <a class="offset" href="#p1-b31">byte 31<\/a><br>0xff is no pickle opcode/,
  );
  assert.match(source, /<tr id="p1-b31" class="k-unread"><td>31<\/td><td><span>ff 2e<\/span>/);
});

test('an error at the end of the bytes leads to the end', () => {
  // a frame of which nothing but the magic is there
  const source = pageOf(new TextEncoder().encode('DFPYUDF'));
  readPage(source);
  assert.match(source, /<tr id="p1-b7" class="end"><td>7<\/td><td><\/td><td>end of the payload<\/td><\/tr>/);
  assert.match(source, /<a class="offset" href="#p1-b7">byte 7<\/a>/);
});

test('bytes that are no payload have a page too', () => {
  const { text } = readPage(pageOf(new Uint8Array(0)));
  assert.match(text, /EMPTY_INPUT/);
  assert.match(text, /unreadable/);
});

test('an expression of 100,000 levels is cut before it is too deep for a browser', () => {
  const levels = 100_000;
  let expr = col('a');
  for (let level = 0; level < levels; level++) expr = expr.not();
  const source = pageOf(encodePayload(expr));
  const page = readPage(source);
  // parsers of browsers flatten what is deeper than 512 elements
  assert.ok(page.depth < 400, `${page.depth} elements deep`);
  // 64 of 100,001 nodes are drawn
  assert.ok(page.text.includes('… 99,937 more below'));
  assert.ok(page.text.includes('100,001 nodes in 100,001 levels'));
  assert.ok(source.length < 2_000_000, `${source.length} characters`);
});

test('100,000 operands are counted, not drawn', () => {
  const items = Array.from({ length: 100_000 }, (_, at) => at);
  const bytes = encodePayload(col('a').inList(items.map((item) => lit(item))));
  const source = pageOf(bytes);
  const page = readPage(source);
  // the list and its column; one line of the 1,500 counts the rest
  assert.ok(page.text.includes('… 98,503 more'));
  assert.ok(source.length < 2_000_000, `${source.length} characters`);
  const { bytes: shown, leftOut } = shownBytes(source);
  assert.equal(shown.length + leftOut, bytes.length);
  assert.deepEqual(shown, hexOf(bytes.subarray(0, shown.length)));
  assert.ok(page.text.includes('dfx inspect --hex'));
});

test('of 300 UDFs, 100 have a card', () => {
  const calls = Array.from({ length: 300 }, (_, at) => fn(`mine_${at}`, col('a')));
  const page = readPage(pageOf(encodePayload(fn('coalesce', ...calls))));
  assert.equal(page.elements.filter(({ attributes }) => attributes.get('class') === 'card udf').length, 100);
  assert.ok(page.text.includes('… 200 more; --json has them all'));
  assert.ok(page.text.includes('… 100 more notes; --json has them all'));
});

test('what a finding points at is shown, however far in the payload it is', () => {
  const definition = new Uint8Array([...new TextEncoder().encode('DFPYUDF'), 1, 3, 11]);
  const far = fn('coalesce', ...Array.from({ length: 20_000 }, (_, at) => lit(at)));
  const call = { kind: 'scalar_function', name: 'late', args: [], definition } as const;
  const bytes = encodePayload(far.add({ ...fn('late').expr, ...call }));
  const inspection = inspect(bytes);
  const at = inspection.report.error?.offset ?? 0;
  assert.ok(at > 100_000, `the error is at byte ${at}`);
  const source = renderHtml([inspection], { redact: false });
  const page = readPage(source);
  const [udf] = inspection.report.udfs;
  assert.ok(page.ids.has(`p1-b${udf?.offset}`));
  assert.match(
    source,
    new RegExp(`<tr id="p1-b${udf?.offset}" class="k-frame"><td>[\\d,]+</td><td><span>44 46 50 59 55 44 46</span>`),
  );
  const { bytes: shown, leftOut } = shownBytes(source);
  assert.equal(shown.length + leftOut, bytes.length);
});

test('a long field shows its first rows', () => {
  const bytes = encodePayload(lit('x'.repeat(1_000_000)));
  const source = pageOf(bytes);
  const page = readPage(source);
  assert.ok(source.length < 100_000, `${source.length} characters`);
  assert.match(page.text, /… [\d,]+ bytes more of this field/);
  const { bytes: shown, leftOut } = shownBytes(source);
  assert.equal(shown.length + leftOut, bytes.length);
});

test('a redacted page holds no literal, captured value or source', () => {
  const secret = 'hunter2secret';
  const document = {
    expr: { udf: 'u', args: [{ lit: secret }] },
    udfs: [
      {
        name: 'u',
        family: 'scalar',
        inputs: ['Utf8'],
        returns: 'Utf8',
        volatility: 'immutable',
        python: { source: `def f(a):\n    return a  # ${secret}\n`, entry: 'f', captures: [['held', secret]] },
      },
    ],
  };
  const bytes = encodePayload(fromJson(JSON.stringify(document), { targetPython: { major: 3, minor: 11 } }));
  const hex = hexOf(new TextEncoder().encode(secret)).join(' ');
  // bytes of a row, one behind the other
  const bytesOf = (source: string): string => shownBytes(source).bytes.join(' ');
  const open = pageOf(bytes);
  assert.ok(open.split(secret).length > 3 && bytesOf(open).includes(hex));
  const hidden = pageOf(bytes, { redact: true });
  const page = readPage(hidden);
  assert.equal(hidden.includes(secret), false);
  assert.equal(bytesOf(hidden).includes(hex), false);
  assert.ok(page.text.includes('··') && page.text.includes('redacted'));
  assert.ok(page.text.includes('held'), 'names stay');
});

test('expressions in an old pickle are not linked to bytes that are not theirs', () => {
  const source = pageOf(fixture('55/pickles/aggregate-udf-protocol-0.pkl'));
  const page = readPage(source);
  assert.ok(page.text.includes('count from the unescaped bytes'));
  const links = page.elements.flatMap(({ attributes }) => attributes.get('href') ?? []);
  assert.deepEqual(
    links.filter((link) => /-b\d/.test(link)),
    [],
  );
});

test('several payloads share a page with an index', () => {
  const names = ['main/count_above_10.bin', 'main/custom_sum.bin', '55/broken/body-scalar-opcode.bin'];
  const inspections = names.map((name) => inspect(fixture(name), { file: name }));
  const page = readPage(renderHtml(inspections, { redact: false }));
  const index = page.elements.find(({ attributes }) => attributes.get('class') === 'index');
  assert.deepEqual(
    index?.text.split('\n').filter((line) => names.some((name) => line.startsWith(name))),
    [
      'main/count_above_10.binexpr1,282 bytes1 UDF',
      'main/custom_sum.binexpr2,839 bytes1 UDF',
      '55/broken/body-scalar-opcode.binexpr33 bytes1 UDFPICKLE_OPCODE ',
    ],
  );
  for (const id of ['p1', 'p2', 'p3', 'p3-udfs']) assert.ok(page.ids.has(id), id);
});

test('the same payload gives the same page', () => {
  const bytes = fixture('main/custom_sum.bin');
  assert.equal(pageOf(bytes), pageOf(bytes));
});

test('inspect --html writes the page to stdout or, whole, to a file', () => {
  const name = 'fixtures/main/count_above_10.bin';
  const { status, stdout, stderr } = dfx(['inspect', '--html', name]);
  assert.equal(status, 0);
  assert.equal(stderr, '');
  readPage(stdout);
  const folder = temporaryFolder();
  try {
    const path = join(folder.path, 'report.html');
    assert.deepEqual(dfx(['inspect', '--html', '-o', path, name]), { status: 0, stdout: '', stderr: '' });
    assert.equal(readFileSync(path, 'utf8'), stdout);
    assert.deepEqual(readdirSync(folder.path), ['report.html']);
    assert.deepEqual(dfx(['inspect', '--html', '-o', '-', name]), { status: 0, stdout, stderr: '' });
  } finally {
    folder.remove();
  }
});

test('a file that is not there stands in the page of the others, and alone gives none', () => {
  const folder = temporaryFolder();
  try {
    const path = join(folder.path, 'report.html');
    const missing = dfx(['inspect', '--html', '-o', path, 'missing.bin']);
    assert.deepEqual(missing, { status: 2, stdout: '', stderr: 'dfx: missing.bin: there is no such file\n' });
    assert.equal(existsSync(path), false);
    const both = dfx(['inspect', '--html', 'fixtures/55/broken/body-scalar-opcode.bin', 'missing.bin']);
    assert.equal(both.status, 3);
    const page = readPage(both.stdout);
    assert.match(page.text, /2 payloads/);
    assert.match(page.text, /FILE_NOT_FOUND\s*there is no such file/);
  } finally {
    folder.remove();
  }
});

test('--html goes alone, and --output with it', () => {
  assert.deepEqual(dfx(['inspect', '--html', '--hex', 'fixtures/main/custom_sum.bin']), {
    status: 2,
    stdout: '',
    stderr: 'dfx: found --html beside --hex; call inspect once for each\n',
  });
  assert.deepEqual(dfx(['inspect', '-o', 'x.txt', 'fixtures/main/custom_sum.bin']), {
    status: 2,
    stdout: '',
    stderr: 'dfx: found --output without --html; everything else goes to stdout\n',
  });
});
