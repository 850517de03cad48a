/** How every command is called: help, version, wrong usage. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { VERSION } from '../../src/cli/version.ts';
import { dfx, dfxOnTerminal, UDF_PAYLOAD } from './dfx.ts';

const names = COMMANDS.map(({ name }) => name);
const SUBCOMMANDS = ['env list', 'env create', 'env remove'];

function refused(args: readonly string[], line: string): void {
  const { status, stdout, stderr } = dfx(args);
  assert.equal(stderr, `dfx: ${line}\n`);
  assert.equal(stdout, '');
  assert.equal(status, 2);
}

test('--version is the version of the package, alone', () => {
  assert.deepEqual(dfx(['--version']), { status: 0, stdout: `${VERSION}\n`, stderr: '' });
  assert.match(VERSION, /^\d+\.\d+\.\d+$/);
});

test('--help has examples first, the commands with a line each, and the exit codes', () => {
  const { status, stdout, stderr } = dfx(['--help']);
  assert.equal(status, 0);
  assert.equal(stderr, '');
  assert.deepEqual(
    [...stdout.matchAll(/^(\S.*:)$/gm)].map(([, title]) => title),
    ['Examples:', 'Commands:', 'Options:', 'Exit codes:'],
  );
  assert.deepEqual(
    stdout.split('\n').filter((line) => line.length > 80),
    [],
  );
  for (const { name, operands, summary } of COMMANDS) {
    assert.match(
      stdout,
      new RegExp(`^ {2}${name} ${operands.replace(/[[\].]/g, '\\$&')} +${summary.replace('.', '\\.')}$`, 'm'),
    );
  }
  for (const code of ['0', '1', '2', '3', '4', '5', '70', '130, 143'])
    assert.match(stdout, new RegExp(`^ {2}${code} +\\w`, 'm'));
});

test('`dfx help`, and `dfx` alone on stderr as wrong usage', () => {
  const help = dfx(['--help']);
  assert.deepEqual(dfx(['help']), help);
  assert.deepEqual(dfx([]), { status: 2, stdout: '', stderr: help.stdout });
});

for (const command of [...names, ...SUBCOMMANDS]) {
  test(`the help of ${command} has examples first and fits 80 columns`, () => {
    const words = command.split(' ');
    const { status, stdout, stderr } = dfx([...words, '--help']);
    assert.equal(status, 0);
    assert.equal(stderr, '');
    assert.match(stdout, new RegExp(`^Examples:\\n( {2}.+\\n)+\\nUsage: dfx ${command} `));
    assert.equal(stdout.match(/Examples:/g)?.length, 1);
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.length > 80),
      [],
    );
    assert.deepEqual(dfx(['help', ...words]), { status, stdout, stderr });
    // a command that only holds others hands its options on to them
    if (!SUBCOMMANDS.some((name) => name.startsWith(`${command} `)))
      for (const option of ['--json', '--color <when>', '--debug']) assert.ok(stdout.includes(`\n  ${option} `));
  });
}

test('what a command line gets wrong is told in a line, with the nearest name', () => {
  refused(['inspct', 'x'], 'unknown command "inspct"; did you mean inspect?');
  refused(['frobnicate'], 'unknown command "frobnicate"; `dfx --help` lists what there is');
  refused(['help', 'rnu'], 'unknown command "rnu"; did you mean run?');
  refused(['--jsno', 'inspect'], 'unknown option "--jsno"; did you mean --json?');
  refused(['inspect', '--hexx', UDF_PAYLOAD], "unknown option '--hexx'; did you mean --hex?");
  refused(['inspect', '--frobnicate'], "unknown option '--frobnicate'; `dfx inspect --help` says what it takes");
  refused(['run', '--engine'], "option '--engine <engine>' argument missing; `dfx run --help` says what it takes");
  refused(['env', 'crate'], 'unknown command "crate" of env; did you mean create?');
  refused(['env', 'remove'], "missing required argument 'name'; `dfx env --help` says what it takes");
  refused(['decode', '--format', 'yaml'], 'found the format "yaml", expected one of json, proto-json, sql, tree');
  refused(['inspect', '--color', 'blue'], 'found the colour choice "blue", expected one of auto, always, never');
  refused(['inspect', '-', '-'], 'found - twice: standard input can be read once only; give - once');
});

test('a command that is not built is unknown', () => {
  for (const later of ['diff', 'check', 'snapshot', 'verify', 'serve']) {
    assert.equal(names.includes(later), false);
    const { status, stderr } = dfx([later]);
    assert.match(stderr, new RegExp(`^dfx: unknown command "${later}"; `));
    assert.equal(status, 2);
  }
});

test('options that all commands take may stand before the command', () => {
  const { status, stdout, stderr } = dfx(['--json', '--color', 'never', 'inspect', 'nosuch.bin']);
  assert.equal(stdout, '');
  assert.equal(JSON.parse(stderr).error.code, 'FILE_NOT_FOUND');
  assert.equal(status, 2);
  assert.equal(dfx(['--json', 'env', 'list']).stdout, dfx(['env', 'list', '--json']).stdout);
});

test('a control character in a command line does not reach the terminal', () => {
  refused(['\x1b[31m'], 'unknown command "\\u001b[31m"; `dfx --help` lists what there is');
});

for (const name of ['inspect', 'decode', 'encode', 'run']) {
  test(`without operands, ${name} shows its help on a terminal and reads a pipe`, () => {
    const terminal = dfxOnTerminal([name]);
    assert.equal(terminal.stdout.replaceAll('\r\n', '\n'), dfx([name, '--help']).stdout);
    assert.equal(terminal.status, 2);
    const pipe = dfx([name, '--json']);
    assert.equal(JSON.parse(pipe.stderr).error.code, 'EMPTY_INPUT');
    assert.equal(JSON.parse(pipe.stderr).error.file, 'stdin');
    assert.equal(pipe.status, 3);
  });
}
