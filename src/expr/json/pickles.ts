/** Pickled collections in `expr.json`: `"value": [{ "expr": … }, { "dict": [["key", { "expr": … }]] }]`. */
import {
  MAX_COLLECTION_DEPTH,
  type PickleItem,
  type PickleValue,
  type PyValue,
  writePickledItem,
} from '../../wire/pickle/index.ts';
import { sameBytes } from '../../wire/same-bytes.ts';
import { type JsonNode, jsonArray, jsonObject } from '../json-text.ts';
import type { Expr } from '../model.ts';
import type { Payload } from '../payload.ts';
import { exprToProto } from '../proto/index.ts';
import { pyValueJson, pyValueOf } from './python-values.ts';
import { arrayOf, ObjectReader, shapeError } from './shape.ts';

type PicklePayload = Extract<Payload, { readonly container: 'pickle' }>;

/** The collection as JSON, or null where writing it again would give other bytes. */
export function collectionJson(payload: PicklePayload, exprJson: (expr: Expr) => JsonNode): JsonNode | null {
  const { value, protocol } = payload.pickle;
  if (value === null) return null;
  const { length } = payload.bytes;
  const taking = { exprs: payload.exprs, taken: 0, left: length, characters: SHARED_TEXT * length };
  const item = itemOf(value, taking, 0);
  if (
    item === null ||
    taking.taken < payload.exprs.length ||
    !sameBytes(writePickledItem(item, protocol), payload.bytes)
  )
    return null;
  let shown = 0;
  return itemJson(item, () => {
    const next = payload.exprs[shown++];
    return next === undefined ? jsonObject([]) : exprJson(next.expr);
  });
}

interface Taking {
  readonly exprs: readonly { readonly bytes: Uint8Array }[];
  taken: number;
  /**
   * A value takes a byte or more, bytes and expressions their length: a pickle that shows more of them shares some through its memo,
   * which this form can't say.
   */
  left: number;
  /** Of texts, which are shared, such as the keys of many dicts. */
  characters: number;
}

/** Texts that come to more than so many times the pickle are no keys that people chose: the form would outgrow the payload. */
const SHARED_TEXT = 16;

/** Takes the payload's expressions one after the other: they are in the order of the value. */
function itemOf(value: PickleValue, taking: Taking, depth: number): PickleItem | null {
  if (depth > MAX_COLLECTION_DEPTH || taking.left-- <= 0) return null;
  switch (value.kind) {
    case 'none':
    case 'bool':
    case 'int':
    case 'float':
      return value;
    case 'str':
      taking.characters -= value.value.length;
      return taking.characters < 0 ? null : value;
    case 'bytes':
      taking.left -= value.value.length;
      return taking.left < 0 ? null : value;
    case 'call': {
      const next = taking.exprs[taking.taken++];
      taking.left -= next?.bytes.length ?? 0;
      return next === undefined || taking.left < 0 ? null : { kind: 'expr', proto: next.bytes };
    }
    case 'list':
    case 'tuple': {
      const items: PickleItem[] = [];
      for (const inner of value.items) {
        const item = itemOf(inner, taking, depth + 1);
        if (item === null) return null;
        items.push(item);
      }
      return { kind: value.kind, items };
    }
    case 'dict': {
      const pairs: [PickleItem, PickleItem][] = [];
      for (const [key, item] of value.pairs) {
        const left = itemOf(key, taking, depth + 1);
        const right = itemOf(item, taking, depth + 1);
        if (left === null || right === null) return null;
        pairs.push([left, right]);
      }
      return { kind: 'dict', pairs };
    }
    default:
      return null;
  }
}

function itemJson(item: PickleItem, nextExpr: () => JsonNode): JsonNode | null {
  switch (item.kind) {
    case 'expr':
      return jsonObject([['expr', nextExpr()]]);
    case 'list':
    case 'tuple': {
      const items = item.items.map((inner) => itemJson(inner, nextExpr));
      if (!items.every((inner) => inner !== null)) return null;
      return item.kind === 'list' ? jsonArray(items) : jsonObject([['tuple', jsonArray(items)]]);
    }
    case 'dict': {
      const pairs: JsonNode[] = [];
      for (const [key, value] of item.pairs) {
        const nodes = [itemJson(key, nextExpr), itemJson(value, nextExpr)];
        if (!nodes.every((node) => node !== null)) return null;
        pairs.push(jsonArray(nodes));
      }
      return jsonObject([['dict', jsonArray(pairs)]]);
    }
    case 'none':
      return pyValueJson(null);
    case 'float':
      return pyValueJson({ float: item.value });
    default:
      return pyValueJson(item.value);
  }
}

/** Reads the form; `exprs` gets the expressions in order. */
export function collectionOf(node: JsonNode, exprOf: (node: JsonNode) => Expr, exprs: Expr[], depth = 0): PickleItem {
  if (depth > MAX_COLLECTION_DEPTH)
    throw shapeError(node, `found collections more than ${MAX_COLLECTION_DEPTH} levels inside each other`);
  const inner = (child: JsonNode): PickleItem => collectionOf(child, exprOf, exprs, depth + 1);
  if (node.kind === 'array') return { kind: 'list', items: node.items.map(inner) };
  if (node.kind !== 'object' || node.members[0]?.key === '$bytes') return leafOf(node);
  const object = ObjectReader.of(node, 'an item of a pickle');
  const expr = object.optional('expr');
  const tuple = object.optional('tuple');
  const dict = expr === undefined && tuple === undefined ? object.required('dict') : undefined;
  object.finish();
  if (expr !== undefined) {
    const read = exprOf(expr);
    exprs.push(read);
    return { kind: 'expr', proto: exprToProto(read) };
  }
  if (tuple !== undefined) return { kind: 'tuple', items: arrayOf(tuple, 'tuple').map(inner) };
  const pairs = arrayOf(dict ?? node, 'dict').map((pair): [PickleItem, PickleItem] => {
    const [key, value, ...more] = arrayOf(pair, 'dict');
    if (key === undefined || value === undefined || more.length > 0)
      throw shapeError(pair, 'found no [key, value] pair in "dict"');
    return [inner(key), inner(value)];
  });
  return { kind: 'dict', pairs };
}

function leafOf(node: JsonNode): PickleItem {
  const value: PyValue = pyValueOf(node);
  if (value === null) return { kind: 'none' };
  if (typeof value === 'boolean') return { kind: 'bool', value };
  if (typeof value === 'number' || typeof value === 'bigint') return { kind: 'int', value };
  if (typeof value === 'string') return { kind: 'str', value };
  if (value instanceof Uint8Array) return { kind: 'bytes', value };
  if ('float' in value) return { kind: 'float', value: value.float };
  throw shapeError(
    node,
    'found no item of a pickle',
    'write {"expr": …}, a list, {"tuple": […]}, {"dict": […]} or a value',
  );
}
