/**
 * The Node worker: the embedded engine behind the worker protocol (docs/worker-protocol.md). `spawn` starts it as a process of
 * its own, with the pipes on descriptors 3 and 4.
 */
import { DfxError } from '../../wire/errors.ts';
import { UdfRaised } from '../embedded/javascript/raised.ts';
import { type Job, PROTOCOL } from '../transport/messages.ts';
import { readRequest } from '../transport/read-messages.ts';
import { type Header, receive, send } from './channel.ts';
import { evaluateJob } from './evaluate.ts';
import { writeKept } from './kept.ts';
import { ColumnFailure, Preparation } from './prepare.ts';

async function serve(): Promise<never> {
  send({
    type: 'hello',
    protocol: PROTOCOL,
    pid: process.pid,
    language: { name: 'node', version: process.versions.node },
    engine: { name: 'embedded', version: '1' },
  });
  const payloads = new Map<string, Uint8Array>();
  const preparation = new Preparation(payloads);
  for (;;) {
    const frame = receive();
    const request = readRequest(frame);
    switch (request.type) {
      case 'payload':
        // The frame's memory may be used again.
        payloads.set(request.hash, frame.body.slice());
        break;
      case 'job':
        await run(request, frame.body, preparation);
        break;
      case 'write':
        writeKept(request.job, request.offset);
        break;
      case 'stop':
        process.exit(0);
    }
  }
}

async function run(job: Job, body: Uint8Array, preparation: Preparation): Promise<void> {
  try {
    send({ type: 'done', ...(await evaluateJob(job, body, preparation)) });
  } catch (error) {
    send({ type: 'failed', job: job.job, ...reason(error) });
  }
}

function reason(error: unknown): Omit<Header, 'type'> {
  if (error instanceof ColumnFailure) return { ...reason(error.cause), column: error.column, rows: error.rows };
  if (error instanceof UdfRaised) {
    return { code: error.code, message: error.message, udf: error.udf, exception: error.exception };
  }
  if (error instanceof DfxError) return { code: error.code, message: error.message, hint: error.hint };
  return { code: 'DEFECT', message: error instanceof Error ? error.message : String(error) };
}

void serve();
