import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { escapeText } from '../../src/cli/render/escape.ts';
import { col, lit, placeholder, udf } from '../../src/expr/builder.ts';
import { agg } from '../../src/expr/builder-calls.ts';
import type { Expr } from '../../src/expr/model.ts';
import { exprToProto } from '../../src/expr/proto/index.ts';
import { writeIpcSchema } from '../../src/wire/arrow/index.ts';
import { writeChain, writePythonFrame } from '../../src/wire/frame.ts';
import { writeJsUdf } from '../../src/wire/js-udf.ts';
import { writePickle, writeSourceUdf } from '../../src/wire/pickle/index.ts';
import { inspectInProcess } from './inspect-harness.ts';

test('escapes what steers a terminal, reorders text or hides it', () => {
  const cases: readonly (readonly [text: string, escaped: string])[] = [
    ['plain text, ünïcödé, 表', 'plain text, ünïcödé, 表'],
    ['\u001b[31mred', '\\x1b[31mred'],
    ['a\nb\rc\td\0', 'a\\x0ab\\x0dc\\x09d\\x00'],
    ['\u007f\u009b31m\u0085', '\\x7f\\x9b31m\\x85'],
    ['\u202eabc\u2066\u200f', '\\u202eabc\\u2066\\u200f'],
    ['a\u200bb\ufeff\u00ad', 'a\\u200bb\\ufeff\\xad'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['\ud800', '\\ud800'],
    ['\u{e0041}\u{e0100}', '\\u{e0041}\\u{e0100}'],
    ['\ue000', '\\ue000'],
  ];
  for (const [text, escaped] of cases) assert.equal(escapeText(text), escaped);
});

/** Sets a title, clears the screen, goes up a line, reverses the reading order, breaks the line, ends with a C1 sequence. */
const EVIL = '\u001b]0;owned\u0007\u001b[2J\u001b[1A\u202e\r\n\u009b31m\u2028';
/** Everything but line feeds that the output may not hold. */
const UNSAFE = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u;

const field = (name: string) => ({ name, type: { kind: 'Int64' }, nullable: true, metadata: [[EVIL, EVIL]] }) as const;
const schema = (name: string) => writeIpcSchema({ fields: [field(name)], metadata: [[EVIL, EVIL]] });

function frames(): readonly Uint8Array[] {
  const source = writeSourceUdf({
    family: 'scalar',
    name: EVIL,
    source: `def f(x):\n    "${EVIL.replaceAll('\n', '')}"\n    return x\n`,
    entry: 'f',
    captures: [['secret', EVIL]],
    imports: [],
    inputSchema: schema(EVIL),
    returnSchema: schema(EVIL),
    volatility: 'immutable',
  });
  const javascript = writeJsUdf({
    family: 'scalar',
    name: EVIL,
    entry: EVIL,
    source: EVIL,
    captures: [[EVIL, EVIL]],
    inputs: [field(EVIL)],
    returns: field(EVIL),
    state: null,
    volatility: 'immutable',
    mode: 'row',
  });
  const call = writePickle({
    tuple: [EVIL, { call: { global: [EVIL, EVIL] }, args: [EVIL] }, schema(EVIL), schema(EVIL), EVIL],
  });
  return [
    writePythonFrame('scalar', { major: 3, minor: 11 }, source),
    writePythonFrame('scalar', { major: 3, minor: 11 }, call),
    javascript,
    writeChain(EVIL, new Uint8Array([1, 2, 3])),
    new TextEncoder().encode(EVIL),
  ];
}

function payloads(): readonly Uint8Array[] {
  const exprs: readonly Expr[] = [
    col(EVIL, EVIL).alias(EVIL).expr,
    lit(EVIL).expr,
    agg(EVIL, col(EVIL)).expr,
    placeholder(`$${EVIL}`).expr,
    { kind: 'wildcard', qualifier: { catalog: EVIL, schema: EVIL, table: EVIL } },
    { kind: 'binary', op: EVIL, operands: [col('a').expr, col('b').expr] },
    { kind: 'lambda', params: [EVIL], body: { kind: 'lambda_variable', name: EVIL, field: field(EVIL) } },
    {
      kind: 'cast',
      expr: col('a').expr,
      type: {
        kind: 'Struct',
        fields: [field(EVIL), { ...field('t'), type: { kind: 'Timestamp', unit: 'Second', timezone: EVIL } }],
      },
      nullable: true,
      metadata: [[EVIL, EVIL]],
    },
    { kind: 'alias', expr: col('a').expr, name: 'b', relation: null, metadata: [[EVIL, EVIL]] },
    ...frames().map((definition) => udf(EVIL, { definition })(col('a')).expr),
  ];
  return [
    ...exprs.map(exprToProto),
    ...frames().slice(0, 4),
    schema(EVIL),
    writePickle(new Map([[EVIL, { global: [EVIL, EVIL] }]])),
    writePickle({ call: { global: ['os', 'system'] }, args: [EVIL] }),
  ];
}

test('nothing in a payload writes control sequences to the terminal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dfx-escape-'));
  try {
    let shown = 0;
    for (const [at, bytes] of payloads().entries()) {
      const path = join(folder, `${at}.bin`);
      for (const cut of [bytes.length, bytes.length - 3]) {
        writeFileSync(path, bytes.subarray(0, cut));
        for (const flags of [[], ['--hex'], ['--pickle'], ['--redact'], ['--json'], ['--json', '--hex', '--pickle']]) {
          const { stdout, stderr } = await inspectInProcess([path, ...flags], {
            isTerminal: true,
            env: { NO_COLOR: '1' },
          });
          const about = `payload ${at} cut to ${cut} ${flags.join(' ')}`;
          // JSON escapes C0 itself; a reader of JSON sees to the rest
          const unsafe = flags.includes('--json') ? /[\0-\x09\x0b-\x1f]/ : UNSAFE;
          assert.doesNotMatch(stdout, unsafe, about);
          assert.doesNotMatch(stderr, UNSAFE, about);
          if (stdout.includes('owned')) shown++;
        }
      }
    }
    assert.ok(shown > 50, `${shown} outputs show the planted text`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
