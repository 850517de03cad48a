/** Scalar functions over one number, as datafusion-functions 55.2 computes them. */
import { isValid } from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import { negate } from '../arithmetic.ts';
import { newValues } from '../build.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, isNullConstant, nullInstead } from '../simplify.ts';
import { FLOAT64, integerRange, isDecimal, isFloat, isInteger, isNumeric, isSigned } from '../types.ts';
import { decimal, numeric, type Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import { wholeDecimal } from './math-decimal.ts';
import { FLOAT_FUNCTIONS, floatArguments, oneOf, settleNaNs } from './math-float.ts';
import { NUMBER_FUNCTIONS } from './math-number.ts';
import { REFUSED_MATH } from './math-refused.ts';
import { ROUNDING_FUNCTIONS } from './math-round.ts';

export const MATH_FUNCTIONS: readonly ScalarFunction[] = [
  ...FLOAT_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...ROUNDING_FUNCTIONS,
  ...REFUSED_MATH,
  {
    name: 'abs',
    bind: (args) => {
      const [first, ...others] = args;
      if (first !== undefined && others.length === 0 && isDecimal(first.type)) {
        const { type } = first;
        return callNode({ name: 'abs', type, args: [first], mayFail: false, evaluate: oneOf(absoluteDecimal) });
      }
      const argument = onlyNumber('abs', args);
      const { kind } = argument.type;
      const mayFail = isInteger(kind) && isSigned(kind);
      return callNode({ name: 'abs', type: argument.type, args: [argument], mayFail, evaluate: oneOf(absolute) });
    },
  },
  { name: 'sqrt', bind: (args) => floatFunction('sqrt', args) },
  { name: 'floor', bind: (args) => floatFunction('floor', args) },
  { name: 'ceil', bind: (args) => floatFunction('ceil', args) },
];

function onlyNumber(name: string, args: readonly Node[]): Node {
  const [argument, ...others] = args;
  if (argument === undefined || others.length > 0) throw new Refusal(name, 'takes one argument');
  if (!isNumeric(argument.type.kind)) throw new Refusal(name, `isn't supported for ${argument.type.kind}`);
  return argument;
}

type FloatFunction = 'sqrt' | 'floor' | 'ceil';

function floatFunction(name: FloatFunction, args: readonly Node[]): Node {
  const [first] = args;
  if (name !== 'sqrt' && args.length === 1 && first !== undefined && isDecimal(first.type)) {
    return wholeDecimal(name, first, first.type);
  }
  const taken = floatArguments(name, args, 1);
  const type = taken[0]?.type ?? FLOAT64;
  if (taken.some(isNullConstant)) return nullInstead(name, type, args);
  return callNode({
    name,
    type,
    args: taken,
    mayFail: name === 'sqrt',
    evaluate: oneOf((vector) => floats(name, vector)),
  });
}

function floats(name: FloatFunction, argument: Vector): Vector {
  const column = numeric(argument.column);
  const { length, validity, type } = column;
  const values = newValues(type.kind, length);
  for (let i = 0; i < length; i++) {
    const value = Number(column.values[i] ?? 0);
    if (name === 'sqrt' && value < 0 && isValid(column, i)) {
      throw new DfxError('EXECUTION', 'cannot take square root of a negative number');
    }
    values[i] = name === 'sqrt' ? Math.sqrt(value) : name === 'floor' ? Math.floor(value) : Math.ceil(value);
  }
  settleNaNs(column.values, false, values, name === 'sqrt');
  return { column: { layout: 'numeric', type, length, validity, values }, scalar: argument.scalar };
}

function absoluteDecimal({ column, scalar }: Vector): Vector {
  const { values, ...rest } = decimal(column);
  if (values instanceof Float64Array) return { column: { ...rest, values: values.map(Math.abs) }, scalar };
  return { column: { ...rest, values: values.map((value) => (value < 0n ? -value : value)) }, scalar };
}

function absolute(argument: Vector): Vector {
  const column = numeric(argument.column);
  const { length, validity, type } = column;
  const { kind } = type;
  if (!isNumeric(kind)) throw new DfxError('DEFECT', `abs of ${kind}`);
  if (isFloat(kind)) {
    const values = column.values.slice();
    const bytes = new Uint8Array(values.buffer);
    const size = values.BYTES_PER_ELEMENT;
    for (let at = size - 1; at < bytes.length; at += size) bytes[at] = (bytes[at] ?? 0) & 0x7f;
    return { column: { layout: 'numeric', type: { kind }, length, validity, values }, scalar: argument.scalar };
  }
  const values = column.values.slice();
  const low = isInteger(kind) ? integerRange(kind).low : 0n;
  const minus = numeric(negate(kind, argument).column).values;
  for (let i = 0; i < length; i++) {
    const value = values[i] ?? 0;
    if (value >= 0) continue;
    // biome-ignore lint/suspicious/noDoubleEquals: a number or a bigint
    if (value == low && isValid(column, i)) {
      throw new DfxError('EXECUTION', `${kind}Array overflow on abs(${value})`);
    }
    (values as BigInt64Array)[i] = (minus as BigInt64Array)[i] ?? 0n;
  }
  return { column: { layout: 'numeric', type: { kind }, length, validity, values }, scalar: argument.scalar };
}
