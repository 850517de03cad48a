/**
 * The order in which a record batch lists its columns and dictionaries. Dictionary ids aren't in DataFusion's protobuf
 * schema: its reader counts them anew as the IPC writer does, from 0, children before their parents.
 */
import { DfxError } from '../errors.ts';
import { runSteps, type Step } from './heap-steps.ts';
import { childFields } from './schema-write.ts';
import type { DataType, Field } from './types.ts';

export interface ColumnPlan {
  /** Of the values: never a dictionary. */
  readonly type: DataType;
  readonly nullable: boolean;
  readonly children: readonly ColumnPlan[];
  readonly dictionary: { readonly id: bigint; readonly key: DataType } | null;
}

export function planColumn(field: Field, maxDepth: number): ColumnPlan {
  const ids = { next: 0n };
  return runSteps(
    planStep(field, ids),
    maxDepth,
    () => new DfxError('LIMIT', `a type nests deeper than ${maxDepth} levels`),
  );
}

function* planStep(field: Field, ids: { next: bigint }): Step<ColumnPlan> {
  let type = field.type;
  while (type.kind === 'Dictionary') type = type.value;
  const children: ColumnPlan[] = [];
  for (const child of childFields(type)) children.push(yield planStep(child, ids));
  let dictionary: ColumnPlan['dictionary'] = null;
  if (field.type.kind === 'Dictionary') {
    dictionary = { id: ids.next, key: field.type.key };
    ids.next += 1n;
  }
  return { type, nullable: field.nullable, children, dictionary };
}

/** The dictionary-encoded columns of a plan, in the order of their ids. */
export function dictionaryPlans(plan: ColumnPlan): readonly ColumnPlan[] {
  const found: ColumnPlan[] = [];
  const todo = [plan];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (next.dictionary !== null) found.push(next);
    for (const child of next.children) todo.push(child);
  }
  return found.sort((a, b) => Number((a.dictionary?.id ?? 0n) - (b.dictionary?.id ?? 0n)));
}
