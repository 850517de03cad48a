/**
 * CASE. Each condition sees the rows that no condition before it took, and each result only the rows that its condition took: so
 * `CASE WHEN b <> 0 THEN a / b END` never divides by zero. Where nothing can fail and everything is cheap, all of it is computed for all rows, and
 * the results are picked without a branch a row.
 */
import { type Column, onesBitmap } from '../../io/column.ts';
import { nullColumn } from './build.ts';
import { compare, trueBits } from './compare.ts';
import type { Evaluate } from './compile.ts';
import { mayFail } from './fallible.ts';
import { assemble, materialize, type Part, SelectedRows } from './gather.ts';
import { childrenOf, type Node } from './nodes.ts';
import { Selection } from './selection.ts';
import { isNumeric, layoutOf } from './types.ts';
import { type Rows, rowsOf, type Vector } from './vector.ts';

type CaseNode = Node & { readonly op: 'case' };

function isPlain(node: CaseNode): boolean {
  const layout = layoutOf(node.type);
  if (layout !== 'numeric' && layout !== 'boolean' && layout !== 'string') return false;
  return childrenOf(node).every((child) => !mayFail(child) && isCheap(child));
}

/** Computed faster than rows are picked for it. */
function isCheap(node: Node): boolean {
  switch (node.op) {
    case 'column':
    case 'constant':
    case 'aggregate':
      return true;
    case 'arithmetic':
    case 'negative':
      return isNumeric(node.type.kind) && childrenOf(node).every(isCheap);
    case 'cast':
      return isNumeric(node.type.kind) && isNumeric(node.operand.type.kind) && isCheap(node.operand);
    case 'compare':
    case 'logic':
    case 'not':
    case 'is_null':
    case 'is_bool':
    case 'in_list':
      return childrenOf(node).every(isCheap);
    case 'call':
    case 'case':
      return false;
  }
}

function selecting(node: CaseNode, compile: (inner: Node) => Evaluate): Evaluate {
  const { type } = node;
  const base = node.base === null ? null : compile(node.base);
  const branches = node.branches.map(({ when, then }) => ({ when: compile(when), then: compile(then) }));
  const otherwise = node.otherwise === null ? null : compile(node.otherwise);
  const missing: Vector = { column: nullColumn(type, 1), scalar: true };
  const selection = new Selection(type);
  return (rows) => {
    const { length } = rows;
    const tested = base === null ? null : base(rows);
    const hits = branches.map(({ when }) => {
      const condition = when(rows);
      return trueBits(tested === null ? condition : compare('Eq', tested, condition, length, 'distinct'), length);
    });
    const results = branches.map(({ then }) => then(rows));
    results.push(otherwise === null ? missing : otherwise(rows));
    const vectors = results.map(({ column, scalar }) => (column.layout === 'null' ? missing : { column, scalar }));
    return { column: selection.of(hits, vectors, length), scalar: false };
  };
}

function firstRows(length: number): Int32Array {
  const rows = new Int32Array(length);
  for (let i = 0; i < length; i++) rows[i] = i;
  return rows;
}

export function compileCase(node: CaseNode, compile: (inner: Node) => Evaluate): Evaluate {
  return isPlain(node) ? selecting(node, compile) : descending(node, compile);
}

function descending(node: CaseNode, compile: (inner: Node) => Evaluate): Evaluate {
  const { type } = node;
  const base = node.base === null ? null : compile(node.base);
  const branches = node.branches.map(({ when, then }) => ({
    when: compile(when),
    then: compile(then),
  }));
  const otherwise = node.otherwise === null ? null : compile(node.otherwise);
  return (rows) => {
    const { length } = rows;
    const parts: Part[] = [];
    // Row numbers of the batch that are still open, and the same rows as a batch.
    let open: Int32Array = firstRows(length);
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
