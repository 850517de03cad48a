/** coalesce, nvl, nvl2, nullif, greatest and least, as datafusion-functions 55.2 computes or rewrites them. */
import { isValid } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { comparisonCommon, resolvedUnion, unionCommon } from '../coerce.ts';
import { compare, trueBits } from '../compare.ts';
import { concatColumns, gather, materialize } from '../gather.ts';
import type { Node } from '../nodes.ts';
import { isOrdered, rowOrder } from '../order.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, commonOf, isNullNode, prunedCase } from '../simplify.ts';
import { UTF8_VIEW } from '../types.ts';
import { type Vector, validityBits } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import { coerceUniform } from './signature.ts';

export const CONDITIONAL_FUNCTIONS: readonly ScalarFunction[] = [
  { name: 'coalesce', bind: bindCoalesce },
  { name: 'nvl', aliases: ['ifnull'], bind: (args) => firstValue(coerceUniform('nvl', args, 2, NVL_TYPES)) },
  { name: 'nvl2', bind: bindNvl2 },
  { name: 'nullif', bind: bindNullif },
  { name: 'greatest', bind: (args) => extreme('greatest', args) },
  { name: 'least', bind: (args) => extreme('least', args) },
];

const NVL_TYPES: readonly DataType[] = (
  [
    'Boolean',
    'UInt8',
    'UInt16',
    'UInt32',
    'UInt64',
    'Int8',
    'Int16',
    'Int32',
    'Int64',
    'Float32',
    'Float64',
    'Utf8View',
    'Utf8',
    'LargeUtf8',
  ] as const
).map((kind) => ({ kind }));

type Meet = (left: DataType, right: DataType) => DataType | null;

function castToCommon(name: string, args: readonly Node[], meet: Meet): (node: Node) => Node {
  if (args.length === 0) throw new Refusal(name, 'takes at least one argument');
  const type = commonOf(name, args, meet);
  return (node) => castTo(node, type);
}

function bindCoalesce(args: readonly Node[]): Node {
  const type = resolvedUnion(args.map((arg) => arg.type));
  if (type === null) throw new Refusal('coalesce', 'has no common type for its arguments');
  return firstValue(args.map((arg) => castTo(arg, type)));
}

/** CASE WHEN a IS NOT NULL THEN a … ELSE z END: what stands behind the first value isn't computed. */
function firstValue(args: readonly Node[]): Node {
  const last = args[args.length - 1];
  if (last === undefined) throw new Refusal('coalesce', 'takes at least one argument');
  if (args.length === 1) return last;
  const branches = args.slice(0, -1).map((then) => ({ when: isNullNode(then, true), then }));
  const node = prunedCase(last.type, branches, last);
  return node.op === 'case' ? { ...node, nullable: args.every(({ nullable }) => nullable) } : node;
}

function bindNvl2(args: readonly Node[]): Node {
  if (args.length !== 3) throw new Refusal('nvl2', 'takes three arguments');
  const [tested, then, otherwise] = args.map(castToCommon('nvl2', args, unionCommon));
  if (tested === undefined || then === undefined || otherwise === undefined) {
    throw new Refusal('nvl2', 'takes three arguments');
  }
  return prunedCase(then.type, [{ when: isNullNode(tested, true), then }], otherwise);
}

function bindNullif(args: readonly Node[]): Node {
  if (args.length !== 2) throw new Refusal('nullif', 'takes two arguments');
  const common = args.map(castToCommon('nullif', args, comparisonCommon));
  // Two untyped nulls count as texts.
  const [left, right] = common.map((arg) => (arg.type.kind === 'Null' ? castTo(arg, UTF8_VIEW) : arg));
  if (left === undefined || right === undefined) throw new Refusal('nullif', 'takes two arguments');
  if (!isOrdered(left.type)) throw new Refusal('nullif', `isn't supported for ${left.type.kind}`);
  return callNode({
    name: 'nullif',
    type: left.type,
    nullable: true,
    args: [left, right],
    mayFail: false,
    evaluate: ([a, b], length) => nullif(a as Vector, b as Vector, length),
  });
}

function nullif(left: Vector, right: Vector, length: number): Vector {
  const scalar = left.scalar && right.scalar;
  const rows = scalar ? 1 : length;
  const column = materialize(left, rows);
  if (column.layout === 'null' || column.layout === 'union') return { column, scalar };
  const hits = trueBits(compare('Eq', left, right, rows, 'distinct'), rows);
  const validity = validityBits(column).map((byte, i) => byte & ~(hits[i] ?? 0));
  return { column: { ...column, validity }, scalar };
}

/** Nulls don't count; a tie is one of bits. */
function extreme(name: 'greatest' | 'least', given: readonly Node[]): Node {
  const args = given.map(castToCommon(name, given, comparisonCommon));
  const [first] = args;
  if (first === undefined) throw new Refusal(name, 'takes at least one argument');
  if (args.length === 1) return first;
  if (!isOrdered(first.type)) throw new Refusal(name, `isn't supported for ${first.type.kind}`);
  const sign = name === 'greatest' ? 1 : -1;
  return callNode({
    name,
    type: first.type,
    nullable: true,
    args,
    mayFail: false,
    evaluate: (vectors, length) => {
      const scalar = vectors.every((vector) => vector.scalar);
      const rows = scalar ? 1 : length;
      const starts: number[] = [];
      let total = 0;
      for (const { column } of vectors) {
        starts.push(total);
        total += column.length;
      }
      const all = concatColumns(
        first.type,
        vectors.map(({ column }) => column),
      );
      const order = rowOrder(all, all);
      const chosen = new Int32Array(rows);
      for (let row = 0; row < rows; row++) {
        let best = -1;
        for (let k = 0; k < vectors.length; k++) {
          const at = (starts[k] ?? 0) + (vectors[k]?.scalar === true ? 0 : row);
          if (best < 0 || !isValid(all, best) || (isValid(all, at) && sign * order(at, best) > 0)) best = at;
        }
        chosen[row] = best;
      }
      return { column: gather(all, chosen), scalar };
    },
  });
}
