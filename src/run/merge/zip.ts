/** Several results of the same rows, side by side as the columns of one table. */
import { makeData, RecordBatch, Schema, Struct } from 'apache-arrow';
import { DfxError } from '../../wire/errors.ts';

/** One result: its batches in order. `labels` name it in errors. */
export interface BatchSource {
  readonly labels: string;
  readonly batches: AsyncIterator<RecordBatch>;
}

interface Open {
  readonly source: BatchSource;
  readonly batch: RecordBatch | null;
  readonly used: number;
}

/**
 * Cuts the sources' batches at each other's borders: workers may batch differently, rows are the same. Holds one batch a source.
 * Throws EXECUTION when one source has more rows than another.
 */
export async function* zipBatches(sources: readonly BatchSource[]): AsyncGenerator<RecordBatch, void, void> {
  const [only] = sources;
  if (sources.length === 1 && only !== undefined) {
    for (let next = await only.batches.next(); next.done !== true; next = await only.batches.next()) yield next.value;
    return;
  }
  let open: readonly Open[] = sources.map((source) => ({ source, batch: null, used: 0 }));
  for (;;) {
    open = await Promise.all(open.map(refill));
    const ended = open.filter(({ batch }) => batch === null);
    if (ended.length === open.length) return;
    const [short] = ended;
    const long = open.find(({ batch }) => batch !== null);
    if (short !== undefined && long !== undefined) {
      throw new DfxError('EXECUTION', `${long.source.labels} gives more rows than ${short.source.labels}`, {
        hint: 'run them apart: they are no columns of one table',
      });
    }
    const rows = Math.min(...open.map(({ batch, used }) => (batch?.numRows ?? 0) - used));
    yield sideBySide(open, rows);
    open = open.map((entry) => ({ ...entry, used: entry.used + rows }));
  }
}

/** The first batch with rows left, or null at the end. */
async function refill(entry: Open): Promise<Open> {
  let { batch, used } = entry;
  while (batch === null || used >= batch.numRows) {
    const next = await entry.source.batches.next();
    if (next.done === true) return { ...entry, batch: null, used: 0 };
    batch = next.value;
    used = 0;
  }
  return { ...entry, batch, used };
}

function sideBySide(open: readonly Open[], rows: number): RecordBatch {
  const parts = open.flatMap(({ batch, used }) => (batch === null ? [] : [batch.slice(used, used + rows)]));
  const fields = parts.flatMap((part) => part.schema.fields);
  const children = parts.flatMap((part) => part.data.children);
  const data = makeData({ type: new Struct(fields), length: rows, nullCount: 0, children: [...children] });
  return new RecordBatch(new Schema(fields), data);
}
