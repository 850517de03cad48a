// Runs the built worker on the frames that stand in the file behind descriptor 3, and keeps the code that V8 compiled for it, and
// for what it loaded (late-modules.mjs), beside it.
//   node scripts/worker-cache.cjs dist/worker/node.cjs 3<frames 4>/dev/null
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { resolve } = require('node:path');
const { compile, scripts, start } = require('../bin/start.cjs');

const file = resolve(process.argv[2]);
const script = compile(file, readFileSync(file, 'latin1'));
process.on('exit', () => {
  for (const [path, made] of [[file, script], ...scripts]) writeFileSync(`${path}.cache`, made.createCachedData());
});
start(script, file);
