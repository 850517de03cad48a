/**
 * Loops over typed arrays, generated once for each operator and shape of operands, so that each sees one kind of array and
 * stays fast. Their text comes from the tables in this folder only: no name, literal or other part of a payload is in it.
 */

import { bitmapBytes, type NumberValues } from '../../io/column.ts';
import { newValues } from './build.ts';
import type { Kind } from './types.ts';

/** Which operands are one value for all rows: `v` a vector, `s` a scalar. */
export type Shape = 'vv' | 'vs' | 'sv' | 'ss';

export type Generated = (...args: never[]) => unknown;

const cache = new Map<string, Generated>();

/** The function of `parameters` with this `body`, of the type that its caller states. `body` must be assembled from constants of the source code. */
export function generate<F extends Generated>(parameters: string, body: string): F {
  const key = `${parameters}|${body}`;
  let made = cache.get(key);
  if (made === undefined) {
    made = new Function(...parameters.split(','), `'use strict';${body}`) as Generated;
    cache.set(key, made);
  }
  return made as F;
}

const loops = new Map<string, Generated>();

/** What `make` gave for `key`, a name of few letters: the text of a loop is put together once, not for each batch. */
export function loopOnce<F extends Generated>(key: string, make: () => F): F {
  let made = loops.get(key);
  if (made === undefined) {
    made = make();
    loops.set(key, made);
  }
  return made as F;
}

function operands(shape: Shape): { head: string; left: string; right: string } {
  const leftScalar = shape[0] === 's';
  const rightScalar = shape[1] === 's';
  return {
    head: `${leftScalar ? 'const x=a[0];' : ''}${rightScalar ? 'const y=b[0];' : ''}`,
    left: leftScalar ? '' : 'const x=a[i];',
    right: rightScalar ? '' : 'const y=b[i];',
  };
}

export type MapLoop = (a: ArrayLike<unknown>, b: ArrayLike<unknown>, out: unknown, n: number) => void;

/** `out[i] = expression(x, y)`. `arrays` names the types of the arrays, so that each loop sees one kind of them. */
export function mapLoop(expression: string, shape: Shape, arrays = ''): MapLoop {
  return loopOnce(`map ${expression} ${shape} ${arrays}`, () => {
    const { head, left, right } = operands(shape);
    return generate('a,b,out,n', `/*${arrays}*/${head}for(let i=0;i<n;i++){${left}${right}out[i]=${expression};}`);
  });
}

/** `out[i] = expression(x, y)`, and whether every result was a safe integer. */
export function safeMapLoop(
  expression: string,
  shape: Shape,
): (a: ArrayLike<number>, b: ArrayLike<number>, out: Float64Array, n: number) => boolean {
  return loopOnce(`safe ${expression} ${shape}`, () => {
    const { head, left, right } = operands(shape);
    return generate(
      'a,b,out,n',
      `${head}let worst=0;for(let i=0;i<n;i++){${left}${right}const r=${expression};out[i]=r;const m=r<0?-r:r;if(m>worst)worst=m;}return worst<=9007199254740991;`,
    );
  });
}

/** Sets bit i of `bits` where `predicate(x, y, t)`; `t(i)` compares rows that `<` and `===` can't. */
export function testLoop(
  predicate: string,
  shape: Shape,
): (a: ArrayLike<unknown>, b: ArrayLike<unknown>, bits: Uint8Array, n: number, t: (row: number) => number) => void {
  return loopOnce(`test ${predicate} ${shape}`, () => {
    const { head, left, right } = operands(shape);
    return generate(
      'a,b,bits,n,t',
      `${head}const whole=n>>3;let i=0;for(let k=0;k<whole;k++){let byte=0;for(let j=1;j<256;j<<=1,i++){${left}${right}if(${predicate})byte|=j;}bits[k]=byte;}` +
        `if(i<n){let byte=0;for(let j=1;i<n;j<<=1,i++){${left}${right}if(${predicate})byte|=j;}bits[whole]=byte;}`,
    );
  });
}

/**
 * The output of one loop, used again for the next batch: an evaluator's results are good until its next call. Fresh memory for each batch costs
 * more than the loop itself.
 */
export class Output {
  private values: NumberValues = new Float64Array(0);

  /** Every slot must be written: they hold what was there before. */
  take(kind: Kind, length: number): NumberValues {
    if (this.values.length !== length) this.values = newValues(kind, length);
    return this.values;
  }
}

/** The same for bits, of which every byte must be written. */
export class BitOutput {
  private bits: Uint8Array = new Uint8Array(0);

  take(rows: number): Uint8Array {
    const bytes = bitmapBytes(rows);
    if (this.bits.length !== bytes) this.bits = new Uint8Array(bytes);
    return this.bits;
  }
}
