/** Pipes, terminals, colours and signals. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dfx, dfxOnTerminal, environment, launcher, root, shell, temporaryFolder, UDF_PAYLOAD } from './dfx.ts';

const folder = temporaryFolder();
after(() => folder.remove());

const COLOR = /\x1b\[/;
const CONTROL = /[\0-\x09\x0b-\x1f\x7f]/;

/** An expression of 20,000 literals: more than a pipe holds, however it is shown. */
const big = join(folder.path, 'big.bin');
const text = join(folder.path, 'big.sql');
writeFileSync(text, `a in (${Array.from({ length: 20_000 }, (_, at) => at).join(', ')})`);
assert.deepEqual(dfx(['encode', text, '--from', 'sql', '-o', big]), { status: 0, stdout: '', stderr: '' });

test('a pipe gets the data alone, the same as a file', () => {
  for (const args of [
    ['decode', UDF_PAYLOAD],
    ['decode', UDF_PAYLOAD, '--format', 'tree'],
    ['encode', '--sql', 'a + 1 > 2'],
  ]) {
    const file = join(folder.path, 'out');
    assert.deepEqual(dfx([...args, '-o', file]), { status: 0, stdout: '', stderr: '' });
    const line = ['dfx', ...args.map((arg) => `'${arg}'`)].join(' ');
    const piped = shell(`${line} | cmp - ${file}`);
    assert.deepEqual(piped, { status: 0, stdout: '', stderr: '' });
    assert.deepEqual(shell(`${line} -o - | cmp - ${file}`), piped);
  }
});

test('no colours on a pipe, nor where they are switched off', () => {
  for (const args of [
    ['inspect', UDF_PAYLOAD],
    ['inspect', '--hex', UDF_PAYLOAD],
    ['inspect', 'nosuch.bin'],
  ]) {
    const { stdout, stderr } = dfx(args);
    assert.doesNotMatch(stdout, CONTROL);
    assert.doesNotMatch(stderr, CONTROL);
  }
  for (const { args = [], env = {} } of [
    { args: ['--color', 'never'], env: { FORCE_COLOR: '1' } },
    { env: { NO_COLOR: '1' } },
    { env: { FORCE_COLOR: '0' } },
    { env: { TERM: 'dumb' } },
  ]) {
    const { status, stdout } = dfxOnTerminal(['inspect', '--hex', UDF_PAYLOAD, ...args], { env });
    assert.doesNotMatch(stdout, COLOR);
    assert.equal(status, 0);
  }
});

test('colours on a terminal, and where they are asked for', () => {
  assert.match(dfxOnTerminal(['inspect', '--hex', UDF_PAYLOAD]).stdout, COLOR);
  assert.match(dfx(['inspect', '--hex', UDF_PAYLOAD, '--color', 'always']).stdout, COLOR);
  assert.match(dfx(['--color=always', 'inspect', '--hex', UDF_PAYLOAD], { env: { NO_COLOR: '1' } }).stdout, COLOR);
  assert.match(dfx(['inspect', '--hex', UDF_PAYLOAD], { env: { FORCE_COLOR: '1' } }).stdout, COLOR);
  // a document is for programs, wherever it goes
  assert.doesNotMatch(dfx(['inspect', '--json', UDF_PAYLOAD, '--color', 'always']).stdout, COLOR);
});

test('colours go by the stream that they are on', () => {
  const file = join(folder.path, 'shown.txt');
  const line = `'${process.execPath}' '${launcher}' inspect --hex ${UDF_PAYLOAD} > '${file}'`;
  const { status } = shell(`script --quiet --return --command "${line}" /dev/null`);
  assert.equal(status, 0);
  assert.doesNotMatch(readFileSync(file, 'utf8'), COLOR);
});

for (const command of [
  'inspect',
  'inspect --hex',
  'inspect --json --hex',
  'decode',
  'decode --json',
  'decode --format sql',
]) {
  test(`${command}: a reader that goes away is no failure`, () => {
    const { stdout, stderr } = shell(`dfx ${command} ${big} ${big} | head -c 1 | wc -c; echo \${PIPESTATUS[0]}`);
    assert.equal(stderr, '');
    assert.deepEqual(stdout.trim().split(/\s+/), ['1', '0']);
  });
}

