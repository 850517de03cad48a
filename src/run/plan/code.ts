/** The code that an expression carries: where its UDF definitions are, and whether bytes hold frames that the model doesn't show. */

import type { FunctionFamily } from '../../expr/functions.ts';
import type { Expr } from '../../expr/model.ts';
import { familyOf, isFunctionNode, nodesOf } from '../../expr/walk.ts';
import { type Definition, FRAME_MAGICS, type FrameLanguage, MAGIC_LENGTH, readDefinition } from '../../wire/frame.ts';

/** A function node that brings bytes of its own. */
export interface CarriedDefinition {
  /** The outer name: the one that a strict receiver quotes. */
  readonly name: string;
  readonly family: FunctionFamily;
  /** Offset of the definition in the payload; the node's offset where it isn't known. */
  readonly offset: number;
  readonly definition: Definition;
}

/** A family magic outside of every definition that the model shows, and outside of literals and column names. */
export interface HiddenFrame {
  readonly offset: number;
  readonly magic: string;
  readonly language: FrameLanguage;
}

export interface CarriedCode {
  readonly definitions: readonly CarriedDefinition[];
  /**
   * The engine may read more than the model shows: subqueries stay bytes, and odd encodings may hold a field twice. Whatever
   * looks like a frame there counts as code.
   */
  readonly hidden: readonly HiddenFrame[];
}

/** `bytes` are the expression's own, the ones that `expr` was read from; `base` is where they start in the payload. */
export function carriedCode(expr: Expr, bytes: Uint8Array, base: number): CarriedCode {
  const definitions: CarriedDefinition[] = [];
  const accounted: { readonly start: number; readonly end: number }[] = [];
  for (const node of nodesOf(expr)) {
    if (isFunctionNode(node) && node.definition !== null && node.definition.length > 0) {
      const within = definitionOffset(node.definition, bytes);
      const offset = within === null ? (node.span?.start ?? base) : base + within;
      definitions.push({
        name: node.name,
        family: familyOf(node),
        offset,
        definition: readDefinition(node.definition, offset),
      });
      accounted.push({ start: offset, end: offset + node.definition.length });
    } else if (
      (node.kind === 'literal' || node.kind === 'column') &&
      node.raw === undefined &&
      node.span !== undefined
    ) {
      accounted.push(node.span);
    }
  }
  const hidden = magicsIn(bytes, base).filter(
    ({ offset }) => !accounted.some((span) => span.start <= offset && offset + MAGIC_LENGTH <= span.end),
  );
  return { definitions, hidden };
}

/** The model's definition is a view of the payload where it wasn't copied. */
function definitionOffset(definition: Uint8Array, bytes: Uint8Array): number | null {
  if (definition.buffer === bytes.buffer) {
    const offset = definition.byteOffset - bytes.byteOffset;
    if (offset >= 0 && offset + definition.length <= bytes.length) return offset;
  }
  const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(definition);
  return found === -1 ? null : found;
}

function magicsIn(bytes: Uint8Array, base: number): readonly HiddenFrame[] {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: HiddenFrame[] = [];
  for (const { magic, language } of FRAME_MAGICS) {
    for (let at = haystack.indexOf(magic, 0, 'latin1'); at !== -1; at = haystack.indexOf(magic, at + 1, 'latin1')) {
      found.push({ offset: base + at, magic, language });
    }
  }
  return found.sort((a, b) => a.offset - b.offset);
}
