/**
 * The Node worker: the embedded engine behind the worker protocol (docs/worker-protocol.md). `spawn` starts it as a process of
 * its own, with the pipes on descriptors 3 and 4.
 */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { DfxError } from '../../wire/errors.ts';
import { encodeFrameHead, type Frame, FrameReader } from '../transport/frames.ts';
import { PROTOCOL, readRequest } from '../transport/messages.ts';
import { evaluateJob } from './evaluate.ts';

const fromParent = new Socket({ fd: 3, readable: true, writable: false });
const toParent = new Socket({ fd: 4, readable: false, writable: true });

const NO_BYTES = new Uint8Array(0);

interface Header {
  readonly type: string;
  readonly [member: string]: unknown;
}

async function send(header: Header, body: Uint8Array = NO_BYTES): Promise<void> {
  let room = toParent.write(encodeFrameHead(header, body.length));
  if (body.length > 0) room = toParent.write(body);
  if (!room) await once(toParent, 'drain');
}

async function answer(frame: Frame, payloads: Map<string, Uint8Array>): Promise<void> {
  const request = readRequest(frame);
  switch (request.type) {
    case 'payload':
      payloads.set(request.hash, frame.body);
      return;
    case 'job':
      try {
        const done = await evaluateJob(request, payloads, (part) => send({ type: 'result', job: request.job }, part));
        await send({ type: 'done', ...done });
      } catch (error) {
        await send({ type: 'failed', job: request.job, ...reason(error) });
      }
      return;
    case 'stop':
      toParent.end(() => process.exit(0));
  }
}

function reason(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof DfxError) return { code: error.code, message: error.message };
  return { code: 'DEFECT', message: error instanceof Error ? error.message : String(error) };
}

// The parent is gone: nobody waits for an answer. This comes between two batches of a job, too.
fromParent.on('end', () => process.exit(0));
fromParent.on('error', () => process.exit(0));
toParent.on('error', () => process.exit(0));

const payloads = new Map<string, Uint8Array>();
const reader = new FrameReader();
let answered: Promise<void> = send({
  type: 'hello',
  protocol: PROTOCOL,
  pid: process.pid,
  language: { name: 'node', version: process.versions.node },
  engine: { name: 'embedded', version: '1' },
});
fromParent.on('data', (chunk: Uint8Array) => {
  reader.push(chunk);
  for (let frame = reader.next(); frame !== null; frame = reader.next()) {
    const next = frame;
    answered = answered.then(() => answer(next, payloads));
  }
});
