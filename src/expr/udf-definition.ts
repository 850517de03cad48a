/** Inline UDF definitions for the builder: `udf('above_10', { definition: pythonUdf({ … }) })`. */
import { parseDataType, writeIpcSchema } from '../wire/arrow/index.ts';
import type { DataType, Field } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { type PythonVersion, writePythonFrame } from '../wire/frame.ts';
import { type JsMode, type JsValue, writeJsUdf } from '../wire/js-udf.ts';
import { type PyValue, type Volatility, writeSourceUdf } from '../wire/pickle/index.ts';
import type { UdfFamily } from './model.ts';

/** A type, its name (`Int64`, `List(Utf8)`), or a field where its name or nullability matters. */
export type FieldLike = string | DataType | Field;

export interface UdfSpec {
  /** Default: scalar. */
  readonly family?: UdfFamily;
  /** The name that the receiver uses. */
  readonly name: string;
  readonly inputs: readonly FieldLike[];
  readonly returns: FieldLike;
  /** Aggregates only: what the partial state holds. */
  readonly state?: readonly FieldLike[];
  /** Default: volatile, which is right for every function. */
  readonly volatility?: Volatility;
  readonly source: string;
  /** What the source defines: the function, or what makes an accumulator or evaluator. */
  readonly entry: string;
}

export interface PythonUdfSpec extends UdfSpec {
  /** The receiver's Python, such as `3.11`: a frame with another stamp is refused there. */
  readonly target: PythonVersion | string;
  readonly captures?: readonly (readonly [name: string, value: PyValue])[];
  /** `module`, `module as alias`, `module:name` or `module:name as alias`. */
  readonly imports?: readonly string[];
}

export interface JavaScriptUdfSpec extends UdfSpec {
  readonly captures?: readonly (readonly [name: string, value: JsValue])[];
  /** Whether the function takes a row's values or whole columns. Default: row. */
  readonly mode?: JsMode;
}

/**
 * The frame of a Python UDF that travels as source: made without Python, compiled by the receiver.
 * @throws DfxError BAD_VALUE for what Python would refuse, TYPE_NAME.
 */
export function pythonUdf(spec: PythonUdfSpec): Uint8Array {
  const { family, inputs, returns, state, volatility } = signatureOf(spec);
  const body = writeSourceUdf({
    family,
    name: spec.name,
    source: spec.source,
    entry: spec.entry,
    captures: spec.captures ?? [],
    imports: spec.imports ?? [],
    inputSchema: writeIpcSchema({ fields: inputs, metadata: [] }),
    returnSchema: writeIpcSchema({ fields: [returns], metadata: [] }),
    stateSchema: state === null ? undefined : writeIpcSchema({ fields: state, metadata: [] }),
    volatility,
  });
  return writePythonFrame(family, versionOf(spec.target), body);
}

/** The frame of a JavaScript UDF, which dfx runs. */
export function javascriptUdf(spec: JavaScriptUdfSpec): Uint8Array {
  const { name, source, entry, captures, mode } = spec;
  return writeJsUdf({ ...signatureOf(spec), name, source, entry, captures: captures ?? [], mode: mode ?? 'row' });
}

function signatureOf(spec: UdfSpec): {
  readonly family: UdfFamily;
  readonly inputs: readonly Field[];
  readonly returns: Field;
  readonly state: readonly Field[] | null;
  readonly volatility: Volatility;
} {
  const family = spec.family ?? 'scalar';
  return {
    family,
    // the names that datafusion-python gives
    inputs: spec.inputs.map((type, at) => fieldOf(type, `arg_${at}`)),
    returns: fieldOf(spec.returns, family === 'scalar' ? 'value' : 'result'),
    state: spec.state === undefined ? null : spec.state.map((type, at) => fieldOf(type, `state_${at}`)),
    volatility: spec.volatility ?? 'volatile',
  };
}

function fieldOf(like: FieldLike, name: string): Field {
  if (typeof like === 'object' && 'type' in like) return like;
  return { name, type: typeof like === 'string' ? parseDataType(like) : like, nullable: true, metadata: [] };
}

function versionOf(target: PythonVersion | string): PythonVersion {
  if (typeof target !== 'string') return target;
  const [, major = '', minor = ''] = /^(\d{1,3})\.(\d{1,3})$/.exec(target) ?? [];
  if (major === '' || Number(major) > 255 || Number(minor) > 255)
    throw new DfxError('USAGE', `found ${JSON.stringify(target)} for a Python version, expected one such as "3.11"`);
  return { major: Number(major), minor: Number(minor) };
}
