import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readPayload } from '../../src/expr/payload.ts';
import { readUdf } from '../../src/expr/udf.ts';
import { readDefinition } from '../../src/wire/frame.ts';

const fixtures = new URL('../../fixtures/', import.meta.url);
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

function malformed(text: string): string {
  const read = readDefinition(ascii(text), 100);
  assert.equal(read.outcome, 'malformed');
  const { error } = read;
  return `${error.code} at ${error.offset}: ${error.message}; ${error.hint}`;
}

// The order of the checks and the facts in the messages are those of the real receiver (datafusion-python's codec).
const CUT = "the definition is cut off; compare the payload's length with the sender's";
const ALIGN = 'align the datafusion-python versions of sender and receiver';
for (const [magic, family] of [
  ['DFPYUDF', 'scalar'],
  ['DFPYUDA', 'aggregate'],
  ['DFPYUDW', 'window'],
] as const) {
  test(`a ${family} frame names the byte that is missing, and a version before the stamp`, () => {
    assert.equal(
      malformed(magic),
      `FRAME_TRUNCATED at 107: found the end of the inline Python ${family} UDF frame, expected its wire-format version byte; ${CUT}`,
    );
    assert.equal(
      malformed(`${magic}\x01`),
      `FRAME_TRUNCATED at 108: found the end of the inline Python ${family} UDF frame, expected its Python major version byte; ${CUT}`,
    );
    assert.equal(
      malformed(`${magic}\x01\x03`),
      `FRAME_TRUNCATED at 109: found the end of the inline Python ${family} UDF frame, expected its Python minor version byte; ${CUT}`,
    );
    for (const version of [0, 2, 255]) {
      assert.equal(
        malformed(magic + String.fromCharCode(version)),
        `FRAME_VERSION at 107: found version ${version} of the inline Python ${family} UDF frame, expected 1..=1; ${ALIGN}`,
      );
    }
  });
}

test('a chain envelope names what is missing', () => {
  const what = 'extension codec envelope';
  assert.equal(
    malformed('DFPYCHN'),
    `CHAIN_TRUNCATED at 107: found the end of the ${what}, expected its version byte; ${CUT}`,
  );
  assert.equal(
    malformed('DFPYCHN\x02'),
    `CHAIN_VERSION at 107: found version 2 of the ${what}, expected 1..=1; ${ALIGN}`,
  );
  assert.equal(
    malformed('DFPYCHN\x01\x08\x00'),
    `CHAIN_TRUNCATED at 108: found 2 bytes, expected the 4 of the codec id's length; ${CUT}`,
  );
  assert.equal(
    malformed('DFPYCHN\x01\x08\x00\x00\x00code'),
    `CHAIN_TRUNCATED at 112: found 4 bytes, expected a codec id of 8; ${CUT}`,
  );
  assert.equal(
    malformed('DFPYCHN\x01\x02\x00\x00\x00\xff\xfe'),
    "CHAIN_ID at 112: found a codec id that isn't UTF-8; the bytes are damaged; compare them with what the sender wrote",
  );
});

test('what is no frame is left to others', () => {
  assert.deepEqual(readDefinition(new Uint8Array()), { outcome: 'empty' });
  assert.deepEqual(readDefinition(ascii('DFPY')), { outcome: 'other', prefix: 'DFPY' });
  assert.deepEqual(readDefinition(ascii('NOTOURS and more')), { outcome: 'other', prefix: 'NOTOURS' });
});

interface Entry {
  readonly path: string;
  readonly engine: string;
  readonly bytes: number;
  readonly receiver: { readonly accepts: boolean; readonly error?: string };
}

/** What the real receiver says, and the words in which dfx tells the same. */
const SAME: readonly (readonly [theirs: RegExp, ours: (found: RegExpExecArray) => RegExp])[] = [
  [/missing (?:wire-format|envelope) version byte/, () => /expected its (?:wire-format )?version byte/],
  [/missing Python major version byte/, () => /expected its Python major version byte/],
  [/missing Python minor version byte/, () => /expected its Python minor version byte/],
  [/missing codec id length/, () => /expected the 4 of the codec id's length/],
  [/codec id shorter than its declared length/, () => /expected a codec id of \d+/],
  [
    /version v(\d+); this build supports v(\d+)\.\.=v(\d+)/,
    ([, found, least, most]) => new RegExp(`found version ${found} .*expected ${least}\\.\\.=${most}`),
  ],
  [/non-UTF-8 codec id/, () => /codec id that isn't UTF-8/],
];

test('dfx refuses the framing of each broken fixture for the reason of the real receiver', () => {
  const manifest: readonly Entry[] = JSON.parse(readFileSync(new URL('manifest.json', fixtures), 'utf8'));
  const compared = new Set<number>();
  for (const { path, bytes, receiver } of manifest) {
    if (bytes === 0 || receiver?.error === undefined) continue;
    const which = SAME.findIndex(([theirs]) => theirs.test(receiver.error ?? ''));
    const [theirs, ours] = SAME[which] ?? [];
    const found = theirs?.exec(receiver.error);
    if (found == null || ours === undefined) continue;
    const [expr] = readPayload(new Uint8Array(readFileSync(new URL(path, fixtures))), { as: 'expr' }).exprs;
    const definition = expr !== undefined && 'definition' in expr.expr ? expr.expr.definition : null;
    assert.ok(definition !== null, path);
    assert.match(readUdf(definition).error?.message ?? '', ours(found), path);
    compared.add(which);
  }
  assert.equal(compared.size, SAME.length, 'a reason has no fixture any more');
});
