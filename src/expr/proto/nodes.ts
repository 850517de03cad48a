/** The nodes of `LogicalExprNode`, but for function calls (`calls.ts`): reading and writing side by side. */
import type { DataType, Field, Pairs } from '../../wire/arrow/types.ts';
import { NOT_A_MESSAGE, type ProtoWriter } from '../../wire/protobuf/index.ts';
import type { Expr, ExprOf, TableReference, UnaryKind, WhenThen } from '../model.ts';
import type { MessageReader, Reading } from './reading.ts';
import { readPair, writeArrowType, writeField, writePairs } from './types.ts';

/** Number of a node's variant in the `ExprType` oneof. */
export const UNARY_NUMBER: { readonly [K in UnaryKind]: number } = {
  is_null: 6,
  is_not_null: 7,
  not: 8,
  negative: 13,
  is_true: 25,
  is_false: 26,
  is_unknown: 27,
  is_not_true: 28,
  is_not_false: 29,
  is_not_unknown: 30,
};

type ExprWriter = (w: ProtoWriter, number: number, expr: Expr) => void;

// column

export interface ColumnValue {
  readonly name: string;
  readonly relation: string | null;
}

function readColumn(r: Reading, entry: number): ColumnValue {
  let name = '';
  let relation: string | null = null;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) name = r.tape.string(at);
    else if (r.tape.number(at) === 2) {
      relation = '';
      for (let inner = at + 1; inner < r.tape.next(at); inner = r.tape.next(inner)) {
        if (r.tape.number(inner) === 1) relation = r.tape.string(inner);
      }
    }
  }
  return { name, relation };
}

export function writeColumn(w: ProtoWriter, number: number, column: ColumnValue): void {
  w.message(number, () => {
    w.stringUnlessEmpty(1, column.name);
    const relation = column.relation;
    if (relation !== null) w.message(2, () => w.stringUnlessEmpty(1, relation));
  });
}

// table reference

function readTableReference(r: Reading, entry: number): TableReference | null {
  const at = entry + 1;
  if (at >= r.tape.next(entry)) return r.missing(entry, 'table reference');
  const parts: string[] = ['', '', ''];
  for (let inner = at + 1; inner < r.tape.next(at); inner = r.tape.next(inner)) {
    const number = r.tape.number(inner);
    // a bare reference has one part: what else is there may be anything
    if (number <= 3 && r.tape.message(inner) === NOT_A_MESSAGE) parts[number - 1] = r.tape.string(inner);
  }
  const [first = '', second = '', third = ''] = parts;
  switch (r.tape.number(at)) {
    case 1:
      return { table: first };
    case 2:
      return { schema: first, table: second };
    case 3:
      return { catalog: first, schema: second, table: third };
    default:
      r.note('UNKNOWN_VARIANT', at, `TableReference has no variant ${r.tape.number(at)}`);
      return null;
  }
}

export function writeTableReference(w: ProtoWriter, number: number, reference: TableReference): void {
  const parts =
    'catalog' in reference
      ? [reference.catalog, reference.schema, reference.table]
      : 'schema' in reference
        ? [reference.schema, reference.table]
        : [reference.table];
  w.message(number, () => {
    w.message(parts.length, () => {
      for (const [at, part] of parts.entries()) w.stringUnlessEmpty(at + 1, part);
    });
  });
}

// alias

function readAlias(r: Reading, entry: number): Expr | null {
  let expr: Expr | null = null;
  let name = '';
  let relation: TableReference | null = null;
  const metadata: (readonly [string, string])[] = [];
  let relations = 0;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 1:
        expr = r.value<Expr>(at);
        break;
      case 2:
        name = r.tape.string(at);
        break;
      case 3:
        // repeated on the wire, at most one in the language
        if (relations++ > 0) r.keepBytes(at);
        else relation = r.value<TableReference>(at);
        break;
      case 4:
        metadata.push(readPair(r, at));
        break;
    }
  }
  if (expr === null) return r.missing(entry, 'expr');
  if (relations > 0 && relation === null) return null;
  return { kind: 'alias', expr, name, relation, metadata, span: r.exprSpan(entry) };
}

