/** How the input reaches the workers, and how much of it may be on its way at a time (docs/transports.md). */

export const TRANSPORTS = ['split', 'sync', 'pipelined'] as const;

/**
 * `split`: workers read their own parts of a file. `sync`: a worker is sent a batch, and the next one when its result is there. `pipelined`:
 * batches are sent ahead, and go on arriving while a worker evaluates and answers.
 */
export type TransportName = (typeof TRANSPORTS)[number];

export interface Transport {
  readonly name: TransportName;
  /** Why that one. */
  readonly reason: string;
}

/** Batches or splits that wait for a worker, where nothing else is said. */
export const QUEUE_DEPTH = 2;

/** How many messages are on their way at a time. */
export interface Limit {
  readonly messages: number;
  /** So many besides, while all of them together have no more than `bytes`. */
  readonly small: number;
  readonly bytes: number;
}

export interface Flow {
  /** Jobs that a worker has at a time, until their results are here. */
  readonly outstanding: Limit;
  /** Parts of the input that were read and whose results aren't taken yet, of all workers together. */
  readonly room: Limit;
}

/** Those whose bytes, or whose results' bytes, are between the processes: the worker has nothing of them. */
const BETWEEN = 3;
/** Some batches of nine columns of numbers. */
const BETWEEN_BYTES = 4 * 1024 * 1024;

export function flowOf(name: TransportName, workers: number, queueDepth: number): Flow {
  switch (name) {
    case 'split':
      // No worker waits for the round trip; what it reads is its own matter.
      return { outstanding: exactly(2), room: exactly(workers + queueDepth + 1) };
    case 'sync':
      return { outstanding: exactly(1), room: exactly(workers) };
    case 'pipelined': {
      const messages = workers * (1 + queueDepth);
      // With several workers another one would begin with it sooner.
      if (workers > 1) return { outstanding: exactly(1 + queueDepth), room: exactly(messages) };
      const alone = { messages, small: BETWEEN, bytes: BETWEEN_BYTES };
      return { outstanding: alone, room: alone };
    }
  }
}

function exactly(messages: number): Limit {
  return { messages, small: 0, bytes: 0 };
}

/** Whether there may be one more, of `bytes`, where it is known how many it has. */
export function hasRoom(limit: Limit, held: readonly { readonly bytes: number }[], bytes = 0): boolean {
  if (held.length < limit.messages) return true;
  if (held.length >= limit.messages + limit.small) return false;
  return held.reduce((sum, one) => sum + one.bytes, bytes) <= limit.bytes;
}
