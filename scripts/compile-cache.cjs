// Runs a file of the command line as bin/dfx does, once for each list of arguments, and keeps the code that V8 compiled for it, and for what it
// loaded (late-modules.mjs), beside it.
//   node scripts/compile-cache.cjs dist/cli/inspect.cjs '[["inspect", "payload.bin"]]'
'use strict';
const { writeFileSync } = require('node:fs');
const { resolve } = require('node:path');
const { scripts, startFile } = require('../bin/start.cjs');

const [, , name, runs] = process.argv;
const waiting = JSON.parse(runs);

/** A command that is through ends the process: here the next one follows. */
process.exit = () => {
  if (!process.listenerCount('beforeExit')) return undefined;
  process.removeAllListeners('beforeExit');
  setImmediate(next);
};
const exit = process.reallyExit.bind(process);

function next() {
  const args = waiting.shift();
  if (args === undefined) {
    for (const [file, script] of scripts) writeFileSync(`${file}.cache`, script.createCachedData());
    exit(0);
  }
  process.argv = [process.execPath, 'dfx', ...args];
  // the event comes again only where there was something to do since
  process.once('beforeExit', () => setImmediate(next));
  startFile(resolve(name));
}
next();
