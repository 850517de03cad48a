/**
 * Columns as the messages of Arrow IPC. Big buffers are not copied: a message is the pieces that make it up, one after the other.
 */
import {
  type Block,
  childFields,
  encapsulate,
  endOfStream,
  MESSAGE_ALIGNMENT,
  writeBatchMessage,
  writeFileEnd,
  writeSchemaMessage,
} from '../../wire/arrow/index.ts';
import type { DataType, Field, Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import type { Column, ColumnBatch } from '../column.ts';
import { MAX_NESTING } from './plan.ts';
import { writeColumn } from './write-column.ts';

export type { Block } from '../../wire/arrow/index.ts';

export interface EncodedMessage {
  readonly kind: 'schema' | 'dictionary' | 'batch';
  /** The message, prefix and padding included. They may be views of the columns' memory. */
  readonly pieces: readonly Uint8Array[];
  /** Up to the body. */
  readonly metadataLength: number;
  readonly bodyLength: number;
}

export const END_OF_STREAM: Uint8Array = endOfStream();
/** What an Arrow file starts with. */
export const FILE_START: Uint8Array = new TextEncoder().encode('ARROW1\0\0');

/** What stands behind the last batch of an Arrow file: the end of the stream, the footer, the magic. */
export function fileEnd(schema: Schema, dictionaries: readonly Block[], batches: readonly Block[]): Uint8Array {
  return joinPieces([END_OF_STREAM, writeFileEnd(schema, dictionaries, batches)]);
}

export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

export function hasDictionaries({ fields }: Schema): boolean {
  const todo = [...fields];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (next.type.kind === 'Dictionary') return true;
    todo.push(...childFields(next.type));
  }
  return false;
}

export function encodeSchema(schema: Schema): EncodedMessage {
  const message = encapsulate(writeSchemaMessage(schema));
  return { kind: 'schema', pieces: [message], metadataLength: message.length, bodyLength: 0 };
}

/** How a column is written: dictionary ids count from 0, children before their parents, as the writer of schemas counts them. */
export interface WritePlan {
  readonly type: DataType;
  readonly children: readonly WritePlan[];
  readonly dictionary: { readonly id: bigint; readonly values: WritePlan } | null;
}

/** Refuses, by the column's name, what can't be written (UNSUPPORTED). */
export function planWriting(schema: Schema): readonly WritePlan[] {
  let next = 0n;
  const plan = (field: Field, depth: number): WritePlan => {
    const { type } = field;
    if (depth > MAX_NESTING || type.kind === 'RunEndEncoded') {
      const reason = depth > MAX_NESTING ? `nests deeper than ${MAX_NESTING} levels` : 'is run-end encoded';
      throw new DfxError('UNSUPPORTED', `column ${JSON.stringify(field.name)} ${reason}, which can't be written`);
    }
    if (type.kind === 'Dictionary') {
      const values = plan({ ...field, type: type.value }, depth + 1);
      return { type, children: [], dictionary: { id: next++, values } };
    }
    return { type, children: childFields(type).map((child) => plan(child, depth + 1)), dictionary: null };
  };
  return schema.fields.map((field) => plan(field, 1));
}

/** Where the columns of a batch are put, in the order of the format: parents first. */
export class BodyWriter {
  readonly nodes: number[] = [];
  readonly buffers: number[] = [];
  readonly variadicCounts: number[] = [];
  /** Dictionaries that the columns refer to, those inside of others first. */
  readonly dictionaries: { readonly id: bigint; readonly plan: WritePlan; readonly values: Column }[] = [];
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  node(length: number, nulls: number): void {
    this.nodes.push(length, nulls);
  }

  buffer(bytes: Uint8Array): void {
    this.buffers.push(this.#length, bytes.length);
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    const padding = -this.#length & (MESSAGE_ALIGNMENT - 1);
    if (padding !== 0) {
      this.#pieces.push(PADDING.subarray(0, padding));
      this.#length += padding;
    }
  }

  finish(rows: number, dictionary: bigint | null): EncodedMessage {
    const { nodes, buffers, variadicCounts } = this;
    const bodyLength = this.#length;
    const head = encapsulate(writeBatchMessage({ rows, nodes, buffers, variadicCounts, bodyLength, dictionary }));
    return {
      kind: dictionary === null ? 'batch' : 'dictionary',
      pieces: [head, ...this.#pieces],
      metadataLength: head.length,
      bodyLength,
    };
  }
}

const PADDING = new Uint8Array(MESSAGE_ALIGNMENT);

/** Writes batches of one schema. A dictionary is written again when a batch comes with another one: as streams allow and files don't. */
export class BatchEncoder {
  readonly schema: Schema;
  readonly #plans: readonly WritePlan[];
  readonly #written = new Map<bigint, Column>();

  constructor(schema: Schema) {
    this.schema = schema;
    this.#plans = planWriting(schema);
  }

  schemaMessage(): EncodedMessage {
    return encodeSchema(this.schema);
  }

  /** Of a schema without dictionaries exactly one message. */
  encode(batch: ColumnBatch): readonly EncodedMessage[] {
    const body = new BodyWriter();
    this.#plans.forEach((plan, i) => {
      const column = batch.columns[i];
      if (column === undefined || column.length !== batch.length) {
        throw new DfxError('DEFECT', `column ${i} of a batch has ${column?.length ?? 'no'} rows, not ${batch.length}`);
      }
      writeColumn(body, plan, column);
    });
    const messages: EncodedMessage[] = [];
    for (const { id, plan, values } of body.dictionaries) this.#encodeDictionary(messages, id, plan, values);
    messages.push(body.finish(batch.length, null));
    return messages;
  }

  #encodeDictionary(messages: EncodedMessage[], id: bigint, plan: WritePlan, values: Column): void {
    if (this.#written.get(id) === values) return;
    this.#written.set(id, values);
    const body = new BodyWriter();
    writeColumn(body, plan, values);
    for (const inner of body.dictionaries) this.#encodeDictionary(messages, inner.id, inner.plan, inner.values);
    messages.push(body.finish(values.length, id));
  }
}
