// Runs the built worker on the frames that stand in the file behind descriptor 3, and keeps the code that V8 compiled for it, and
// for what it loaded (late-modules.mjs), beside it.
//   node scripts/worker-cache.cjs dist/worker/node.cjs 3<frames 4>/dev/null
'use strict';
const { writeFileSync } = require('node:fs');
const { resolve } = require('node:path');
const { scripts, startFile } = require('../bin/start.cjs');

process.on('exit', () => {
  for (const [file, script] of scripts) writeFileSync(`${file}.cache`, script.createCachedData());
});
startFile(resolve(process.argv[2]));