const writeAlias = (w: ProtoWriter, number: number, expr: ExprOf<'alias'>): void =>
  w.message(number, () => {
    writeExpr(w, 1, expr.expr);
    w.stringUnlessEmpty(2, expr.name);
    if (expr.relation !== null) writeTableReference(w, 3, expr.relation);
    writePairs(w, 4, expr.metadata);
  });

// binary

function readBinary(r: Reading, entry: number): Expr | null {
  const operands: Expr[] = [];
  let op = '';
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) {
      const operand = r.value<Expr>(at);
      if (operand === null) return null;
      operands.push(operand);
    } else if (r.tape.number(at) === 3) op = r.tape.string(at);
  }
  if (operands.length < 2) return r.missing(entry, operands.length === 0 ? 'operands' : 'second operand');
  return { kind: 'binary', op, operands, span: r.exprSpan(entry) };
}

const writeBinary = (w: ProtoWriter, number: number, expr: ExprOf<'binary'>): void =>
  w.message(number, () => {
    for (const operand of expr.operands) writeExpr(w, 1, operand);
    w.stringUnlessEmpty(3, expr.op);
  });

// nodes with one operand

function unaryReader(kind: UnaryKind): MessageReader {
  return (r, entry) => {
    const at = entry + 1;
    const expr = at < r.tape.next(entry) ? r.value<Expr>(at) : null;
    return expr === null ? r.missing(entry, 'expr') : { kind, expr, span: r.exprSpan(entry) };
  };
}

// between

function readBetween(r: Reading, entry: number): Expr | null {
  const exprs: (Expr | null)[] = [null, null, null, null, null];
  let negated = false;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    const number = r.tape.number(at);
    if (number === 2) negated = r.tape.bool(at);
    else if (number <= 4) exprs[number] = r.value<Expr>(at);
  }
  const [, expr, , low, high] = exprs;
  if (expr == null || low == null || high == null)
    return r.missing(entry, expr == null ? 'expr' : low == null ? 'low' : 'high');
  return { kind: 'between', expr, negated, low, high, span: r.exprSpan(entry) };
}

const writeBetween = (w: ProtoWriter, number: number, expr: ExprOf<'between'>): void =>
  w.message(number, () => {
    writeExpr(w, 1, expr.expr);
    w.boolUnlessFalse(2, expr.negated);
    writeExpr(w, 3, expr.low);
    writeExpr(w, 4, expr.high);
  });

// like, ilike, similar to

function likeReader(kind: 'like' | 'ilike' | 'similar_to'): MessageReader {
  return (r, entry) => {
    let negated = false;
    let expr: Expr | null = null;
    let pattern: Expr | null = null;
    let escapeChar = '';
    for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
      switch (r.tape.number(at)) {
        case 1:
          negated = r.tape.bool(at);
          break;
        case 2:
          expr = r.value<Expr>(at);
          break;
        case 3:
          pattern = r.value<Expr>(at);
          break;
        case 4:
          escapeChar = r.tape.string(at);
          break;
      }
    }
    if (expr === null || pattern === null) return r.missing(entry, expr === null ? 'expr' : 'pattern');
    return { kind, expr, pattern, negated, escape: escapeChar, span: r.exprSpan(entry) };
  };
}

const writeLike = (w: ProtoWriter, number: number, expr: ExprOf<'like' | 'ilike' | 'similar_to'>): void =>
  w.message(number, () => {
    w.boolUnlessFalse(1, expr.negated);
    writeExpr(w, 2, expr.expr);
    writeExpr(w, 3, expr.pattern);
    w.stringUnlessEmpty(4, expr.escape);
  });

// case

