/** Typed nodes to one closure that computes a batch. What can be decided once is decided here, not per batch. */

import { type Column, isValid, onesBitmap } from '../../io/column.ts';
import { DfxError } from '../../wire/errors.ts';
import { arithmetic, negate } from './arithmetic.ts';
import { castVector } from './cast/index.ts';
import { compare, inList, logic, trueBits } from './compare.ts';
import { decimalArithmetic, negateDecimal } from './decimal/arithmetic.ts';
import { assemble, materialize, type Part, SelectedRows } from './gather.ts';
import type { Node } from './nodes.ts';
import { isDecimal, isNumeric, type NumericKind } from './types.ts';
import { booleanBits, booleanColumn, logicalValidity, type Rows, rowsOf, type Vector, validityBits } from './vector.ts';

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
      return (rows) => arithmetic(fn, kind, left(rows), right(rows), rows.length);
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
      return (rows) => compare(fn, left(rows), right(rows), rows.length);
    }
    case 'logic': {
      const { fn } = node;
      const left = compile(node.left, results);
      const right = compile(node.right, results);
      return (rows) => logic(fn, left(rows), right(rows), rows.length);
    }
    case 'not': {
      const operand = compile(node.operand, results);
      return (rows) => {
        const { column, scalar } = operand(rows);
        const bits = booleanBits(column).map((byte) => ~byte);
        const { validity, length } = column;
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
      return compileCase(node, results);
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

/**
 * Each condition sees the rows that no condition before it took, and each result only the rows that its condition took: so
 * `CASE WHEN b <> 0 THEN a / b END` never divides by zero.
 */
function compileCase(node: Node & { op: 'case' }, results: readonly Column[]): Evaluate {
  const { type } = node;
  const base = node.base === null ? null : compile(node.base, results);
  const branches = node.branches.map(({ when, then }) => ({
    when: compile(when, results),
    then: compile(then, results),
  }));
  const otherwise = node.otherwise === null ? null : compile(node.otherwise, results);
  return (rows) => {
    const { length } = rows;
    const parts: Part[] = [];
    // Row numbers of the batch that are still open, and the same rows as a batch.
    let open: Int32Array = Int32Array.from({ length }, (_, row) => row);
    let openRows: Rows = rows;
    const value = base === null ? null : materialize(base(rows), length);
    if (value !== null && value.layout !== 'null' && value.validity !== null) {
      // A null base equals nothing: its rows take the ELSE, and before all others, which decides whose error comes first.
      const left = rest(value.validity, length);
      if (otherwise !== null && left.length > 0) {
        parts.push({ rows: left, vector: otherwise(left.length === length ? rows : new SelectedRows(rows, left)) });
      }
      open = rowsOf(value.validity, length);
      openRows = new SelectedRows(rows, open);
    }
    for (const { when, then } of branches) {
      if (open.length === 0) break;
      const condition = when(openRows);
      const hits =
        value === null
          ? trueBits(condition, open.length)
          : trueBits(
              compare('Eq', { column: pick(value, open, length), scalar: false }, condition, open.length, 'distinct'),
              open.length,
            );
      const taken = rowsOf(hits, open.length);
      if (taken.length === 0) continue;
      const all = taken.length === open.length;
      const takenRows = all ? openRows : new SelectedRows(openRows, taken);
      parts.push({ rows: all ? open : taken.map((i) => open[i] ?? 0), vector: then(takenRows) });
      const left = rest(hits, open.length);
      open = left.map((i) => open[i] ?? 0);
      openRows = new SelectedRows(openRows, left);
    }
    if (otherwise !== null && open.length > 0) parts.push({ rows: open, vector: otherwise(openRows) });
    return { column: assemble(type, length, parts), scalar: false };
  };
}

function pick(column: Column, rows: Int32Array, length: number): Column {
  return rows.length === length ? column : new SelectedRows({ length, column: () => column }, rows).column(0);
}

function rest(hits: Uint8Array, length: number): Int32Array {
  const bits = onesBitmap(length);
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] ?? 0) & ~(hits[i] ?? 0);
  return rowsOf(bits, length);
}
