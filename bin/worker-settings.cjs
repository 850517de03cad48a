// What every Node worker is started with. `bin/early-workers.cjs` and src/run/worker/command.ts must agree.
'use strict';

exports.nodeFlags = [];

/** A worker needs no more of the environment. NODE_EXTRA_CA_CERTS alone would cost it 16 ms. */
const PASSED = new Set(['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL', 'LC_CTYPE', 'SYSTEMROOT', 'TEMP']);

exports.workerEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.has(name.toUpperCase())));
