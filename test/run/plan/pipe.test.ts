import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Pipe } from '../../../src/run/plan/pipe.ts';

const CHUNKS = ['value\n', '1\n2\n', '3\n'];

function pipe(): Pipe {
  return new Pipe(Readable.from(CHUNKS.map((text) => Buffer.from(text))), undefined);
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
  return text;
}

test('a reader that begins after what was seen is forgotten has the first bytes', async () => {
  const source = pipe();
  assert.equal(String(await source.start(8)), 'value\n1\n');
  const look = source.look();
  source.forget();
  assert.equal(await textOf(look), CHUNKS.join(''));
});

test('one that has begun goes on where it was', async () => {
  const source = pipe();
  await source.start(8);
  const look = source.look();
  const first = await look.next();
  source.forget();
  assert.equal(String(first.value), 'value\n');
  assert.equal(await textOf(look), '1\n2\n3\n');
});

test('whoever looks reads from the start, and who takes all does so for the last time', async () => {
  const source = pipe();
  assert.equal(await textOf(source.look()), CHUNKS.join(''));
  assert.equal(await textOf(source.look()), CHUNKS.join(''));
  assert.equal(await textOf(source.all()), CHUNKS.join(''));
  assert.equal(await textOf(source.all()), '');
});
