// Starts the parent of Python workers (python/dfx_worker/zygote.py) before the command itself is loaded, where the run will most likely
// want it: the import of the engine takes longer than everything that dfx does before its first worker. One that isn't taken
// (src/run/spawn/early-zygote.ts) is gone with the process.
'use strict';
const { readFileSync, statSync } = require('node:fs');
const { delimiter, join, resolve } = require('node:path');

/** What every family of Python UDFs begins with (docs/wire-format.md). */
const MAGIC = 'DFPYUD';
/** What the parent imports for all of its workers where a payload names it (WANTED in python/dfx_worker/zygote.py). */
const MODULE = 'pyarrow.compute';
/** A longer file is no payload that anybody waits for. */
const LONGEST = 1 << 20;

function sizeOf(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? found.size : 0;
}

/** `file` or `label=file`; undefined for a word that names no file. */
function pathOf(operand) {
  return [operand, operand.slice(operand.indexOf('=') + 1)].find((path) => sizeOf(path) > 0);
}

function holds(path, text) {
  return sizeOf(path) <= LONGEST && readFileSync(path).includes(text);
}

function carriesPython(path) {
  return holds(path, MAGIC);
}

/** The interpreter that the run will take, where that needs no look at the payloads: src/run/env/choose.ts. */
function interpreterOf(given) {
  const named = given ?? process.env.DFX_PYTHON ?? '';
  if (/[/\\]/.test(named)) return resolve(named);
  if (named === '') return undefined;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = folders.map((folder) => join(folder, named)).find((path) => sizeOf(path) > 0);
  return found === undefined ? undefined : resolve(found);
}

/**
 * `operands`: the words of the command line that may name a payload; `workers`: how many the user asked for. Gives whether no payload is for
 * another engine.
 */
exports.startEarlyZygote = ({ operands, engine, python, sandbox, workers, cores }) => {
  if (process.platform !== 'linux' || engine === 'embedded') return false;
  const payloads = operands.map(pathOf).filter((path) => path !== undefined);
  const carrying = engine === 'datafusion' ? payloads : payloads.filter(carriesPython);
  const file = carrying.length === 0 ? undefined : interpreterOf(python);
  if (file === undefined || sizeOf(file) === 0) return false;
  const { spawn } = require('node:child_process');
  const settings = require('./worker-settings.cjs');
  // Its workers have its environment, and code of a payload can read it: one for trusted code isn't taken for other code.
  const trusted = sandbox === 'off' || !payloads.some(carriesPython);
  const env = trusted ? settings.pythonEnvironment() : settings.sandboxedPythonEnvironment();
  // Some are for workers that take the place of dead ones.
  const slots = Math.min((workers > 0 ? workers : Math.max(cores, operands.length)) + 2, 32);
  const modules = carrying.some((path) => holds(path, MODULE)) ? [MODULE] : [];
  const child = spawn(file, [...settings.pythonArgs(join(__dirname, '..')), 'fork', String(slots), ...modules], {
    stdio: settings.zygoteStdio(slots),
    env,
    detached: true,
  });
  // Whoever takes it says what its failure means.
  child.on('error', () => undefined);
  child.unref();
  for (const stream of child.stdio) stream?.unref?.();
  const early = { file, env, child };
  process.on('exit', () => {
    if (early.child !== null) early.child.kill('SIGKILL');
  });
  globalThis[Symbol.for('dfx.early-zygote')] = early;
  return carrying.length === payloads.length;
};
