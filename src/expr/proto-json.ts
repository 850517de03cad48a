/** Proto JSON: the text form of the DataFusion messages that the Rust crates' `json` feature reads and writes. */
import { DfxError } from '../wire/errors.ts';
import type { Limits } from '../wire/limits.ts';
import { readMessage } from '../wire/protobuf/index.ts';
import { type JsonNode, parseJson, type WriteJsonOptions, writeJson } from './json-text.ts';
import { protoBytesOf } from './proto-json-read.ts';
import { protoJsonNodeOf } from './proto-json-write.ts';

export { protoBytesOf } from './proto-json-read.ts';

export interface ProtoJsonOptions extends WriteJsonOptions {
  /** Drops what proto JSON can't express, instead of refusing it. */
  readonly lossy?: boolean | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Offset of `bytes[0]` in the payload, for errors. */
  readonly base?: number | undefined;
}

/**
 * The message as a JSON node. What comes back from it through {@link protoBytesOf} are the same bytes.
 *
 * Throws UNREPRESENTABLE, with the offset, for what the form has no words for: unknown and retired fields, enum numbers without a
 * name, NaN payloads, equal map keys, and encodings that prost would not have chosen. `lossy` drops them as prost does when it
 * reads: the last of several values counts, messages merge, an enum number without a name becomes the default.
 */
export function protoJsonNode(
  bytes: Uint8Array,
  message = 'LogicalExprNode',
  options: ProtoJsonOptions = {},
): JsonNode {
  const tape = readMessage(bytes, message, { limits: options.limits, base: options.base });
  const node = protoJsonNodeOf(tape, message, options.lossy === true);
  if (options.lossy !== true) wantSameBytes(bytes, protoBytesOf(node, message), options.base ?? 0);
  return node;
}

/** {@link protoJsonNode} as text. */
export function writeProtoJson(bytes: Uint8Array, message = 'LogicalExprNode', options: ProtoJsonOptions = {}): string {
  return writeJson(protoJsonNode(bytes, message, options), options);
}

/**
 * The bytes that prost writes for the message in the text. Throws JSON_SYNTAX and JSON_SHAPE with the offset in the text.
 */
export function readProtoJson(
  text: string,
  message = 'LogicalExprNode',
  options: { readonly limits?: Partial<Limits> | undefined } = {},
): Uint8Array {
  return protoBytesOf(parseJson(text, { limits: options.limits }), message);
}

/** The last word on what is representable: whatever the checks by kind miss is refused too, never changed in silence. */
function wantSameBytes(bytes: Uint8Array, again: Uint8Array, base: number): void {
  const shorter = Math.min(bytes.length, again.length);
  let at = 0;
  while (at < shorter && bytes[at] === again[at]) at++;
  if (at === bytes.length && at === again.length) return;
  throw new DfxError('UNREPRESENTABLE', "found an encoding that prost doesn't write, which proto JSON can't express", {
    offset: base + at,
    hint: 'decode with --format json, which keeps it, or with --lossy, which drops it',
  });
}
