/** The expression after type coercion: every operand has the type that its operator computes in. */
import type { Column } from '../../io/column.ts';
import type { Kind, NumericKind } from './coerce.ts';

export type ArithmeticOp = 'Plus' | 'Minus' | 'Multiply' | 'Divide' | 'Modulo';
export type CompareOp = 'Eq' | 'NotEq' | 'Lt' | 'LtEq' | 'Gt' | 'GtEq' | 'IsDistinctFrom' | 'IsNotDistinctFrom';
/** `zeros`: whether -0.0 equals 0.0, as in SQL's operators, or not, as in CASE x WHEN (arrow's total order). */
export type Zeros = 'equal' | 'distinct';

interface Typed {
  readonly kind: Kind;
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
        readonly kind: NumericKind;
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
    | { readonly op: 'function'; readonly name: ScalarName; readonly args: readonly Node[] }
    /** The result of aggregate `slot`, a column of one row. */
    | { readonly op: 'aggregate'; readonly slot: number }
  );

export type ScalarName = 'abs' | 'sqrt' | 'floor' | 'ceil' | 'character_length';

export type AggregateName = 'count' | 'sum' | 'avg' | 'min' | 'max';

export interface Aggregate {
  readonly name: AggregateName;
  /** Null for `count(*)`: every row counts. */
  readonly operand: Node | null;
  readonly filter: Node | null;
  readonly distinct: boolean;
  readonly kind: Kind;
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
    case 'function':
      return node.args;
  }
}
