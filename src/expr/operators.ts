/**
 * The one table of binary operators: the name that the wire carries (the variant names of `Operator` in
 * datafusion-expr-common 55.2.0), the SQL symbol, and how it binds.
 *
 * Precedences are those of sqlparser 0.62 with DataFusion's default dialect (generic), since text must read back there. They
 * differ from PostgreSQL's in places (`||` binds like `*`, `=` like `<`), so the printer adds parentheses where the two
 * would disagree.
 */

/** Binding strength: the greater, the tighter. */
export const PRECEDENCE = {
  /** Something that only stands alone or between commas and parentheses: an alias, a lambda, `IS DISTINCT FROM`. */
  lowest: 0,
  or: 5,
  and: 10,
  not: 15,
  other: 16,
  is: 17,
  like: 19,
  between: 20,
  compare: 20,
  pipe: 21,
  caret: 22,
  ampersand: 23,
  add: 30,
  multiply: 40,
  /** Unary minus takes an operand that binds tighter than `*`, and its result binds like a factor. */
  negative: 40,
  atTimeZone: 41,
  primary: 100,
} as const;

export type OperatorGroup = 'logic' | 'compare' | 'match' | 'distinct' | 'bitwise' | 'arithmetic' | 'concat' | 'other';

export interface OperatorFacts {
  /** As the wire spells it. */
  readonly name: string;
  /** The SQL that DataFusion's parser reads as this operator. */
  readonly sql: string;
  /** How DataFusion prints it in names of expressions. */
  readonly display: string;
  readonly precedence: number;
  readonly group: OperatorGroup;
  /** Whether `a op b op c` may stand without parentheses for `(a op b) op c`. */
  readonly chains: boolean;
  /** Whether `LogicalExprNode` readers know the name. They refuse the others, though writers write them. */
  readonly readable: boolean;
}

type Row = readonly [name: string, sql: string, precedence: number, group: OperatorGroup, display?: string];

const READABLE: readonly Row[] = [
  ['Or', 'OR', PRECEDENCE.or, 'logic'],
  ['And', 'AND', PRECEDENCE.and, 'logic'],
  ['Eq', '=', PRECEDENCE.compare, 'compare'],
  ['NotEq', '!=', PRECEDENCE.compare, 'compare'],
  ['Lt', '<', PRECEDENCE.compare, 'compare'],
  ['LtEq', '<=', PRECEDENCE.compare, 'compare'],
  ['Gt', '>', PRECEDENCE.compare, 'compare'],
  ['GtEq', '>=', PRECEDENCE.compare, 'compare'],
  ['RegexMatch', '~', PRECEDENCE.compare, 'match'],
  ['RegexIMatch', '~*', PRECEDENCE.compare, 'match'],
  ['RegexNotMatch', '!~', PRECEDENCE.compare, 'match'],
  ['RegexNotIMatch', '!~*', PRECEDENCE.compare, 'match'],
  ['LikeMatch', '~~', PRECEDENCE.compare, 'match'],
  ['ILikeMatch', '~~*', PRECEDENCE.compare, 'match'],
  ['NotLikeMatch', '!~~', PRECEDENCE.compare, 'match'],
  ['NotILikeMatch', '!~~*', PRECEDENCE.compare, 'match'],
  ['IsDistinctFrom', 'IS DISTINCT FROM', PRECEDENCE.is, 'distinct'],
  ['IsNotDistinctFrom', 'IS NOT DISTINCT FROM', PRECEDENCE.is, 'distinct'],
  ['BitwiseOr', '|', PRECEDENCE.pipe, 'bitwise'],
  ['BitwiseXor', '^', PRECEDENCE.caret, 'bitwise', 'BIT_XOR'],
  ['BitwiseShiftLeft', '<<', PRECEDENCE.caret, 'bitwise'],
  ['BitwiseShiftRight', '>>', PRECEDENCE.caret, 'bitwise'],
  ['BitwiseAnd', '&', PRECEDENCE.ampersand, 'bitwise'],
  ['Plus', '+', PRECEDENCE.add, 'arithmetic'],
  ['Minus', '-', PRECEDENCE.add, 'arithmetic'],
  ['Multiply', '*', PRECEDENCE.multiply, 'arithmetic'],
  ['Divide', '/', PRECEDENCE.multiply, 'arithmetic'],
  ['Modulo', '%', PRECEDENCE.multiply, 'arithmetic'],
  ['StringConcat', '||', PRECEDENCE.multiply, 'concat'],
  ['AtArrow', '@>', PRECEDENCE.other, 'other'],
  ['ArrowAt', '<@', PRECEDENCE.other, 'other'],
];

/** In the engine's `Operator`, written by its senders, unknown to its receivers (54.1 and 55.2 alike). */
const WRITE_ONLY: readonly Row[] = [
  ['Arrow', '->', PRECEDENCE.other, 'other'],
  ['LongArrow', '->>', PRECEDENCE.other, 'other'],
  ['HashArrow', '#>', PRECEDENCE.other, 'other'],
  ['HashLongArrow', '#>>', PRECEDENCE.other, 'other'],
  ['AtAt', '@@', PRECEDENCE.other, 'other'],
  ['IntegerDivide', '//', PRECEDENCE.multiply, 'arithmetic', 'DIV'],
  ['HashMinus', '#-', PRECEDENCE.other, 'other'],
  ['AtQuestion', '@?', PRECEDENCE.other, 'other'],
  ['Question', '?', PRECEDENCE.other, 'other'],
  ['QuestionAnd', '?&', PRECEDENCE.other, 'other'],
  ['QuestionPipe', '?|', PRECEDENCE.other, 'other'],
  ['Colon', ':', PRECEDENCE.pipe, 'other'],
];

const CHAINING: ReadonlySet<OperatorGroup> = new Set(['logic', 'bitwise', 'arithmetic', 'concat']);

function facts([name, sql, precedence, group, display]: Row, readable: boolean): OperatorFacts {
  return { name, sql, display: display ?? sql, precedence, group, chains: CHAINING.has(group), readable };
}

export const OPERATORS: readonly OperatorFacts[] = [
  ...READABLE.map((row) => facts(row, true)),
  ...WRITE_ONLY.map((row) => facts(row, false)),
];

const BY_NAME: ReadonlyMap<string, OperatorFacts> = new Map(OPERATORS.map((operator) => [operator.name, operator]));
const BY_SQL: ReadonlyMap<string, OperatorFacts> = new Map(OPERATORS.map((operator) => [operator.sql, operator]));

/** The operator of this wire name (`Plus`), or undefined. */
export function operatorByName(name: string): OperatorFacts | undefined {
  return BY_NAME.get(name);
}

/** The operator of this SQL symbol (`+`, `AND`, `IS DISTINCT FROM`, upper case), or undefined. */
export function operatorBySql(sql: string): OperatorFacts | undefined {
  return BY_SQL.get(sql);
}
