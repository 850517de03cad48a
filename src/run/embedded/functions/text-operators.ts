/** `||` of texts, and the operators of LIKE and regular expressions (`~`, `!~*`, `~~`, …). */
import { canCast } from '../cast/index.ts';
import type { Node } from '../nodes.ts';
import type { OperatorFamily } from '../operators.ts';
import { Refusal } from '../refusal.ts';
import { castTo, isNullConstant, nullInstead } from '../simplify.ts';
import { isBinary, isString, type Kind } from '../types.ts';
import { type Matching, matchNode } from './like.ts';
import { regexNode } from './regex.ts';
import { concatNode } from './strings-build.ts';
import { widestString } from './strings-types.ts';

const LIKES = new Map<string, Matching>([
  ['LikeMatch', { insensitive: false, negated: false }],
  ['ILikeMatch', { insensitive: true, negated: false }],
  ['NotLikeMatch', { insensitive: false, negated: true }],
  ['NotILikeMatch', { insensitive: true, negated: true }],
]);

const REGEXES = new Map<string, Matching>([
  ['RegexMatch', { insensitive: false, negated: false }],
  ['RegexIMatch', { insensitive: true, negated: false }],
  ['RegexNotMatch', { insensitive: false, negated: true }],
  ['RegexNotIMatch', { insensitive: true, negated: true }],
]);

/** `string_concat_coercion`: where a side is no string it is cast to the other's type, a view's before all. */
function concatType(op: string, left: Node, right: Node): Node['type'] {
  const kinds: readonly Kind[] = [left.type.kind, right.type.kind];
  const odd = kinds.find((kind) => isBinary(kind) || kind === 'FixedSizeBinary');
  if (odd !== undefined) throw new Refusal(op, `of ${odd} isn't supported`);
  const strings = [left.type, right.type].filter(({ kind }) => isString(kind));
  const values = [left.type, right.type].map((type) => (type.kind === 'Dictionary' ? type.value : type));
  if (
    strings.length === 0 &&
    kinds.every((kind) => kind === 'Dictionary') &&
    values.every(({ kind }) => isString(kind))
  ) {
    return widestString(values);
  }
  if (strings.length === 0) throw new Refusal(op, `doesn't take ${kinds.join(' and ')}`);
  return widestString(strings);
}

function concat(op: string, left: Node, right: Node): Node {
  const type = concatType(op, left, right);
  for (const side of [left, right]) {
    if (side.type.kind !== 'Null' && !isString(side.type.kind) && !canCast(side.type, type)) {
      throw new Refusal(op, `of ${side.type.kind} isn't supported`);
    }
  }
  if (isNullConstant(left) || isNullConstant(right))
    return nullInstead(op, type, [castTo(left, type), castTo(right, type)]);
  return concatNode(castTo(left, type), castTo(right, type));
}

export const TEXT_OPERATORS: OperatorFamily = {
  take: (op, left, right) => {
    if (op === 'StringConcat') return concat(op, left, right);
    const like = LIKES.get(op);
    if (like !== undefined) return matchNode(op, left, right, like);
    const regex = REGEXES.get(op);
    return regex === undefined ? null : regexNode(op, left, right, { ...regex, rewritten: true });
  },
  negate: () => null,
};
