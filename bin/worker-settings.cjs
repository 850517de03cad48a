// What workers are started with: who starts them early (bin/early-workers.cjs, bin/early-zygote.cjs) and who starts them when they are
// needed (src/run/worker/command.ts, src/run/python/command.ts, src/run/spawn/zygote.ts) must agree.
'use strict';
const { join } = require('node:path');

/**
 * V8 compiles a function when it has run so many bytes of its bytecode: three times as many as it would by itself. Loops over rows come to that at once
 * either way; what stands around them would be compiled just before the end of the input, which takes a tenth of a second. The flag is V8's own, and known
 * of the Node that it was measured with.
 */
exports.nodeFlags = process.versions.node.startsWith('20.') ? ['--interrupt-budget=400000'] : [];

const MIB = 1024 * 1024;

/**
 * Bytes. One worker is mostly through with a smaller input before a second one would be of use: a start takes the time of a million rows of CSV or five
 * of Arrow, and the processor from those that work (src/run/plan/plan.ts).
 */
exports.smallInput = (path) => (/\.(arrows?|feather|ipc)$/i.test(path) ? 256 * MIB : 64 * MIB);

/** A worker needs no more of the environment. NODE_EXTRA_CA_CERTS alone would cost it 16 ms. */
const PASSED = new Set(['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL', 'LC_CTYPE', 'SYSTEMROOT', 'TEMP']);

exports.workerEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.has(name.toUpperCase())));

/** `root`: the folder of dfx's package.json. -u: what a UDF prints shows at once. faulthandler: a crash in native code says where. */
exports.pythonArgs = (root) => ['-u', '-X', 'faulthandler', join(root, 'python', 'dfx_worker', '__main__.py')];

/**
 * The engine plans a streamed result on threads of its own, whose 2 MiB end at a chain of 3,000 operators: a payload of 20 KB that
 * its `collect`, on the main thread, evaluates.
 */
const STACK_BYTES = 64 * 1024 * 1024;

exports.pythonEnvironment = () => ({
  RUST_MIN_STACK: String(STACK_BYTES),
  // A thread of pyarrow's allocator would be there before the fork, and not after it.
  JE_ARROW_MALLOC_CONF: 'background_thread:false',
  ...process.env,
});

/** Of the user's environment nothing else gets to code of a payload (src/run/sandbox/python-worker.ts). */
const PASSED_TO_CODE =
  /^(PATH|HOME|TZ|TZDIR|LANG|LANGUAGE|LC_[A-Z]+|VIRTUAL_ENV|LD_LIBRARY_PATH|RUST_MIN_STACK|RUST_BACKTRACE|JE_ARROW_MALLOC_CONF|[A-Z]+_NUM_THREADS|PYTHON(PATH|HOME|UTF8|NOUSERSITE|HASHSEED|DONTWRITEBYTECODE|PLATLIBDIR))$/;

exports.passedToCode = (environment) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => PASSED_TO_CODE.test(name)));

exports.sandboxedPythonEnvironment = () => exports.passedToCode(exports.pythonEnvironment());

/** Standard error, the control channel, and two sockets for each worker that it may fork. */
exports.zygoteStdio = (slots) => ['ignore', 'ignore', 'pipe', ...new Array(1 + 2 * slots).fill('pipe')];
