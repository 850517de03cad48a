/** Where parentheses go: so that the real parser reads the text back as the same tree, and so that people don't misread it. */
import type { Expr } from '../model.ts';
import { type OperatorFacts, type OperatorGroup, operatorByName, PRECEDENCE } from '../operators.ts';
import type { LiteralText } from './literals.ts';

export interface Binding {
  readonly precedence: number;
  /** What the text is for the rules that go beyond precedence. `prefix`: it starts with a sign. */
  readonly form: OperatorGroup | 'predicate' | 'prefix' | 'not' | 'primary' | 'alone';
}

const PRIMARY: Binding = { precedence: PRECEDENCE.primary, form: 'primary' };
const ALONE: Binding = { precedence: PRECEDENCE.lowest, form: 'alone' };

/** How the node's own text binds. `literal` gives the text of a literal, `zoned` whether a cast is written AT TIME ZONE. */
export function bindingOf(
  expr: Expr,
  literal: (expr: Extract<Expr, { readonly kind: 'literal' }>) => LiteralText,
  zoned: (expr: Extract<Expr, { readonly kind: 'cast' | 'try_cast' }>) => boolean,
): Binding {
  switch (expr.kind) {
    case 'binary': {
      const operator = operatorByName(expr.op);
      if (operator === undefined) return PRIMARY;
      // The parser takes everything after IS DISTINCT FROM as its right side, AND and OR included.
      return operator.group === 'distinct' ? ALONE : { precedence: operator.precedence, form: operator.group };
    }
    case 'literal':
      return literal(expr).negative ? { precedence: PRECEDENCE.negative, form: 'prefix' } : PRIMARY;
    case 'cast':
    case 'try_cast':
      return zoned(expr) ? { precedence: PRECEDENCE.atTimeZone, form: 'primary' } : PRIMARY;
    case 'negative':
      return { precedence: PRECEDENCE.negative, form: 'prefix' };
    case 'not':
      return { precedence: PRECEDENCE.not, form: 'not' };
    case 'is_null':
    case 'is_not_null':
    case 'is_true':
    case 'is_false':
    case 'is_unknown':
    case 'is_not_true':
    case 'is_not_false':
    case 'is_not_unknown':
      return { precedence: PRECEDENCE.is, form: 'predicate' };
    case 'like':
    case 'ilike':
    case 'similar_to':
      return { precedence: PRECEDENCE.like, form: 'predicate' };
    case 'between':
    case 'in_list':
      return { precedence: PRECEDENCE.between, form: 'predicate' };
    case 'lambda':
      return ALONE;
    default:
      // A nested alias brings its own parentheses.
      return PRIMARY;
  }
}

/** Whether the operand at this place of a chain of `parent` needs parentheses. */
export function operandNeedsParentheses(child: Binding, parent: OperatorFacts, isFirst: boolean): boolean {
  if (
    parent.group === 'distinct' ||
    parent.group === 'compare' ||
    parent.group === 'match' ||
    parent.group === 'other'
  ) {
    return predicateOperandNeedsParentheses(child);
  }
  if (child.form === 'prefix' && !isFirst) return false;
  if (child.precedence < parent.precedence) return true;
  if (child.precedence === parent.precedence) {
    const sameKind = child.form === parent.group || child.form === 'prefix';
    return !(isFirst && parent.chains && sameKind && parent.group !== 'bitwise');
  }
  // PostgreSQL binds these otherwise than DataFusion: parentheses say it for both.
  if (parent.group === 'bitwise') return child.form === 'bitwise' || child.form === 'concat';
  return child.form === 'concat' && parent.group === 'arithmetic';
}

/** An operand of a comparison, IS, LIKE, BETWEEN or IN: another predicate inside is put into parentheses. */
export function predicateOperandNeedsParentheses(child: Binding): boolean {
  return child.precedence <= PRECEDENCE.between;
}
