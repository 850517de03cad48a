/** The expression after type coercion: every operand has the type that its operator computes in. */
import { type Column, isValid, valueAt } from '../../io/column.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import type { BoundAggregate } from './aggregates/define.ts';
import type { Call } from './functions/define.ts';

export type ArithmeticOp = 'Plus' | 'Minus' | 'Multiply' | 'Divide' | 'Modulo';
export type CompareOp = 'Eq' | 'NotEq' | 'Lt' | 'LtEq' | 'Gt' | 'GtEq' | 'IsDistinctFrom' | 'IsNotDistinctFrom';
/** `zeros`: whether -0.0 equals 0.0, as in SQL's operators, or not, as in CASE x WHEN (arrow's total order). */
export type Zeros = 'equal' | 'distinct';

interface Typed {
  readonly type: DataType;
  readonly nullable: boolean;
}

export type Node = Typed &
  (
    | { readonly op: 'column'; readonly index: number; readonly name: string }
    /** One row. */
    | { readonly op: 'constant'; readonly value: Column }
    | {
        readonly op: 'arithmetic';
        readonly fn: ArithmeticOp;
        readonly left: Node;
        readonly right: Node;
      }
    | { readonly op: 'negative'; readonly operand: Node }
    | { readonly op: 'compare'; readonly fn: CompareOp; readonly left: Node; readonly right: Node }
    | { readonly op: 'logic'; readonly fn: 'And' | 'Or'; readonly left: Node; readonly right: Node }
    | { readonly op: 'not'; readonly operand: Node }
    | { readonly op: 'is_null'; readonly negated: boolean; readonly operand: Node }
    | { readonly op: 'is_bool'; readonly value: boolean; readonly negated: boolean; readonly operand: Node }
    | { readonly op: 'cast'; readonly safe: boolean; readonly operand: Node }
    | {
        readonly op: 'case';
        readonly base: Node | null;
        readonly branches: readonly { readonly when: Node; readonly then: Node }[];
        readonly otherwise: Node | null;
      }
    | {
        readonly op: 'in_list';
        readonly operand: Node;
        readonly list: readonly Node[];
        readonly negated: boolean;
        readonly zeros: Zeros;
      }
    /** A function of one row's values: `evaluate` computes a batch. */
    | ({ readonly op: 'call' } & Pick<Call, 'name' | 'args' | 'mayFail' | 'evaluate'>)
    /** The result of aggregate `slot`, a column of one row. */
    | { readonly op: 'aggregate'; readonly slot: number }
  );

export interface Aggregate {
  readonly name: string;
  /** `count(*)`: every row counts, and there is no operand. */
  readonly star: boolean;
  readonly filter: Node | null;
  readonly distinct: boolean;
  readonly bound: BoundAggregate;
}

export function childrenOf(node: Node): readonly Node[] {
  switch (node.op) {
    case 'column':
    case 'constant':
    case 'aggregate':
      return [];
    case 'arithmetic':
    case 'compare':
    case 'logic':
      return [node.left, node.right];
    case 'negative':
    case 'not':
    case 'is_null':
    case 'is_bool':
    case 'cast':
      return [node.operand];
    case 'case': {
      const nodes: Node[] = node.base === null ? [] : [node.base];
      for (const { when, then } of node.branches) nodes.push(when, then);
      if (node.otherwise !== null) nodes.push(node.otherwise);
      return nodes;
    }
    case 'in_list':
      return [node.operand, ...node.list];
    case 'call':
      return node.args;
  }
}

/** The value of a constant, where it is a plain one; null for a null. Undefined for everything else. */
export function plainValue(node: Node): null | boolean | number | bigint | string | undefined {
  if (node.op !== 'constant') return undefined;
  const { layout } = node.value.layout === 'dictionary' ? node.value.values : node.value;
  if (!isValid(node.value, 0)) return null;
  if (layout === 'interval' || layout === 'list' || layout === 'struct' || layout === 'union') return undefined;
  return valueAt(node.value, 0);
}
