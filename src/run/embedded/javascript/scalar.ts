/** A scalar JavaScript UDF over a batch. */
import type { Column } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import type { JsUdf } from '../../../wire/js-udf.ts';
import { materialize } from '../gather.ts';
import type { Vector } from '../vector.ts';
import { BatchColumn } from './batch-column.ts';
import { type Entry, loadEntry } from './load.ts';
import { Calls, guarded, type UdfIdentity, WrongValue } from './raised.ts';
import { columnFrom, rowValue } from './values.ts';

/** Loads the source at the first batch: binding an expression runs nothing. */
export function scalarEvaluation(udf: JsUdf): (args: readonly Vector[], length: number) => Vector {
  const identity: UdfIdentity = { name: udf.name, family: udf.family };
  let entry: Entry | null = null;
  return (args, length) => {
    entry ??= loadEntry(udf);
    const called = entry;
    // A UDF sees every row, literals too: what it does may differ from row to row.
    const columns = args.map((arg) => materialize(arg, length));
    const calls = new Calls(length);
    const column = guarded(identity, calls, () =>
      udf.mode === 'row'
        ? byRow(called, columns, udf.returns.type, calls)
        : byBatch(called, columns, udf.returns.type, length),
    );
    return { column, scalar: false };
  };
}

function byRow(entry: Entry, columns: readonly Column[], type: DataType, calls: Calls): Column {
  const { length } = calls;
  const results = new Array<unknown>(length);
  const row = new Array<unknown>(columns.length);
  for (let i = 0; i < length; i++) {
    for (let k = 0; k < columns.length; k++) {
      const column = columns[k];
      row[k] = column === undefined ? null : rowValue(column, i);
    }
    calls.row = i;
    results[i] = entry(...row);
  }
  calls.row = null;
  return columnFrom(type, results);
}

function byBatch(entry: Entry, columns: readonly Column[], type: DataType, length: number): Column {
  return resultColumn(entry(...columns.map((column) => new BatchColumn(column)), length), type, length);
}

/** A batch's result: an array or typed array with a value a row. */
function resultColumn(result: unknown, type: DataType, length: number): Column {
  const isList = Array.isArray(result) || (ArrayBuffer.isView(result) && !(result instanceof DataView));
  if (!isList)
    throw new WrongValue(
      `gave ${result === null ? 'null' : `a value of type ${typeof result}`}, expected an array or typed array`,
    );
  const values = result as ArrayLike<unknown>;
  if (values.length !== length) throw new WrongValue(`gave ${values.length} values for a batch of ${length} rows`);
  return columnFrom(type, values);
}
