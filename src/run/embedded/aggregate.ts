/** An aggregate of an expression over batches: its operands are computed, FILTER chooses the rows, the function takes them. */
import { BATCH_ROWS } from '../../io/batch-rows.ts';
import type { Column } from '../../io/column.ts';
import { sliceRows } from '../../io/column-slice.ts';
import { PackingSpace, passingRows } from './aggregates/passing-rows.ts';
import { trueBits } from './compare.ts';
import { compile } from './compile.ts';
import { fuse } from './fuse.ts';
import { materialize } from './gather.ts';
import type { Aggregate } from './nodes.ts';
import { isFloat } from './types.ts';
import type { Rows, Vector } from './vector.ts';

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
  const sums = passes === null && accumulator.addSum !== undefined ? sumsOf(bound) : null;
  return {
    update(rows) {
      if (sums?.(rows, (sum, count) => accumulator.addSum?.(sum, count)) === true) return;
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

type GiveSum = (sum: number, rows: number) => void;

/**
 * Computes the operand and adds it up in one loop, which leaves no column in between: the sums of the engine's batches, one after the other. Gives
 * false, and no sum, for rows that want the columns; null where no rows can do without.
 */
function sumsOf({ operands }: Aggregate['bound']): ((rows: Rows, give: GiveSum) => boolean) | null {
  const [operand] = operands;
  if (operand === undefined || operands.length > 1 || !isFloat(operand.type.kind)) return null;
  const tree = fuse(operand);
  // What takes more than a look would be computed twice for rows that want the columns.
  if (tree === null || !tree.leaves.every(({ op }) => op === 'column' || op === 'constant')) return null;
  const leaves = tree.leaves.map((leaf) => compile(leaf));
  return (rows, give) => {
    const { length } = rows;
    const sums = tree.sums(
      leaves.map((leaf): Vector => leaf(rows)),
      length,
      BATCH_ROWS,
    );
    sums?.forEach((sum, at) => {
      give(sum, Math.min(BATCH_ROWS, length - at * BATCH_ROWS));
    });
    return sums !== null;
  };
}
