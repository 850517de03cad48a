/** From a window function of a payload to what computes it. */
import type { Expr, ExprOf } from '../../../expr/model.ts';
import type { BindContext } from '../functions/define.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import type { WindowCall } from './define.ts';

/** `node` binds an expression inside of the call. */
export function bindWindow(
  expr: ExprOf<'window_function'>,
  _node: (inner: Expr) => Node,
  _context: BindContext,
): WindowCall {
  throw new Refusal(expr.kind, "isn't supported");
}
