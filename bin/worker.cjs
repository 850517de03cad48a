// Starts the built Node worker: docs/worker-protocol.md says what it reads and writes on descriptors 3 and 4.
'use strict';
const { join } = require('node:path');

require('./start.cjs').startFile(join(__dirname, '..', 'dist', 'worker', 'node.cjs'));
