/** JavaScript UDFs that take too long or too much: Node workers are looked after as Python workers are. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dfx, values } from './cli.ts';
import { errorsOf, runAlone } from './faulty.ts';

const scratch = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

function payload(name: string, source: string): string {
  const path = join(scratch, `${name}.json`);
  const definition = { name, family: 'scalar', inputs: ['Int64'], returns: 'Int64', volatility: 'volatile' };
  const expr = { udf: name, args: [{ col: 'value' }] };
  writeFileSync(path, JSON.stringify({ expr, udfs: [{ ...definition, javascript: { source, entry: 'f' } }] }));
  const out = join(scratch, `${name}.bin`);
  assert.equal(dfx(['encode', path, '-o', out]).status, 0);
  return out;
}

test('one that never ends is ended, one that takes its time is warned of', () => {
  const spins = payload('spins', 'const f = () => { for (;;); }');
  const killed = runAlone(['run', spins, '--input', values, '--idle-timeout', '300ms', '--kill-on-idle', '--json']);
  const [error] = errorsOf(killed.stderr);
  assert.equal(error?.code, 'IDLE_TIMEOUT');
  assert.match(error?.message ?? '', /^the Node worker \d+ has said nothing for 0\.3 s: job 0, .*, and was ended$/);
  assert.equal(killed.status, 5);
  const source =
    'let fresh = true; const f = (v) => { const end = Date.now() + (fresh ? 1000 : 0); fresh = false; while (Date.now() < end); return v; }';
  const warned = runAlone(['run', payload('spins_once', source), '--input', values, '--idle-timeout', '300ms']);
  assert.match(
    warned.stderr,
    /^dfx: the Node worker \d+ has said nothing for 0\.3 s: .*; --kill-on-idle ends such a worker\n$/,
  );
  assert.equal(warned.status, 0);
});

test('one that eats memory is ended', () => {
  const source = 'const held = []; const f = () => { for (;;) held.push(new Float64Array(1 << 17).fill(1)); }';
  const { status, stderr } = runAlone([
    ...['run', payload('eats', source), '--input', values],
    ...['--memory-limit', '400M', '--json'],
  ]);
  const [error] = errorsOf(stderr);
  assert.equal(error?.code, 'MEMORY_LIMIT');
  assert.match(
    error?.message ?? '',
    /^the Node worker \d+ took \d+ MiB, more than --memory-limit 400 MiB, and was ended: /,
  );
  assert.equal(status, 5);
});
