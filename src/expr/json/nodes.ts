/** The tree of `expr.json`: expressions to nodes and back, of any depth without recursion. */
import { toBase64 } from '../../wire/encoding.ts';
import { DfxError } from '../../wire/errors.ts';
import type { Limits } from '../../wire/limits.ts';
import { sameBytes } from '../../wire/same-bytes.ts';
import { type JsonMember, type JsonNode, jsonObject, jsonString } from '../json-text.ts';
import type { Expr } from '../model.ts';
import { exprFromProto, exprToProto } from '../proto/index.ts';
import { callMembers, callOf, type DefinitionOf } from './calls.ts';
import { FORM_KEYS, type FormKey, formMembers, formOf, type Members } from './forms.ts';
import { literalMembers, literalOf } from './literals.ts';
import { bytesOf, ObjectReader, shapeError } from './shape.ts';
import type { UdfEntry, UdfList } from './udfs.ts';

// writing

export function rawMember(bytes: Uint8Array): [string, JsonNode] {
  return ['raw', jsonString(toBase64(bytes))];
}

/** An object whose members come later: operands are written in their turn, so that depth costs no call stack. */
interface OpenObject {
  readonly kind: 'object';
  readonly members: JsonMember[];
  readonly start: number;
  readonly end: number;
}

export function exprNode(root: Expr, udfs: UdfList): JsonNode {
  const work: { readonly expr: Expr; readonly target: OpenObject }[] = [];
  const slot = (expr: Expr): JsonNode => {
    const target: OpenObject = { kind: 'object', members: [], start: -1, end: -1 };
    work.push({ expr, target });
    return target;
  };
  const node = slot(root);
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const { expr, target } = item;
    const first = work.length;
    let members: Members;
    if (expr.raw !== undefined) {
      members = [rawMember(expr.raw)];
      if (expr.kind !== 'opaque') {
        const friendly = friendlyMembers(expr, slot, udfs);
        if (friendly !== null) members.push(['as', jsonObject(friendly)]);
      }
    } else {
      const friendly = friendlyMembers(expr, slot, udfs);
      if (friendly === null) work.length = first; // operands of a node that keeps its bytes are in them
      members = friendly ?? [rawMember(exprToProto(expr))];
    }
    for (const [key, value] of members) target.members.push({ key, keyStart: -1, value });
    // operands come off the stack in the order of the text, and so do the definitions that they name
    const operands = work.splice(first);
    for (let at = operands.length - 1; at >= 0; at--) {
      const operand = operands[at];
      if (operand !== undefined) work.push(operand);
    }
  }
  return node;
}

function friendlyMembers(expr: Expr, slot: (expr: Expr) => JsonNode, udfs: UdfList): Members | null {
  switch (expr.kind) {
    case 'opaque':
      return [rawMember(expr.raw)];
    case 'literal':
      return literalMembers(expr.value);
    case 'scalar_function':
    case 'higher_order_function':
    case 'aggregate_function':
    case 'window_function':
      return callMembers(expr, slot, (family, outerName, definition) => udfs.add(family, outerName, definition));
    default:
      return formMembers(expr, slot);
  }
}

// reading

export interface NodeOptions {
  readonly limits?: Partial<Limits> | undefined;
}

export function mismatch(node: JsonNode, what: string): DfxError {
  return new DfxError('RAW_MISMATCH', `found ${what} changed beside the "raw" bytes that say otherwise`, {
    offset: node.start < 0 ? undefined : node.start,
    hint: 'take "raw" away to encode what the document says, or undo the change',
  });
}

const FORMS: ReadonlySet<string> = new Set<string>(FORM_KEYS);
const LITERAL_KEYS: ReadonlySet<string> = new Set(['lit', 'dictionary', 'run_end_encoded', 'union', 'nested']);
const CALL_KEYS: ReadonlySet<string> = new Set(['call', 'udf']);

