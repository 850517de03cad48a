/**
 * Trees of `+ - * /` over numbers as one loop, generated for the tree: what lies between stays in registers. The loop computes in doubles,
 * and says when that isn't exact (a NaN, whose bits matter, or an integer beyond 2^53): then the operators are computed one by one.
 *
 * As everywhere here, the text of a loop comes from the tables of the source code only.
 */
import type { NumberValues } from '../../io/column.ts';
import { LOOP_ROWS } from '../../io/loop-rows.ts';
import { ofLanes } from './float-sum.ts';
import { type Generated, generate, Output } from './kernels.ts';
import type { ArithmeticOp, Node } from './nodes.ts';
import { isInteger, isSigned } from './types.ts';
import { bothValid, isNullScalar, type Vector } from './vector.ts';

type Fused = Node & { readonly type: { readonly kind: 'Float64' | 'Int64' | 'UInt64' } };

const SYMBOL: Partial<Record<ArithmeticOp, string>> = { Plus: '+', Minus: '-', Multiply: '*', Divide: '/' };

/** Rows that a turn of the loop computes: their chains of operations don't wait for each other. As many as registers hold. */
function lanesFor(operators: number): number {
  if (operators <= 3) return 8;
  return operators <= 6 ? 4 : 1;
}

export interface FusedTree {
  /** What the loop reads, in the order of its arrays. */
  readonly leaves: readonly Node[];
  /** Null where the operators must be computed one by one. */
  evaluate(leaves: readonly Vector[], length: number): Vector | null;
  /**
   * Of doubles: the sum of each `step` rows, a multiple of 4, and of those that are left, added up as float-sum.ts says. Null where there are nulls,
   * and where a sum is NaN or the operators must be computed one by one.
   */
  sums(leaves: readonly Vector[], length: number, step: number): readonly number[] | null;
}

/** One operator: its result is `t<index>`; an operand is `v<leaf>` or the result of an operator before. */
interface Step {
  readonly left: string;
  readonly symbol: string;
  readonly right: string;
  readonly kind: Fused['type']['kind'];
}

type Loop = (...args: readonly unknown[]) => boolean;

/** What a loop does with its results: writes them, or adds them up in four sums, each of which takes every fourth row. */
type Sink = 'write' | 'add';

interface Operands {
  readonly arrays: readonly NumberValues[];
  readonly validity: Uint8Array | null;
  /** The shape and the type of each array. */
  readonly key: string;
}

/** Null where a loop over doubles doesn't do. */
function operandsOf(vectors: readonly Vector[]): Operands | null {
  const arrays: NumberValues[] = [];
  let key = '';
  let validity: Uint8Array | null = null;
  let scalars = 0;
  for (const vector of vectors) {
    const { column, scalar } = vector;
    if (column.layout !== 'numeric' || isNullScalar(vector)) return null;
    const { values } = column;
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) return null;
    arrays.push(values);
    key += `${scalar ? 's' : 'v'}${values.constructor.name} `;
    if (scalar) scalars++;
    else if (validity === null) validity = column.validity;
    else if (column.validity !== null) {
      validity = bothValid({ column: { ...column, validity }, scalar: false }, vector);
    }
  }
  return scalars === vectors.length ? null : { arrays, validity, key };
}

