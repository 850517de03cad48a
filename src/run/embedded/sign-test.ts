/**
 * Comparisons of numbers without a branch a row: differences are written to a scratch array, and their signs packed to bits. Data in no
 * order makes a branch go wrong every other time, which costs more than all the rest.
 */
import { bitmapBytes, type NumberValues } from '../../io/column.ts';
import { generate, type Shape } from './kernels.ts';

export type SignTest = 'Eq' | 'NotEq' | 'Lt' | 'LtEq' | 'Gt' | 'GtEq';

type Subtract = (a: NumberValues, b: NumberValues, out: Float64Array, n: number) => boolean;
type Pack = (words: Int32Array, bits: Uint8Array, bytes: number) => void;

let scratch = new Float64Array(8192);

/** Null where a difference is none: a NaN among the operands, or two infinities. -0.0 equals 0.0. */
export function signBits(
  fn: SignTest,
  a: NumberValues,
  b: NumberValues,
  shape: Shape,
  rows: number,
): Uint8Array | null {
  const bytes = bitmapBytes(rows);
  if (scratch.length < bytes * 8) scratch = new Float64Array(bytes * 8);
  if (subtraction(fn, a, b, shape)(a, b, scratch, rows)) return null;
  const bits = new Uint8Array(bytes);
  const words = new Int32Array(scratch.buffer);
  const equality = fn === 'Eq' || fn === 'NotEq';
  const negated = fn === 'NotEq' || fn === 'LtEq' || fn === 'GtEq';
  packing(equality, negated)(words, bits, bytes);
  return bits;
}

/** `x < y` is the sign of `x - y`, `x > y` that of `y - x`. Adding 0 turns a -0 into 0. The types of the arrays are in the text so that each loop sees one. */
function subtraction(fn: SignTest, a: NumberValues, b: NumberValues, shape: Shape): Subtract {
  const swapped = fn === 'Gt' || fn === 'LtEq';
  const head = `${shape[0] === 's' ? 'const x=a[0];' : ''}${shape[1] === 's' ? 'const y=b[0];' : ''}`;
  const load = `${shape[0] === 's' ? '' : 'const x=a[i];'}${shape[1] === 's' ? '' : 'const y=b[i];'}`;
  return generate<Subtract>(
    'a,b,out,n',
    `/*${a.constructor.name} ${b.constructor.name}*/${head}let nan=false;for(let i=0;i<n;i++){${load}` +
      `const d=${swapped ? 'y-x' : 'x-y'}+0;if(d!==d)nan=true;out[i]=d;}return nan;`,
  );
}

function packing(equality: boolean, negated: boolean): Pack {
  const bit = (row: number): string => {
    const high = `w[p+${row * 2 + 1}]`;
    const sign = equality ? `zero(w[p+${row * 2}]|${high}<<1)` : `${high}>>>31`;
    return row === 0 ? sign : `(${sign})<<${row}`;
  };
  const all = Array.from({ length: 8 }, (_, row) => bit(row)).join('|');
  return generate<Pack>(
    'w,bits,bytes',
    `const zero=z=>((z|-z)>>>31)^1;for(let k=0,p=0;k<bytes;k++,p+=16)bits[k]=${negated ? '~' : ''}(${all});`,
  );
}