const PLACEHOLDER: Expr = { kind: 'wildcard', qualifier: null };

/**
 * Reads a tree without recursion: a first pass down the text finds the operands (and every mistake, in the order of the text), a
 * second one back up builds each expression from its operands.
 */
export function exprOf(root: JsonNode, entries: readonly UdfEntry[], options: NodeOptions): Expr {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const definitionOf: DefinitionOf = (node, id) => {
    const entry = byId.get(id);
    if (entry !== undefined) return entry;
    const known = entries.map((known) => `"${known.id}"`).join(', ');
    throw shapeError(
      node,
      `found the UDF "${id}", which is not in "udfs"`,
      known === '' ? 'add it: "udfs": [{"name": …, "family": …}]' : `"udfs" has ${known}`,
    );
  };
  const order: JsonNode[] = [];
  const work: JsonNode[] = [root];
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    order.push(node);
    const children: JsonNode[] = [];
    readNode(
      node,
      (child) => {
        children.push(child);
        return PLACEHOLDER;
      },
      definitionOf,
      null,
    );
    for (let at = children.length - 1; at >= 0; at--) work.push(children[at] ?? root);
  }
  const built = new Map<JsonNode, Expr>();
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at] ?? root;
    built.set(
      node,
      readNode(node, (child) => built.get(child) ?? PLACEHOLDER, definitionOf, options),
    );
  }
  return built.get(root) ?? PLACEHOLDER;
}

/** `options` null: only looking for operands. */
function readNode(
  node: JsonNode,
  child: (node: JsonNode) => Expr,
  definitionOf: DefinitionOf,
  options: NodeOptions | null,
): Expr {
  const object = ObjectReader.of(node, 'an expression');
  const rawNode = object.optional('raw');
  if (rawNode !== undefined) {
    const raw = bytesOf(rawNode, 'raw');
    const as = object.optional('as');
    const friendly = as === undefined ? null : child(as);
    object.finish();
    return options === null ? PLACEHOLDER : rawExpr(node, raw, friendly, options);
  }
  const key = object.node.members.find(({ key }) => FORMS.has(key) || LITERAL_KEYS.has(key) || CALL_KEYS.has(key))?.key;
  if (key === undefined) {
    const found = object.node.members.map((member) => `"${member.key}"`).join(', ');
    throw shapeError(
      node,
      `found ${found === '' ? 'an empty object' : found}, expected an expression`,
      'such as {"col": "a"}, {"lit": 5}, {"op": "+", "args": […]} or {"call": "sqrt", "args": […]}',
    );
  }
  let expr: Expr;
  if (LITERAL_KEYS.has(key)) expr = { kind: 'literal', value: literalOf(object) };
  else if (CALL_KEYS.has(key)) expr = callOf(object, child, definitionOf);
  else expr = formOf(key as FormKey, object, child); // FORMS holds the form keys
  object.finish();
  return expr;
}

/** A node with bytes of its own, which must still mean what the node says. */
function rawExpr(node: JsonNode, raw: Uint8Array, friendly: Expr | null, options: NodeOptions): Expr {
  const expr = rawReading(node, raw, options);
  if (expr.kind === 'opaque') return { kind: 'opaque', raw };
  if (friendly !== null && !sameBytes(canonical(friendly), canonical(expr))) throw mismatch(node, 'the expression');
  return { ...expr, raw, span: undefined };
}

/** Errors count in the document's text, as all of its errors do. */
function rawReading(node: JsonNode, raw: Uint8Array, options: NodeOptions): Expr {
  try {
    return exprFromProto(raw, { limits: options.limits }).expr;
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    throw shapeError(
      node,
      `found "raw" bytes that can't be read: byte ${error.offset ?? 0}: ${error.message}`,
      error.hint,
    );
  }
}

function canonical(expr: Expr): Uint8Array {
  return exprToProto(expr.kind === 'opaque' ? expr : { ...expr, raw: undefined });
}
