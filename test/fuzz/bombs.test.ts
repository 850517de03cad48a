import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BOMBS } from './bombs.ts';

const child = fileURLToPath(new URL('bomb-child.ts', import.meta.url));
const BYTES = 100_000;
/** docs/security.md, "Limits": what reading, showing and writing again takes for each byte, and whatever the payload. */
const MOST_TIMES = 1000;
const MOST_BESIDE = 128 * 1024 ** 2;

for (const name of Object.keys(BOMBS)) {
  test(`${name}: memory within the stated multiple of the payload`, () => {
    const args = ['--max-old-space-size=512', '--import', 'tsx', child, name, String(BYTES)];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
    assert.equal(status, 0, stderr);
    const { bytes, grown } = JSON.parse(stdout);
    const most = MOST_TIMES * bytes + MOST_BESIDE;
    assert.ok(grown <= most, `${bytes} bytes took ${grown} bytes of memory, more than ${most}`);
  });
}
