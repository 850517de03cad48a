/**
 * Trees of `+ - * /` over numbers as one loop, generated for the tree: what lies between stays in registers. The loop computes in doubles,
 * and says when that isn't exact (a NaN, whose bits matter, or an integer beyond 2^53): then the operators are computed one by one.
 *
 * As everywhere here, the text of a loop comes from the tables of the source code only.
 */
import type { NumberValues } from '../../io/column.ts';
import { type Generated, generate, Output } from './kernels.ts';
import type { ArithmeticOp, Node } from './nodes.ts';
import { isInteger, isSigned } from './types.ts';
import { bothValid, isNullScalar, type Vector } from './vector.ts';

type Fused = Node & { readonly type: { readonly kind: 'Float64' | 'Int64' | 'UInt64' } };

const SYMBOL: Partial<Record<ArithmeticOp, string>> = { Plus: '+', Minus: '-', Multiply: '*', Divide: '/' };

export interface FusedTree {
  /** What the loop reads, in the order of its arrays. */
  readonly leaves: readonly Node[];
  /** Null where the operators must be computed one by one. */
  evaluate(leaves: readonly Vector[], length: number): Vector | null;
}

/** Null where there are fewer than two operators to put together. */
export function fuse(node: Node): FusedTree | null {
  const leaves: Node[] = [];
  const statements: string[] = [];
  let operators = 0;

  /** The variable or expression that holds the value of a node. */
  const place = (inner: Node): string => {
    if (isWidening(inner)) return place(inner.operand);
    if (!isFused(inner)) {
      const found = leaves.indexOf(inner);
      if (found < 0) leaves.push(inner);
      return `v${found < 0 ? leaves.length - 1 : found}`;
    }
    operators++;
    const left = place(inner.left);
    const right = place(inner.right);
    const name = `t${statements.length}`;
    const symbol = SYMBOL[inner.fn] ?? '+';
    if (inner.type.kind === 'Float64') {
      statements.push(`const ${name}=${left}${symbol}${right};`);
    } else {
      // No safe integer is -0. A negative UInt64 wraps, which is beyond doubles.
      const size = inner.type.kind === 'Int64' ? `${name}<0?-${name}:${name}` : `${name}<0?Infinity:${name}`;
      statements.push(
        `const ${name}=${left}${symbol}${right}${inner.fn === 'Multiply' ? '+0' : ''};const m${name}=${size};if(m${name}>worst)worst=m${name};`,
      );
    }
    return name;
  };

  const result = place(node);
  if (operators < 2 || !isFused(node)) return null;
  const { type } = node;
  const body = statements.join('');
  const output = new Output();
  const check = type.kind === 'Float64' ? `if(${result}!==${result})nan=true;` : '';
  return {
    leaves,
    evaluate: (vectors, length) => {
      if (vectors.every(({ scalar }) => scalar) || vectors.some(isNullScalar)) return null;
      const arrays: NumberValues[] = [];
      let loads = '';
      let heads = '';
      let tags = '';
      let validity: Uint8Array | null = null;
      for (const [k, vector] of vectors.entries()) {
        const { column, scalar } = vector;
        if (column.layout !== 'numeric') return null;
        const { values } = column;
        if (values instanceof BigInt64Array || values instanceof BigUint64Array) return null;
        arrays.push(values);
        tags += `${values.constructor.name} `;
        if (scalar) heads += `const v${k}=a${k}[0];`;
        else loads += `const v${k}=a${k}[i];`;
        if (!scalar) validity = bothValid({ column: { ...column, validity }, scalar: false }, vector);
      }
      const parameters = [...arrays.map((_, k) => `a${k}`), 'out', 'n'].join(',');
      const loop = generate<Generated>(
        parameters,
        `/*${tags}*/${heads}let worst=0,nan=false;for(let i=0;i<n;i++){${loads}${body}${check}out[i]=${result};}return nan||worst>9007199254740991;`,
      ) as (...args: readonly unknown[]) => boolean;
      const values = output.take('Float64', length);
      if (loop(...arrays, values, length)) return null;
      return { column: { layout: 'numeric', type, length, validity, values }, scalar: false };
    },
  };
}

function isFused(node: Node): node is Fused & { readonly op: 'arithmetic' } {
  if (node.op !== 'arithmetic') return false;
  const { kind } = node.type;
  if (kind === 'Float64') return node.fn !== 'Modulo';
  return (
    (kind === 'Int64' || kind === 'UInt64') && (node.fn === 'Plus' || node.fn === 'Minus' || node.fn === 'Multiply')
  );
}

/** A cast that leaves an integer the same number in a double. */
function isWidening(node: Node): node is Node & { readonly op: 'cast' } {
  if (node.op !== 'cast') return false;
  const from = node.operand.type.kind;
  const to = node.type.kind;
  if (!isInteger(from)) return false;
  if (to === 'Float64') return true;
  if (to === 'UInt64') return !isSigned(from);
  return to === 'Int64' && from !== 'UInt64';
}
