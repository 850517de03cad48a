/**
 * LIKE, ILIKE and SIMILAR TO. Refused: escape characters other than the backslash, which DataFusion 55 refuses too, and operands that
 * aren't strings.
 */
import { getBit } from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, isNullConstant, nullInstead } from '../simplify.ts';
import { BOOLEAN, isString, UTF8 } from '../types.ts';
import type { Vector } from '../vector.ts';
import { foldBytes, foldColumn, type LikePattern, likeBits, matchLike, parseLike } from './like-match.ts';
import { regexNode } from './regex.ts';
import { finished, newBits, nullScalar, rowCount, strictValidity, texts } from './strings-rows.ts';
import { unpacked, widestString } from './strings-types.ts';

export interface LikeForm {
  readonly form: 'like' | 'ilike' | 'similar_to';
  readonly negated: boolean;
  /** '' for none, else one character. */
  readonly escape: string;
}

/** The typed node of `operand LIKE pattern`: operands come typed and not yet cast. */
export function likeNode(like: LikeForm, operand: Node, pattern: Node): Node {
  const { form, negated } = like;
  if (form === 'similar_to') {
    if (like.escape !== '') throw new Refusal(form, 'has an escape character');
    // It is planned as the operator, past the rewrites that `~` gets.
    return regexNode(form, operand, pattern, { insensitive: false, negated, rewritten: false });
  }
  if (like.escape !== '' && like.escape !== '\\')
    throw new Refusal(form, `has the escape character ${JSON.stringify(like.escape)}`);
  return matchNode(form, operand, pattern, { insensitive: form === 'ilike', negated });
}

export interface Matching {
  readonly insensitive: boolean;
  readonly negated: boolean;
}

/** Both in the string type that they have in common; an untyped null takes the other's. */
export function stringPair(name: string, one: Node, other: Node): readonly [Node, Node] {
  const [left, right] = [unpacked(name, one), unpacked(name, other)];
  const strings = [left.type, right.type].filter(({ kind }) => kind !== 'Null');
  const odd = strings.find(({ kind }) => !isString(kind));
  if (odd !== undefined) throw new Refusal(name, `of ${odd.kind} isn't supported`);
  if (strings.length === 1 && (one.type.kind === 'Dictionary' || other.type.kind === 'Dictionary')) {
    throw new Refusal(name, 'of a dictionary and an untyped null');
  }
  const type = strings.length === 0 ? UTF8 : widestString(strings);
  return [castTo(left, type), castTo(right, type)];
}

/** `LIKE` of any name: the operators `~~`, `~~*`, `!~~` and `!~~*` are the same kernels. */
export function matchNode(name: string, left: Node, right: Node, { insensitive, negated }: Matching): Node {
  if (left.type.kind === 'Dictionary' && (right.op !== 'constant' || right.type.kind !== 'Utf8')) {
    // The engine leaves a dictionary of Utf8 as it is, and fails beside a view or over a column of patterns.
    throw new Refusal(name, 'of a dictionary takes a Utf8 constant');
  }
  const args = stringPair(name, left, right);
  const [operand, pattern] = args;
  if (isNullConstant(operand) || isNullConstant(pattern)) return nullInstead(name, BOOLEAN, [...args]);
  const prepare = (bytes: Uint8Array): LikePattern =>
    parseLike(insensitive ? foldBytes(bytes, 0, bytes.length) : bytes);
  const known = pattern.op === 'constant' ? prepare(rowBytes({ column: pattern.value, scalar: true }, 0)) : null;
  const evaluate = (given: readonly Vector[], length: number): Vector => {
    const validity = strictValidity(given);
    const [strings, patterns] = given;
    if (validity === false || strings === undefined || patterns === undefined) return nullScalar(BOOLEAN);
    const rows = rowCount(given, length);
    const { column } = strings;
    if (column.layout !== 'string') throw new DfxError('DEFECT', `${name} of a ${column.type.kind} column`);
    const haystack: Vector = insensitive ? { ...strings, column: foldColumn(column) } : strings;
    const bits = known === null ? rowwise(haystack, patterns, rows, prepare) : likeBits(haystack, known, rows);
    if (negated) for (let i = 0; i < bits.length; i++) bits[i] = ~(bits[i] ?? 0);
    return finished({ layout: 'boolean', type: BOOLEAN, length: rows, validity, bits }, given);
  };
  const nullable = operand.nullable || pattern.nullable;
  return callNode({ name, type: BOOLEAN, nullable, args, mayFail: false, evaluate });
}

function rowBytes(vector: Vector, row: number): Uint8Array {
  const { data, offsets, step } = texts(vector);
  return data.subarray(offsets[row * step] ?? 0, offsets[row * step + 1] ?? 0);
}

/** A pattern for each row. */
function rowwise(
  haystack: Vector,
  patterns: Vector,
  rows: number,
  prepare: (bytes: Uint8Array) => LikePattern,
): Uint8Array {
  const { data, offsets, step } = texts(haystack);
  const { validity } = patterns.column;
  const bits = newBits(rows);
  for (let row = 0; row < rows; row++) {
    if (validity !== null && !getBit(validity, patterns.scalar ? 0 : row)) continue;
    const pattern = prepare(rowBytes(patterns, row));
    if (matchLike(data, offsets[row * step] ?? 0, offsets[row * step + 1] ?? 0, pattern)) {
      bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    }
  }
  return bits;
}
