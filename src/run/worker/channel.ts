/**
 * The worker's end of the pipes (docs/worker-protocol.md). Reads and writes wait: a worker has nothing else to do, and a full pipe holds it
 * up until the parent has room. When the parent is gone, both end, and so does the worker.
 */
import { readSync, writeSync } from 'node:fs';
import { encodeFrameHead, type Frame, FrameReader } from '../transport/frames.ts';

const FROM_PARENT = 3;
const TO_PARENT = 4;
const READ_BYTES = 256 * 1024;

export interface Header {
  readonly type: string;
  readonly [member: string]: unknown;
}

const reader = new FrameReader();
let room = new Uint8Array(0);

/** Bytes that wait to be written: small frames go out together, since each write wakes the parent. */
const HELD_BYTES = 64 * 1024;
let held: Uint8Array[] = [];
let heldBytes = 0;

/** The next frame. Ends the process when there is none. */
export function receive(): Frame {
  flush();
  for (;;) {
    const frame = reader.next();
    if (frame !== null) return frame;
    if (room.length < READ_BYTES / 4) room = new Uint8Array(READ_BYTES);
    const count = reach(() => readSync(FROM_PARENT, room));
    if (count === 0) process.exit(0);
    reader.push(room.subarray(0, count));
    // The frame may be a view of what was read.
    room = room.subarray(count);
  }
}

export function send(header: Header, body: Uint8Array | null = null): void {
  hold(encodeFrameHead(header, body?.length ?? 0));
  if (body === null) return;
  if (body.length < HELD_BYTES) {
    // the sender may use its memory again
    hold(body.slice());
    return;
  }
  flush();
  writeAll(body);
}

function hold(bytes: Uint8Array): void {
  held.push(bytes);
  heldBytes += bytes.length;
  if (heldBytes >= HELD_BYTES) flush();
}

function flush(): void {
  if (heldBytes === 0) return;
  const all = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held);
  held = [];
  heldBytes = 0;
  writeAll(all);
}

function writeAll(bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) at += reach(() => writeSync(TO_PARENT, bytes, at));
}

/** The parent is gone: nobody waits for an answer. */
function reach(call: () => number): number {
  for (;;) {
    try {
      return call();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'EPIPE' || code === 'ECONNRESET') process.exit(0);
      if (code !== 'EINTR') throw error;
    }
  }
}

const parent = process.ppid;

/** A worker that neither reads nor writes for long finds out here that its parent was killed. */
export function leaveWithParent(): void {
  if (process.ppid !== parent) process.exit(0);
}
