// Compiles and runs a built file of the command line, with the code that V8 made of it at build time where it still fits.
'use strict';
const { readFileSync } = require('node:fs');
const { dirname } = require('node:path');
const { Script } = require('node:vm');

const HEAD = '(function (exports, require, module, __filename, __dirname) {';

/** `cachedData` from another version of V8, or for other flags, is refused by V8 and then does no harm. */
const compile = (file, source, cachedData) =>
  new Script(`${HEAD}${source}\n})`, { filename: file, cachedData, columnOffset: -HEAD.length });

/** Gives what the file exports. `handed`: what another file hands over to it (scripts/late-modules.mjs). */
const start = (script, file, handed) => {
  const module = { exports: {}, handed };
  // what it requires are packages and Node's own modules, which are found from here as from there
  script.runInThisContext()(module.exports, require, module, file, dirname(file));
  return module.exports;
};

/** Of the files that were started, for scripts that keep the code that V8 compiled for them. */
const scripts = new Map();
exports.scripts = scripts;

exports.startFile = (file, handed) => {
  let script = scripts.get(file);
  if (script === undefined) {
    // the build writes ASCII only: no decoding
    const source = readFileSync(file, 'latin1');
    let cached;
    try {
      cached = readFileSync(`${file}.cache`);
    } catch {
      // an installed package has none
    }
    script = compile(file, source, cached);
    scripts.set(file, script);
  }
  return start(script, file, handed);
};
