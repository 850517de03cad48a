/** What `inspect` has to say about a payload: the document `dfx.inspect/1`, described by `schemas/inspect.schema.json`. */

import type { Container } from '../wire/detect.ts';
import type { Encoding } from '../wire/encoding.ts';
import type { ErrorCode } from '../wire/errors.ts';
import type { FrameFamily, FrameLanguage } from '../wire/frame.ts';
import type { CallableKind, RiskCode, RiskSeverity } from '../wire/pickle/index.ts';
import type { WarningCode, WarningSeverity } from './warnings.ts';

export const INSPECT_SCHEMA = 'dfx.inspect/1';

export interface InspectReport {
  readonly schema: typeof INSPECT_SCHEMA;
  /** As the caller names it; null for bytes without a name. */
  readonly file: string | null;
  /** Of the input as given, before base64 or hex is taken off. */
  readonly bytes: number;
  /** Of the same bytes, in hexadecimal. */
  readonly sha256: string;
  readonly encoding: Encoding;
  /** Without base64 or hex: what every offset in this document counts in. */
  readonly payloadBytes: number;
  readonly container: Container | null;
  /** What else the bytes could be, best first: the fewer faults, the better the reading. */
  readonly alternatives: readonly { readonly container: Container; readonly faults: number }[];
  readonly redacted: boolean;
  /** The expression of a payload that holds exactly one. */
  readonly expression: ExpressionReport | null;
  /** All of them, in order, where there are none or several (lists and pickles); empty where `expression` is given. */
  readonly expressions: readonly ExpressionReport[];
  readonly protobuf: ProtobufReport | null;
  readonly pickle: PickleReport | null;
  readonly arrow: ArrowReport | null;
  readonly udfs: readonly UdfReport[];
  readonly warnings: readonly Warning[];
  /** Why the payload, or a UDF in it, can't be read to its end. What could be read is in the report all the same. */
  readonly error: ErrorFacts | null;
}

export interface ErrorFacts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly offset: number | null;
  readonly hint: string | null;
}

export interface Warning {
  readonly code: WarningCode;
  readonly severity: WarningSeverity;
  readonly message: string;
  readonly offset: number | null;
  /** What to do about it, in one sentence. */
  readonly hint: string | null;
}

export interface ColumnReport {
  readonly name: string;
  readonly relation: string | null;
}

export interface FunctionReport {
  readonly name: string;
  readonly family: string;
  /** False: the receiver must have registered it, or the payload carries it. */
  readonly builtIn: boolean;
}

export interface ExpressionReport {
  /** Where in a list, tuple or dict: `[1]`, `["a"]`. Empty for the one expression of a payload. */
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  /** The variant of the expression's root: `column`, `binary`, `aggregate_function`, … */
  readonly kind: string;
  readonly sql: string;
  /** Whether a parser reads the SQL text back as the same expression. */
  readonly sqlExact: boolean;
  readonly columns: readonly ColumnReport[];
  readonly functions: readonly FunctionReport[];
  readonly nodes: number;
  /** Levels of nodes; 1 for a column. */
  readonly depth: number;
  /** Most protobuf messages inside each other, which is what receivers limit to 100. */
  readonly messageDepth: number;
}

/** The protobuf of the payload, or of all the expressions in it. */
export interface ProtobufReport {
  /** The root message. */
  readonly message: string;
  readonly fields: number;
  readonly messages: number;
  readonly depth: number;
  /** How often each kind of plan or expression node stands in it, in the order of their first use. */
  readonly nodes: readonly { readonly name: string; readonly count: number }[];
}

/** The outer pickle of a `pickle` container. */
export interface PickleReport {
  readonly protocol: number;
  readonly opcodes: number;
  readonly globals: readonly string[];
  readonly foreign: readonly { readonly what: string; readonly offset: number; readonly path: string | null }[];
  readonly trailing: number;
  readonly risks: readonly RiskReport[];
}

export interface ArrowReport {
  readonly form: string;
  readonly version: string;
  readonly endian: string;
  readonly fields: readonly FieldReport[];
  readonly metadata: readonly (readonly [key: string, value: string])[];
}

export interface FieldReport {
  readonly name: string;
  /** As Arrow writes it in DataFusion: `Timestamp(Microsecond, Some("UTC"))`. */
  readonly type: string;
  readonly nullable: boolean;
  readonly metadata?: readonly (readonly [key: string, value: string])[];
}

export interface UdfReport {
  /** The name that the receiver uses: the one inside the frame, else the node's. */
  readonly name: string | null;
  /** What the node around says; null for a bare frame. */
  readonly outerName: string | null;
  readonly family: FrameFamily | 'higher_order' | null;
  readonly transport: 'inline' | 'by-name';
  readonly language: FrameLanguage | null;
  /** The extension codec that wrote the definition; null for datafusion-python's own. */
  readonly codec: { readonly id: string; readonly portable: boolean } | null;
  readonly magic: string | null;
  readonly version: number | null;
  /** The Python that pickled it: `3.11`. */
  readonly python: string | null;
  /** Of the frame; of the call for a UDF that travels by name. */
  readonly offset: number;
  /** Of the frame; null for a UDF that travels by name. */
  readonly bytes: number | null;
  /** The fields that lead to the call, from the payload's root. */
  readonly path: string;
  /** How many calls carry this very definition, and where each starts. */
  readonly uses: number;
  readonly offsets: readonly number[];
  readonly volatility: string | null;
  readonly inputs: readonly FieldReport[] | null;
  readonly returns: readonly FieldReport[] | null;
  readonly state: readonly FieldReport[] | null;
  readonly callable: CallableDocument | null;
  readonly imports: readonly ImportReport[];
  readonly risks: readonly RiskReport[];
  readonly error: ErrorFacts | null;
}

export interface ValueReport {
  readonly name: string;
  readonly type: string;
  /** One line, cut; null where it is redacted. */
  readonly value: string | null;
  readonly bytes: number;
}

export interface CallableDocument {
  readonly kind: CallableKind | 'javascript';
  readonly qualname: string | null;
  readonly module: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly doc: string | null;
  readonly arguments: readonly string[];
  readonly captures: readonly ValueReport[];
  readonly globals: readonly ValueReport[];
  readonly defaults: readonly ValueReport[];
  readonly keywordDefaults: readonly ValueReport[];
  readonly attributes: readonly ValueReport[];
  readonly bases: readonly string[];
  readonly methods: readonly { readonly name: string; readonly how: string; readonly line: number | null }[];
  /** The text that the receiver compiles, where the UDF travels as source; null where it is redacted, too. */
  readonly source: string | null;
  /** Every other function and class that travels along. */
  readonly nested: readonly NestedCallable[];
}

export type NestedCallable = Pick<
  CallableDocument,
  'kind' | 'qualname' | 'module' | 'file' | 'line' | 'arguments' | 'captures' | 'globals' | 'defaults'
>;

export interface ImportReport {
  readonly module: string;
  /** Empty for the module itself. */
  readonly name: string;
  readonly origin: 'reference' | 'builder' | 'body';
}

export interface RiskReport {
  readonly code: RiskCode;
  readonly severity: RiskSeverity;
  readonly onLoad: boolean;
  readonly what: string;
  readonly message: string;
  readonly offset: number;
}
