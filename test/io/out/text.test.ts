/** CSV and NDJSON, byte for byte as the engine's own writers give them (writers_oracle.py). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ColumnBatch } from '../../../src/io/column.ts';
import { ArrowStreamReader } from '../../../src/io/ipc/stream-reader.ts';
import { type TextFormat, textEncoder } from '../../../src/io/out/text.ts';
import type { Schema } from '../../../src/wire/arrow/types.ts';
import { DfxError } from '../../../src/wire/errors.ts';
import { python } from '../../run/cli.ts';

type Entry = readonly [name: string, stream: string, csv: string | null, ndjson: string | null];

function entriesOf(seed: number): readonly Entry[] {
  const script = fileURLToPath(new URL('./writers_oracle.py', import.meta.url));
  const { stdout, stderr, status } = spawnSync(python, [script, String(seed)], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

interface Table {
  readonly schema: Schema;
  readonly batches: readonly ColumnBatch[];
}

function readStream(base64: string): Table {
  const reader = new ArrowStreamReader();
  reader.push(Buffer.from(base64, 'base64'));
  const { schema } = reader;
  assert.ok(schema !== null);
  const batches: ColumnBatch[] = [];
  for (let batch = reader.next(); batch !== null; batch = reader.next()) batches.push(batch);
  return { schema, batches };
}

function textOf({ schema, batches }: Table, format: TextFormat): string {
  const encoder = textEncoder(format, schema);
  return Buffer.concat([encoder.head, ...batches.map((batch) => encoder.encode(batch))]).toString('utf8');
}

for (const seed of [1, 2]) {
  for (const [name, stream, csv, ndjson] of entriesOf(seed)) {
    test(`${name}, seed ${seed}, is written as the engine writes it`, () => {
      const table = readStream(stream);
      for (const [format, expected] of [
        ['csv', csv],
        ['ndjson', ndjson],
      ] as const) {
        if (expected === null) {
          assert.throws(() => textOf(table, format), DfxError);
          continue;
        }
        const found = textOf(table, format).split('\n');
        const due = Buffer.from(expected, 'base64').toString('utf8').split('\n');
        const at = due.findIndex((line, row) => line !== found[row]);
        if (at >= 0) assert.equal(found[at], due[at], `${format}, line ${at + 1}`);
        assert.equal(found.length, due.length, format);
      }
    });
  }
}