function readWhenThen(r: Reading, entry: number): WhenThen | null {
  let when: Expr | null = null;
  let then: Expr | null = null;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) when = r.value<Expr>(at);
    else if (r.tape.number(at) === 2) then = r.value<Expr>(at);
  }
  if (when === null || then === null) return r.missing(entry, when === null ? 'when_expr' : 'then_expr');
  return { when, then };
}

function readCase(r: Reading, entry: number): Expr | null {
  let expr: Expr | null = null;
  let otherwise: Expr | null = null;
  const whenThen: WhenThen[] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    const number = r.tape.number(at);
    const value = r.value<Expr | WhenThen>(at);
    if (value === null) return null;
    if (number === 2) whenThen.push(value as WhenThen);
    else if (number === 1) expr = value as Expr;
    else if (number === 3) otherwise = value as Expr;
  }
  if (expr === null && whenThen.length === 0 && otherwise === null) return r.missing(entry, 'branch');
  return { kind: 'case', expr, whenThen, otherwise, span: r.exprSpan(entry) };
}

const writeCase = (w: ProtoWriter, number: number, expr: ExprOf<'case'>): void =>
  w.message(number, () => {
    if (expr.expr !== null) writeExpr(w, 1, expr.expr);
    for (const { when, then } of expr.whenThen) {
      w.message(2, () => {
        writeExpr(w, 1, when);
        writeExpr(w, 2, then);
      });
    }
    if (expr.otherwise !== null) writeExpr(w, 3, expr.otherwise);
  });

// cast, try_cast

function castReader(kind: 'cast' | 'try_cast'): MessageReader {
  return (r, entry) => {
    let expr: Expr | null = null;
    let type: DataType | null = null;
    let nullable: boolean | null = null;
    const metadata: (readonly [string, string])[] = [];
    for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
      switch (r.tape.number(at)) {
        case 1:
          expr = r.value<Expr>(at);
          break;
        case 2:
          type = r.value<DataType>(at);
          break;
        case 3:
          metadata.push(readPair(r, at));
          break;
        case 4:
          nullable = r.tape.bool(at);
          break;
      }
    }
    if (expr === null || type === null) return r.missing(entry, expr === null ? 'expr' : 'arrow_type');
    return { kind, expr, type, nullable, metadata, span: r.exprSpan(entry) };
  };
}

const writeCast = (w: ProtoWriter, number: number, expr: ExprOf<'cast' | 'try_cast'>): void =>
  w.message(number, () => {
    writeExpr(w, 1, expr.expr);
    writeArrowType(w, 2, expr.type);
    writePairs(w, 3, expr.metadata);
    if (expr.nullable !== null) w.bool(4, expr.nullable);
  });

// in list

function readInList(r: Reading, entry: number): Expr | null {
  const { tape } = r;
  let expr: Expr | null = null;
  let negated = false;
  // a list may have hundreds of thousands of items, and one that grows with them costs as much as reading them: a literal takes three entries
  const list = new Array<Expr>(Math.floor((tape.next(entry) - entry) / 3));
  let length = 0;
  const end = tape.next(entry);
  for (let at = entry + 1; at < end; at = tape.next(at)) {
    const number = tape.number(at);
    if (number === 3) negated = tape.bool(at);
    else if (number === 1 || number === 2) {
      const value = r.value<Expr>(at);
      if (value === null) return null;
      if (number === 2) list[length++] = value;
      else expr = value;
    }
  }
  list.length = length;
  return expr === null ? r.missing(entry, 'expr') : { kind: 'in_list', expr, list, negated, span: r.exprSpan(entry) };
}

const writeInList = (w: ProtoWriter, number: number, expr: ExprOf<'in_list'>): void =>
  w.message(number, () => {
    writeExpr(w, 1, expr.expr);
    for (const item of expr.list) writeExpr(w, 2, item);
    w.boolUnlessFalse(3, expr.negated);
  });

// wildcard

