/** Calls of scalar, higher-order, aggregate and window functions: reading and writing side by side. */
import type { ProtoWriter } from '../../wire/protobuf/index.ts';
import type { Definition, Expr, ExprOf, FrameBound, NullTreatment, Scalar, SortExpr, WindowFrame } from '../model.ts';
import type { MessageReader, Reading } from './reading.ts';
import { writeScalar } from './scalars.ts';

type ExprWriter = (w: ProtoWriter, number: number, expr: Expr) => void;

const NULL_TREATMENTS: readonly NullTreatment[] = ['RESPECT_NULLS', 'IGNORE_NULLS'];
const FRAME_UNITS: readonly WindowFrame['units'][] = ['ROWS', 'RANGE', 'GROUPS'];
const BOUND_KINDS: readonly FrameBound['kind'][] = ['CURRENT_ROW', 'PRECEDING', 'FOLLOWING'];

// scalar and higher-order functions

function scalarReader(kind: 'scalar_function' | 'higher_order_function'): MessageReader {
  return (r, entry) => {
    let name = '';
    let definition: Definition = null;
    const args: Expr[] = [];
    for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
      switch (r.tape.number(at)) {
        case 1:
          name = r.tape.string(at);
          break;
        case 2: {
          const arg = r.value<Expr>(at);
          if (arg === null) return null;
          args.push(arg);
          break;
        }
        case 3:
          definition = r.tape.raw(at);
          break;
      }
    }
    return { kind, name, args, definition, span: r.exprSpan(entry) };
  };
}

const writeScalarCall = (
  w: ProtoWriter,
  number: number,
  expr: ExprOf<'scalar_function' | 'higher_order_function'>,
): void =>
  w.message(number, () => {
    w.stringUnlessEmpty(1, expr.name);
    for (const arg of expr.args) writeExpr(w, 2, arg);
    if (expr.definition !== null) w.bytes(3, expr.definition);
  });

// sort expressions

function readSort(r: Reading, entry: number): SortExpr | null {
  let expr: Expr | null = null;
  let asc = false;
  let nullsFirst = false;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 1:
        expr = r.value<Expr>(at);
        break;
      case 2:
        asc = r.tape.bool(at);
        break;
      case 3:
        nullsFirst = r.tape.bool(at);
        break;
    }
  }
  return expr === null ? r.missing(entry, 'expr') : { expr, asc, nullsFirst };
}

export function writeSort(w: ProtoWriter, number: number, sort: SortExpr): void {
  w.message(number, () => {
    writeExpr(w, 1, sort.expr);
    w.boolUnlessFalse(2, sort.asc);
    w.boolUnlessFalse(3, sort.nullsFirst);
  });
}

// aggregates

function readAggregate(r: Reading, entry: number): Expr | null {
  let name = '';
  let distinct = false;
  let filter: Expr | null = null;
  let nullTreatment: NullTreatment | null = null;
  let definition: Definition = null;
  const args: Expr[] = [];
  const orderBy: SortExpr[] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 1:
        name = r.tape.string(at);
        break;
      case 2: {
        const arg = r.value<Expr>(at);
        if (arg === null) return null;
        args.push(arg);
        break;
      }
      case 3:
        filter = r.value<Expr>(at);
        if (filter === null) return null;
        break;
      case 4: {
        const sort = r.value<SortExpr>(at);
        if (sort === null) return null;
        orderBy.push(sort);
        break;
      }
      case 5:
        distinct = r.tape.bool(at);
        break;
      case 6:
        definition = r.tape.raw(at);
        break;
      case 7:
        nullTreatment = r.enumName(at, NULL_TREATMENTS, 'NullTreatment');
        if (nullTreatment === null) return null;
        break;
    }
  }
  return {
    kind: 'aggregate_function',
    name,
    args,
    distinct,
    filter,
    orderBy,
    nullTreatment,
    definition,
    span: r.exprSpan(entry),
  };
}

const writeAggregate = (w: ProtoWriter, number: number, expr: ExprOf<'aggregate_function'>): void =>
  w.message(number, () => {
    w.stringUnlessEmpty(1, expr.name);
    for (const arg of expr.args) writeExpr(w, 2, arg);
    if (expr.filter !== null) writeExpr(w, 3, expr.filter);
    for (const sort of expr.orderBy) writeSort(w, 4, sort);
    w.boolUnlessFalse(5, expr.distinct);
    if (expr.definition !== null) w.bytes(6, expr.definition);
    if (expr.nullTreatment !== null) w.varint(7, NULL_TREATMENTS.indexOf(expr.nullTreatment));
  });

// windows

function readBound(r: Reading, entry: number): FrameBound | null {
  let kind: FrameBound['kind'] | null = 'CURRENT_ROW';
  let value: Scalar | null = null;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) kind = r.enumName(at, BOUND_KINDS, 'WindowFrameBoundType');
    else if (r.tape.number(at) === 2) {
      value = r.value<Scalar>(at);
      if (value === null) return null;
    }
  }
  if (kind === null) return null;
  if (kind !== 'CURRENT_ROW') return { kind, value };
  if (value !== null) r.keepBytes(entry); // CURRENT ROW takes no value: the receiver drops it
  return { kind };
}

