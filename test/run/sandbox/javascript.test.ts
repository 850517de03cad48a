/** Code of a JavaScript payload that tries to get out: as in python.test.ts, each attempt with and without the sandbox. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { dfx } from '../cli.ts';
import { type Attack, attackFolder, folderAt, SECRET } from './targets.ts';

const targets = await attackFolder();
const { folder, port, socketPath, pid, env } = targets;
const home = folderAt(homedir(), '.dfx-attack-');
after(() => {
  targets.remove();
  rmSync(home.path, { recursive: true, force: true });
});

const document = {
  expr: { udf: 'attacks', args: [{ col: 'attack' }, { col: 'target' }] },
  udfs: [
    {
      name: 'attacks',
      family: 'scalar',
      inputs: ['Utf8', 'Utf8'],
      returns: 'Utf8',
      volatility: 'volatile',
      javascript: { entry: 'attacks', source: readFileSync(join(import.meta.dirname, 'attacks.js'), 'utf8') },
    },
  ],
};
const payload = join(folder.path, 'attacks-js.bin');
const encoded = dfx(['encode', folder.write('attacks.json', JSON.stringify(document)), '-o', payload]);
assert.equal(encoded.status, 0, encoded.stderr);

const secret = home.write('private.txt', 'private,text\n');
const on = (target: string | number, names: readonly string[]): readonly Attack[] =>
  names.map((name) => ({ name, target: String(target) }));
const CHANGING = [
  'fs.writeFileSync',
  'fs.appendFileSync',
  'fs.truncateSync',
  'fs.openSync, cut for reading',
  'fs.chmodSync',
  'fs.utimesSync',
  'fs.renameSync',
  'fs.unlinkSync',
];
const attacks: readonly Attack[] = [
  ...on(secret, ['fs.readFileSync', 'fs.promises in a thread']),
  ...on(dirname(secret), ['fs.readdirSync']),
  ...on(folder.write('beside.txt', 'private\n'), ['fs.readFileSync']),
  ...on('/etc/passwd', ['fs.readFileSync']),
  ...CHANGING.map((name, at) => {
    const file = home.write(`changed-${at}.txt`, 'private,text\n');
    return { name, target: file, file };
  }),
  ...['fs.mkdirSync', 'fs.mkdtempSync', 'fs.symlinkSync', 'v8.writeHeapSnapshot'].map((name, at) => ({
    name,
    target: join(home.path, `new-${at}`),
  })),
  ...on('-', ['child_process.fork', 'process.kill of the parent', 'a server', 'inspector']),
  ...on('-', ['initial environment', 'listing descriptors']),
  ...on('/bin/true', [
    'child_process.execFileSync',
    'child_process.spawnSync in a shell',
    'the binding under spawnSync',
  ]),
  ...on(pid, ['process.kill', 'os.setPriority', 'environ of another', 'memory of another']),
  ...on(port, ['TCP', 'UDP']),
  ...on(socketPath, ['Unix socket']),
];

function attempt(flags: readonly string[]): readonly string[] {
  const rows = attacks.map(({ name, target }) => `"${name}",${target}`).join('\n');
  const input = folder.write('attacks-js.csv', `attack,target\n${rows}\n`);
  const options = ['--schema', 'attack Utf8, target Utf8', '--format', 'ndjson', ...flags];
  const { stdout, stderr } = dfx(['run', payload, '--input', input, ...options], { env });
  const lines = stdout.split('\n').filter((line) => line !== '');
  assert.equal(lines.length, attacks.length, stderr);
  return lines.map((line) => JSON.parse(line)['attacks-js']);
}

const inside = attempt([]);
for (const { file } of attacks) if (file !== undefined) home.restore(file);
const outside = attempt(['--sandbox', 'off']);

for (const [at, { name, target }] of attacks.entries()) {
  test(`JavaScript can't get out by ${name} (${target})`, () => {
    assert.match(inside[at] ?? '', /^kept in: /);
    assert.match(outside[at] ?? '', /^out: /, 'the attempt is worth nothing: without a sandbox it fails, too');
  });
}

test('a JavaScript worker sees listed variables only', () => {
  const source =
    "const process = console.log.constructor('return process')();\nconst names = () => Object.keys(process.env).sort().join(' ');";
  const udf = { ...document.udfs[0], inputs: [], name: 'names', javascript: { entry: 'names', source } };
  const file = folder.write('names.json', JSON.stringify({ expr: { udf: 'names', args: [] }, udfs: [udf] }));
  const bin = join(folder.path, 'names.bin');
  dfx(['encode', file, '-o', bin]);
  const { stdout } = dfx(['run', bin, '--format', 'csv'], { env: { ...env, LANG: 'C.UTF-8' } });
  const names = (stdout.split('\n')[1] ?? '').split(' ');
  assert.ok(names.includes('LANG'));
  assert.ok(!names.includes(SECRET));
});
