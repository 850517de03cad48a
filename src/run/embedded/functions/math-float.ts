/**
 * Functions of one float, computed in its own width. A NaN keeps the bits that the reference engine gives it on x86-64, since its sign
 * decides comparisons: an operand's NaN is passed on, and one that arises is negative.
 */
import type { Values } from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import { newValues } from '../build.ts';
import type { Node } from '../nodes.ts';
import { callNode, isNullConstant, nullInstead } from '../simplify.ts';
import { FLOAT32, FLOAT64 } from '../types.ts';
import { numeric, type Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import { coerceUniform } from './signature.ts';

export function oneOf(compute: (argument: Vector) => Vector): (args: readonly Vector[]) => Vector {
  return ([argument]) => {
    if (argument === undefined) throw new DfxError('DEFECT', 'a function without its argument');
    return compute(argument);
  };
}

export function twoOf(
  compute: (first: Vector, second: Vector, length: number) => Vector,
): (args: readonly Vector[], length: number) => Vector {
  return ([first, second], length) => {
    if (first === undefined || second === undefined) throw new DfxError('DEFECT', 'a function without its arguments');
    return compute(first, second, length);
  };
}

/** `Signature::uniform(count, [Float64, Float32])`: the arguments as one of the two types. */
export function floatArguments(name: string, args: readonly Node[], count: number): readonly Node[] {
  return coerceUniform(name, args, count, [FLOAT64, FLOAT32]);
}

/** The NaNs of `to`: with the bits of the row of `from`, where that is one, made quiet if asked; else negative. */
export function settleNaNs(from: Values, fromScalar: boolean, to: Values, quiet: boolean): void {
  const size = to.BYTES_PER_ELEMENT;
  const source = new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
  const target = new Uint8Array(to.buffer, to.byteOffset, to.byteLength);
  for (let i = 0; i < to.length; i++) {
    if (!Number.isNaN(to[i])) continue;
    const row = fromScalar ? 0 : i;
    const high = (i + 1) * size - 2;
    if (Number.isNaN(from[row])) {
      target.set(source.subarray(row * size, (row + 1) * size), i * size);
      if (quiet) target[high] = (target[high] ?? 0) | (size === 8 ? 0x08 : 0x40);
    } else {
      target.fill(0, i * size, high);
      target[high] = size === 8 ? 0xf8 : 0xc0;
      target[high + 1] = 0xff;
    }
  }
}

/** 180 / π and π / 180 as Rust's `to_degrees` and `to_radians` have them: a product with a constant of the width. */
const DEGREES = { Float64: 180 / Math.PI, Float32: Math.fround(57.29577951308232) };
const RADIANS = { Float64: Math.PI / 180, Float32: Math.fround(Math.fround(Math.PI) / 180) };

function scaled(name: string, factors: { readonly Float64: number; readonly Float32: number }): ScalarFunction {
  return unaryFloat(name, (from, to, kind) => {
    const factor = factors[kind];
    for (let i = 0; i < to.length; i++) to[i] = Number(from[i]) * factor;
    settleNaNs(from, false, to, true);
  });
}

type FloatLoop = (from: Values, to: Values, kind: 'Float64' | 'Float32') => void;

function unaryFloat(name: string, loop: FloatLoop): ScalarFunction {
  return {
    name,
    bind: (given) => {
      const args = floatArguments(name, given, 1);
      const type = args[0]?.type ?? FLOAT64;
      if (args.some(isNullConstant)) return nullInstead(name, type, args);
      return callNode({
        name,
        type,
        args,
        mayFail: false,
        evaluate: oneOf(({ column, scalar }) => {
          const { values, length, validity } = numeric(column);
          const out = newValues(type.kind, length);
          loop(values, out, type.kind === 'Float32' ? 'Float32' : 'Float64');
          return { column: { layout: 'numeric', type, length, validity, values: out }, scalar };
        }),
      });
    },
  };
}

export const FLOAT_FUNCTIONS: readonly ScalarFunction[] = [
  scaled('degrees', DEGREES),
  scaled('radians', RADIANS),
  // Zeros lose their sign, NaNs their bits.
  unaryFloat('signum', (from, to) => {
    for (let i = 0; i < to.length; i++) {
      const value = Number(from[i]);
      to[i] = value > 0 ? 1 : value < 0 ? -1 : value === 0 ? 0 : Number.NaN;
    }
    positiveNaNs(to);
  }),
];

function positiveNaNs(values: Values): void {
  const size = values.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) continue;
    const high = (i + 1) * size - 2;
    bytes.fill(0, i * size, high);
    bytes[high] = size === 8 ? 0xf8 : 0xc0;
    bytes[high + 1] = 0x7f;
  }
}
