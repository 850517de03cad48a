/** Well-formed frames that no worker of ours sends at that point: what is wrong with them, for messages. */
import { readIpcSchema } from '../../wire/arrow/index.ts';
import type { FromWorker, Hello } from './messages.ts';
import type { SplitTask } from './split-task.ts';

/** Of a frame that isn't about the job at hand. */
export function strayText(message: Exclude<FromWorker, Hello>, task: SplitTask | undefined): string {
  // Not about any job: a worker that couldn't take what it was sent.
  if (message.type === 'failed') return message.message;
  const job = 'job' in message ? ` of job ${message.job}` : '';
  const found = `found ${message.type === 'unready' ? 'an' : 'a'} ${message.type} frame${job}`;
  if (message.type === 'written') return `${found}, which has nothing to write`;
  return `${found}, expected ${task === undefined ? 'none' : `one of job ${task.job}`}`;
}

/** Nearly all schemas of a run are alike: each is read once. */
export class SchemaCheck {
  #readable: Uint8Array | null = null;

  /** Null: it can be read. */
  outOfTurn(bytes: Uint8Array): string | null {
    if (this.#readable !== null && Buffer.compare(this.#readable, bytes) === 0) return null;
    try {
      readIpcSchema(bytes);
    } catch (error) {
      return `found no readable schema: ${error instanceof Error ? error.message : String(error)}`;
    }
    this.#readable = bytes;
    return null;
  }
}
