import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { exprToProto } from '../../../src/expr/proto/index.ts';
import { fromSql } from '../../../src/expr/sql/index.ts';
import { parseDataType, type Schema } from '../../../src/wire/arrow/index.ts';
import { DfxError } from '../../../src/wire/errors.ts';

interface Corpus {
  readonly schema: readonly (readonly [string, string])[];
  /** Name and family of UDFs that are sent by name. */
  readonly udfs: readonly (readonly [string, 'scalar' | 'aggregate' | 'window'])[];
  readonly byName: readonly (readonly [string, string])[];
  /** Text, and the bytes that python:55.0.0 wrote, in hexadecimal. */
  readonly planned: readonly (readonly [string, string])[];
  readonly refused: readonly string[];
  readonly stricter: readonly string[];
  readonly laxer: readonly string[];
}

// The engine made it: test/expr/sql/make_texts.py.
const corpus: Corpus = JSON.parse(readFileSync(new URL('texts.json', import.meta.url), 'utf8'));
const schema: Schema = {
  fields: corpus.schema.map(([name, type]) => ({ name, type: parseDataType(type), nullable: true, metadata: [] })),
  metadata: [],
};

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The error of a refusal, held to what every refusal must be. */
function refusal(text: string, withSchema: boolean): DfxError | null {
  try {
    fromSql(text, withSchema ? { schema } : {});
    return null;
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    const { code, offset = -1 } = error;
    const codes = ['SQL_SYNTAX', 'SQL_UNSUPPORTED', 'UNKNOWN_FUNCTION', 'COLUMN_MISSING'];
    assert.ok(codes.includes(code), `${text}: ${code} ${error.message}`);
    assert.ok(offset >= 0 && offset <= new TextEncoder().encode(text).length, `${text}: offset ${offset}`);
    assert.match(error.message, /^found /);
    return error;
  }
}

test('the corpus is as large as it says', () => {
  assert.ok(corpus.planned.length >= 1000, String(corpus.planned.length));
  assert.ok(corpus.refused.length >= 250, String(corpus.refused.length));
});

test('every text that the engine plans gives its bytes', () => {
  const different: string[] = [];
  for (const [text, bytes] of corpus.planned) {
    try {
      if (hex(exprToProto(fromSql(text, { schema }))) !== bytes) different.push(text);
    } catch (error) {
      different.push(`${text}: ${String(error)}`);
    }
  }
  assert.deepEqual(different, []);
});

test('without a schema a text gives the same bytes or is refused for want of one', () => {
  let same = 0;
  const wrong: string[] = [];
  for (const [text, bytes] of corpus.planned) {
    const error = refusal(text, false);
    if (error !== null) {
      if (error.code !== 'SQL_UNSUPPORTED') wrong.push(`${text}: ${error.code} ${error.message}`);
    } else if (hex(exprToProto(fromSql(text))) === bytes) {
      same++;
    } else {
      wrong.push(text);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(same >= 500, String(same));
});

test('every text that the engine refuses is refused', () => {
  assert.deepEqual(
    corpus.refused.filter((text) => refusal(text, true) === null),
    [],
  );
});

test('what only dfx refuses, and what only the engine refuses, are the listed texts', () => {
  assert.deepEqual(
    corpus.stricter.filter((text) => refusal(text, true) === null),
    [],
  );
  // The engine checks the types of all arguments where it asks for the type of one.
  assert.deepEqual(
    corpus.laxer.filter((text) => refusal(text, true) !== null),
    [],
  );
});

test('declared UDFs travel by name, and take the place of built-ins', () => {
  const udfs = corpus.udfs.map(([name, family]) => ({ name, family }));
  const made = corpus.byName.map(([text]) => [text, hex(exprToProto(fromSql(text, { schema, udfs })))]);
  assert.deepEqual(made, corpus.byName);
});
