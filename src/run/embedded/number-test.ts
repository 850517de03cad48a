/**
 * Comparisons of numbers without a branch a row: data in no order makes a branch go wrong every other time, which costs more than all the
 * rest. Eight rows at once become a byte.
 */
import type { NumberValues } from '../../io/column.ts';
import { LOOP_ROWS } from '../../io/loop-rows.ts';
import { generate, loopOnce, type Shape } from './kernels.ts';

export type NumberTest = 'Eq' | 'NotEq' | 'Lt' | 'LtEq' | 'Gt' | 'GtEq';

export const SYMBOL: Record<NumberTest, string> = {
  Eq: '===',
  NotEq: '!==',
  Lt: '<',
  LtEq: '<=',
  Gt: '>',
  GtEq: '>=',
};

type Test = (a: NumberValues, b: NumberValues, bits: Uint8Array, from: number, n: number) => boolean;

/** Null where a NaN is among the operands, which IEEE 754's order leaves out. -0.0 equals 0.0. Every byte of `bits` is written. */
export function numberBits(
  fn: NumberTest,
  a: NumberValues,
  b: NumberValues,
  shape: Shape,
  rows: number,
  bits: Uint8Array,
): Uint8Array | null {
  const suspicious = testRows(fn, a, b, shape, rows, bits, true);
  if (suspicious && (hasNaN(a, shape[0] === 's' ? 1 : rows) || hasNaN(b, shape[1] === 's' ? 1 : rows))) return null;
  return bits;
}

/** The same of integers, whatever arrays they are in. */
export function integerBits(
  fn: NumberTest,
  a: NumberValues,
  b: NumberValues,
  shape: Shape,
  rows: number,
  bits: Uint8Array,
): Uint8Array {
  testRows(fn, a, b, shape, rows, bits, false);
  return bits;
}

/** Says whether there may be a NaN, where that is asked. */
function testRows(
  fn: NumberTest,
  a: NumberValues,
  b: NumberValues,
  shape: Shape,
  rows: number,
  bits: Uint8Array,
  minds: boolean,
): boolean {
  const name = `${fn} ${shape} ${a.constructor.name} ${b.constructor.name}${minds ? '' : ' integers'}`;
  const test = loopOnce(name, () => testing(fn, a, b, shape, minds));
  let suspicious = false;
  for (let from = 0; from < rows; from += LOOP_ROWS) {
    if (test(a, b, bits, from, Math.min(from + LOOP_ROWS, rows))) suspicious = true;
  }
  return suspicious;
}

const LANES = [0, 1, 2, 3, 4, 5, 6, 7];

/** Says whether a sum of operands is NaN: then one of them is, or there are infinities. The types of the arrays are in the text so that each loop sees one. */
function testing(fn: NumberTest, a: NumberValues, b: NumberValues, shape: Shape, minds: boolean): Test {
  const symbol = SYMBOL[fn];
  const left = shape[0] === 's';
  const right = shape[1] === 's';
  const x = (lane: number): string => (left ? 'x' : `x${lane}`);
  const y = (lane: number): string => (right ? 'y' : `y${lane}`);
  const load = (lane: number): string =>
    `${left ? '' : `const x${lane}=a[i+${lane}];`}${right ? '' : `const y${lane}=b[i+${lane}];`}`;
  const bit = (lane: number): string => `((${x(lane)}${symbol}${y(lane)})|0)<<${lane}`;
  const floats = minds
    ? [...(isFloats(a) && !left ? LANES.map(x) : []), ...(isFloats(b) && !right ? LANES.map(y) : [])]
    : [];
  const sum = floats.length === 0 ? '' : `const s=${floats.join('+')};nan|=(s!==s)|0;`;
  const rest = `${left ? '' : 'const x=a[i];'}${right ? '' : 'const y=b[i];'}byte|=((x${symbol}y)|0)<<j;nan|=((x!==x)|0)|((y!==y)|0);`;
  return generate<Test>(
    'a,b,bits,from,n',
    `/*${a.constructor.name} ${b.constructor.name}*/let nan=0;${left ? 'const x=a[0];nan|=(x!==x)|0;' : ''}${right ? 'const y=b[0];nan|=(y!==y)|0;' : ''}` +
      `const whole=n>>3;let i=from;for(let k=from>>3;k<whole;k++,i+=8){${LANES.map(load).join('')}bits[k]=${LANES.map(bit).join('|')};${sum}}` +
      `if(i<n){let byte=0;for(let j=0;i<n;i++,j++){${rest}}bits[whole]=byte;}return nan!==0;`,
  );
}

function isFloats(values: NumberValues): boolean {
  return values instanceof Float64Array || values instanceof Float32Array;
}

function hasNaN(values: NumberValues, rows: number): boolean {
  if (!isFloats(values)) return false;
  for (let i = 0; i < rows; i++) if (Number.isNaN(values[i])) return true;
  return false;
}
