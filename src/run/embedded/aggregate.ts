/** An aggregate of an expression over batches: its operands are computed, FILTER chooses the rows, the function takes them. */
import { BATCH_ROWS } from '../../io/batch-rows.ts';
import type { Column } from '../../io/column.ts';
import { sliceRows } from '../../io/column-slice.ts';
import { PackingSpace, passingRows } from './aggregates/passing-rows.ts';
import { trueBits } from './compare.ts';
import { compile } from './compile.ts';
import { materialize } from './gather.ts';
import type { Aggregate } from './nodes.ts';
import type { Rows } from './vector.ts';

interface RunningAggregate {
  update(rows: Rows): void;
  state(): readonly Column[];
  merge(state: readonly Column[]): void;
  finish(): Column;
}

export function runningAggregate({ bound, filter }: Aggregate): RunningAggregate {
  const operands = bound.operands.map((operand) => compile(operand));
  const passes = filter === null ? null : compile(filter);
  const accumulator = bound.create();
  const space = new PackingSpace();
  return {
    update(rows) {
      const chosen = passes === null ? rows : passingRows(rows, trueBits(passes(rows), rows.length), space);
      const { length } = chosen;
      const columns = operands.map((operand) => materialize(operand(chosen), length));
      if (length <= BATCH_ROWS) return accumulator.update(columns, length);
      // Sums of floats depend on where batches end: they end where the engine's do, however many rows are read at a time.
      for (let start = 0; start < length; start += BATCH_ROWS) {
        const end = Math.min(start + BATCH_ROWS, length);
        accumulator.update(
          columns.map((column) => sliceRows(column, start, end)),
          end - start,
        );
      }
    },
    state: () => accumulator.state(),
    merge: (state) => accumulator.merge(state),
    finish: () => accumulator.finish(),
  };
}
