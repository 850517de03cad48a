// Runs the main job on the payloads that fit the checkout's Python, and says how.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = existsSync(`${root}/fixtures/local/values.csv`) ? 'fixtures/local' : 'fixtures/main';
const labels = ['count_above_10', 'count_above_30', 'count_above_60', 'custom_sum'];
const args = ['run', ...labels.map((label) => `${folder}/${label}.bin`)];
args.push('--input', `${folder}/values.csv`, '--sandbox', 'off', ...process.argv.slice(2));
console.error(`$ bin/dfx ${args.join(' ')}`);
const { status } = spawnSync(process.execPath, ['bin/dfx', ...args], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
