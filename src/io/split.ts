/** The parts in which an input is read: each by one worker, on its own. Where they are cut depends on the file and the options, never on timing. */
import type { ColumnBatch } from './column.ts';

export type Split =
  | { readonly kind: 'whole' }
  /**
   * CSV and NDJSON: the records that start in bytes `[start, end)` of the file. `aligned`: a record is known to start at `start`. Otherwise
   * the reader takes it that one starts after the first line end at or after byte `start - 1`, and says where (`SplitReport.start`): whether that
   * was right shows when the split before is read, since a line end may stand inside quotes.
   */
  | { readonly kind: 'bytes'; readonly start: number; readonly end: number; readonly aligned: boolean }
  /** Arrow: rows `[start, end)` of record batches. Parquet: of row groups. */
  | { readonly kind: 'rows'; readonly parts: readonly RowRange[] };

export interface RowRange {
  /** Number of the record batch or row group in the file. */
  readonly batch: number;
  readonly start: number;
  readonly end: number;
}

/** What lies before a split, for the numbers in messages. */
export interface RowsBefore {
  readonly rows: number;
  /** Line ends in the splits before (`SplitReport.lines`), without those of the header. */
  readonly lines: number;
}

export const WHOLE: Split = { kind: 'whole' };

/** What a reader knows when it has read a split. */
export interface SplitReport {
  readonly rows: number;
  /** Bytes of the file that were read. */
  readonly bytes: number;
  /** Of `bytes` splits: where the first record started and the last one ended. A next split that is right starts at `end`. Else 0. */
  readonly start: number;
  readonly end: number;
  /** Line ends in `[start, end)`, for the line numbers of the splits behind. Else 0. */
  readonly lines: number;
}

export interface SplitReader {
  /**
   * Batches in file order with the columns that were asked for. A batch's buffers may be used again for the next one: what must outlast
   * it is copied. Errors name rows and lines counted from the start of the split: `firstRow` and `firstLine` shift them.
   */
  readonly batches: AsyncIterable<ColumnBatch> | Iterable<ColumnBatch>;
  /** After the last batch. */
  report(): SplitReport;
}

/** Reads an input that comes in one piece. */
export function readInOnePiece(batches: AsyncIterable<ColumnBatch>): SplitReader {
  let rows = 0;
  const counted = async function* (): AsyncGenerator<ColumnBatch> {
    for await (const batch of batches) {
      rows += batch.length;
      yield batch;
    }
  };
  return { batches: counted(), report: () => ({ rows, bytes: 0, start: 0, end: 0, lines: 0 }) };
}
