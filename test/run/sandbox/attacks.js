// The source of a JavaScript UDF that tries to get out: one attempt a row, named by the column `attack`, aimed at `target`. Node's own objects are not in
// its scope, and are a constructor away.
const process = console.log.constructor('return process')();
const load = (name) => process.getBuiltinModule(name);
const fs = load('fs');

/** What a thread gives that runs asynchronous code meanwhile. */
function waited(source, target) {
  const shared = new Int32Array(new (load('vm').runInThisContext('SharedArrayBuffer'))(4096));
  const code = `
    const { workerData: { shared, target } } = require('worker_threads');
    const tell = (text) => {
      const bytes = Buffer.from(text).subarray(0, 4000);
      new Uint8Array(shared.buffer, 8).set(bytes);
      shared[1] = bytes.length;
      Atomics.store(shared, 0, 1);
      Atomics.notify(shared, 0);
    };
    try { ${source} } catch (error) { tell('kept in: ' + error); }
  `;
  const { Worker } = load('worker_threads');
  const thread = new Worker(code, { eval: true, workerData: { shared, target } });
  thread.unref();
  if (load('vm').runInThisContext('Atomics').wait(shared, 0, 0, 10000) === 'timed-out') return 'kept in: nothing came';
  return load('buffer').Buffer.from(shared.buffer, 8, shared[1]).toString();
}

const connected = (options) => `
  const socket = require('net').connect(${options});
  socket.on('connect', () => tell('out: connected'));
  socket.on('error', (error) => tell('kept in: ' + error));
`;

const attempts = {
  'fs.readFileSync': (target) => fs.readFileSync(target, 'utf8'),
  'fs.readdirSync': (target) => fs.readdirSync(target),
  'fs.promises in a thread': (target) =>
    waited(
      "require('fs').promises.readFile(target).then((text) => tell('out: ' + text), (error) => tell('kept in: ' + error));",
      target,
    ),
  'fs.writeFileSync': (target) => fs.writeFileSync(target, 'out'),
  'fs.appendFileSync': (target) => fs.appendFileSync(target, 'out'),
  'fs.truncateSync': (target) => fs.truncateSync(target, 0),
  'fs.openSync, cut for reading': (target) => fs.openSync(target, fs.constants.O_RDONLY | fs.constants.O_TRUNC),
  'fs.chmodSync': (target) => fs.chmodSync(target, 0o644),
  'fs.utimesSync': (target) => fs.utimesSync(target, 0, 0),
  'fs.renameSync': (target) => fs.renameSync(target, `${target}.moved`),
  'fs.unlinkSync': (target) => fs.unlinkSync(target),
  'fs.mkdirSync': (target) => fs.mkdirSync(target),
  'fs.symlinkSync': (target) => fs.symlinkSync('/etc/passwd', target),
  'fs.mkdtempSync': (target) => fs.mkdtempSync(target),
  'v8.writeHeapSnapshot': (target) => load('v8').writeHeapSnapshot(target),
  'child_process.execFileSync': (target) => load('child_process').execFileSync(target),
  'child_process.spawnSync in a shell': (target) => {
    const { error } = load('child_process').spawnSync(target, { shell: true });
    if (error) throw error;
  },
  'child_process.fork': () => {
    const child = load('child_process').fork('/nothing/there', { stdio: 'ignore' });
    child.on('error', () => undefined);
    if (child.pid === undefined) throw new Error('no pid');
    child.kill('SIGKILL');
  },
  'the binding under spawnSync': (target) => {
    const { error } = process
      .binding('spawn_sync')
      .spawn({ file: target, args: [target], stdio: [{ type: 'ignore' }] });
    if (error) throw new Error(`errno ${error}`);
  },
  'process.kill': (target) => process.kill(Number(target), 0),
  'process.kill of the parent': () => process.kill(process.ppid, 0),
  'os.setPriority': (target) => load('os').setPriority(Number(target), 5),
  'environ of another': (target) => fs.readFileSync(`/proc/${target}/environ`),
  'memory of another': (target) => fs.openSync(`/proc/${target}/mem`),
  'initial environment': () => fs.readFileSync('/proc/self/environ'),
  'listing descriptors': () => fs.readdirSync('/proc/self/fd'),
  TCP: (target) => waited(connected('{ host: "127.0.0.1", port: Number(target) }'), target),
  'Unix socket': (target) => waited(connected('target'), target),
  UDP: (target) =>
    waited(
      `const socket = require('dgram').createSocket('udp4');
       socket.on('error', (error) => tell('kept in: ' + error));
       socket.send('out', Number(target), '127.0.0.1', (error) => tell(error ? 'kept in: ' + error : 'out: sent'));`,
      target,
    ),
  'a server': () =>
    waited(
      `const server = require('net').createServer();
       server.on('error', (error) => tell('kept in: ' + error));
       server.listen(0, '127.0.0.1', () => tell('out: ' + server.address().port));`,
      '',
    ),
  inspector: () => {
    const inspector = load('inspector');
    inspector.open(0, '127.0.0.1');
    const url = inspector.url();
    if (url === undefined) throw new Error('it does not listen');
    inspector.close();
    return url;
  },
};

// biome-ignore lint/correctness/noUnusedVariables: the entry of the UDF
function attacks(name, target) {
  try {
    const said = String(attempts[name](target));
    return /^(out|kept in): /.test(said) ? said : `out: ${said.slice(0, 200)}`;
  } catch (error) {
    return `kept in: ${error.name}: ${error.message}`;
  }
}
