/**
 * dfx as a library: the payloads that carry Apache DataFusion expressions between processes, to and from bytes, JSON, SQL and code.
 *
 * ```ts
 * import { agg, col, decodePayload, encodePayload, lit, toJson, toSql } from 'dfx';
 *
 * const payload = decodePayload(bytes);          // throws DfxError with a code, a byte offset and what to do next
 * toSql(payload.exprs[0].expr);                  // 'sum(above_10(value))'
 * toJson(payload);                               // lossless: encodePayload(fromJson(text)) gives the same bytes
 * encodePayload(agg('sum', col('a').add(lit(1))), { encoding: 'base64' });
 * ```
 *
 * Everything here is pure: it runs in browsers, and nothing in a payload is ever loaded, imported or run.
 */

// the builder
export {
  CaseBuilder,
  caseWhen,
  col,
  cube,
  ExprBuilder,
  fn,
  groupingSets,
  higherOrder,
  joined,
  lambda,
  lit,
  type Operand,
  placeholder,
  rollup,
  type SortOptions,
  type Type,
  type UdfOptions,
  udf,
  unnest,
  when,
  wildcard,
} from './expr/builder.ts';
export {
  AggregateBuilder,
  agg,
  type Bound,
  groups,
  type OverOptions,
  range,
  rows,
  udaf,
  udwf,
  WindowBuilder,
  win,
} from './expr/builder-calls.ts';
export { type Encodable, type EncodeOptions, encodePayload, type PayloadFormat } from './expr/encode.ts';
export { type FunctionFacts, type FunctionFamily, findFunction, listFunctions } from './expr/functions.ts';
// text
export {
  exprToJson,
  type FromJsonOptions,
  fromJson,
  type JsonPayload,
  type ToJsonOptions,
  toJson,
} from './expr/json/index.ts';
export type { LiteralValue } from './expr/literal.ts';
// expressions and types
export type * from './expr/model.ts';
export { type DecodeOptions, decodePayload, type Payload, type PayloadExpr, readPayload } from './expr/payload.ts';
export {
  type FromProtoJsonOptions,
  fromProtoJson,
  type ToProtoJsonOptions,
  toProtoJson,
} from './expr/proto-json-payload.ts';
export { type FromSqlOptions, fromSql, type UdfDeclaration } from './expr/sql/index.ts';
export { type SqlLoss, type SqlOptions, type SqlText, sqlText, toSql } from './expr/sql-text.ts';
export { type TreeTextOptions, toTree } from './expr/tree.ts';
export { readUdf, type UdfReading, type UdfSignature } from './expr/udf.ts';
// UDFs
export {
  type FieldLike,
  type JavaScriptUdfSpec,
  javascriptUdf,
  type PythonUdfSpec,
  pythonUdf,
  type UdfSpec,
} from './expr/udf-definition.ts';
export { children, columnsOf, functionsOf, nodesOf, walkExpr } from './expr/walk.ts';
export type * from './inspect/model.ts';
export { type InspectOptions, inspectPayload } from './inspect/report.ts';
export { formatDataType, parseDataType } from './wire/arrow/index.ts';
export type { DataType, Field, Schema, TimeUnit } from './wire/arrow/types.ts';
// payloads
export { CONTAINERS, type Container } from './wire/detect.ts';
export { type Encoding, fromBase64, fromHex, toBase64, toHex } from './wire/encoding.ts';
// errors and limits
export { DfxError, ERROR_CODES, type ErrorCode, type ErrorPlace, EXIT } from './wire/errors.ts';
export { DEFAULT_LIMITS, type Limits, type Span } from './wire/limits.ts';
