import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeds } from './corpus.ts';
import { below, seeded } from './mutations.ts';
import { probe } from './probe.ts';
import { fuzzCase } from './rounds.ts';

test('3,000 damaged payloads go through everything without a crash, a hang or a changed byte', () => {
  const corpus = seeds(2048);
  const bodies = corpus.map(({ bytes }) => bytes);
  for (let seed = 1; seed <= 3000; seed++) fuzzCase(seed, corpus, bodies);
});

test('payloads cut at every byte are read as far as they go', () => {
  const random = seeded(7);
  const corpus = seeds(200);
  for (let count = 0; count < 30; count++) {
    const { path, bytes } = corpus[below(random, corpus.length)] ?? { path: '', bytes: new Uint8Array() };
    for (let length = 0; length < bytes.length; length++) {
      try {
        probe(bytes.slice(0, length));
      } catch (error) {
        assert.fail(`${path} cut to ${length} bytes: ${error}`);
      }
    }
  }
});
