/** What make_corpus.py made: one JSON object a line, the first of which says with what. */
import { readFileSync } from 'node:fs';
import type { DataType, Field, Pairs } from '../../../src/wire/arrow/index.ts';

export interface SchemaEntry {
  readonly datafusion: readonly string[];
  readonly name: string;
  readonly fields: readonly Field[];
  /** Base64 of the IPC stream from the frame of a UDF. */
  readonly arrowRs: string;
  readonly pyarrow?: string;
  /** What `arrow_typeof` says of the only field's type. */
  readonly display?: string;
}

export interface NestedEntry {
  readonly datafusion: readonly string[];
  readonly writer: 'datafusion' | 'pyarrow';
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly json: unknown;
  readonly ipcMessage: string;
  readonly arrowData: string;
  readonly dictionaries: readonly { readonly ipcMessage: string; readonly arrowData: string }[];
}

function entries<T>(file: string): readonly T[] {
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.slice(1).map((line) => JSON.parse(line) as T);
}

export interface FormEntry {
  readonly name: 'stream' | 'version 4' | 'legacy-stream' | 'file';
  readonly rows: 0 | 1;
  readonly fields: readonly Field[];
  readonly metadata: Pairs;
  readonly bytes: string;
}

export const schemaEntries = (): readonly SchemaEntry[] => entries('./schemas.jsonl');
export const nestedEntries = (): readonly NestedEntry[] => entries('./nested.jsonl');
export const formEntries = (): readonly FormEntry[] => entries('./forms.jsonl');
export const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));
export const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