function readWildcard(r: Reading, entry: number): Expr | null {
  const at = entry + 1;
  if (at >= r.tape.next(entry) || r.tape.number(at) !== 1)
    return { kind: 'wildcard', qualifier: null, span: r.exprSpan(entry) };
  const qualifier = r.value<TableReference>(at);
  return qualifier === null ? null : { kind: 'wildcard', qualifier, span: r.exprSpan(entry) };
}

// grouping sets

function readExprs(r: Reading, entry: number): Expr[] | null {
  const exprs: Expr[] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) !== 1) continue;
    const expr = r.value<Expr>(at);
    if (expr === null) return null;
    exprs.push(expr);
  }
  return exprs;
}

function readGroupingSets(r: Reading, entry: number): Expr | null {
  const sets: Expr[][] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) !== 1) continue;
    const set = r.value<Expr[]>(at);
    if (set === null) return null;
    sets.push(set);
  }
  return { kind: 'grouping_sets', sets, span: r.exprSpan(entry) };
}

function groupingReader(kind: 'cube' | 'rollup'): MessageReader {
  return (r, entry) => {
    const exprs = readExprs(r, entry);
    return exprs === null ? null : { kind, exprs, span: r.exprSpan(entry) };
  };
}

// placeholder

function readPlaceholder(r: Reading, entry: number): Expr | null {
  let id = '';
  let type: DataType | null = null;
  let nullable: boolean | null = null;
  const metadata: (readonly [string, string])[] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 1:
        id = r.tape.string(at);
        break;
      case 2:
        type = r.value<DataType>(at);
        if (type === null) return null;
        break;
      case 3:
        nullable = r.tape.bool(at);
        break;
      case 4:
        metadata.push(readPair(r, at));
        break;
    }
  }
  return { kind: 'placeholder', id, type, nullable, metadata, span: r.exprSpan(entry) };
}

const writePlaceholder = (w: ProtoWriter, number: number, expr: ExprOf<'placeholder'>): void =>
  w.message(number, () => {
    w.stringUnlessEmpty(1, expr.id);
    if (expr.type !== null) writeArrowType(w, 2, expr.type);
    if (expr.nullable !== null) w.bool(3, expr.nullable);
    writePairs(w, 4, expr.metadata satisfies Pairs);
  });

// unnest

function readUnnest(r: Reading, entry: number): Expr | null {
  const exprs = readExprs(r, entry);
  if (exprs === null) return null;
  let outer = false;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 2) outer = r.tape.bool(at);
  }
  return { kind: 'unnest', exprs, outer, span: r.exprSpan(entry) };
}

// scalar subquery

function readScalarSubquery(r: Reading, entry: number): Expr | null {
  const at = entry + 1;
  if (at >= r.tape.next(entry)) return r.missing(entry, 'subquery');
  return { kind: 'scalar_subquery', subquery: r.tape.raw(at), span: r.exprSpan(entry) };
}

// lambda

function readLambda(r: Reading, entry: number): Expr | null {
  const params: string[] = [];
  let body: Expr | null = null;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) params.push(r.tape.string(at));
    else if (r.tape.number(at) === 2) body = r.value<Expr>(at);
  }
  return body === null ? r.missing(entry, 'body') : { kind: 'lambda', params, body, span: r.exprSpan(entry) };
}

function readLambdaVariable(r: Reading, entry: number): Expr | null {
  let name = '';
  let field: Field | null = null;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) name = r.tape.string(at);
    else if (r.tape.number(at) === 2) {
      field = r.value<Field>(at);
      if (field === null) return null;
    }
  }
  return { kind: 'lambda_variable', name, field, span: r.exprSpan(entry) };
}

