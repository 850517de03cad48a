/** The dictionaries that a batch's columns refer to: each message gives one, adds to it or takes its place. */
import { DfxError } from '../../wire/errors.ts';
import type { Column } from '../column.ts';
import { concatColumns } from '../column-join.ts';
import { FRESH_ARENA } from './access.ts';
import { bindColumns, type PlacedBatch } from './bind.ts';
import { decodeColumn } from './decode.ts';
import type { ColumnPlan, SchemaPlan } from './plan.ts';

export interface DictionaryMessage {
  readonly id: bigint;
  readonly isDelta: boolean;
  readonly batch: PlacedBatch;
}

export class Dictionaries {
  readonly #plan: SchemaPlan;
  readonly #values = new Map<bigint, Column>();

  constructor(plan: SchemaPlan) {
    this.#plan = plan;
  }

  /** What of an earlier message was read stays whole: its columns are never written to. Throws INPUT_FORMAT. */
  add({ id, isDelta, batch }: DictionaryMessage): void {
    const plan = this.#plan.dictionaries.get(id);
    const file = batch.access.name;
    if (plan === undefined) throw new DfxError('INPUT_FORMAT', `the schema has no dictionary ${id}`, { file });
    const [bound] = bindColumns(batch, [plan], [0]);
    if (bound === undefined) throw new DfxError('DEFECT', 'a dictionary without a column');
    const context = { arena: FRESH_ARENA, dictionary: (inner: bigint) => this.get(inner) };
    const values = decodeColumn(context, bound, 0, bound.length);
    const before = this.#values.get(id);
    if (isDelta && before === undefined) {
      throw new DfxError('INPUT_FORMAT', `dictionary ${id} is added to before it is given`, { file });
    }
    this.#values.set(id, isDelta && before !== undefined ? concatColumns(values.type, [before, values]) : values);
  }

  get(id: bigint): Column {
    const found = this.#values.get(id);
    if (found === undefined)
      throw new DfxError('INPUT_FORMAT', `dictionary ${id} is not given before the rows that use it`);
    return found;
  }
}

/** The dictionaries that these columns lead to, those of dictionaries' values included. */
export function dictionariesOf(plan: SchemaPlan, columns: readonly (ColumnPlan | undefined)[]): ReadonlySet<bigint> {
  const found = new Set<bigint>();
  const todo = [...columns];
  while (todo.length > 0) {
    const next = todo.pop();
    if (next === undefined) continue;
    todo.push(...next.children);
    if (next.dictionary !== null && !found.has(next.dictionary)) {
      found.add(next.dictionary);
      todo.push(plan.dictionaries.get(next.dictionary));
    }
  }
  return found;
}
