/** Regular expressions: the operators `~`, `~*`, `!~`, `!~*`, SIMILAR TO, and the `regexp_` functions. */
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';

export interface RegexForm {
  readonly insensitive: boolean;
  readonly negated: boolean;
  /** Whether the optimizer looks at the pattern: `x ~ '.*'` becomes `x IS NOT NULL`, for one. */
  readonly rewritten: boolean;
}

export function regexNode(name: string, _operand: Node, _pattern: Node, _form: RegexForm): Node {
  throw new Refusal(name, "isn't supported");
}
