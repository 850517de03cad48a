/** The node forms of `expr.json`, writing and reading side by side; `calls.ts` has the functions. */
import { toBase64 } from '../../wire/encoding.ts';
import { JSON_NULL, type JsonNode, jsonArray, jsonBoolean, jsonObject, jsonString } from '../json-text.ts';
import { type Expr, type TableReference, UNARY_KINDS, type UnaryKind, type WhenThen } from '../model.ts';
import { operatorByName, operatorBySql } from '../operators.ts';
import { arrayOf, ObjectReader, pairsOf, shapeError, stringOf } from './shape.ts';
import { fieldJson, fieldOf, pairsJson, typeHasText, typeJson, typeOf } from './types.ts';

export type Members = [string, JsonNode][];

/** Gives the JSON node that an operand will stand in; it is filled in its turn, so that depth costs no stack. */
export type Slot = (expr: Expr) => JsonNode;
/** Gives the expression of an operand's JSON node. */
export type Child = (node: JsonNode) => Expr;

/** The member that tells which form an object has. */
export const FORM_KEYS = [
  'col',
  'op',
  ...UNARY_KINDS,
  'between',
  'like',
  'ilike',
  'similar_to',
  'case',
  'cast',
  'try_cast',
  'in',
  'alias',
  'wildcard',
  'grouping_sets',
  'cube',
  'rollup',
  'placeholder',
  'unnest',
  'scalar_subquery',
  'lambda',
  'lambda_variable',
] as const;
export type FormKey = (typeof FORM_KEYS)[number];

type FormExpr = Exclude<Expr, { kind: `${string}_function` | 'literal' | 'opaque' }>;

/** The members of a node, or null where it must keep its bytes. */
export function formMembers(expr: FormExpr, slot: Slot): Members | null {
  switch (expr.kind) {
    case 'column':
      return expr.relation === null
        ? [['col', jsonString(expr.name)]]
        : [
            ['col', jsonString(expr.name)],
            ['relation', jsonString(expr.relation)],
          ];
    case 'binary':
      // no engine writes another operator: its bytes say what a form would have to allow to everyone who mistypes one
      if (operatorByName(expr.op) === undefined) return null;
      return [
        ['op', jsonString(operatorText(expr.op))],
        ['args', jsonArray(expr.operands.map(slot))],
      ];
    case 'between': {
      const members: Members = [
        ['between', slot(expr.expr)],
        ['low', slot(expr.low)],
        ['high', slot(expr.high)],
      ];
      return negated(members, expr.negated);
    }
    case 'like':
    case 'ilike':
    case 'similar_to': {
      const members: Members = [
        [expr.kind, slot(expr.expr)],
        ['pattern', slot(expr.pattern)],
      ];
      if (expr.escape !== '') members.push(['escape', jsonString(expr.escape)]);
      return negated(members, expr.negated);
    }
    case 'case': {
      const members: Members = [
        [
          'case',
          jsonArray(
            expr.whenThen.map(({ when, then }) =>
              jsonObject([
                ['when', slot(when)],
                ['then', slot(then)],
              ]),
            ),
          ),
        ],
      ];
      if (expr.expr !== null) members.unshift(['of', slot(expr.expr)]);
      if (expr.otherwise !== null) members.push(['else', slot(expr.otherwise)]);
      return members;
    }
    case 'cast':
    case 'try_cast': {
      if (!typeHasText(expr.type)) return null;
      const members: Members = [
        [expr.kind, slot(expr.expr)],
        ['to', typeJson(expr.type)],
      ];
      if (expr.nullable !== true) members.push(['nullable', expr.nullable === null ? JSON_NULL : jsonBoolean(false)]);
      if (expr.metadata.length > 0) members.push(['metadata', pairsJson(expr.metadata)]);
      return members;
    }
    case 'in_list':
      return negated(
        [
          ['in', slot(expr.expr)],
          ['list', jsonArray(expr.list.map(slot))],
        ],
        expr.negated,
      );
    case 'alias': {
      const members: Members = [
        ['alias', jsonString(expr.name)],
        ['expr', slot(expr.expr)],
      ];
      if (expr.relation !== null) members.push(['relation', relationJson(expr.relation)]);
      if (expr.metadata.length > 0) members.push(['metadata', pairsJson(expr.metadata)]);
      return members;
    }
    case 'wildcard':
      return [['wildcard', expr.qualifier === null ? JSON_NULL : relationJson(expr.qualifier)]];
    case 'grouping_sets':
      return [['grouping_sets', jsonArray(expr.sets.map((set) => jsonArray(set.map(slot))))]];
    case 'cube':
    case 'rollup':
      return [[expr.kind, jsonArray(expr.exprs.map(slot))]];
    case 'placeholder': {
      if (expr.type !== null && !typeHasText(expr.type)) return null;
      const members: Members = [['placeholder', jsonString(expr.id)]];
      if (expr.type !== null) members.push(['type', typeJson(expr.type)]);
      if (expr.nullable !== null) members.push(['nullable', jsonBoolean(expr.nullable)]);
      if (expr.metadata.length > 0) members.push(['metadata', pairsJson(expr.metadata)]);
      return members;
    }
    case 'unnest': {
      const members: Members = [['unnest', jsonArray(expr.exprs.map(slot))]];
      if (expr.outer) members.push(['outer', jsonBoolean(true)]);
      return members;
    }
    case 'scalar_subquery':
      return [['scalar_subquery', jsonString(toBase64(expr.subquery))]];
    case 'lambda':
      return [
        ['lambda', jsonArray(expr.params.map(jsonString))],
        ['body', slot(expr.body)],
      ];
    case 'lambda_variable': {
      if (expr.field !== null && !typeHasText(expr.field.type)) return null;
      const members: Members = [['lambda_variable', jsonString(expr.name)]];
      if (expr.field !== null) members.push(['field', fieldJson(expr.field)]);
      return members;
    }
    default:
      return [[expr.kind, slot(expr.expr)]];
  }
}

