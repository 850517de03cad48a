// Starts the workers of `dfx run` before the command itself is loaded: a run that reads a file and names no other engine will most
// likely want them. Those that it doesn't take (src/run/worker/early.ts) are gone with the process.
'use strict';
const { statSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { join } = require('node:path');
const { startEarlyZygote } = require('./early-zygote.cjs');
const { nodeFlags, smallInput, workerEnvironment } = require('./worker-settings.cjs');

/** A file that is smaller is one split. */
const SPLIT_BYTES = 1 << 20;

function optionOf(args, long, short) {
  for (let at = 0; at < args.length; at++) {
    if (args[at] === long || args[at] === short) return args[at + 1];
    if (args[at].startsWith(`${long}=`)) return args[at].slice(long.length + 1);
  }
  return undefined;
}

function wanted(args) {
  const engine = optionOf(args, '--engine');
  const input = optionOf(args, '--input', '-i');
  const operands = args.filter((word) => !word.startsWith('-') && word !== input);
  const allPython = startEarlyZygote({
    operands,
    engine,
    python: optionOf(args, '--python'),
    sandbox: optionOf(args, '--sandbox'),
    workers: Number(optionOf(args, '--workers', '-w')),
    cores: availableParallelism(),
  });
  if (allPython) return 0;
  if (input === undefined || (engine !== undefined && engine !== 'auto' && engine !== 'embedded')) return 0;
  const size = statSync(input, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= SPLIT_BYTES) return 1;
  const asked = Number(optionOf(args, '--workers', '-w'));
  if (size < smallInput(input) && !(asked > 0)) return 1;
  return Math.min(asked > 0 ? asked : availableParallelism(), availableParallelism());
}

const count = wanted(process.argv.slice(3));
if (count > 0) {
  const { spawn } = require('node:child_process');
  const early = [];
  for (let at = 0; at < count; at++) {
    const child = spawn(process.execPath, [...nodeFlags, join(__dirname, 'worker.cjs')], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      env: workerEnvironment(),
      detached: true,
      windowsHide: true,
    });
    // Whoever takes it says what its failure means.
    child.on('error', () => undefined);
    child.unref();
    for (const stream of child.stdio) stream?.unref?.();
    early.push(child);
  }
  process.on('exit', () => {
    for (const child of early) child.kill('SIGKILL');
  });
  globalThis[Symbol.for('dfx.early-workers')] = early;
}
