/** ORDER BY and window frames in SQL text. */
import { formatDataType } from '../../wire/arrow/type-text.ts';
import type { Expr, ExprOf, FrameBound, SortExpr, WindowFrame } from '../model.ts';
import { scalarValueText } from '../scalar-text.ts';
import { stringLiteral } from './identifiers.ts';
import { sqlLiteral } from './literals.ts';

export type Piece = string | Expr;

/** `a`, `b DESC`, `c NULLS FIRST`: DataFusion's default puts nulls last when ascending and first when descending. */
export function sortPieces(sorts: readonly SortExpr[]): Piece[] {
  return separated(
    sorts.map((sort) => {
      const nulls = sort.nullsFirst === !sort.asc ? '' : sort.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST';
      return [...standingAlone(sort.expr), `${sort.asc ? '' : ' DESC'}${nulls}`];
    }),
  );
}

/** A bare literal would be a column's position in ORDER BY, and would be dropped from PARTITION BY. */
export function standingAlone(expr: Expr): Piece[] {
  return expr.kind === 'literal' ? ['(', expr, ')'] : [expr];
}

export function separated(items: readonly (readonly Piece[])[]): Piece[] {
  const pieces: Piece[] = [];
  for (const item of items) {
    if (pieces.length > 0) pieces.push(', ');
    for (const piece of item) pieces.push(piece);
  }
  return pieces;
}

export interface FrameText {
  /** Empty where the frame is the one that the clauses imply. */
  readonly text: string;
  readonly loss: string | null;
}

export function frameText(window: ExprOf<'window_function'>): FrameText {
  const frame = window.frame;
  if (frame === null) return { text: '', loss: 'the node has no window frame, and SQL always has one' };
  const odd = oddUnbounded(frame.start) ?? (frame.end === null ? null : oddUnbounded(frame.end));
  if (isImplied(frame, window.orderBy.length > 0)) return { text: '', loss: odd };
  const start = boundText(frame.start, frame.units);
  const end = frame.end === null ? null : boundText(frame.end, frame.units);
  const text = end === null ? `${frame.units} ${start.text}` : `${frame.units} BETWEEN ${start.text} AND ${end.text}`;
  const unordered =
    frame.units !== 'ROWS' && window.orderBy.length === 0
      ? `SQL adds a sort key to a ${frame.units} frame without ORDER BY`
      : null;
  return { text, loss: start.loss ?? end?.loss ?? odd ?? unordered };
}

function isUnbounded(bound: FrameBound): boolean {
  return bound.kind !== 'CURRENT_ROW' && (bound.value === null || bound.value.kind === 'Null');
}

/** SQL's UNBOUNDED is a null of the type UInt64; the optimizer gives it the type of the sort key. */
function oddUnbounded(bound: FrameBound): string | null {
  if (bound.kind === 'CURRENT_ROW' || bound.value?.kind !== 'Null' || bound.value.type.kind === 'UInt64') return null;
  return `the frame's UNBOUNDED is a null of type ${formatDataType(bound.value.type)}`;
}

function isImplied(frame: WindowFrame, ordered: boolean): boolean {
  if (frame.end === null || frame.start.kind !== 'PRECEDING' || !isUnbounded(frame.start)) return false;
  return ordered
    ? frame.units === 'RANGE' && frame.end.kind === 'CURRENT_ROW'
    : frame.units === 'ROWS' && frame.end.kind === 'FOLLOWING' && isUnbounded(frame.end);
}

function boundText(bound: FrameBound, units: WindowFrame['units']): FrameText {
  if (bound.kind === 'CURRENT_ROW') return { text: 'CURRENT ROW', loss: null };
  if (bound.value === null || bound.value.kind === 'Null') return { text: `UNBOUNDED ${bound.kind}`, loss: null };
  if (bound.value.kind === 'IntervalMonthDayNano') {
    const interval = sqlLiteral(bound.value, 'typed').text;
    return { text: `${interval} ${bound.kind}`, loss: 'SQL keeps the interval of a frame bound as text' };
  }
  const value = scalarValueText(bound.value);
  // SQL makes UInt64 bounds of ROWS and GROUPS, and text of whatever bounds RANGE.
  const same = bound.value.kind === (units === 'RANGE' ? 'Utf8' : 'UInt64');
  const shown = /^\d+(\.\d+)?$/.test(value) ? value : `INTERVAL ${stringLiteral(value)}`;
  return {
    text: `${shown} ${bound.kind}`,
    loss: same ? null : `the frame's bound is a ${bound.value.kind} value, which SQL can't say`,
  };
}