/** Everything but the calls; `calls.ts` has those. */
export function writeNode(
  w: ProtoWriter,
  expr: Exclude<Expr, { kind: `${string}_function` | 'opaque' | 'literal' }>,
): void {
  switch (expr.kind) {
    case 'column':
      return writeColumn(w, 1, expr);
    case 'alias':
      return writeAlias(w, 2, expr);
    case 'binary':
      return writeBinary(w, 4, expr);
    case 'between':
      return writeBetween(w, 9, expr);
    case 'like':
      return writeLike(w, 31, expr);
    case 'ilike':
      return writeLike(w, 32, expr);
    case 'similar_to':
      return writeLike(w, 33, expr);
    case 'case':
      return writeCase(w, 10, expr);
    case 'cast':
      return writeCast(w, 11, expr);
    case 'try_cast':
      return writeCast(w, 17, expr);
    case 'in_list':
      return writeInList(w, 14, expr);
    case 'wildcard': {
      const { qualifier } = expr;
      return w.message(15, () => {
        if (qualifier !== null) writeTableReference(w, 1, qualifier);
      });
    }
    case 'grouping_sets': {
      const { sets } = expr;
      return w.message(22, () => {
        for (const set of sets) {
          w.message(1, () => {
            for (const item of set) writeExpr(w, 1, item);
          });
        }
      });
    }
    case 'cube':
    case 'rollup': {
      const { exprs } = expr;
      return w.message(expr.kind === 'cube' ? 23 : 24, () => {
        for (const item of exprs) writeExpr(w, 1, item);
      });
    }
    case 'placeholder':
      return writePlaceholder(w, 34, expr);
    case 'unnest': {
      const { exprs, outer } = expr;
      return w.message(35, () => {
        for (const item of exprs) writeExpr(w, 1, item);
        w.boolUnlessFalse(2, outer);
      });
    }
    case 'scalar_subquery': {
      const { subquery } = expr;
      return w.message(36, () => w.bytes(1, subquery));
    }
    case 'lambda': {
      const { params, body } = expr;
      return w.message(38, () => {
        for (const param of params) w.string(1, param);
        writeExpr(w, 2, body);
      });
    }
    case 'lambda_variable': {
      const { name, field } = expr;
      return w.message(39, () => {
        w.stringUnlessEmpty(1, name);
        if (field !== null) writeField(w, 2, field);
      });
    }
    default: {
      const { kind, expr: operand } = expr;
      return w.message(UNARY_NUMBER[kind], () => writeExpr(w, 1, operand));
    }
  }
}

/** Set by `index.ts`, which knows every kind; the nodes call each other through it. */
let writeExpr: ExprWriter = () => {};
export function connectNodes(writer: ExprWriter): void {
  writeExpr = writer;
}

export const NODE_READERS: readonly (readonly [string, MessageReader])[] = [
  ['Column', readColumn],
  ['TableReference', readTableReference],
  ['AliasNode', readAlias],
  ['BinaryExprNode', readBinary],
  ['IsNull', unaryReader('is_null')],
  ['IsNotNull', unaryReader('is_not_null')],
  ['Not', unaryReader('not')],
  ['NegativeNode', unaryReader('negative')],
  ['IsTrue', unaryReader('is_true')],
  ['IsFalse', unaryReader('is_false')],
  ['IsUnknown', unaryReader('is_unknown')],
  ['IsNotTrue', unaryReader('is_not_true')],
  ['IsNotFalse', unaryReader('is_not_false')],
  ['IsNotUnknown', unaryReader('is_not_unknown')],
  ['BetweenNode', readBetween],
  ['LikeNode', likeReader('like')],
  ['ILikeNode', likeReader('ilike')],
  ['SimilarToNode', likeReader('similar_to')],
  ['WhenThen', readWhenThen],
  ['CaseNode', readCase],
  ['CastNode', castReader('cast')],
  ['TryCastNode', castReader('try_cast')],
  ['InListNode', readInList],
  ['Wildcard', readWildcard],
  ['LogicalExprList', readExprs],
  ['GroupingSetNode', readGroupingSets],
  ['CubeNode', groupingReader('cube')],
  ['RollupNode', groupingReader('rollup')],
  ['PlaceholderNode', readPlaceholder],
  ['Unnest', readUnnest],
  ['ScalarSubqueryExprNode', readScalarSubquery],
  ['Lambda', readLambda],
  ['LambdaVariable', readLambdaVariable],
];
