/** Typed nodes to one closure that computes a batch. What can be decided once is decided here, not per batch. */

import { type Column, isValid } from '../../io/column.ts';
import { DfxError } from '../../wire/errors.ts';
import { arithmetic, negate } from './arithmetic.ts';
import { compileCase } from './case.ts';
import { castVector } from './cast/index.ts';
import { compare, inList, logic } from './compare.ts';
import { decimalArithmetic, negateDecimal } from './decimal/arithmetic.ts';
import { fuse } from './fuse.ts';
import { BitOutput, Output } from './kernels.ts';
import type { Node } from './nodes.ts';
import { isDecimal, isNumeric, type NumericKind } from './types.ts';
import { booleanBits, booleanColumn, logicalValidity, type Rows, type Vector, validityBits } from './vector.ts';

export type Evaluate = (rows: Rows) => Vector;

/** `results` holds the columns of one row that aggregates gave; an expression without aggregates needs none. */
export function compile(node: Node, results: readonly Column[] = []): Evaluate {
  switch (node.op) {
    case 'column': {
      const { index } = node;
      return (rows) => ({ column: rows.column(index), scalar: false });
    }
    case 'constant': {
      const vector: Vector = { column: node.value, scalar: true };
      return () => vector;
    }
    case 'aggregate': {
      const column = results[node.slot];
      if (column === undefined) throw new DfxError('DEFECT', `no result of aggregate ${node.slot}`);
      const vector: Vector = { column, scalar: true };
      return () => vector;
    }
    case 'arithmetic': {
      const { fn, type } = node;
      const left = compile(node.left, results);
      const right = compile(node.right, results);
      if (isDecimal(type)) return (rows) => decimalArithmetic(fn, type, left(rows), right(rows), rows.length);
      const kind = numericKind(node);
      const output = new Output();
      const fused = fuse(node);
      if (fused !== null) {
        const leaves = fused.leaves.map((leaf) => compile(leaf, results));
        return (rows) => {
          const vector = fused.evaluate(
            leaves.map((leaf) => leaf(rows)),
            rows.length,
          );
          return vector ?? arithmetic(fn, kind, left(rows), right(rows), rows.length, output);
        };
      }
      return (rows) => arithmetic(fn, kind, left(rows), right(rows), rows.length, output);
    }
    case 'negative': {
      const operand = compile(node.operand, results);
      if (isDecimal(node.type)) return (rows) => negateDecimal(operand(rows));
      const kind = numericKind(node);
      return (rows) => negate(kind, operand(rows));
    }
    case 'compare': {
      const { fn } = node;
      const left = compile(node.left, results);
      const right = compile(node.right, results);
      const output = new BitOutput();
      return (rows) => compare(fn, left(rows), right(rows), rows.length, 'equal', output);
    }
    case 'logic': {
      const { fn } = node;
      const left = compile(node.left, results);
      const right = compile(node.right, results);
      const output = new BitOutput();
      return (rows) => logic(fn, left(rows), right(rows), rows.length, output);
    }
    case 'not': {
      const operand = compile(node.operand, results);
      const output = new BitOutput();
      return (rows) => {
        const { column, scalar } = operand(rows);
        const { validity, length } = column;
        const given = booleanBits(column);
        const bits = output.take(length);
        for (let i = 0; i < bits.length; i++) bits[i] = ~(given[i] ?? 0);
        return { column: booleanColumn(bits, length, validity), scalar };
      };
    }
    case 'is_null': {
      const { negated } = node;
      const operand = compile(node.operand, results);
      return (rows) => {
        const { column, scalar } = operand(rows);
        const valid = logicalValidity(column);
        return boolean(negated ? valid : valid.map((byte) => ~byte), column.length, scalar);
      };
    }
    case 'is_bool': {
      const { negated, value } = node;
      const operand = compile(node.operand, results);
      return (rows) => {
        const { column, scalar } = operand(rows);
        const bits = booleanBits(column);
        const valid = validityBits(column);
        const out = valid.map((byte, i) => {
          const hit = byte & (value ? (bits[i] ?? 0) : ~(bits[i] ?? 0));
          return negated ? ~hit : hit;
        });
        return boolean(out, column.length, scalar);
      };
    }
    case 'cast': {
      const { type, safe } = node;
      const operand = compile(node.operand, results);
      return (rows) => castVector(operand(rows), type, safe);
    }
    case 'in_list': {
      const { negated, zeros } = node;
      const operand = compile(node.operand, results);
      const items = node.list.map((item): Vector => {
        if (item.op !== 'constant') throw new DfxError('DEFECT', 'an IN list with more than literals');
        return { column: item.value, scalar: true };
      });
      const list = items.filter(({ column }) => isValid(column, 0));
      const anyNull = list.length < items.length;
      return (rows) => inList(operand(rows), list, anyNull, negated, zeros, rows.length);
    }
    case 'call': {
      const { evaluate } = node;
      const args = node.args.map((arg) => compile(arg, results));
      return (rows) =>
        evaluate(
          args.map((arg) => arg(rows)),
          rows.length,
        );
    }
    case 'case':
      return compileCase(node, (inner) => compile(inner, results));
  }
}

function numericKind(node: Node): NumericKind {
  const { kind } = node.type;
  if (!isNumeric(kind)) throw new DfxError('DEFECT', `${node.op} of type ${kind}`);
  return kind;
}

function boolean(bits: Uint8Array, length: number, scalar: boolean): Vector {
  return { column: booleanColumn(bits, length, null), scalar };
}
