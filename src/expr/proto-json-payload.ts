/** Proto JSON of whole payloads: which message each container is, and which one a document is. */
import { CONTAINER_MESSAGES, type Container } from '../wire/detect.ts';
import { DfxError } from '../wire/errors.ts';
import type { Limits } from '../wire/limits.ts';
import { compiledMessage } from '../wire/protobuf/index.ts';
import { ExprBuilder } from './builder.ts';
import type { JsonPayload } from './json/index.ts';
import { type JsonNode, parseJson, type WriteJsonOptions, writeJson } from './json-text.ts';
import type { Expr } from './model.ts';
import type { Payload } from './payload.ts';
import { exprsToProto, exprToProto } from './proto/index.ts';
import { protoBytesOf, protoJsonNode } from './proto-json.ts';

export interface ToProtoJsonOptions extends WriteJsonOptions {
  /** Drops what proto JSON can't express, instead of refusing it. */
  readonly lossy?: boolean | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

/**
 * Proto JSON, as the Rust crates read it, of an expression or of a decoded payload.
 * @throws DfxError UNREPRESENTABLE, with the offset, for what it has no words for; a pickle is such, but for its expressions (`lossy`).
 */
export function toProtoJson(source: Expr | ExprBuilder | Payload, options: ToProtoJsonOptions = {}): string {
  if (source instanceof ExprBuilder || !('container' in source)) {
    const bytes = exprToProto(source instanceof ExprBuilder ? source.expr : source);
    return writeJson(protoJsonNode(bytes, 'LogicalExprNode', options), options);
  }
  return writeJson(payloadProtoJson(source, options), options);
}

/** {@link toProtoJson} of a payload, as a node. */
export function payloadProtoJson(payload: Payload, options: ToProtoJsonOptions = {}): JsonNode {
  switch (payload.container) {
    case 'expr':
    case 'expr-list':
    case 'physical-expr':
    case 'logical-plan':
    case 'physical-plan':
      return protoJsonNode(payload.bytes, messageOf(payload.container), options);
    case 'pickle': {
      if (options.lossy !== true) {
        throw new DfxError('UNREPRESENTABLE', "found a pickle, which proto JSON can't express", {
          offset: 0,
          hint: 'decode with --format json, which keeps it, or with --lossy, which gives the expressions alone',
        });
      }
      const [only, ...others] = payload.exprs;
      if (only !== undefined && others.length === 0) return protoJsonNode(only.bytes, 'LogicalExprNode', options);
      return protoJsonNode(exprsToProto(payload.exprs.map(({ expr }) => expr)), 'LogicalExprList', options);
    }
    case 'frame':
    case 'schema':
      throw new DfxError('UNREPRESENTABLE', `found a ${payload.container}, which is no protobuf message`, {
        offset: 0,
        hint: 'decode with --format json',
      });
  }
}

export interface FromProtoJsonOptions {
  /** Which message the document is. Default: told from its members, an expression first. */
  readonly as?: Container | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

/**
 * The payload of a proto JSON document, for `encodePayload`.
 * @throws DfxError JSON_SYNTAX or JSON_SHAPE with the offset in the text, USAGE for a container that is no protobuf message.
 */
export function fromProtoJson(text: string, options: FromProtoJsonOptions = {}): JsonPayload {
  const root = parseJson(text, { limits: options.limits });
  const container = options.as ?? protoContainerOf(root);
  if (container === null) {
    throw new DfxError('JSON_SHAPE', 'found no member of a DataFusion message, expected proto JSON', {
      offset: root.start,
      hint: 'name the message, such as with --as physical-expr',
    });
  }
  return protoPayload(root, container);
}

/** {@link fromProtoJson} of a document that is parsed and told already. */
export function protoPayload(root: JsonNode, container: Container): JsonPayload {
  return { container, exprs: [], protocol: null, bytes: protoBytesOf(root, messageOf(container)) };
}

/** Members that only `expr.json` has at its top. `expr` is in both: an object there, a list in a `LogicalExprList`. */
const DOCUMENT_KEYS: ReadonlySet<string> = new Set(['$schema', 'container', 'udfs', 'exprs', 'redacted']);

/** The container whose message has all the members of the document; null for `expr.json` and what is neither. */
export function protoContainerOf(root: JsonNode): Container | null {
  if (root.kind !== 'object' || root.members.length === 0) return null;
  if (root.members.some(({ key, value }) => DOCUMENT_KEYS.has(key) || (key === 'expr' && value.kind === 'object')))
    return null;
  for (const [container, message] of CONTAINER_MESSAGES) {
    const { def } = compiledMessage(message);
    const names = new Set(def.fields.flatMap(({ name, jsonName }) => [name, jsonName]));
    if (root.members.every(({ key }) => names.has(key))) return container;
  }
  return null;
}

function messageOf(container: Container): string {
  const message = CONTAINER_MESSAGES.find(([known]) => known === container)?.[1];
  if (message !== undefined) return message;
  throw new DfxError('USAGE', `found the container ${container}, which is no protobuf message`, {
    hint: `take one of ${CONTAINER_MESSAGES.map(([known]) => known).join(', ')}`,
  });
}
