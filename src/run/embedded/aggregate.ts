/** An aggregate of an expression over batches: its operands are computed, FILTER chooses the rows, the function takes them. */
import type { Column } from '../../io/column.ts';
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
      accumulator.update(
        operands.map((operand) => materialize(operand(chosen), chosen.length)),
        chosen.length,
      );
    },
    state: () => accumulator.state(),
    merge: (state) => accumulator.merge(state),
    finish: () => accumulator.finish(),
  };
}
