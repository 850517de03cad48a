/**
 * `expr.json`: a payload as JSON that people read and write. Lossless: what can't be said in the friendly forms stands as its bytes,
 * so that decoding and encoding again gives the payload back byte for byte.
 */
import { readIpcSchema, writeIpcSchema } from '../../wire/arrow/index.ts';
import { CONTAINERS, type Container } from '../../wire/detect.ts';
import type { Limits } from '../../wire/limits.ts';
import { readPickle, readPickledExprs, writePickledExpr, writePickledItem } from '../../wire/pickle/index.ts';
import { sameBytes } from '../../wire/same-bytes.ts';
import { type JsonNode, jsonArray, jsonNumber, jsonObject, jsonString, parseJson, writeJson } from '../json-text.ts';
import type { Expr } from '../model.ts';
import type { Payload } from '../payload.ts';
import { exprsToProto, exprToProto } from '../proto/index.ts';
import type { Members } from './forms.ts';
import { exprNode, exprOf, mismatch, rawMember } from './nodes.ts';
import { collectionJson, collectionOf } from './pickles.ts';
import { bytesOf, ObjectReader, pairsOf, shapeError } from './shape.ts';
import { fieldJson, fieldOf, pairsJson, typeHasText } from './types.ts';
import { type UdfEntry, UdfList, type UdfOptions, udfEntryOf } from './udfs.ts';

/** Where editors find the JSON Schema to complete from, in a project that has dfx installed. Readers take any. */
export const EXPR_SCHEMA = './node_modules/dfx/schemas/expr.schema.json';

export interface ToJsonOptions {
  /** Spaces a level; 0 for one line. Default: 2, with what fits into a line on one line. */
  readonly indent?: number | undefined;
}

/** Nodes that fit into lines of this width stay on one: `{ "op": "+", "args": [{ "col": "a" }, { "lit": 1 }] }`. */
const LINE_WIDTH = 100;

// writing

/** The payload as the text of `expr.json`. Throws the error of a payload that could not be read to its end. */
export function toJson(payload: Payload, options: ToJsonOptions = {}): string {
  return writeJson(payloadNode(payload), { indent: options.indent ?? 2, width: LINE_WIDTH });
}

/** One expression, without the payload around it, as `expr.json`. */
export function exprToJson(expr: Expr, options: ToJsonOptions = {}): string {
  const udfs = new UdfList();
  const node = exprNode(expr, udfs);
  return writeJson(documentNode([['expr', node]], udfs), { indent: options.indent ?? 2, width: LINE_WIDTH });
}

function documentNode(members: Members, udfs: UdfList): JsonNode {
  const definitions = udfs.json();
  return jsonObject([
    ['$schema', jsonString(EXPR_SCHEMA)],
    ...members,
    ...(definitions === null ? [] : [['udfs', definitions] as [string, JsonNode]]),
  ]);
}

