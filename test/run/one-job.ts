/** One job on one worker, without a run around it. */
import type { Worker } from '../../src/run/spawn/worker.ts';
import type { Done, FromWorker, Job } from '../../src/run/transport/messages.ts';
import { WorkerFailure } from '../../src/run/transport/split-task.ts';

/** A job over a whole file; what differs is given. */
export function jobOf(given: Partial<Job> & Pick<Job, 'job' | 'mode' | 'columns'>): Job {
  return {
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
    flush: false,
    delimiter: ',',
    now: '0',
    limit: null,
    target: null,
    before: null,
    splitNumber: 0,
    attempt: 0,
    register: null,
    ...given,
  };
}

export interface JobResult {
  readonly schema: Uint8Array;
  readonly chunks: readonly Uint8Array[];
  readonly done: Done;
  /** Schema, messages and end: an Arrow stream. */
  readonly stream: Buffer;
}

const END_OF_STREAM = 8;

/** Throws WorkerFailure, or why the worker was lost. */
export function runJob(worker: Worker, job: Job, body: readonly Uint8Array[] = []): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    let schema = new Uint8Array(0);
    const chunks: Uint8Array[] = [];
    const settle = (act: () => void): void => {
      worker.listen(null);
      act();
    };
    worker.listen({
      onLost: reject,
      onMessage: (message: FromWorker) => {
        if (message.type === 'schema') schema = new Uint8Array(message.bytes);
        else if (message.type === 'result') for (const chunk of message.chunks) chunks.push(chunk);
        else if (message.type === 'failed') settle(() => reject(new WorkerFailure(message)));
        else if (message.type === 'done') {
          const stream = Buffer.concat([
            schema.subarray(0, -END_OF_STREAM),
            ...chunks,
            schema.subarray(-END_OF_STREAM),
          ]);
          settle(() => resolve({ schema, chunks, done: message, stream }));
        }
      },
    });
    worker.send({ type: 'job', ...job }, body);
  });
}
