/** How much memory one column of a batch may take. The engine asks for what a call says, and dies where the system doesn't have it. */
import { DfxError } from '../../../wire/errors.ts';

export const MOST_BYTES = 1 << 30;
/** Their places and values take that much. */
export const MOST_ITEMS = MOST_BYTES / 8;

const HINT = { hint: 'evaluate fewer rows at a time with --batch-size, or use --engine datafusion' };

/** Offsets are 32 bits wide, in the real engine too, which fails on the same rows where that isn't enough. */
export function refuseTooLong(bytes: number): void {
  if (bytes > 0x7fffffff) throw new DfxError('EXECUTION', 'strings of a batch take more than 2147483647 bytes');
  if (bytes > MOST_BYTES) throw new DfxError('LIMIT', 'strings of a batch take more than 1 GiB', HINT);
}

export function refuseTooMany(count: number): void {
  if (count > 0x7fffffff) throw new DfxError('EXECUTION', 'lists with more items than 32 bits count');
  if (count > MOST_ITEMS) throw new DfxError('LIMIT', `lists of a batch have more than ${MOST_ITEMS} items`, HINT);
}
