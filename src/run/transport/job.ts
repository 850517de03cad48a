/** One job on one worker: its result's Arrow IPC stream, chunk by chunk, and how it ended. */
import { DfxError } from '../../wire/errors.ts';
import type { Worker } from '../spawn/worker.ts';
import type { Done, Failed, Job } from './messages.ts';

/** The worker said that the job failed. `failure.ts` makes it the user's error, in the terms of the payload. */
export class JobFailed extends Error {
  readonly failed: Failed;

  constructor(failed: Failed) {
    super(failed.message);
    this.failed = failed;
  }
}

/**
 * Sends `job` and gives the chunks of its result as the consumer asks for them: while nobody asks, the pipe fills and the
 * worker waits. Returns the worker's account of the job. Throws JobFailed, WORKER_DIED, or the reason why the run was ended.
 */
export async function* runJob(worker: Worker, job: Job): AsyncGenerator<Uint8Array, Done, void> {
  await worker.send({ type: 'job', ...job });
  for (;;) {
    const message = await worker.receive();
    switch (message.type) {
      case 'result':
        belongs(message.job, job);
        yield message.chunk;
        break;
      case 'done':
        belongs(message.job, job);
        return message;
      case 'failed':
        throw new JobFailed(message);
      case 'hello':
      case 'unready':
        throw new DfxError('DEFECT', `a worker sent a ${message.type} frame in the middle of a job`);
    }
  }
}

function belongs(number: number, job: Job): void {
  if (number !== job.job) throw new DfxError('DEFECT', `a worker answered job ${number}, expected job ${job.job}`);
}
