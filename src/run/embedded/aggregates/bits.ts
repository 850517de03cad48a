/** bit_and, bit_or, bit_xor over integers; bool_and, bool_or. Nulls don't count; without a value the result is null. */
import { type Column, expandInt64, getBit, type Values } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { constantColumn, nullColumn } from '../build.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import { BOOLEAN, isInteger } from '../types.ts';

import { booleanCell, columnOf } from './cells.ts';
import { argumentsOf, refuseIgnoreNulls, refuseSharedOrder } from './coercion.ts';
import type { Accumulator, AggregateCall, AggregateFunction, BoundAggregate } from './define.ts';
import { distinctGroups } from './distinct.ts';

type BitOp = 'and' | 'or' | 'xor';

/** 8 to 32 bits in one number; 64 bits as two halves, so that no bigint is made while all values are safe integers. */
class BitAccumulator implements Accumulator {
  private low = 0;
  private high = 0;
  private any = false;

  constructor(
    private readonly op: BitOp,
    private readonly type: DataType,
  ) {}

  update(columns: readonly Column[], length: number): void {
    const column = columnOf(columns, 0);
    if (column.layout === 'null') return;
    if (column.layout !== 'numeric') throw new DfxError('DEFECT', `bits of ${column.type.kind}`);
    const { validity, values } = column;
    const { op } = this;
    let { low, high, any } = this;
    const wide = this.type.kind === 'Int64' || this.type.kind === 'UInt64';
    const words = wide ? wordsOf(values, this.type.kind === 'UInt64') : null;
    for (let i = 0; i < length; i++) {
      if (validity !== null && !getBit(validity, i)) continue;
      const nextLow = words === null ? Number(values[i] ?? 0) | 0 : (words[i * 2] ?? 0);
      const nextHigh = words === null ? 0 : (words[i * 2 + 1] ?? 0);
      if (!any) {
        low = nextLow;
        high = nextHigh;
        any = true;
      } else if (op === 'and') {
        low &= nextLow;
        high &= nextHigh;
      } else if (op === 'or') {
        low |= nextLow;
        high |= nextHigh;
      } else {
        low ^= nextLow;
        high ^= nextHigh;
      }
    }
    this.low = low;
    this.high = high;
    this.any = any;
  }

  /** Of `xor`, which is its own reverse. A frame that has lost all its values has 0, as the engine gives. */
  retract(columns: readonly Column[], length: number): void {
    this.update(columns, length);
  }

  state(): readonly Column[] {
    return [this.finish()];
  }

  merge(state: readonly Column[]): void {
    this.update(state, 1);
  }

  finish(): Column {
    if (!this.any) return nullColumn(this.type, 1);
    switch (this.type.kind) {
      case 'Int64':
      case 'UInt64': {
        const bits = new BigInt64Array(1);
        const words = new Int32Array(bits.buffer);
        words[0] = this.low;
        words[1] = this.high;
        const value = bits[0] ?? 0n;
        return constantColumn(this.type, this.type.kind === 'UInt64' ? BigInt.asUintN(64, value) : value);
      }
      case 'UInt32':
        return constantColumn(this.type, this.low >>> 0);
      default:
        return constantColumn(this.type, this.low);
    }
  }
}

function wordsOf(values: Values, unsigned: boolean): Int32Array {
  const wide = expandInt64(values, unsigned ? 'UInt64' : 'Int64');
  return new Int32Array(wide.buffer, wide.byteOffset, wide.length * 2);
}

class BooleanAccumulator implements Accumulator {
  private value: boolean | null = null;

  /** `decisive`: the value that decides alone. */
  constructor(private readonly decisive: boolean) {}

  update(columns: readonly Column[], length: number): void {
    const column = columnOf(columns, 0);
    if (column.layout !== 'boolean' || this.value === this.decisive) return;
    const { bits, validity } = column;
    for (let i = 0; i < length; i++) {
      if (validity !== null && !getBit(validity, i)) continue;
      this.value = getBit(bits, i);
      if (this.value === this.decisive) return;
    }
  }

  state(): readonly Column[] {
    return [this.finish()];
  }

  merge(state: readonly Column[]): void {
    this.update(state, 1);
  }

  finish(): Column {
    return booleanCell(this.value);
  }
}

function bitwise(name: string, op: BitOp): AggregateFunction {
  return {
    name,
    bind(call: AggregateCall): BoundAggregate {
      refuseIgnoreNulls(call);
      refuseSharedOrder(call);
      const operands = argumentsOf(call, 1);
      const type = operands[0]?.type ?? { kind: 'Null' };
      if (!isInteger(type.kind)) throw new Refusal(name, `doesn't take ${type.kind}`);
      const create = (): Accumulator => new BitAccumulator(op, type);
      const bound: BoundAggregate = { type, nullable: true, operands, state: [type], create };
      return call.distinct && op === 'xor' ? distinctGroups(call, bound) : bound;
    },
  };
}

function logical(name: string, decisive: boolean): AggregateFunction {
  return {
    name,
    bind(call: AggregateCall): BoundAggregate {
      refuseIgnoreNulls(call);
      const operands = argumentsOf(call, 1).map((node) => {
        if (node.type.kind !== 'Boolean' && node.type.kind !== 'Null') {
          throw new Refusal(name, `doesn't take ${node.type.kind}`);
        }
        return castTo(node, BOOLEAN);
      });
      const create = (): Accumulator => new BooleanAccumulator(decisive);
      return { type: BOOLEAN, nullable: true, operands, state: [BOOLEAN], create };
    },
  };
}

export const BITS: readonly AggregateFunction[] = [
  bitwise('bit_and', 'and'),
  bitwise('bit_or', 'or'),
  bitwise('bit_xor', 'xor'),
  logical('bool_and', false),
  logical('bool_or', true),
];