test('a full disk is', () => {
  for (const args of ['inspect', 'inspect --json', 'decode', 'decode --json']) {
    const { status, stderr } = shell(`dfx ${args} ${UDF_PAYLOAD} > /dev/full`);
    const told = "the output can't be written: the disk is full";
    if (args.endsWith('--json')) assert.equal(JSON.parse(stderr).error.message, told);
    else assert.equal(stderr, `dfx: stdout: ${told}\n`);
    assert.equal(status, 2);
  }
});

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} while a command waits ends it at once`, async () => {
    const out = temporaryFolder();
    try {
      const child = spawn(process.execPath, [launcher, 'decode', '-o', join(out.path, 'out.json')], {
        env: environment,
      });
      const told: Buffer[] = [];
      child.stderr.on('data', (chunk) => told.push(chunk));
      await new Promise((resolve) => setTimeout(resolve, 1500));
      child.kill(signal);
      // ended by the signal: a shell's $? is 130 or 143
      assert.deepEqual(await once(child, 'close'), [null, signal]);
      assert.equal(Buffer.concat(told).toString(), '');
      assert.deepEqual(readdirSync(out.path), []);
    } finally {
      out.remove();
    }
  });

  /** A program that has written half a file. */
  const half = async (
    program: string,
  ): Promise<{ code: number | null; by: string | null; left: readonly string[] }> => {
    const out = temporaryFolder();
    try {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '-e', program, join(out.path, 'data')],
        {
          cwd: root,
          env: environment,
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      await once(child.stdout, 'data');
      assert.equal(readdirSync(out.path).length, 1);
      child.kill(signal);
      const [code, by] = await once(child, 'close');
      return { code, by, left: readdirSync(out.path) };
    } finally {
      out.remove();
    }
  };
  const START = `
    import { OutputFile } from './src/run/merge/output-file.ts';
    const file = await OutputFile.create(process.argv[1]);
    await file.write('half');
    setTimeout(() => undefined, 60_000);
    console.log('ready');`;

  test(`${signal} leaves no half-written file`, async () => {
    assert.deepEqual(await half(START), { code: null, by: signal, left: [] });
  });

  test(`nor beside work that ends by itself, with ${status}`, async () => {
    const program = `
      import { untilEnded } from './src/cli/ending.ts';
      process.exit(await untilEnded(async (signal) => {
        ${START.replace('import {', 'const {').replace('} from', '} = await import(').replace("ts';", "ts');")}
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await file.discard();
        signal.throwIfAborted();
      }));`;
    assert.deepEqual(await half(program), { code: status, by: null, left: [] });
  });
}

/** Until the process has used no processor time for a second: it has started, and waits. */
async function idle(pid: number): Promise<void> {
  const used = (): string => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ').slice(13, 15).join(' ');
    } catch {
      return ''; // no such file where the system isn't Linux: the time below is all there is
    }
  };
  let before = used();
  let quiet = 0;
  for (let waited = 0; quiet < 1000 || waited < 2500; waited += 100) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = used();
    quiet = now === before ? quiet + 100 : 0;
    before = now;
  }
}

for (const { what, args } of [
  { what: 'standard input', args: ['run', '-'] },
  { what: 'a pipe that nobody writes to', args: ['run', 'pipe'] },
  { what: 'an input that nobody writes', args: ['run', big, '--input', 'pipe'] },
]) {
  test(`a run that waits for ${what} ends with a signal, and with its time`, async () => {
    const at = temporaryFolder();
    try {
      assert.equal(shell('mkfifo pipe', { cwd: at.path }).status, 0);
      const child = spawn(process.execPath, [launcher, ...args], { cwd: at.path, env: environment });
      await idle(child.pid ?? 0);
      child.kill('SIGINT');
      assert.deepEqual(await once(child, 'close'), [130, null]);
      const late = spawn(process.execPath, [launcher, ...args, '--timeout', '1s'], { cwd: at.path, env: environment });
      assert.deepEqual(await once(late, 'close'), [5, null]);
    } finally {
      at.remove();
    }
  });
}

test('a named pipe is read as a file is', () => {
  const file = dfx(['decode', UDF_PAYLOAD]);
  assert.deepEqual(shell(`dfx decode <(sleep 1; cat ${UDF_PAYLOAD})`), file);
  assert.deepEqual(
    shell(
      `mkfifo '${folder.path}/pipe'; cat ${UDF_PAYLOAD} > '${folder.path}/pipe' & dfx decode '${folder.path}/pipe'`,
    ),
    file,
  );
});