function negated(members: Members, isNegated: boolean): Members {
  if (isNegated) members.push(['negated', jsonBoolean(true)]);
  return members;
}

/** Reads the node whose leading member is `key`. */
export function formOf(key: FormKey, object: ObjectReader, child: Child): Expr {
  switch (key) {
    case 'col':
      return { kind: 'column', name: object.string('col'), relation: object.optionalString('relation') ?? null };
    case 'op': {
      const op = object.string('op');
      const operands = object.array('args').map(child);
      if (operands.length < 2)
        throw shapeError(object.node, `found ${operands.length} "args" for the operator ${op}, expected two or more`);
      return { kind: 'binary', op: operatorName(object.required('op'), op), operands };
    }
    case 'between':
      return {
        kind: 'between',
        expr: child(object.required('between')),
        low: child(object.required('low')),
        high: child(object.required('high')),
        negated: object.boolean('negated', false),
      };
    case 'like':
    case 'ilike':
    case 'similar_to':
      return {
        kind: key,
        expr: child(object.required(key)),
        pattern: child(object.required('pattern')),
        escape: object.optionalString('escape') ?? '',
        negated: object.boolean('negated', false),
      };
    case 'case':
      return caseOf(object, child);
    case 'cast':
    case 'try_cast': {
      const nullable = object.optional('nullable');
      return {
        kind: key,
        expr: child(object.required(key)),
        type: typeOf(object.required('to'), 'to'),
        nullable: nullable?.kind === 'null' ? null : object.boolean('nullable', true),
        metadata: pairsOf(object.array('metadata'), 'metadata'),
      };
    }
    case 'in':
      return {
        kind: 'in_list',
        expr: child(object.required('in')),
        list: arrayOf(object.required('list'), 'list').map(child),
        negated: object.boolean('negated', false),
      };
    case 'alias': {
      const relation = object.optional('relation');
      return {
        kind: 'alias',
        name: object.string('alias'),
        expr: child(object.required('expr')),
        relation: relation === undefined ? null : relationOf(relation, 'relation'),
        metadata: pairsOf(object.array('metadata'), 'metadata'),
      };
    }
    case 'wildcard': {
      const qualifier = object.required('wildcard');
      return { kind: 'wildcard', qualifier: qualifier.kind === 'null' ? null : relationOf(qualifier, 'wildcard') };
    }
    case 'grouping_sets':
      return {
        kind: 'grouping_sets',
        sets: object.array('grouping_sets').map((set) => arrayOf(set, 'grouping_sets').map(child)),
      };
    case 'cube':
    case 'rollup':
      return { kind: key, exprs: arrayOf(object.required(key), key).map(child) };
    case 'placeholder': {
      const type = object.optional('type');
      const nullable = object.optional('nullable');
      return {
        kind: 'placeholder',
        id: object.string('placeholder'),
        type: type === undefined ? null : typeOf(type, 'type'),
        nullable: nullable === undefined ? null : object.boolean('nullable', true),
        metadata: pairsOf(object.array('metadata'), 'metadata'),
      };
    }
    case 'unnest': {
      const operand = object.required('unnest');
      return {
        kind: 'unnest',
        exprs: operand.kind === 'array' ? operand.items.map(child) : [child(operand)],
        outer: object.boolean('outer', false),
      };
    }
    case 'scalar_subquery':
      return { kind: 'scalar_subquery', subquery: object.bytes('scalar_subquery') };
    case 'lambda':
      return {
        kind: 'lambda',
        params: object.array('lambda').map((param) => stringOf(param, 'lambda')),
        body: child(object.required('body')),
      };
    case 'lambda_variable': {
      const field = object.optional('field');
      return {
        kind: 'lambda_variable',
        name: object.string('lambda_variable'),
        field: field === undefined ? null : fieldOf(field, 'field'),
      };
    }
    default:
      return { kind: key satisfies UnaryKind, expr: child(object.required(key)) };
  }
}