function writeBound(w: ProtoWriter, number: number, bound: FrameBound): void {
  w.message(number, () => {
    w.varintUnlessZero(1, BOUND_KINDS.indexOf(bound.kind));
    if (bound.kind !== 'CURRENT_ROW' && bound.value !== null) writeScalar(w, 2, bound.value);
  });
}

function readFrame(r: Reading, entry: number): WindowFrame | null {
  let units: WindowFrame['units'] | null = 'ROWS';
  let start: FrameBound | null = null;
  let end: FrameBound | null = null;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 1:
        units = r.enumName(at, FRAME_UNITS, 'WindowFrameUnits');
        break;
      case 2:
        start = r.value<FrameBound>(at);
        break;
      case 3:
        end = r.value<FrameBound>(at);
        if (end === null) return null;
        break;
    }
  }
  if (units === null) return null;
  return start === null ? r.missing(entry, 'start_bound') : { units, start, end };
}

function readWindow(r: Reading, entry: number): Expr | null {
  let family: 'window' | 'aggregate' | null = null;
  let name = '';
  let frame: WindowFrame | null = null;
  let nullTreatment: NullTreatment | null = null;
  let distinct = false;
  let filter: Expr | null = null;
  let definition: Definition = null;
  const args: Expr[] = [];
  const partitionBy: Expr[] = [];
  const orderBy: SortExpr[] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 3:
        family = 'aggregate';
        name = r.tape.string(at);
        break;
      case 9:
        family = 'window';
        name = r.tape.string(at);
        break;
      case 4:
      case 5: {
        const expr = r.value<Expr>(at);
        if (expr === null) return null;
        (r.tape.number(at) === 4 ? args : partitionBy).push(expr);
        break;
      }
      case 6: {
        const sort = r.value<SortExpr>(at);
        if (sort === null) return null;
        orderBy.push(sort);
        break;
      }
      case 8:
        frame = r.value<WindowFrame>(at);
        if (frame === null) return null;
        break;
      case 10:
        definition = r.tape.raw(at);
        break;
      case 11:
        nullTreatment = r.enumName(at, NULL_TREATMENTS, 'NullTreatment');
        if (nullTreatment === null) return null;
        break;
      case 12:
        distinct = r.tape.bool(at);
        break;
      case 13:
        filter = r.value<Expr>(at);
        if (filter === null) return null;
        break;
    }
  }
  if (family === null) return r.missing(entry, 'window_function');
  return {
    kind: 'window_function',
    family,
    name,
    args,
    partitionBy,
    orderBy,
    frame,
    nullTreatment,
    distinct,
    filter,
    definition,
    span: r.exprSpan(entry),
  };
}

const writeWindow = (w: ProtoWriter, number: number, expr: ExprOf<'window_function'>): void =>
  w.message(number, () => {
    // the oneof's members are 3 and 9: prost writes either at the place of the lower
    w.string(expr.family === 'aggregate' ? 3 : 9, expr.name);
    for (const arg of expr.args) writeExpr(w, 4, arg);
    for (const item of expr.partitionBy) writeExpr(w, 5, item);
    for (const sort of expr.orderBy) writeSort(w, 6, sort);
    const frame = expr.frame;
    if (frame !== null) {
      w.message(8, () => {
        w.varintUnlessZero(1, FRAME_UNITS.indexOf(frame.units));
        writeBound(w, 2, frame.start);
        if (frame.end !== null) writeBound(w, 3, frame.end);
      });
    }
    if (expr.definition !== null) w.bytes(10, expr.definition);
    if (expr.nullTreatment !== null) w.varint(11, NULL_TREATMENTS.indexOf(expr.nullTreatment));
    w.boolUnlessFalse(12, expr.distinct);
    if (expr.filter !== null) writeExpr(w, 13, expr.filter);
  });

export function writeCall(
  w: ProtoWriter,
  expr: ExprOf<'scalar_function' | 'higher_order_function' | 'aggregate_function' | 'window_function'>,
): void {
  switch (expr.kind) {
    case 'scalar_function':
      return writeScalarCall(w, 20, expr);
    case 'higher_order_function':
      return writeScalarCall(w, 37, expr);
    case 'aggregate_function':
      return writeAggregate(w, 19, expr);
    case 'window_function':
      return writeWindow(w, 18, expr);
  }
}

/** Set by `index.ts`, which knows every kind. */
let writeExpr: ExprWriter = () => {};
export function connectCalls(writer: ExprWriter): void {
  writeExpr = writer;
}

export const CALL_READERS: readonly (readonly [string, MessageReader])[] = [
  ['ScalarUDFExprNode', scalarReader('scalar_function')],
  ['HigherOrderUDFExprNode', scalarReader('higher_order_function')],
  ['SortExprNode', readSort],
  ['AggregateUDFExprNode', readAggregate],
  ['WindowFrameBound', readBound],
  ['WindowFrame', readFrame],
  ['WindowExprNode', readWindow],
];
