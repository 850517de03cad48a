/**
 * `"mode": "row"` of a Python UDF from source: the engine calls UDFs with Arrow arrays, and this source, put behind the user's, calls theirs
 * with the values of one row after another. It travels in the frame, so that any receiver runs it; dfx's reader knows it by heart.
 */
import type { PyValue } from '../../wire/pickle/index.ts';
import { sameBytes } from '../../wire/same-bytes.ts';
import type { UdfFamily } from '../model.ts';

export type PythonMode = 'row' | 'batch';

/** What the source defines besides, and the globals that say types, as Arrow IPC schemas: no type has a text in Python. */
const ENTRY = 'dfx_by_row';
const RETURNS = 'dfx_returns';
const STATE = 'dfx_state';

interface Code {
  readonly source: string;
  readonly entry: string;
  readonly captures: readonly (readonly [string, PyValue])[];
}

interface Schemas {
  readonly returnSchema: Uint8Array;
  readonly stateSchema?: Uint8Array | null | undefined;
}

const HEAD = '\n\n# Called row by row: written by dfx.\n';

/** `error.dfx_row` tells dfx's workers which row it was. */
const EACH = `def dfx_each(call, columns):
    row = 0
    results = []
    try:
        for row, values in enumerate(zip(*(column.to_pylist() for column in columns))):
            results.append(call(*values))
    except BaseException as error:
        try:
            error.dfx_row = row
        except AttributeError:
            pass
        raise
    return results


`;

const SCALAR = `def dfx_by_row(*columns):
    import pyarrow

    kind = pyarrow.ipc.read_schema(pyarrow.py_buffer(dfx_returns)).field(0).type
    results = dfx_each(ENTRY, columns)
    try:
        return pyarrow.array(results, type=kind)
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError):
        for row, value in enumerate(results):
            try:
                pyarrow.array([value], type=kind)
            except (pyarrow.ArrowException, TypeError, ValueError, OverflowError):
                error = TypeError(f"the UDF returned {value!r}, expected {kind}")
                error.dfx_row = row
                raise error from None
        raise
`;

const AGGREGATE = `class dfx_by_row:
    def __init__(self):
        import pyarrow

        def types(data):
            return pyarrow.ipc.read_schema(pyarrow.py_buffer(data)).types

        self.scalar = pyarrow.scalar
        self.returns = types(dfx_returns)[0]
        self.states = types(dfx_state)
        self.inner = ENTRY()

    def update(self, *columns):
        dfx_each(self.inner.update, columns)

    def merge(self, states):
        dfx_each(self.inner.merge, states)

    def state(self):
        return [self.scalar(value, type=kind) for value, kind in zip(self.inner.state(), self.states)]

    def evaluate(self):
        return self.scalar(self.inner.evaluate(), type=self.returns)
`;

function wrapper(family: UdfFamily, entry: string): string {
  return HEAD + EACH + (family === 'aggregate' ? AGGREGATE : SCALAR).replace('ENTRY', entry);
}

/** The code that is called with arrays, of code that is called with the values of a row. */
export function byRow(code: Code, family: UdfFamily, { returnSchema, stateSchema }: Schemas): Code {
  const types: (readonly [string, PyValue])[] = [[RETURNS, returnSchema]];
  if (stateSchema != null) types.push([STATE, stateSchema]);
  return { source: code.source + wrapper(family, code.entry), entry: ENTRY, captures: [...code.captures, ...types] };
}

/** The user's own part of what `byRow` made; null for every other code. */
export function ofRow<T extends Code>(code: T, family: UdfFamily, schemas: Schemas): T | null {
  if (code.entry !== ENTRY) return null;
  const at = code.source.lastIndexOf(HEAD);
  const [, entry] =
    /(?:dfx_each\(|self\.inner = )([\p{XID_Start}_][\p{XID_Continue}_]*)(?:, columns\)|\(\))\n/u.exec(
      code.source.slice(Math.max(0, code.source.lastIndexOf(ENTRY))),
    ) ?? [];
  if (at === -1 || entry === undefined) return null;
  const added = schemas.stateSchema == null ? 1 : 2;
  const own = { ...code, source: code.source.slice(0, at), entry, captures: code.captures.slice(0, -added) };
  const again = byRow(own, family, schemas);
  const same =
    again.source === code.source &&
    again.captures.length === code.captures.length &&
    again.captures.every(([name, value], i) => {
      const [other, found] = code.captures[i] ?? [];
      if (i < own.captures.length) return true;
      return name === other && value instanceof Uint8Array && found instanceof Uint8Array && sameBytes(value, found);
    });
  return same ? own : null;
}

/** Identifiers: the entry stands in the source that is put behind, whose own names begin with `dfx_`. */
export const PLAIN_NAME = /^(?!dfx_)[\p{XID_Start}_][\p{XID_Continue}_]*$/u;
