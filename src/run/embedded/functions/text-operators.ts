/** `||` of texts, and the operators of LIKE and regular expressions (`~`, `!~*`, `~~`, …). */
import type { OperatorFamily } from '../operators.ts';

export const TEXT_OPERATORS: OperatorFamily = {
  take: () => null,
  negate: () => null,
};
