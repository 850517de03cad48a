/** Arrow types, schemas and one-row record batches, as DataFusion's payloads carry them. */

export { decimalText, parseDecimal } from './decimal-text.ts';
export { fixedWidth } from './fixed-width.ts';
export {
  type BatchMetadata,
  type Block,
  type BodyCodec,
  type Footer,
  type MessageMetadata,
  readFooter,
  readMessageMetadata,
} from './message-read.ts';
export {
  type BatchLayout,
  encapsulate,
  endOfStream,
  MESSAGE_ALIGNMENT,
  writeBatchMessage,
  writeFileEnd,
} from './message-write.ts';
export { type NestedSource, type ReadNestedOptions, readNested } from './nested-read.ts';
export { writeNested } from './nested-write.ts';
export {
  detectIpcSchema,
  type IpcForm,
  type IpcSchema,
  isArrowFile,
  type ReadIpcOptions,
  readIpcSchema,
  readSchemaMessage,
  type SchemaMessage,
} from './schema-read.ts';
export { childFields, writeIpcSchema, writeSchemaMessage } from './schema-write.ts';
export { parseDataType } from './type-parse.ts';
export type { DictionaryField, PlacedField } from './type-read.ts';
export { displayDataType, formatDataType } from './type-text.ts';
export * from './types.ts';
export { arrowValueFromJson, arrowValueToJson, type JsonValue } from './value-json.ts';
export type { ArrowMap, ArrowStruct, ArrowUnion, ArrowValue, NestedBytes } from './value-model.ts';
