/** What a node is called in a tree, and what its operands are to it. */
import { formatDataType } from '../wire/arrow/type-text.ts';
import type { Pairs } from '../wire/arrow/types.ts';
import type { Definition, Expr, ExprOf, FrameBound, SortExpr, UnaryKind, WindowFrame } from './model.ts';
import { scalarText, scalarValueText } from './scalar-text.ts';
import { identifier, relationName, stringLiteral, tableName } from './sql-text/identifiers.ts';

export interface Branch {
  readonly role: string | null;
  readonly expr: Expr;
}

const UNARY: Record<UnaryKind, string> = {
  is_null: 'IsNull',
  is_not_null: 'IsNotNull',
  not: 'Not',
  negative: 'Negative',
  is_true: 'IsTrue',
  is_false: 'IsFalse',
  is_unknown: 'IsUnknown',
  is_not_true: 'IsNotTrue',
  is_not_false: 'IsNotFalse',
  is_not_unknown: 'IsNotUnknown',
};

const PATTERN = { like: 'Like', ilike: 'ILike', similar_to: 'SimilarTo' } as const;

/** The node's operands, in the order of `children`. */
export function branchesOf(expr: Expr): readonly Branch[] {
  switch (expr.kind) {
    case 'column':
    case 'literal':
    case 'wildcard':
    case 'placeholder':
    case 'scalar_subquery':
    case 'lambda_variable':
    case 'opaque':
      return [];
    case 'alias':
    case 'cast':
    case 'try_cast':
    case 'is_null':
    case 'is_not_null':
    case 'not':
    case 'negative':
    case 'is_true':
    case 'is_false':
    case 'is_unknown':
    case 'is_not_true':
    case 'is_not_false':
    case 'is_not_unknown':
      return [{ role: null, expr: expr.expr }];
    case 'binary':
      return plain(expr.operands);
    case 'between':
      return [
        { role: null, expr: expr.expr },
        { role: 'low', expr: expr.low },
        { role: 'high', expr: expr.high },
      ];
    case 'like':
    case 'ilike':
    case 'similar_to':
      return [
        { role: null, expr: expr.expr },
        { role: 'pattern', expr: expr.pattern },
      ];
    case 'case':
      return caseBranches(expr);
    case 'in_list':
      return [{ role: null, expr: expr.expr }, ...expr.list.map((item) => ({ role: 'in', expr: item }))];
    case 'scalar_function':
    case 'higher_order_function':
      return plain(expr.args);
    case 'aggregate_function':
      return [...plain(expr.args), ...sortBranches(expr.orderBy), ...filterBranches(expr.filter)];
    case 'window_function':
      return [
        ...plain(expr.args),
        ...filterBranches(expr.filter),
        ...expr.partitionBy.map((item) => ({ role: 'partition by', expr: item })),
        ...sortBranches(expr.orderBy),
      ];
    case 'grouping_sets':
      return expr.sets.flatMap((set, index) => set.map((item) => ({ role: `set ${index + 1}`, expr: item })));
    case 'cube':
    case 'rollup':
    case 'unnest':
      return plain(expr.exprs);
    case 'lambda':
      return [{ role: null, expr: expr.body }];
  }
}

function plain(exprs: readonly Expr[]): Branch[] {
  return exprs.map((expr) => ({ role: null, expr }));
}

function caseBranches(expr: ExprOf<'case'>): Branch[] {
  const branches: Branch[] = expr.expr === null ? [] : [{ role: 'base', expr: expr.expr }];
  for (const branch of expr.whenThen) {
    branches.push({ role: 'when', expr: branch.when }, { role: 'then', expr: branch.then });
  }
  if (expr.otherwise !== null) branches.push({ role: 'else', expr: expr.otherwise });
  return branches;
}

function sortBranches(sorts: readonly SortExpr[]): Branch[] {
  return sorts.map((sort) => ({
    role: `order by ${sort.asc ? 'asc' : 'desc'} nulls ${sort.nullsFirst ? 'first' : 'last'}`,
    expr: sort.expr,
  }));
}

function filterBranches(filter: Expr | null): Branch[] {
  return filter === null ? [] : [{ role: 'filter', expr: filter }];
}