/** Throws what stopped the reading of the payload: half of one would encode to another. */
export function payloadNode(payload: Payload): JsonNode {
  if (payload.error !== null) throw payload.error;
  const udfs = new UdfList();
  switch (payload.container) {
    case 'expr':
      return documentNode([['expr', exprNode(payload.exprs[0].expr, udfs)]], udfs);
    case 'expr-list': {
      const exprs = payload.exprs.map(({ expr }) => exprNode(expr, udfs));
      const members: Members = [container('expr-list'), ['exprs', jsonArray(exprs)]];
      if (!sameBytes(exprsToProto(payload.exprs.map(({ expr }) => expr)), payload.bytes))
        members.push(rawMember(payload.bytes));
      return documentNode(members, udfs);
    }
    case 'pickle': {
      const { protocol } = payload.pickle;
      const members: Members = [container('pickle'), ['protocol', jsonNumber(protocol)]];
      const [only, ...others] = payload.exprs;
      const single = only !== undefined && others.length === 0 && only.path === '' ? only : null;
      if (single !== null) {
        members.push(['expr', exprNode(single.expr, udfs)]);
        const isPlain = payload.foreign.length === 0;
        if (isPlain && sameBytes(writePickledExpr(single.bytes, { protocol }), payload.bytes))
          return documentNode(members, udfs);
      } else {
        const value = collectionJson(payload, (expr) => exprNode(expr, udfs));
        if (value !== null) return documentNode([...members, ['value', value]], udfs);
        members.push(['exprs', jsonArray(payload.exprs.map(({ expr }) => exprNode(expr, udfs)))]);
      }
      return documentNode([...members, rawMember(payload.bytes)], udfs);
    }
    case 'frame': {
      udfs.add(frameFamily(payload.bytes), '', payload.bytes);
      return documentNode([container('frame')], udfs);
    }
    case 'schema': {
      const members: Members = [container('schema')];
      const schema = payload.schema?.schema;
      if (schema?.fields.every((field) => typeHasText(field.type))) {
        members.push(['fields', jsonArray(schema.fields.map(fieldJson))]);
        if (schema.metadata.length > 0) members.push(['metadata', pairsJson(schema.metadata)]);
        if (!sameBytes(writeIpcSchema(schema), payload.bytes)) members.push(rawMember(payload.bytes));
      } else members.push(rawMember(payload.bytes));
      return documentNode(members, udfs);
    }
    case 'physical-expr':
    case 'logical-plan':
    case 'physical-plan':
      return documentNode([container(payload.container), rawMember(payload.bytes)], udfs);
  }
}

function frameFamily(bytes: Uint8Array): 'scalar' | 'aggregate' | 'window' {
  const last = String.fromCharCode(bytes[6] ?? 0);
  return last === 'A' ? 'aggregate' : last === 'W' ? 'window' : 'scalar';
}

function container(name: Container): [string, JsonNode] {
  return ['container', jsonString(name)];
}

// reading

export interface FromJsonOptions extends UdfOptions {
  readonly limits?: Partial<Limits> | undefined;
}

/** What `expr.json` describes: bytes where it says them itself, else expressions to be encoded. */
export interface JsonPayload {
  readonly container: Container;
  readonly exprs: readonly Expr[];
  /** Of a pickle; null for the other containers. */
  readonly protocol: number | null;
  readonly bytes: Uint8Array;
}

/**
 * Reads `expr.json`.
 * @throws DfxError JSON_SYNTAX or JSON_SHAPE with the offset in the text, RAW_MISMATCH where a node was edited beside the bytes that
 * it keeps, TYPE_NAME, UNSUPPORTED for a `module:name` UDF without a Python at hand.
 */
export function fromJson(text: string, options: FromJsonOptions = {}): JsonPayload {
  return payloadOf(parseJson(text, { limits: options.limits }), options);
}

export function payloadOf(root: JsonNode, options: FromJsonOptions = {}): JsonPayload {
  const object = ObjectReader.of(root, 'the document');
  object.optional('$schema');
  const redacted = object.optional('redacted');
  if (redacted?.kind === 'boolean' && redacted.value) {
    throw shapeError(
      redacted,
      'found a redacted document, which lacks the values that a payload needs',
      'decode it again without --redact',
    );
  }
  const ids = new Set<string>();
  const entries = object.array('udfs').map((node) => {
    const entry = udfEntryOf(node, options);
    if (ids.has(entry.id))
      throw shapeError(node, `found two UDFs "${entry.id}" in "udfs"`, 'give one of them an "id", and call it by that');
    ids.add(entry.id);
    return entry;
  });
  const name = object.optionalString('container') ?? 'expr';
  const kind = CONTAINERS.find((known) => known === name);
  if (kind === undefined)
    throw shapeError(
      object.required('container'),
      `found "${name}" for "container", expected one of ${CONTAINERS.join(', ')}`,
    );
  const payload = containerOf(kind, object, entries, options);
  object.finish();
  return payload;
}

