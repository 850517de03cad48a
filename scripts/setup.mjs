// Sets up the Python side of a checkout: `.venv` with the pinned engine and pytest, and payloads of the main job that
// the Python at hand can read.
//   npm run setup                          with python3
//   npm run setup -- --python python3.12   with another
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DOWNLOAD_MEGABYTES = 195;
const root = fileURLToPath(new URL('..', import.meta.url));
const at = process.argv.indexOf('--python');
const base = (at === -1 ? undefined : process.argv[at + 1]) ?? 'python3';
const folder = join(root, '.venv');
const python = process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
const pins = ['python/requirements-55.0.0.txt', 'python/requirements-test.txt'];
const mark = join(folder, 'dfx-pins.txt');
const wanted = `${base}\n${pins.map((file) => readFileSync(join(root, file), 'utf8')).join('\n')}`;

function run(file, args) {
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined)
    fail(`${file} can't be started: ${error.message}; name a Python 3.10 or later with --python`);
  if (status !== 0) fail(`${file} ${args.slice(0, 3).join(' ')} ended with ${status}`);
}

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) {
  console.error('setup: .venv is ready');
} else {
  console.error(`setup: making .venv with ${base}; pip downloads about ${DOWNLOAD_MEGABYTES} MB:`);
  for (const line of wanted.split('\n').filter((text) => text.includes('=='))) console.error(`  ${line}`);
  rmSync(folder, { recursive: true, force: true });
  run(base, ['-m', 'venv', folder]);
  const requirements = pins.flatMap((file) => ['-r', file]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements]);
  writeFileSync(mark, wanted);
}

// An inline frame carries the Python version of its maker behind its magic and its own version byte.
const payload = readFileSync(join(root, 'fixtures/main/count_above_10.bin'));
const magic = payload.indexOf('DFPYUDF');
const stamp = `${payload[magic + 8]}.${payload[magic + 9]}`;
const probe = spawnSync(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' });
const minor = (probe.stdout ?? '').trim();
if (minor === stamp) {
  rmSync(join(root, 'fixtures/local'), { recursive: true, force: true });
} else {
  console.error(`setup: the payloads in fixtures/main were made by Python ${stamp}, .venv is Python ${minor}:`);
  console.error('setup: making them again, into fixtures/local');
  run(python, ['fixtures/main/make.py', '--out', 'fixtures/local']);
}
