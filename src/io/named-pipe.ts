/** Named pipes, and what a shell makes of `<(command)`. */
import { constants, openSync } from 'node:fs';
import type { Readable } from 'node:stream';

/**
 * Opened without waiting for a writer, and read as sockets are: an ordinary read of a pipe that nobody writes to holds a thread of
 * Node's, which then can't even exit. The stream waits for the writer, and can be destroyed at any time.
 */
export async function readNamedPipe(path: string): Promise<Readable> {
  const { Socket } = await import('node:net');
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
}
