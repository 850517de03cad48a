// Takes the built worker through the jobs that most runs consist of, so that the code V8 compiles for them can be kept.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const INPUT = { path: resolve('fixtures/main/values.csv'), format: 'csv', csv: { header: true, delimiter: ',' } };

function frame(header, body = Buffer.alloc(0)) {
  const text = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  return Buffer.concat([lengths, text, body]);
}

function job(number, mode, payload, more = {}) {
  return frame({
    type: 'job',
    job: number,
    mode,
    columns: [{ payload, name: 'out', relation: null }],
    filter: null,
    keep: [],
    input: INPUT,
    inBody: false,
    split: { kind: 'whole' },
    schemaBytes: 0,
    inlineCode: false,
    windows: false,
    reads: ['value'],
    batchSize: 8192,
    output: 'arrow',
    delimiter: ',',
    now: '0',
    limit: null,
    before: null,
    ...more,
  });
}

/** `payloads`: files with an aggregate, a row-wise expression and a condition. `folder` is for files that nobody keeps. */
export function warmWorker(worker, { aggregate, rows, condition }, folder) {
  const frames = join(folder, 'frames');
  const filter = { payload: 'condition', relation: null };
  writeFileSync(
    frames,
    Buffer.concat([
      ...Object.entries({ aggregate, rows, condition }).map(([hash, file]) =>
        frame({ type: 'payload', hash }, readFileSync(file)),
      ),
      job(0, 'partial', 'aggregate'),
      job(1, 'rows', 'rows'),
      job(2, 'rows', 'rows', { output: 'csv', filter, keep: ['value'] }),
      job(3, 'value', 'aggregate', { filter }),
      frame({ type: 'stop' }),
    ]),
  );
  const [input, output] = [openSync(frames, 'r'), openSync('/dev/null', 'w')];
  const run = spawnSync(process.execPath, ['scripts/worker-cache.cjs', worker], {
    stdio: ['ignore', 'ignore', 'pipe', input, output],
    encoding: 'utf8',
  });
  closeSync(input);
  closeSync(output);
  if (!existsSync(`${worker}.cache`)) process.stderr.write(`no compiled code for ${worker}: ${run.stderr}\n`);
}
