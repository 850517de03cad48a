/** Expressions to and from `LogicalExprNode`, the protobuf message in which DataFusion ships them. */
import type { Limits } from '../../wire/limits.ts';
import {
  compiledMessage,
  NOT_A_MESSAGE,
  type Oddity,
  ProtoWriter,
  readMessage,
  type Tape,
} from '../../wire/protobuf/index.ts';
import type { Expr, Scalar } from '../model.ts';
import { CALL_READERS, connectCalls, writeCall } from './calls.ts';
import { type ColumnValue, connectNodes, NODE_READERS, writeNode } from './nodes.ts';
import { type MessageReader, type Readers, Reading, type ReadingNote } from './reading.ts';
import { readScalar, SCALAR_READERS, writeScalar } from './scalars.ts';
import { TYPE_READERS } from './types.ts';

export type { ReadingNote } from './reading.ts';

export interface ExprReading {
  readonly expr: Expr;
  readonly tape: Tape;
  /** Bytes that no DataFusion writes so, with their places. Expressions around them keep their bytes in `raw`. */
  readonly oddities: readonly Oddity[];
  /** What the model can't say, with its place; the expressions around are `opaque`. A receiver refuses most of these. */
  readonly notes: readonly ReadingNote[];
}

export interface ExprReadOptions {
  readonly limits?: Partial<Limits> | undefined;
  /** Offset of `bytes[0]` in the payload, for spans and errors. */
  readonly base?: number | undefined;
}

/**
 * Reads the bytes of a `LogicalExprNode`.
 * @throws DfxError with the offset where the bytes are no protobuf of that message (truncated, bad tag, not UTF-8, over a limit).
 */
export function exprFromProto(bytes: Uint8Array, options: ExprReadOptions = {}): ExprReading {
  return exprFromTape(readMessage(bytes, 'LogicalExprNode', options));
}

/** Builds the expression of a tape whose root is a `LogicalExprNode`. */
export function exprFromTape(tape: Tape): ExprReading {
  const reading = new Reading(tape);
  reading.run(READERS);
  const expr = reading.value<Expr>(0) ?? { kind: 'opaque', raw: tape.raw(0), span: reading.span(0) };
  return { expr, tape, oddities: tape.oddities, notes: reading.notes };
}

/** The expressions of a tape whose root is a `LogicalExprList` or a `LogicalExprNodeCollection`. */
export function exprsFromTape(tape: Tape): { readonly exprs: readonly Expr[]; readonly notes: readonly ReadingNote[] } {
  const reading = new Reading(tape);
  reading.run(READERS, 1);
  const exprs: Expr[] = [];
  for (let at = 1; at < tape.next(0); at = tape.next(at)) {
    if (tape.number(at) === 1)
      exprs.push(reading.value<Expr>(at) ?? { kind: 'opaque', raw: tape.raw(at), span: reading.span(at) });
  }
  return { exprs, notes: reading.notes };
}

/** The bytes of a `LogicalExprNode`, as prost would write them; an expression with `raw` gives those bytes. */
export function exprToProto(expr: Expr): Uint8Array {
  return ProtoWriter.encode((w) => writeExprBody(w, expr));
}

/** The bytes of a message whose field 1 repeats these expressions (`LogicalExprList`, `LogicalExprNodeCollection`). */
export function exprsToProto(exprs: readonly Expr[]): Uint8Array {
  return ProtoWriter.encode((w) => {
    for (const expr of exprs) writeExpr(w, 1, expr);
  });
}

function readExpr(r: Reading, entry: number): Expr {
  const expr = readVariant(r, entry);
  if (expr === null) return { kind: 'opaque', raw: r.tape.raw(entry), span: r.span(entry) };
  return r.keeps(entry) ? { ...expr, raw: r.tape.raw(entry) } : expr;
}

function readVariant(r: Reading, entry: number): Expr | null {
  const end = r.tape.next(entry);
  let at = entry + 1;
  // unknown fields may stand before the variant
  while (at < end && r.tape.message(at) < 0) at = r.tape.next(at);
  if (at >= end) {
    if (entry + 1 < end)
      r.note(
        'UNKNOWN_VARIANT',
        entry + 1,
        `LogicalExprNode has the variant ${r.tape.number(entry + 1)}, which DataFusion 55 does not have`,
      );
    else r.missing(entry, 'variant');
    return null;
  }
  switch (r.tape.number(at)) {
    case 1: {
      const column = r.value<ColumnValue>(at);
      return column === null
        ? null
        : { kind: 'column', name: column.name, relation: column.relation, span: r.span(entry) };
    }
    case 3: {
      const value = r.value<Scalar>(at);
      return value === null ? null : { kind: 'literal', value, span: r.span(entry) };
    }
    default: {
      const { until } = r.tape.field(at)?.def ?? { until: null };
      if (until !== null) {
        // its message may be one that still serves elsewhere, but it is no expression any more
        r.note(
          'UNKNOWN_VARIANT',
          at,
          `LogicalExprNode has the variant ${r.tape.number(at)}, which DataFusion ${until} retired`,
        );
        return null;
      }
      return r.value<Expr>(at);
    }
  }
}

function writeExpr(w: ProtoWriter, number: number, expr: Expr): void {
  w.message(number, () => writeExprBody(w, expr));
}

function writeExprBody(w: ProtoWriter, expr: Expr): void {
  if (expr.raw !== undefined) return w.verbatim(expr.raw);
  switch (expr.kind) {
    case 'opaque':
      return;
    case 'literal':
      return writeScalar(w, 3, expr.value);
    case 'scalar_function':
    case 'higher_order_function':
    case 'aggregate_function':
    case 'window_function':
      return writeCall(w, expr);
    default:
      return writeNode(w, expr);
  }
}

connectNodes(writeExpr);
connectCalls(writeExpr);

const EXPR = compiledMessage('LogicalExprNode').index;
const SCALAR = compiledMessage('ScalarValue').index;
const COLUMN = compiledMessage('Column').index;

/** A literal whose value is no message, or a column without a relation: one field inside a message inside the expression. */
function isLeaf(tape: Tape, entry: number, message: number): boolean {
  if (message !== SCALAR && message !== COLUMN) return false;
  const next = entry + 2;
  return (
    tape.next(entry) === next &&
    next <= tape.length &&
    tape.message(entry + 1) === NOT_A_MESSAGE &&
    entry > 0 &&
    tape.message(entry - 1) === EXPR &&
    tape.next(entry - 1) === next &&
    tape.number(entry) === (message === SCALAR ? LITERAL : 1)
  );
}

function readLeaf(r: Reading, entry: number): Expr {
  const inner = entry + 1;
  if (r.tape.number(inner) !== LITERAL)
    return { kind: 'column', name: r.tape.string(inner + 1), relation: null, span: r.span(entry) };
  const value = readScalar(r, inner);
  return value === null
    ? { kind: 'opaque', raw: r.tape.raw(entry), span: r.span(entry) }
    : { kind: 'literal', value, span: r.span(entry) };
}

/** Number of the literal among the variants. */
const LITERAL = 3;

const READERS: Readers = {
  byName: new Map<string, MessageReader>([
    ['LogicalExprNode', readExpr],
    ...TYPE_READERS,
    ...SCALAR_READERS,
    ...NODE_READERS,
    ...CALL_READERS,
  ]),
  byIndex: [],
  leaf: { isLeaf, read: readLeaf },
};
