/**
 * One dictionary for all batches of a file, where each batch came with its own. Batches are written with keys of the one, and it is
 * written behind them, since the footer of a file says where its dictionaries are (Arrow columnar format, "IPC File Format").
 */
import type { Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { type Column, type ColumnBatch, type DictionaryColumn, isValid } from '../column.ts';
import { gather } from '../column-gather.ts';
import { concatColumns } from '../column-join.ts';
import { isView, ownBuffers } from './plan.ts';
import { BodyWriter, type EncodedMessage, planWriting, type WritePlan } from './write.ts';
import { writeColumn } from './write-column.ts';

export class OneDictionary {
  readonly #plans: readonly WritePlan[];
  readonly #merged = new Map<bigint, MergedValues>();

  constructor(schema: Schema) {
    this.#plans = planWriting(schema);
  }

  encode(batch: ColumnBatch): EncodedMessage {
    const body = new BodyWriter();
    this.#plans.forEach((plan, i) => {
      const column = batch.columns[i];
      if (column === undefined) throw new DfxError('DEFECT', `a batch without column ${i}`);
      writeColumn(body, plan, this.#rekey(plan, column));
    });
    return body.finish(batch.length, null);
  }

  /** The dictionaries, those inside of others first. */
  finish(): readonly EncodedMessage[] {
    return this.#dictionaryPlans().map(({ id, values }) => {
      const merged = this.#mergedOf(id, values);
      const column = merged.column();
      const body = new BodyWriter();
      if (column === null) writeEmpty(body, values);
      else writeColumn(body, values, column);
      return body.finish(column?.length ?? 0, id);
    });
  }

  #dictionaryPlans(): readonly { readonly id: bigint; readonly values: WritePlan }[] {
    const found: { id: bigint; values: WritePlan }[] = [];
    const todo = [...this.#plans];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      todo.push(...next.children);
      if (next.dictionary !== null) {
        found.push(next.dictionary);
        todo.push(next.dictionary.values);
      }
    }
    return found.sort((a, b) => Number(a.id - b.id));
  }

  #mergedOf(id: bigint, plan: WritePlan): MergedValues {
    const known = this.#merged.get(id);
    if (known !== undefined) return known;
    const made = new MergedValues(plan);
    this.#merged.set(id, made);
    return made;
  }

  /** The column with keys of the merged dictionaries. */
  #rekey(plan: WritePlan, column: Column): Column {
    if (plan.dictionary === null) {
      switch (column.layout) {
        case 'list': {
          const [item] = plan.children;
          return item === undefined ? column : { ...column, item: this.#rekey(item, column.item) };
        }
        case 'struct':
        case 'union':
          return {
            ...column,
            children: column.children.map((child, i) => {
              const childPlan = plan.children[i];
              return childPlan === undefined ? child : this.#rekey(childPlan, child);
            }),
          };
        default:
          return column;
      }
    }
    if (column.layout !== 'dictionary') throw new DfxError('DEFECT', `a ${column.layout} column of a dictionary type`);
    const { id, values: valuePlan } = plan.dictionary;
    const merged = this.#mergedOf(id, valuePlan);
    const places = merged.add(column.values, (values) => this.#rekey(valuePlan, values));
    const indices = new Int32Array(column.length);
    for (let i = 0; i < indices.length; i++) {
      if (isValid(column, i)) indices[i] = places[column.indices[i] ?? 0] ?? 0;
    }
    return { ...column, indices, values: merged.placeholder } satisfies DictionaryColumn;
  }
}

/** The distinct values that were seen. Only texts and bytes are told apart one by one: of others each dictionary is added whole. */
class MergedValues {
  /** Has the length of the merged values, which is all that is asked of it. */
  readonly placeholder: Column;
  readonly #parts: Column[] = [];
  readonly #known = new WeakMap<Column, Int32Array>();
  readonly #texts = new Map<string, number>();
  #size = 0;

  constructor(plan: WritePlan) {
    const size = (): number => this.#size;
    this.placeholder = {
      layout: 'null',
      type: plan.type,
      validity: null,
      get length() {
        return size();
      },
    };
  }

  /** Where each value of `values` stands among the merged ones. */
  add(values: Column, rekey: (values: Column) => Column): Int32Array {
    const known = this.#known.get(values);
    if (known !== undefined) return known;
    const places = new Int32Array(values.length);
    if (values.layout === 'string') {
      const added: number[] = [];
      for (let i = 0; i < values.length; i++) {
        const from = values.offsets[i] ?? 0;
        const bytes = values.data.subarray(from, values.offsets[i + 1] ?? from);
        const key = isValid(values, i) ? `=${Buffer.from(bytes).toString('latin1')}` : '';
        let place = this.#texts.get(key);
        if (place === undefined) {
          place = this.#size + added.length;
          added.push(i);
          this.#texts.set(key, place);
        }
        places[i] = place;
      }
      if (added.length > 0) this.#parts.push(gather(values, Int32Array.from(added)));
      this.#size += added.length;
    } else {
      for (let i = 0; i < values.length; i++) places[i] = this.#size + i;
      this.#parts.push(rekey(values));
      this.#size += values.length;
    }
    this.#known.set(values, places);
    return places;
  }

  column(): Column | null {
    const [first] = this.#parts;
    return first === undefined ? null : concatColumns(first.type, this.#parts);
  }
}

/** No rows of any type: every buffer is empty. */
function writeEmpty(body: BodyWriter, plan: WritePlan): void {
  body.node(0, 0);
  const none = new Uint8Array(0);
  for (let i = ownBuffers(plan.type, false); i > 0; i--) body.buffer(none);
  if (isView(plan.type)) body.variadicCounts.push(0);
  for (const child of plan.children) writeEmpty(body, child);
}
