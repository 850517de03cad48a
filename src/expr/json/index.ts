export {
  EXPR_SCHEMA,
  exprToJson,
  type FromJsonOptions,
  fromJson,
  type JsonPayload,
  payloadNode,
  payloadOf,
  type ToJsonOptions,
  toJson,
} from './document.ts';
export { type PickleRequest, parsePythonVersion, type UdfOptions } from './udfs.ts';
