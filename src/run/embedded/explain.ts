/**
 * The expression as it was bound, one node a line with the type that it computes in: casts that were put in and constants that were
 * computed show. For people: `dfx run --verbose`.
 *
 * ```
 * sum Int64
 * └─ cast Int64
 *    └─ column "a" Int32
 * ```
 */
import type { Expr } from '../../expr/model.ts';
import type { Column } from '../../io/column.ts';
import { formatDataType } from '../../wire/arrow/index.ts';
import type { DataType, Schema } from '../../wire/arrow/types.ts';
import { type Bound, bind } from './bind.ts';
import type { BindOptions } from './engine.ts';
import { childrenOf, type Node, plainValue } from './nodes.ts';
import { Refusal } from './refusal.ts';

/** Lines that are shown; a payload may hold thousands of nodes. */
const MOST_LINES = 60;
/** Characters of a constant's text. */
const MOST_TEXT = 40;

interface Branch {
  readonly label: string;
  readonly children: readonly Branch[];
}

interface Pending {
  readonly branch: Branch;
  readonly indent: string;
  readonly mark: string;
}

/** Null where the engine doesn't take the expression. */
export function explainBound(expr: Expr, schema: Schema, options: BindOptions = {}): readonly string[] | null {
  const context = { now: options.now ?? 0n, inlineCode: options.inlineCode ?? false };
  let bound: Bound;
  try {
    bound = bind(expr, schema, options.relation ?? null, context);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
  const lines: string[] = [];
  const pending: Pending[] = [{ branch: branchOf(bound.root, bound), indent: '', mark: '' }];
  let left = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { branch, indent, mark } = next;
    if (lines.length < MOST_LINES) lines.push(`${indent}${mark}${branch.label}`);
    else left++;
    const deeper = mark === '' ? indent : `${indent}${mark === '└─ ' ? '   ' : '│  '}`;
    branch.children.forEach((_, at) => {
      // Taken from the end: the last child goes in first.
      const child = branch.children[branch.children.length - 1 - at];
      if (child !== undefined) pending.push({ branch: child, indent: deeper, mark: at === 0 ? '└─ ' : '├─ ' });
    });
  }
  return left === 0 ? lines : [...lines, `… ${left} more`];
}

/** `bind` has bounded the depth. */
function branchOf(node: Node, bound: Bound): Branch {
  const children = childrenOf(node).map((child) => branchOf(child, bound));
  const label = `${labelOf(node, bound)} ${formatDataType(node.type)}`;
  if (node.op !== 'aggregate') return { label, children };
  const aggregate = bound.aggregates[node.slot];
  const operands = (aggregate?.bound.operands ?? []).map((operand) => branchOf(operand, bound));
  const filter = aggregate?.filter ?? null;
  if (filter === null) return { label, children: operands };
  return { label, children: [...operands, { label: 'filter', children: [branchOf(filter, bound)] }] };
}

function labelOf(node: Node, bound: Bound): string {
  switch (node.op) {
    case 'column':
      return `column ${JSON.stringify(node.name)}`;
    case 'constant':
      return `constant ${constantText(node, node.value)}`;
    case 'arithmetic':
    case 'compare':
    case 'logic':
      return node.fn;
    case 'cast':
      return node.safe ? 'try_cast' : 'cast';
    case 'is_null':
      return node.negated ? 'is not null' : 'is null';
    case 'is_bool':
      return `is ${node.negated ? 'not ' : ''}${node.value}`;
    case 'in_list':
      return `${node.negated ? 'not ' : ''}in (${node.list.length} values)`;
    case 'call':
      return node.name;
    case 'aggregate': {
      const aggregate = bound.aggregates[node.slot];
      if (aggregate === undefined) return 'aggregate';
      return `${aggregate.name}${aggregate.star ? '(*)' : ''}${aggregate.distinct ? ' distinct' : ''}`;
    }
    case 'negative':
    case 'not':
    case 'case':
      return node.op;
  }
}

function constantText(node: Node, value: Column): string {
  const plain = plainValue(node);
  if (plain === undefined) return value.layout;
  const text = typeof plain === 'string' ? JSON.stringify(plain) : plain === null ? 'NULL' : String(plain);
  const shown = text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
  return isScaled(node.type) ? `${shown} (unscaled)` : shown;
}

function isScaled(type: DataType): boolean {
  return 'scale' in type && type.scale !== 0;
}
