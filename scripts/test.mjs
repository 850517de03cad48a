// Runs the test files with node's own runner through tsx.
//   npm test                        every file under test/
//   npm test -- wire/frame          files whose path holds one of the words
//   npm test -- --update            rewrites the transcripts
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const words = process.argv.slice(2).filter((word) => word !== '--update');
const files = readdirSync('test', { recursive: true })
  .map((name) => join('test', String(name)))
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`);
  process.exit(1);
}
const run = spawnSync(
  process.execPath,
  ['--import', 'tsx', '--test', '--test-reporter', 'spec', '--test-concurrency', '2', ...files],
  {
    stdio: 'inherit',
    env: { ...process.env, DFX_UPDATE: process.argv.includes('--update') ? '1' : '' },
  },
);
process.exit(run.status ?? 1);
