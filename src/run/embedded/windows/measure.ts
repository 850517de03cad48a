/** The values that RANGE measures its frames by: each row's key plus or minus an offset of the key's type. */

import type { Scalar } from '../../../expr/model.ts';
import { parseIntervalText } from '../../../expr/sql/interval.ts';
import type { Column, NumericColumn, Values } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { compile } from '../compile.ts';
import { materialize } from '../gather.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { scalarColumn } from '../scalar.ts';
import { constant } from '../simplify.ts';
import { TEMPORAL_OPERATORS } from '../temporal/operators.ts';
import { type IntegerKind, integerRange, isFloat, isInteger } from '../types.ts';
import type { Targets } from './frame.ts';

export interface Measure {
  /** For comparison with the other bound's. */
  readonly size: number;
  targets(keys: Column): Targets;
}

type Sign = 'plus' | 'minus';

/** `offset` as the payload has it: often text, which the engine reads as the key's type. */
export function measureOf(name: string, type: DataType, offset: Scalar, sign: Sign): Measure {
  const { kind } = type;
  if (isInteger(kind)) return integerMeasure(name, kind, offset, sign);
  if (isFloat(kind)) return floatMeasure(name, kind, offset, sign);
  if (kind === 'Timestamp' || kind === 'Date32') return temporalMeasure(name, type, offset, sign);
  throw new Refusal(name, `has a RANGE with an offset over ${kind}`);
}

function numberText(offset: Scalar): string {
  switch (offset.kind) {
    case 'Utf8':
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'Int64':
    case 'UInt8':
    case 'UInt16':
    case 'UInt32':
    case 'UInt64':
    case 'Float32':
    case 'Float64':
      return String(offset.value);
    default:
      return '';
  }
}

function integerMeasure(name: string, kind: IntegerKind, offset: Scalar, sign: Sign): Measure {
  const text = numberText(offset);
  const { low, high } = integerRange(kind);
  if (!/^[0-9]{1,20}$/.test(text) || BigInt(text) > high) {
    throw new Refusal(name, `has a RANGE with an offset that is no ${kind}`);
  }
  const delta = BigInt(text);
  const unsigned = low === 0n;
  return {
    size: Number(delta),
    targets(keys) {
      if (keys.layout !== 'numeric') throw new DfxError('DEFECT', 'a RANGE over other keys than integers');
      const { length, validity } = keys;
      const out = new Array<bigint>(length);
      let beyond: Uint8Array | null = null;
      for (let row = 0; row < length; row++) {
        const value = BigInt(keys.values[row] ?? 0);
        const moved = sign === 'plus' ? value + delta : value - delta;
        if (moved >= low && moved <= high) {
          out[row] = moved;
        } else if (unsigned && sign === 'minus') {
          out[row] = 0n;
        } else {
          out[row] = 0n;
          beyond ??= new Uint8Array(length);
          beyond[row] = validity === null || ((validity[row >> 3] ?? 0) >> (row & 7)) & 1 ? 1 : 0;
        }
      }
      return { column: { ...keys, values: integerValues(keys.values, kind, out) }, beyond };
    },
  };
}

/** In the representation of the keys, or in bigints where a sum of safe integers isn't safe. */
function integerValues(like: Values, kind: IntegerKind, values: readonly bigint[]): Values {
  if (kind === 'Int64' || kind === 'UInt64') {
    const safe = values.every((value) => value >= -9007199254740991n && value <= 9007199254740991n);
    if (safe && like instanceof Float64Array) return Float64Array.from(values, Number);
    return kind === 'Int64' ? BigInt64Array.from(values) : BigUint64Array.from(values);
  }
  const out = like.slice();
  values.forEach((value, row) => {
    out[row] = Number(value);
  });
  return out;
}

function floatMeasure(name: string, kind: 'Float32' | 'Float64', offset: Scalar, sign: Sign): Measure {
  const text = numberText(offset);
  if (!/^[0-9]+(\.[0-9]+)?$/.test(text)) throw new Refusal(name, `has a RANGE with an offset that is no ${kind}`);
  const delta = kind === 'Float32' ? Math.fround(Number(text)) : Number(text);
  return {
    size: delta,
    targets(keys) {
      if (keys.layout !== 'numeric') throw new DfxError('DEFECT', 'a RANGE over other keys than floats');
      // Slices keep the bits of NaNs, which stay what they are.
      const values = keys.values.slice() as Float32Array | Float64Array;
      for (let row = 0; row < values.length; row++) {
        const value = values[row] ?? 0;
        if (!Number.isNaN(value)) values[row] = sign === 'plus' ? value + delta : value - delta;
      }
      const column: NumericColumn = { ...keys, values };
      return { column, beyond: null };
    },
  };
}

function temporalMeasure(name: string, type: DataType, offset: Scalar, sign: Sign): Measure {
  const interval = offset.kind === 'Utf8' ? parseIntervalText(offset.value, 'month') : offset;
  if (interval === null || interval.kind !== 'IntervalMonthDayNano') {
    throw new Refusal(name, 'has a RANGE with an offset that is no interval');
  }
  const { months, days } = interval;
  const nanos = Number(interval.nanos);
  if (months < 0 || days < 0 || nanos < 0) throw new Refusal(name, 'has a RANGE with a negative offset');
  const key: Node = { op: 'column', type, nullable: true, index: 0, name: 'key' };
  const moved = TEMPORAL_OPERATORS.take(sign === 'plus' ? 'Plus' : 'Minus', key, constant(scalarColumn(interval)));
  if (moved === null || moved.type.kind !== type.kind) throw new Refusal(name, `has a RANGE over ${type.kind}`);
  const evaluate = compile(moved);
  return {
    size: (months * 30 + days) * 86_400e9 + nanos,
    targets(keys) {
      try {
        return {
          column: materialize(evaluate({ length: keys.length, column: () => keys }), keys.length),
          beyond: null,
        };
      } catch (error) {
        if (!(error instanceof DfxError) || error.code !== 'EXECUTION') throw error;
        throw new DfxError('UNSUPPORTED', 'the embedded engine has no RANGE beyond the first and the last instant', {
          hint: 'use --engine datafusion',
        });
      }
    },
  };
}
