/**
 * Plan nodes inside an expression that reach beyond the input. A scalar subquery carries a whole logical plan, which the engine
 * executes: it may scan any file and write one (COPY TO), without a line of Python.
 */
import type { Tape } from '../../wire/protobuf/index.ts';

export interface OutwardNode {
  /** The plan's variant: `copy_to`, `listing_scan`; `an unknown field` where this version has no name for it. */
  readonly name: string;
  readonly offset: number;
}

/** What only computes over what it is given. Everything else, and everything new, counts as reaching out. */
const COMPUTES: ReadonlySet<string> = new Set([
  'projection',
  'selection',
  'limit',
  'aggregate',
  'join',
  'sort',
  'repartition',
  'empty_relation',
  'window',
  'cross_join',
  'values',
  'union',
  'subquery_alias',
  'distinct',
  'view_scan',
  'distinct_on',
  'unnest',
  'recursive_query',
  'cte_work_table_scan',
  'empty_table_scan',
]);

/**
 * The nodes of every plan between `start` and `end`, offsets in the payload. It looks at the fields as they stand in the bytes,
 * those of repeated and merged messages too, so that nothing depends on which of them a receiver takes.
 */
export function outwardNodes(tape: Tape, start: number, end: number): readonly OutwardNode[] {
  const found: OutwardNode[] = [];
  for (let entry = 1; entry < tape.length; entry++) {
    if (tape.compiled(tape.parent(entry))?.def.name !== 'LogicalPlanNode') continue;
    const offset = tape.base + tape.tag(entry);
    if (offset < start || offset >= end) continue;
    const name = tape.field(entry)?.def.name ?? 'an unknown field';
    if (!COMPUTES.has(name)) found.push({ name, offset });
  }
  return found;
}
