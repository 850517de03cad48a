/**
 * An aggregate JavaScript UDF. The entry makes an accumulator: `update(...)` takes the values of a row, or the columns and the number of rows where the mode is
 * `batch`; `state()` gives an array with a value for each state field; `merge(...)` takes one such state; `evaluate()` gives the result.
 */
import type { Column } from '../../../io/column.ts';
import type { JsUdf } from '../../../wire/js-udf.ts';
import type { Accumulator } from '../aggregates/define.ts';
import { BatchColumn } from './batch-column.ts';
import { type Entry, instantiate, loadEntry } from './load.ts';
import { Calls, guarded, type UdfIdentity, WrongValue } from './raised.ts';
import { columnFrom, rowValue } from './values.ts';

export function accumulatorOf(udf: JsUdf): Accumulator {
  const identity: UdfIdentity = { name: udf.name, family: udf.family };
  const state = udf.state ?? [];
  // Made when the first row comes: compiling an expression runs nothing.
  let made: unknown;
  let ready = false;
  const call = (name: string, ...args: readonly unknown[]): unknown => {
    if (!ready) made = instantiate(loadEntry(udf));
    ready = true;
    const method: unknown = typeof made === 'object' && made !== null ? Reflect.get(made, name) : undefined;
    if (typeof method !== 'function') throw new WrongValue(`its accumulator has no method ${name}`);
    return Reflect.apply(method as Entry, made, args);
  };
  return {
    update(columns, length) {
      const calls = new Calls(length);
      guarded(identity, calls, () => {
        if (udf.mode === 'batch') {
          call('update', ...columns.map((column) => new BatchColumn(column)), length);
          return;
        }
        for (let row = 0; row < length; row++) {
          calls.row = row;
          call('update', ...columns.map((column) => rowValue(column, row)));
        }
      });
    },
    state: () =>
      guarded(identity, null, () => {
        const values = call('state');
        if (!Array.isArray(values) || values.length !== state.length) {
          throw new WrongValue(`gave a state that is no array of ${state.length} values`);
        }
        return state.map(({ type }, i) => columnFrom(type, [values[i]]));
      }),
    merge(columns: readonly Column[]) {
      guarded(identity, null, () => call('merge', ...columns.map((column) => rowValue(column, 0))));
    },
    finish: () => guarded(identity, null, () => columnFrom(udf.returns.type, [call('evaluate')])),
  };
}
