import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';

interface Entry {
  readonly path: string;
  readonly container: string;
  readonly category: string;
  readonly canonical?: string;
}
const manifest: readonly Entry[] = JSON.parse(readFileSync('fixtures/manifest.json', 'utf8'));

/** What a browser has and a bare context hasn't: the encoders. They give arrays of the context's own realm, as a browser's do. */
const ENCODERS = `
  class TextEncoder { encode(text) { return new Uint8Array(host.encode(text)); } }
  class TextDecoder {
    constructor(label, options) { this.decoder = host.decoder(label, options); }
    decode(bytes) { return this.decoder(bytes === undefined ? [] : [...bytes]); }
  }
`;

async function library(): Promise<{
  readonly evaluate: (script: string) => unknown;
  readonly inputs: readonly string[];
}> {
  const bundle = await build({
    entryPoints: ['src/index.ts'],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    globalName: 'dfx',
    logLevel: 'silent',
  });
  const host = {
    encode: (text: string) => [...new TextEncoder().encode(text)],
    decoder: (label: string | undefined, options: ConstructorParameters<typeof TextDecoder>[1]) => {
      const decoder = new TextDecoder(label, options);
      return (bytes: readonly number[]) => decoder.decode(Uint8Array.from(bytes));
    },
  };
  const context = createContext({ host });
  runInContext(`${ENCODERS}\n${bundle.outputFiles[0]?.text ?? ''}`, context);
  return { evaluate: (script) => runInContext(script, context), inputs: Object.keys(bundle.metafile.inputs) };
}

test('the library is bundled for browsers from wire, expr and inspect alone', async () => {
  const { inputs } = await library();
  assert.deepEqual(
    inputs.filter((path) => !/^src\/(?:index\.ts|wire\/|expr\/|inspect\/)/.test(path)),
    [],
  );
});

test('without process, Buffer and require it decodes, shows and encodes what the engine wrote', async () => {
  const { evaluate } = await library();
  assert.equal(evaluate('[typeof process, typeof Buffer, typeof require].join()'), 'undefined,undefined,undefined');
  const sample = manifest.filter(({ category }, at) => category !== 'broken' && at % 97 === 0);
  assert.ok(sample.length > 30);
  for (const { path, container } of sample) {
    const text = readFileSync(`fixtures/${path}`).toString('base64');
    const script = `(() => {
      const bytes = dfx.fromBase64(new TextEncoder().encode(${JSON.stringify(text)}));
      const payload = dfx.decodePayload(bytes, { as: ${JSON.stringify(container)} });
      const again = dfx.encodePayload(dfx.fromJson(dfx.toJson(payload)), { encoding: 'base64' });
      return [payload.container, again, dfx.inspectPayload(bytes).bytes].join(' ');
    })()`;
    assert.equal(evaluate(script), `${container} ${text} ${readFileSync(`fixtures/${path}`).length}`, path);
  }
});

test('the builder, SQL and expr.json give the bytes of the real engine', async () => {
  const { evaluate } = await library();
  // Expr.to_bytes() of (col("a") + lit(1)) > f.sqrt(col("b")), python:55.0.0
  const expected = '222d0a1522130a050a030a01610a041a0238011a04506c75730a10a2010d0a047371727412050a030a01621a024774';
  for (const source of [
    'dfx.col("a").add(dfx.lit(1)).gt(dfx.fn("sqrt", dfx.col("b")))',
    'dfx.fromSql("a + 1 > sqrt(b)")',
    `dfx.fromJson('{"expr":{"op":">","args":[{"op":"+","args":[{"col":"a"},{"lit":1}]},{"call":"sqrt","args":[{"col":"b"}]}]}}')`,
  ]) {
    assert.equal(evaluate(`dfx.encodePayload(${source}, { encoding: 'hex' })`), expected, source);
  }
  const pickled = evaluate(
    `dfx.toSql(dfx.decodePayload(dfx.encodePayload(dfx.col("a").add(1), { format: 'pickle', protocol: 2 })).exprs[0].expr)`,
  );
  assert.equal(pickled, 'a + 1');
});

test('an error has a code, an exit code, an offset and a next step', async () => {
  const { evaluate } = await library();
  const script = `(() => {
    try { dfx.decodePayload(new Uint8Array([0x22, 0x05, 0x0a])); } catch (error) {
      return [error instanceof dfx.DfxError, error.code, error.exitCode, error.offset, error.message, error.hint].join(' | ');
    }
  })()`;
  assert.equal(
    evaluate(script),
    "true | TRUNCATED | 3 | 0 | found a length of 5 for LogicalExprNode.binary_expr where 1 bytes are left | the payload is cut off or damaged; compare its length with the sender's",
  );
});

test('a payload is encoded in another format where it is one expression, and refused where it is not', async () => {
  const { evaluate } = await library();
  const refusal = (script: string): unknown =>
    evaluate(`(() => { try { ${script}; } catch (error) { return error.code + ': ' + error.message; } })()`);
  const list = readFileSync('fixtures/55/pickles/list-protocol-4.pkl').toString('base64');
  assert.equal(
    refusal(
      `dfx.encodePayload(dfx.decodePayload(dfx.fromBase64(new TextEncoder().encode('${list}'))), { format: 'expr' })`,
    ),
    'UNSUPPORTED: found 2 expressions in a collection in the container pickle, expected one expression',
  );
  assert.equal(
    refusal(`dfx.encodePayload(dfx.col('a'), { format: 'pickle', protocol: 6 })`),
    'USAGE: found the pickle protocol 6, expected 0 to 5 for a pickle',
  );
});
