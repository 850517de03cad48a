/** LIKE, ILIKE and SIMILAR TO. */
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';

export interface LikeForm {
  readonly form: 'like' | 'ilike' | 'similar_to';
  readonly negated: boolean;
  /** '' for none, else one character. */
  readonly escape: string;
}

/** The typed node of `operand LIKE pattern`: operands come typed and not yet cast. */
export function likeNode({ form }: LikeForm, _operand: Node, _pattern: Node): Node {
  throw new Refusal(form, "isn't supported");
}
