/** What a killed dfx left in the temporary folder goes with the next one, and nothing else does. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { removeStaleFolders } from '../../src/run/private-folder.ts';
import { root, values } from './cli.ts';
import { until } from './faulty.ts';

const parent = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(parent, { recursive: true, force: true }));

const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
const namespace = readlinkSync('/proc/self/ns/pid').slice('pid:['.length, -1);
const [, , , , , , , , , , , , , , , , , , , , , started] = readFileSync('/proc/self/stat', 'latin1').split(' ');
/** Greater than any process number of Linux (PID_MAX_LIMIT). */
const NOBODY = 2 ** 22 + 1;

function folder(name: string): string {
  const path = join(parent, name);
  mkdirSync(join(path, 'scratch/worker-1'), { recursive: true });
  writeFileSync(join(path, 'scratch/worker-1/file'), 'text');
  return path;
}

test('folders whose process is gone are removed, in whichever purpose they were made', async () => {
  const stale = [
    folder(`dfx-sandbox-${boot}-${namespace}-${NOBODY}-1-AAAAAA`),
    folder(`dfx-input-${boot}-${namespace}-${NOBODY}-1-BBBBBB`),
    // The number is another process's now.
    folder(`dfx-sandbox-${boot}-${namespace}-${process.pid}-${Number(started) + 1}-CCCCCC`),
  ];
  const kept = [
    folder(`dfx-sandbox-${boot}-${namespace}-${process.pid}-${started}-DDDDDD`),
    // Of another container, of another machine or an earlier boot, and what only looks alike.
    folder(`dfx-sandbox-${boot}-${Number(namespace) + 1}-${NOBODY}-1-EEEEEE`),
    folder(`dfx-sandbox-${boot === '00000000' ? '11111111' : '00000000'}-${namespace}-${NOBODY}-1-FFFFFF`),
    folder(`dfx-test-${boot}-${namespace}-${NOBODY}-1-GGGGGG`),
    folder(`dfx-sandbox-${boot}-${namespace}-${NOBODY}-1-HHHHHH.old`),
  ];
  await removeStaleFolders(parent);
  assert.deepEqual(stale.filter(existsSync), []);
  assert.deepEqual(kept.filter(existsSync), kept);
});

test('links are neither removed nor followed', async () => {
  const precious = folder('precious');
  const link = join(parent, `dfx-sandbox-${boot}-${namespace}-${NOBODY}-1-IIIIII`);
  symlinkSync(precious, link);
  const stale = folder(`dfx-sandbox-${boot}-${namespace}-${NOBODY}-1-JJJJJJ`);
  symlinkSync(precious, join(stale, 'scratch/way-out'));
  await removeStaleFolders(parent);
  assert.equal(readlinkSync(link), precious);
  assert.equal(existsSync(stale), false);
  assert.equal(readFileSync(join(precious, 'scratch/worker-1/file'), 'utf8'), 'text');
});

test('a killed dfx leaves a folder, and the next one removes it', async () => {
  const shared = mkdtempSync(join(parent, 'tmp-'));
  const payload = join(parent, 'javascript.bin');
  const source = join(parent, 'javascript.json');
  const udf = {
    name: 'same',
    family: 'scalar',
    inputs: ['Int64'],
    returns: 'Int64',
    javascript: { entry: 'same', source: 'function same(v) { while (v > 0) {} return v; }' },
  };
  writeFileSync(source, JSON.stringify({ expr: { udf: 'same', args: [{ col: 'value' }] }, udfs: [udf] }));
  const start = (args: readonly string[]): ReturnType<typeof spawn> =>
    spawn(process.execPath, [join(root, 'bin/dfx'), ...args], {
      env: { ...process.env, DFX_SOURCES: '1', TMPDIR: shared },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  const [made] = await once(start(['encode', source, '-o', payload]), 'exit');
  assert.equal(made, 0);

  // tsx keeps its cache there.
  const own = (): readonly string[] => readdirSync(shared).filter((name) => name.startsWith('dfx-'));
  const killed = start(['run', payload, '--input', values]);
  await until(() => own().length > 0, 'there is a folder');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const [left = ''] = own();
  assert.match(left, new RegExp(`^dfx-sandbox-${boot}-${namespace}-${killed.pid}-\\d+-`));

  const empty = join(parent, 'empty.csv');
  writeFileSync(empty, 'value\n');
  const [code] = await once(start(['run', payload, '--input', empty]), 'exit');
  assert.equal(code, 0);
  assert.deepEqual(own(), []);
});
