// Takes the built worker through the jobs that most runs consist of, so that the code V8 compiles for them can be kept.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { nodeFlags } = createRequire(import.meta.url)('../bin/worker-settings.cjs');

function frame(header, body = Buffer.alloc(0)) {
  const text = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  return Buffer.concat([lengths, text, body]);
}

function job(number, mode, payload, { body, ...more }) {
  const header = {
    type: 'job',
    job: number,
    mode,
    columns: [{ payload, name: 'out', relation: null }],
    filter: null,
    keep: [],
    input: null,
    inBody: false,
    split: { kind: 'whole' },
    schemaBytes: 0,
    inlineCode: false,
    windows: false,
    reads: [],
    batchSize: 8192,
    output: 'arrow',
    delimiter: ',',
    now: '0',
    limit: null,
    target: null,
    flush: false,
    register: null,
    splitNumber: 0,
    attempt: 0,
    before: null,
    ...more,
  };
  return frame(header, body);
}

/** The bodies of frames of a type, in order. */
function bodies(bytes, type) {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const [header, body] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    const from = at + 8 + header;
    if (JSON.parse(bytes.subarray(at + 8, from).toString()).type === type)
      found.push(bytes.subarray(from, from + body));
    at = from + body;
  }
  return found;
}

/** Sends frames to what `script` starts; gives what it answered. */
function talk(script, frames, folder) {
  const [from, to] = [join(folder, 'frames'), join(folder, 'answers')];
  writeFileSync(from, Buffer.concat(frames));
  const [input, output] = [openSync(from, 'r'), openSync(to, 'w')];
  const { stderr } = spawnSync(process.execPath, [...nodeFlags, ...script], {
    stdio: ['ignore', 'ignore', 'pipe', input, output],
    encoding: 'utf8',
  });
  closeSync(input);
  closeSync(output);
  return { answers: readFileSync(to), stderr };
}

/** `payloads`: files with an aggregate, a row-wise expression, a condition and functions. `table`: a CSV file with columns `value` and `text`. */
export function warmWorker(worker, payloads, table, folder) {
  const sent = Object.entries(payloads).map(([hash, file]) => frame({ type: 'payload', hash }, readFileSync(file)));
  const input = { path: table, format: 'csv', csv: { header: true, delimiter: ',' } };
  const whole = { input, reads: ['value'] };
  const stop = frame({ type: 'stop' });
  const first = [
    ...sent,
    job(0, 'partial', 'aggregate', whole),
    job(1, 'rows', 'rows', { ...whole, columns: [], keep: ['value', 'text'] }),
  ];
  const { answers } = talk(['bin/worker.cjs'], [...first, stop], folder);
  const [stateSchema, schema] = bodies(answers, 'schema');
  const [state, ...rows] = bodies(answers, 'result');

  const end = stateSchema.subarray(-8);
  const states = [stateSchema.subarray(0, -8), state, state, end];
  const size = statSync(table).size;
  const data = readFileSync(table).indexOf('\n') + 1;
  const half = Math.floor(size / 2);
  const split = (start) =>
    start === half
      ? { kind: 'bytes', start, end: size, aligned: false }
      : { kind: 'bytes', start, end: half, aligned: true };
  const part = (start) => ({ ...whole, split: split(start), schemaBytes: schema.length, body: schema });
  const filter = { payload: 'condition', relation: null };
  const arrow = join(folder, 'values.arrow');
  writeFileSync(arrow, Buffer.concat([schema.subarray(0, -8), ...rows, end]));
  const target = join(folder, 'target');
  writeFileSync(target, '');
  const batches = (start) => ({
    ...whole,
    input: { path: arrow, format: 'arrow' },
    split: { kind: 'rows', parts: Array.from({ length: 8 }, (_, at) => ({ batch: start + at, start: 0, end: 8192 })) },
  });
  const written = (job) => frame({ type: 'write', job, offset: 0 });
  const warmed = talk(
    ['scripts/worker-cache.cjs', worker],
    [
      ...sent,
      job(0, 'partial', 'aggregate', { ...part(data), before: { rows: 0, lines: 0 } }),
      job(1, 'partial', 'aggregate', part(half)),
      job(2, 'merge', 'aggregate', {
        ...part(data),
        split: { kind: 'whole' },
        body: Buffer.concat([schema, ...states]),
      }),
      job(3, 'rows', 'rows', part(data)),
      job(4, 'rows', 'rows', part(half)),
      job(5, 'rows', 'rows', { ...part(data), columns: [], output: 'csv', filter, keep: ['value', 'text'] }),
      job(6, 'rows', 'rows', { ...part(half), output: 'csv', filter, keep: ['value'] }),
      job(7, 'value', 'aggregate', { ...whole, filter }),
      job(8, 'partial', 'aggregate', batches(0)),
      job(9, 'partial', 'aggregate', batches(8)),
      job(10, 'rows', 'rows', { ...batches(0), target }),
      written(10),
      job(11, 'rows', 'rows', { ...batches(8), columns: [], output: 'csv', filter, keep: ['value', 'text'], target }),
      written(11),
      job(12, 'rows', 'functions', part(data)),
      stop,
    ],
    folder,
  );
  const failed = bodies(warmed.answers, 'failed').length;
  if (existsSync(`${worker}.cache`) && failed === 0) return;
  process.stderr.write(`no compiled code for ${worker}: ${failed} jobs failed: ${warmed.stderr}\n`);
}