function caseOf(object: ObjectReader, child: Child): Expr {
  const of = object.optional('of');
  const expr = of === undefined ? null : child(of);
  const whenThen = object.array('case').map((node): WhenThen => {
    const inner = ObjectReader.of(node, 'a branch of a case');
    const branch = { when: child(inner.required('when')), then: child(inner.required('then')) };
    inner.finish();
    return branch;
  });
  const otherwise = object.optional('else');
  return { kind: 'case', expr, whenThen, otherwise: otherwise === undefined ? null : child(otherwise) };
}

/** The SQL symbol where it names one operator, else the wire's own name. */
function operatorText(name: string): string {
  const facts = operatorByName(name);
  return facts !== undefined && operatorBySql(facts.sql)?.name === name ? facts.sql : name;
}

function operatorName(node: JsonNode, text: string): string {
  const known = operatorByName(text) ?? operatorBySql(text) ?? operatorBySql(text.toUpperCase());
  if (known !== undefined) return known.name;
  const sql = MISTAKEN_OPERATORS.find(([mistaken]) => mistaken === text)?.[1];
  throw shapeError(
    node,
    `found the operator ${JSON.stringify(text)}, which DataFusion doesn't have`,
    sql === undefined ? 'write it as SQL does, such as "+", "=", "AND" or "IS DISTINCT FROM"' : `write "${sql}"`,
  );
}

/** Of other languages. */
const MISTAKEN_OPERATORS: readonly (readonly [text: string, sql: string])[] = [
  ['==', '='],
  ['===', '='],
  ['!==', '!='],
  ['&&', 'AND'],
  ['//', '/'],
];

/** `"t"`, or `["schema", "t"]`, or `["catalog", "schema", "t"]`. */
function relationJson(reference: TableReference): JsonNode {
  if ('catalog' in reference) return jsonArray([reference.catalog, reference.schema, reference.table].map(jsonString));
  if ('schema' in reference) return jsonArray([reference.schema, reference.table].map(jsonString));
  return jsonString(reference.table);
}

function relationOf(node: JsonNode, key: string): TableReference {
  if (node.kind === 'string') return { table: node.value };
  const [first, second, third, ...more] = arrayOf(node, key).map((part) => stringOf(part, key));
  if (first !== undefined && second !== undefined && more.length === 0) {
    return third === undefined ? { schema: first, table: second } : { catalog: first, schema: second, table: third };
  }
  throw shapeError(
    node,
    `found no table reference for "${key}", expected "table", ["schema", "table"] or ["catalog", "schema", "table"]`,
  );
}
