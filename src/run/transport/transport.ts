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

export interface Flow {
  /** Jobs that a worker has at a time, until their results are here. */
  readonly outstanding: number;
  /** Parts of the input that were read and whose results aren't taken yet, of all workers together. */
  readonly room: number;
}

export function flowOf(name: TransportName, workers: number, queueDepth: number): Flow {
  switch (name) {
    case 'split':
      // No worker waits for the round trip; what it reads is its own matter.
      return { outstanding: 2, room: workers + queueDepth + 1 };
    case 'sync':
      return { outstanding: 1, room: workers };
    case 'pipelined': {
      // Besides those that wait: the one that it is busy with, and one whose result is on its way. Another is read, and ready to be sent.
      const outstanding = queueDepth + 2;
      return { outstanding, room: workers * (outstanding + 1) };
    }
  }
}
