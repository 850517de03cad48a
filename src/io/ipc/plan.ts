/** How the columns of a schema lie in the messages of their batches. */
import { childFields, type DictionaryField } from '../../wire/arrow/index.ts';
import { formatDataType } from '../../wire/arrow/type-text.ts';
import type { DataType, Field, Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';

/** As deep as Arrow's C++ reader goes (`IpcReadOptions::max_recursion_depth`). What follows from types descends by calls. */
export const MAX_NESTING = 64;

/** Buffers that a column keeps for a batch have numbers of their own: `slot` to `slot + SLOTS`. */
const SLOTS = 8;

export interface ColumnPlan {
  /** Of the column's values; a dictionary's own type where it is one. */
  readonly type: DataType;
  readonly nullable: boolean;
  /** None below a dictionary: its values come in a message of their own. */
  readonly children: readonly ColumnPlan[];
  readonly dictionary: bigint | null;
  readonly slot: number;
  /** Of the column and all below it. */
  readonly nodes: number;
  /** Without those that views have besides. */
  readonly buffers: number;
  readonly views: number;
  /** Whether a value takes bytes or bits of the body. */
  readonly backed: boolean;
}

export interface SchemaPlan {
  readonly columns: readonly ColumnPlan[];
  /** How the values of each dictionary lie in its messages. */
  readonly dictionaries: ReadonlyMap<bigint, ColumnPlan>;
}

/** `found`: the dictionary fields of `schema` as the reader of schemas gives them. */
export function planSchema(schema: Schema, found: readonly DictionaryField[], unionsHaveValidity: boolean): SchemaPlan {
  const planner = new Planner(new Map(found.map(({ field, id }) => [field, id])), unionsHaveValidity);
  const columns = schema.fields.map((field) => planner.plan(field));
  return { columns, dictionaries: planner.dictionaries };
}

class Planner {
  readonly dictionaries = new Map<bigint, ColumnPlan>();
  readonly #ids: ReadonlyMap<Field, bigint>;
  readonly #unionsHaveValidity: boolean;
  #slot = 0;

  constructor(ids: ReadonlyMap<Field, bigint>, unionsHaveValidity: boolean) {
    this.#ids = ids;
    this.#unionsHaveValidity = unionsHaveValidity;
  }

  /** A schema nests no deeper than MAX_NESTING: its reader was told so. */
  plan(field: Field): ColumnPlan {
    const { type, nullable } = field;
    const slot = this.#slot;
    this.#slot += SLOTS;
    if (type.kind === 'Dictionary') {
      const id = this.#ids.get(field);
      if (id === undefined) throw new DfxError('DEFECT', `the dictionary of ${JSON.stringify(field.name)} has no id`);
      this.#planValues(id, { ...field, type: type.value, nullable: true });
      return { type, nullable, children: [], dictionary: id, slot, nodes: 1, buffers: 2, views: 0, backed: true };
    }
    const children = childFields(type).map((child) => this.plan(child));
    return {
      type,
      nullable,
      children,
      dictionary: null,
      slot,
      nodes: 1 + sum(children, ({ nodes }) => nodes),
      buffers: ownBuffers(type, this.#unionsHaveValidity) + sum(children, ({ buffers }) => buffers),
      views: (isView(type) ? 1 : 0) + sum(children, ({ views }) => views),
      backed: isBacked(type, children),
    };
  }

  #planValues(id: bigint, values: Field): void {
    const plan = this.plan(values);
    const known = this.dictionaries.get(id);
    if (known === undefined) {
      this.dictionaries.set(id, plan);
    } else if (formatDataType(known.type) !== formatDataType(plan.type)) {
      throw new DfxError(
        'INPUT_FORMAT',
        `dictionary ${id} holds ${formatDataType(known.type)} for one column and ${formatDataType(plan.type)} for another`,
      );
    }
  }
}

export function isView(type: DataType): boolean {
  return type.kind === 'Utf8View' || type.kind === 'BinaryView';
}

function isBacked(type: DataType, children: readonly ColumnPlan[]): boolean {
  switch (type.kind) {
    case 'Null':
      return false;
    case 'FixedSizeBinary':
      return type.size > 0;
    case 'FixedSizeList':
      return type.size > 0 && children.some(({ backed }) => backed);
    case 'Struct':
      return children.some(({ backed }) => backed);
    default:
      return true;
  }
}

function sum(plans: readonly ColumnPlan[], of: (plan: ColumnPlan) => number): number {
  return plans.reduce((total, plan) => total + of(plan), 0);
}

/** Validity included (Arrow columnar format, "Buffer Listing for Each Layout"). */
export function ownBuffers(type: DataType, unionsHaveValidity: boolean): number {
  switch (type.kind) {
    case 'Null':
    case 'RunEndEncoded':
      return 0;
    case 'Struct':
    case 'FixedSizeList':
      return 1;
    case 'Utf8':
    case 'LargeUtf8':
    case 'Binary':
    case 'LargeBinary':
    case 'ListView':
    case 'LargeListView':
      return 3;
    case 'Union':
      return (type.mode === 'Sparse' ? 1 : 2) + (unionsHaveValidity ? 1 : 0);
    default:
      return 2;
  }
}

/** Why columns of this type can't be read, or null. */
export function unreadable(plan: ColumnPlan, schemaPlan: SchemaPlan): DataType | null {
  const todo = [plan];
  const seen = new Set<bigint>();
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (next.type.kind === 'RunEndEncoded') return next.type;
    if (next.dictionary !== null && !seen.has(next.dictionary)) {
      seen.add(next.dictionary);
      const values = schemaPlan.dictionaries.get(next.dictionary);
      if (values !== undefined) todo.push(values);
    }
    todo.push(...next.children);
  }
  return null;
}
