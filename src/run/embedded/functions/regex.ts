/**
 * Regular expressions: the operators `~`, `~*`, `!~`, `!~*` and SIMILAR TO, which the engine takes for one of them, not for what SQL
 * says. Patterns are constants; `regex-parse.ts` says which are taken. Refused beyond that: the operators (and `regexp_like`, which
 * becomes one) with a pattern that looks for a backslash, where the optimizer may make a LIKE of it that takes it for an escape.
 */
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, isNullConstant, isNullNode, nullInstead } from '../simplify.ts';
import { BOOLEAN } from '../types.ts';
import type { Vector } from '../vector.ts';
import { stringPair } from './like.ts';
import { constantText, type Pattern, preparePattern, withFlags } from './regex-pattern.ts';
import { finished, nullScalar, rowCount, strictValidity } from './strings-rows.ts';

interface RegexForm {
  readonly insensitive: boolean;
  readonly negated: boolean;
  /** Whether the optimizer looks at the pattern: `x ~ '.*'` becomes `x IS NOT NULL`, for one. */
  readonly rewritten: boolean;
}

export function regexNode(name: string, left: Node, right: Node, form: RegexForm): Node {
  const [operand, constant] = stringPair(name, left, right);
  const text = constantText(name, 'pattern', constant);
  if (text === null) return nullInstead(name, BOOLEAN, [operand]);
  const pattern = preparePattern(name, form.insensitive ? withFlags('i', text) : text);
  if (form.rewritten && operand.op !== 'constant') {
    if (text === '.*' && !form.negated) return isNullNode(operand, true);
    if (pattern.backslash) throw new Refusal(name, 'its pattern looks for a backslash');
  }
  if (isNullConstant(operand)) return nullInstead(name, BOOLEAN, []);
  return matchNode(name, operand, pattern, form.negated);
}

/** Whether each row of `operand` holds a match. */
export function matchNode(name: string, operand: Node, pattern: Pattern, negated: boolean): Node {
  const evaluate = (given: readonly Vector[], length: number): Vector => {
    const validity = strictValidity(given);
    const [haystack] = given;
    if (validity === false || haystack === undefined) return nullScalar(BOOLEAN);
    const rows = rowCount(given, length);
    const bits = pattern.test(haystack, rows);
    if (negated) for (let i = 0; i < bits.length; i++) bits[i] = ~(bits[i] ?? 0);
    return finished({ layout: 'boolean', type: BOOLEAN, length: rows, validity, bits }, given);
  };
  return callNode({ name, type: BOOLEAN, args: [operand], mayFail: false, evaluate });
}
