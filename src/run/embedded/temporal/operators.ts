/** `+ - * / %` and unary minus where an operand is a date, time, timestamp, duration or interval. */
import type { OperatorFamily } from '../operators.ts';

export const TEMPORAL_OPERATORS: OperatorFamily = {
  take: () => null,
  negate: () => null,
};
