/** A plan in words: how each payload is evaluated, and how the input is split. */

import { grouped } from '../../inspect/units.ts';
import type { Split } from '../../io/split.ts';
import type { PlannedFacts } from '../report.ts';
import type { Transport } from '../transport/transport.ts';
import type { PlannedPayload } from './plan.ts';

/** `splits`: null where the rows are sent as they are read, from a file or from a pipe. */
export function splittingText(splits: readonly Split[] | null, whole: string | null, isFile: boolean): string {
  if (whole !== null) return `whole: ${whole}`;
  if (splits === null)
    return isFile ? 'batches, as they are read' : 'pieces of whole rows, as they come through the pipe';
  const [first] = splits;
  if (first === undefined || splits.length === 1) return 'whole: it is small, or comes in one piece';
  switch (first.kind) {
    case 'whole':
      return 'whole';
    case 'bytes':
      return `${splits.length} byte ranges of ${bytesText(first.end - first.start)}`;
    case 'rows': {
      const rows = first.parts.reduce((sum, { start, end }) => sum + end - start, 0);
      return `${splits.length} ranges of ${grouped(rows)} rows`;
    }
  }
}

function bytesText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export function explain(
  planned: readonly PlannedPayload[],
  filter: PlannedPayload | null,
  splitting: string,
  transport: Transport,
  workers: number,
): readonly string[] {
  const width = Math.max(...planned.map(({ payload }) => payload.label.length), filter === null ? 0 : 6, 5);
  const line = (label: string, text: string): string => `${label.padEnd(width)}  ${text}`;
  const lines = planned.map((entry) => line(entry.payload.label, wayOf(entry)));
  if (filter !== null) lines.push(line('filter', `${filter.engine}: ${filter.reason}`));
  lines.push(line('input', splitting));
  lines.push(line('sent', `${transport.name}: ${transport.reason}`));
  lines.push(line('most', `${workers} worker${workers === 1 ? '' : 's'} at a time`));
  return lines;
}

function wayOf({ engine, reason, how, howReason }: PlannedPayload): string {
  const ways = {
    rows: 'row by row, in splits',
    partial: 'a partial state a split, merged in their order',
    whole: 'all rows on one worker',
  };
  return `${engine}: ${reason}; ${ways[how]}${howReason === null ? '' : `: ${howReason}`}`;
}

export function payloadFacts(
  planned: readonly PlannedPayload[],
  filter: PlannedPayload | null,
): PlannedFacts['payloads'] {
  const facts = ({ engine, reason, how, howReason }: PlannedPayload) => ({ engine, reason, how, howReason });
  const payloads = planned.map((entry) => ({ label: entry.payload.label, ...facts(entry) }));
  return filter === null ? payloads : [...payloads, { label: 'filter', ...facts(filter) }];
}