/** The node in a few words: `Plus`, `Column t.a`, `Literal Int64(2)`, `AggregateFunction sum DISTINCT`. */
export function labelOf(expr: Expr): string {
  switch (expr.kind) {
    case 'column':
      return words(
        'Column',
        `${expr.relation === null ? '' : `${relationName(expr.relation)}.`}${identifier(expr.name)}`,
      );
    case 'alias':
      return words(
        'Alias',
        `${expr.relation === null ? '' : `${tableName(expr.relation)}.`}${identifier(expr.name)}`,
        metadata(expr.metadata),
      );
    case 'literal':
      return words('Literal', scalarText(expr.value));
    case 'binary':
      return expr.op;
    case 'is_null':
    case 'is_not_null':
    case 'not':
    case 'negative':
    case 'is_true':
    case 'is_false':
    case 'is_unknown':
    case 'is_not_true':
    case 'is_not_false':
    case 'is_not_unknown':
      return UNARY[expr.kind];
    case 'between':
      return expr.negated ? 'NotBetween' : 'Between';
    case 'like':
    case 'ilike':
    case 'similar_to':
      return words(
        `${expr.negated ? 'Not' : ''}${PATTERN[expr.kind]}`,
        expr.escape === '' ? '' : `ESCAPE ${stringLiteral(expr.escape)}`,
      );
    case 'case':
      return 'Case';
    case 'cast':
    case 'try_cast':
      return words(
        expr.kind === 'cast' ? 'Cast' : 'TryCast',
        expr.nullable === false ? 'non-null' : '',
        formatDataType(expr.type),
        metadata(expr.metadata),
      );
    case 'in_list':
      return expr.negated ? 'NotInList' : 'InList';
    case 'wildcard':
      return words('Wildcard', expr.qualifier === null ? '' : tableName(expr.qualifier));
    case 'scalar_function':
      return words('ScalarFunction', identifier(expr.name), definition(expr.definition));
    case 'higher_order_function':
      return words('HigherOrderFunction', identifier(expr.name), definition(expr.definition));
    case 'aggregate_function':
      return words(
        'AggregateFunction',
        identifier(expr.name),
        expr.distinct ? 'DISTINCT' : '',
        expr.nullTreatment?.replace('_', ' ') ?? '',
        definition(expr.definition),
      );
    case 'window_function':
      return words(
        'WindowFunction',
        identifier(expr.name),
        expr.family === 'aggregate' ? '(aggregate)' : '',
        expr.distinct ? 'DISTINCT' : '',
        expr.nullTreatment?.replace('_', ' ') ?? '',
        expr.frame === null ? '' : frame(expr.frame),
        definition(expr.definition),
      );
    case 'grouping_sets':
      return words('GroupingSets', `of ${expr.sets.map((set) => set.length).join(', ')}`);
    case 'cube':
      return 'Cube';
    case 'rollup':
      return 'Rollup';
    case 'placeholder':
      return words(
        'Placeholder',
        expr.id,
        expr.nullable === false ? 'non-null' : '',
        expr.type === null ? '' : formatDataType(expr.type),
        metadata(expr.metadata),
      );
    case 'unnest':
      return expr.outer ? 'Unnest outer' : 'Unnest';
    case 'scalar_subquery':
      return words('ScalarSubquery', bytes(expr.subquery.length));
    case 'lambda':
      return words('Lambda', `(${expr.params.map(identifier).join(', ')})`);
    case 'lambda_variable':
      return words('LambdaVariable', identifier(expr.name), expr.field === null ? '' : formatDataType(expr.field.type));
    case 'opaque':
      return words('Opaque', bytes(expr.raw.length));
  }
}

function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

function metadata(pairs: Pairs): string {
  return pairs.length === 0 ? '' : `{${pairs.map(([key, value]) => `${key}: ${value}`).join(', ')}}`;
}

function bytes(count: number): string {
  return `(${count} ${count === 1 ? 'byte' : 'bytes'})`;
}

function definition(value: Definition): string {
  return value === null ? '' : `inline ${bytes(value.length)}`;
}

function frame(value: WindowFrame): string {
  return value.end === null
    ? `${value.units} ${bound(value.start)}`
    : `${value.units} BETWEEN ${bound(value.start)} AND ${bound(value.end)}`;
}

function bound(value: FrameBound): string {
  if (value.kind === 'CURRENT_ROW') return 'CURRENT ROW';
  const unbounded = value.value === null || value.value.kind === 'Null';
  return `${unbounded || value.value === null ? 'UNBOUNDED' : scalarValueText(value.value)} ${value.kind}`;
}