function containerOf(
  kind: Container,
  object: ObjectReader,
  entries: readonly UdfEntry[],
  options: FromJsonOptions,
): JsonPayload {
  const rawNode = object.optional('raw');
  const raw = rawNode === undefined ? null : bytesOf(rawNode, 'raw');
  switch (kind) {
    case 'expr': {
      const expr = exprOf(object.required('expr'), entries, options);
      return { container: kind, exprs: [expr], protocol: null, bytes: exprToProto(expr) };
    }
    case 'expr-list': {
      const exprs = object.array('exprs').map((node) => exprOf(node, entries, options));
      const bytes = exprsToProto(exprs);
      return { container: kind, exprs, protocol: null, bytes: raw ?? bytes };
    }
    case 'pickle':
      return pickleOf(object, raw, entries, options);
    case 'frame': {
      const [entry, ...others] = entries;
      if (entry?.definition == null || others.length > 0) {
        throw shapeError(object.node, `found ${entries.length} UDFs in a frame, expected one with its body`);
      }
      return { container: kind, exprs: [], protocol: null, bytes: entry.definition };
    }
    case 'schema': {
      const fields =
        object.optional('fields') === undefined
          ? null
          : object.array('fields').map((field) => fieldOf(field, 'fields'));
      const metadata = pairsOf(object.array('metadata'), 'metadata');
      if (raw !== null) {
        if (
          fields !== null &&
          !sameBytes(writeIpcSchema({ fields, metadata }), writeIpcSchema(readIpcSchema(raw).schema))
        ) {
          throw mismatch(object.node, 'the fields');
        }
        return { container: kind, exprs: [], protocol: null, bytes: raw };
      }
      if (fields === null) throw shapeError(object.node, 'found no "fields" in a schema');
      return { container: kind, exprs: [], protocol: null, bytes: writeIpcSchema({ fields, metadata }) };
    }
    case 'physical-expr':
    case 'logical-plan':
    case 'physical-plan':
      if (raw === null)
        throw shapeError(
          object.node,
          `found no "raw" in a ${kind}`,
          'edit a plan as proto JSON: dfx decode --format proto-json',
        );
      return { container: kind, exprs: [], protocol: null, bytes: raw };
  }
}

/** What Python writes by default since 3.8. */
const DEFAULT_PROTOCOL = 4;

function pickleOf(
  object: ObjectReader,
  raw: Uint8Array | null,
  entries: readonly UdfEntry[],
  options: FromJsonOptions,
): JsonPayload {
  const protocol = object.integer('protocol', DEFAULT_PROTOCOL);
  const value = object.optional('value');
  if (value !== undefined) {
    const exprs: Expr[] = [];
    const item = collectionOf(value, (node) => exprOf(node, entries, options), exprs);
    return { container: 'pickle', exprs, protocol, bytes: writePickledItem(item, protocol) };
  }
  const single = object.optional('expr');
  const nodes = single === undefined ? object.array('exprs') : [single];
  const exprs = nodes.map((node) => exprOf(node, entries, options));
  if (raw !== null) {
    const held = readPickledExprs(readPickle(raw, { limits: options.limits }));
    const same =
      held.exprs.length === exprs.length &&
      exprs.every((expr, at) => sameBytes(exprToProto(expr), held.exprs[at]?.proto ?? raw));
    if (!same) throw mismatch(object.node, 'the expressions');
    return { container: 'pickle', exprs, protocol, bytes: raw };
  }
  const [expr, ...others] = exprs;
  if (expr === undefined || others.length > 0) {
    throw shapeError(
      object.node,
      `found ${exprs.length} expressions in a pickle without "raw", expected one`,
      'a collection of them is "value": [{"expr": …}, …]',
    );
  }
  return { container: 'pickle', exprs, protocol, bytes: writePickledExpr(exprToProto(expr), { protocol }) };
}