/** Null where `node` is no such tree. */
export function fuse(node: Node): FusedTree | null {
  if (!isFused(node)) return null;
  const leaves: Node[] = [];
  const steps: Step[] = [];
  const place = (inner: Node): string => {
    if (isWidening(inner)) return place(inner.operand);
    if (!isFused(inner)) {
      const found = leaves.indexOf(inner);
      if (found < 0) leaves.push(inner);
      return `v${found < 0 ? leaves.length - 1 : found}`;
    }
    const left = place(inner.left);
    const right = place(inner.right);
    return `t${steps.push({ left, symbol: SYMBOL[inner.fn] ?? '+', right, kind: inner.type.kind }) - 1}`;
  };
  place(node);
  const { type } = node;
  const output = new Output();
  const lanes = new Float64Array(4);
  const made = new Map<string, Loop>();
  const loopFor = (sink: Sink, key: string): Loop => {
    const name = `${sink} ${key}`;
    let loop = made.get(name);
    if (loop === undefined) {
      loop = loopOf(steps, key, sink);
      made.set(name, loop);
    }
    return loop;
  };
  return {
    leaves,
    evaluate: (vectors, length) => {
      const operands = operandsOf(vectors);
      if (operands === null) return null;
      const { arrays, validity, key } = operands;
      const loop = loopFor('write', key);
      const values = output.take('Float64', length);
      for (let from = 0; from < length; from += LOOP_ROWS) {
        if (!loop(...arrays, values, from, Math.min(from + LOOP_ROWS, length))) return null;
      }
      return { column: { layout: 'numeric', type, length, validity, values }, scalar: false };
    },
    sums: (vectors, length, step) => {
      const operands = operandsOf(vectors);
      if (operands === null || operands.validity !== null) return null;
      const { arrays, key } = operands;
      const loop = loopFor('add', key);
      const sums: number[] = [];
      for (let start = 0; start < length; start += step) {
        const end = Math.min(start + step, length);
        lanes.fill(0);
        for (let from = start; from < end; from += LOOP_ROWS) {
          if (!loop(...arrays, lanes, from, Math.min(from + LOOP_ROWS, end))) return null;
        }
        const sum = ofLanes(lanes);
        if (Number.isNaN(sum)) return null;
        sums.push(sum);
      }
      return sums;
    },
  };
}

/** Gives whether every result is exact. `key` is in the text so that each loop sees one type of each array. */
function loopOf(steps: readonly Step[], key: string, sink: Sink): Loop {
  const scalars = key
    .trimEnd()
    .split(' ')
    .map((shape) => shape.startsWith('s'));
  const last = steps.length - 1;
  const isScalar = (operand: string): boolean => operand.startsWith('v') && scalars[Number(operand.slice(1))] === true;
  const lane = (at: number): string => {
    const named = (operand: string): string => (isScalar(operand) ? operand : `${operand}_${at}`);
    const row = at === 0 ? 'i' : `i+${at}`;
    let text = '';
    scalars.forEach((scalar, k) => {
      if (!scalar) text += `const v${k}_${at}=a${k}[${row}];`;
    });
    const checks: string[] = [];
    steps.forEach(({ left, symbol, right, kind }, k) => {
      const name = `t${k}_${at}`;
      // No safe integer is -0.
      const zero = kind !== 'Float64' && symbol === '*' ? '+0' : '';
      text += `const ${name}=${named(left)}${symbol}${named(right)}${zero};`;
      // A negative UInt64 wraps, which is beyond doubles.
      if (kind === 'Int64') checks.push(`Math.abs(${name})>9007199254740991`);
      if (kind === 'UInt64') checks.push(`${name}<0||${name}>9007199254740991`);
    });
    const result = `t${last}_${at}`;
    if (checks.length > 0) text += `if(${checks.join('||')})exact=false;`;
    if (sink === 'add') return text;
    // The difference is 0, but for infinities and NaN.
    if (steps[last]?.kind === 'Float64') text += `odd+=${result}-${result};`;
    return `${text}out[${row}]=${result};`;
  };
  const wanted = lanesFor(steps.length);
  const count = sink === 'add' ? Math.max(4, wanted) : wanted;
  const heads = scalars.map((scalar, k) => (scalar ? `const v${k}=a${k}[0];` : '')).join('');
  const each = (end: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => `${lane(at)}${end(at)}`).join('');
  const parameters = [...scalars.map((_, k) => `a${k}`), 'out', 'from', 'n'].join(',');
  const head = `/*${key}*/${heads}let exact=true,i=from;const end=n-${count - 1};`;
  if (sink === 'write') {
    return generate<Generated>(
      parameters,
      `${head}let odd=0;for(;i<end;i+=${count}){${each(() => '')}}for(;i<n;i++){${lane(0)}}` +
        'if(odd!==odd)for(let k=from;k<n;k++)if(out[k]!==out[k])return false;return exact;',
    ) as Loop;
  }
  return generate<Generated>(
    parameters,
    `${head}let s0=out[0],s1=out[1],s2=out[2],s3=out[3];` +
      `for(;i<end;i+=${count}){${each((at) => `s${at & 3}+=t${last}_${at};`)}}` +
      'out[0]=s0;out[1]=s1;out[2]=s2;out[3]=s3;' +
      `for(;i<n;i++){${lane(0)}out[i&3]+=t${last}_0;}return exact;`,
  ) as Loop;
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
