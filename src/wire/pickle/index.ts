/** Pickles, protocols 0 to 5: reading them as data and writing the few that dfx writes. Nothing here runs a pickle. */

export {
  type CallableKind,
  type CallableReport,
  type CapturedValue,
  describeCallable,
  type ImportReference,
  type MethodFacts,
} from './cloudpickle.ts';
export type { CodeFacts } from './code-object.ts';
export { MAX_COLLECTION_DEPTH, type PickleItem, writePickledItem } from './collections.ts';
export { type DisassembleOptions, disassemble, type PickleArgument, type PickleInstruction } from './disassemble.ts';
export {
  bytesIn,
  type ForeignPart,
  type PickledExpr,
  type PickledExprs,
  readPickledExprs,
  writePickledExpr,
} from './exprs.ts';
export type { CallHow, PickleCall, PickleGlobal } from './machine.ts';
export { displayName, dotted, nameOf, type QualifiedName } from './names.ts';
export { type ArgumentEncoding, HIGHEST_PROTOCOL, OPCODES, type Opcode, opcodeOf } from './opcodes.ts';
export { previewOf, typeNameOf } from './preview.ts';
export { type PickleReading, type ReadPickleOptions, readPickle } from './read.ts';
export type { PickleRisk, RiskCode, RiskSeverity } from './risk-list.ts';
export { findRisks } from './risks.ts';
export { type SourceUdfInput, type UdfFamily, type Volatility, writeSourceUdf } from './source-udf.ts';
export { readSourceUdf, type SourceUdf } from './source-udf-read.ts';
export { readUdfTuple, type UdfTuple } from './udf-tuple.ts';
export * from './value.ts';
export { type PyValue, type WritePickleOptions, writePickle } from './write.ts';
