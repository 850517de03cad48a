/**
 * Decimals whose type shifts while the real engine plans. `round(price, 1)` has the scale of `price` when what stands around it is
 * coerced, since the 1 is behind a cast to Int32 then, and the scale 1 when it is executed (datafusion-functions 55.2,
 * `math/round.rs`). What compares it or adds to it then fails there, or gives another type or value: it is refused here.
 */
import type { Expr, ExprOf } from '../../expr/model.ts';
import { children } from '../../expr/walk.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import type { Node } from './nodes.ts';
import { Refusal } from './refusal.ts';
import { innerTypes, isDecimal } from './types.ts';

/** These take arguments of which each keeps its own type. */
const APART = new Set([
  'round',
  'trunc',
  'arrow_cast',
  'arrow_try_cast',
  'concat',
  'concat_ws',
  'struct',
  'named_struct',
]);

export class ShiftingTypes {
  private readonly found = new Set<Expr>();

  /** To be told of each expression once its operands have been bound. */
  visit(expr: Expr, node: Node): void {
    if (expr.kind === 'cast' || expr.kind === 'try_cast' || !holdsDecimal(node.type)) return;
    if (isRoundToLiteral(expr) || children(expr).some((child) => this.found.has(child))) this.found.add(expr);
  }

  /** Where operands are brought to one type. */
  refuse(name: string, operands: readonly (Expr | null)[]): void {
    if (operands.some((operand) => operand !== null && this.found.has(operand))) {
      throw new Refusal(name, 'takes a decimal rounded to a literal, whose type shifts while the real engine plans');
    }
  }

  refuseCall({ name, args }: ExprOf<'scalar_function'>): void {
    if (args.length > 1 && !APART.has(name)) this.refuse(name, args);
  }
}

function isRoundToLiteral(expr: Expr): boolean {
  if (expr.kind !== 'scalar_function' || expr.name !== 'round' || expr.definition !== null) return false;
  const places = expr.args[1];
  if (places === undefined || places.kind === 'column') return false;
  return (
    places.kind !== 'literal' || (places.value.kind === 'Null' ? places.value.type.kind : places.value.kind) !== 'Int32'
  );
}

function holdsDecimal(given: DataType): boolean {
  const todo: DataType[] = [given];
  for (let type = todo.pop(); type !== undefined; type = todo.pop()) {
    if (isDecimal(type)) return true;
    todo.push(...innerTypes(type));
  }
  return false;
}
