/** Arrow types, schemas and one-row record batches, as DataFusion's payloads carry them. */
export { parseDataType } from './type-parse.ts';
export { displayDataType, formatDataType } from './type-text.ts';
export * from './types.ts';
