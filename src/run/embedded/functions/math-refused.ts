/**
 * Functions of mathematics that aren't computed here, and why. The engine calls the C library for them, whose last digit depends on the
 * library's version and on the processor (with or without fused multiply-add): no other implementation can promise the same bits.
 */
import { constantColumn } from '../build.ts';
import { mayFail } from '../fallible.ts';
import { type Node, plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, constant, isNullConstant, nullInstead } from '../simplify.ts';
import { FLOAT64, isDecimal, isNumeric } from '../types.ts';
import type { Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import { floatArguments, oneOf } from './math-float.ts';
import { refusedFunction } from './refused.ts';

const LAST_DIGIT = "takes its last digit from the real engine's C library, which differs between systems";

const ONE_FLOAT = [
  'acos',
  'acosh',
  'asin',
  'asinh',
  'atan',
  'atanh',
  'cbrt',
  'cos',
  'cosh',
  'cot',
  'exp',
  'ln',
  'log10',
  'log2',
  'sin',
  'sinh',
  'tan',
  'tanh',
];

function transcendental(name: string, count: number): ScalarFunction {
  return {
    name,
    refused: LAST_DIGIT,
    bind: (given) => {
      const args = floatArguments(name, given, count);
      if (args.some(isNullConstant)) return nullInstead(name, args[0]?.type ?? FLOAT64, args);
      throw new Refusal(name, LAST_DIGIT);
    },
  };
}

/**
 * Exact whatever computes it: x^1 is x and x^0 is 1 (IEEE 754, NaN included), and a power of two integer literals that is an integer
 * below 2^53 comes out of every `pow` whose error is less than one unit in the last place.
 */
function bindPower(given: readonly Node[]): Node {
  if (given.length !== 2) throw new Refusal('power', 'takes two arguments');
  for (const { type } of given) {
    if (!isNumeric(type.kind) && !isDecimal(type) && type.kind !== 'Null') {
      throw new Refusal('power', `isn't supported for ${type.kind}`);
    }
  }
  const args = given.map((arg) => castTo(arg, FLOAT64));
  const [base, exponent] = args;
  if (base === undefined || exponent === undefined || args.some(isNullConstant)) {
    return nullInstead('power', FLOAT64, args);
  }
  const power = plainValue(exponent);
  if (power === 1) return base;
  if (power === 0 && base.nullable) {
    return callNode({ name: 'power', type: FLOAT64, args: [base], mayFail: false, evaluate: oneOf(onesOf) });
  }
  // A base that is never null is dropped, and its errors with it.
  if (power === 0 && !mayFail(base)) return constant(constantColumn(FLOAT64, 1));
  const root = plainValue(base);
  if (Number.isSafeInteger(root) && Number.isSafeInteger(power)) {
    const result = integerPower(Number(root), Number(power));
    if (result !== null) return constant(constantColumn(FLOAT64, result));
  }
  throw new Refusal('power', LAST_DIGIT);
}

/** A one for each value; nulls stay. */
function onesOf({ column, scalar }: Vector): Vector {
  const { length, validity } = column;
  const values = new Float64Array(length).fill(1);
  return { column: { layout: 'numeric', type: FLOAT64, length, validity, values }, scalar };
}

function integerPower(base: number, exponent: number): number | null {
  if (exponent < 0 || exponent > 64 || Object.is(base, -0)) return null;
  const exact = BigInt(base) ** BigInt(exponent);
  const result = Number(exact);
  return Number.isSafeInteger(result) ? result : null;
}

export const REFUSED_MATH: readonly ScalarFunction[] = [
  ...ONE_FLOAT.map((name) => transcendental(name, 1)),
  transcendental('atan2', 2),
  refusedFunction('log', LAST_DIGIT),
  { name: 'power', aliases: ['pow'], only: 'to the power of 0 or 1, and between integer literals', bind: bindPower },
];
