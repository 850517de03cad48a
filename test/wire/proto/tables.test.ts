import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  enumDef,
  type FieldDef,
  fieldById,
  fieldByNumber,
  messageDef,
  NEWEST_MAJOR,
  tableNames,
} from '../../../src/wire/proto/tables.ts';

function row(field: FieldDef): string {
  const mark = field.map ? 'map ' : field.repeated ? 'repeated ' : field.optional ? 'optional ' : '';
  const life = field.until === null ? `${field.since}` : `${field.since} ${field.until}`;
  return `${field.number} ${field.name} ${mark}${field.ref ?? field.type} ${field.oneof ?? '-'} ${life}`;
}

function live(message: string): string[] {
  return messageDef(message)
    .fields.filter((field) => field.until === null)
    .map((field) => `${field.number} ${field.name} ${field.ref ?? field.type}`);
}

test('every type that a field names is in the tables, and every row is well formed', () => {
  const names = tableNames();
  assert.equal(new Set([...names.messages, ...names.enums]).size, names.messages.length + names.enums.length);
  assert.ok(names.messages.length > 250, `${names.messages.length} messages`);
  for (const name of names.messages) {
    const def = messageDef(name);
    assert.equal(def.name, name);
    for (const field of def.fields) {
      const where = `${name}.${field.name}`;
      assert.ok(field.number >= 1 && field.number < 2 ** 29, where);
      assert.ok(field.since >= 8 && field.since <= NEWEST_MAJOR, where);
      assert.ok(field.until === null || (field.until > field.since && field.until <= NEWEST_MAJOR), where);
      assert.ok(/^[A-Za-z][A-Za-z0-9_]*$/.test(field.name), where);
      assert.equal(field.ref !== null, field.type === 'message' || field.type === 'enum', where);
      assert.ok(!(field.oneof !== null && (field.repeated || field.optional)), where);
      assert.equal(fieldById(field.id), field, where);
      if (field.type === 'message') {
        const target = messageDef(field.ref ?? '');
        assert.equal(
          field.map,
          target.fields.map((inner) => inner.name).join() === 'key,value' && target.name.endsWith('Entry'),
          where,
        );
      }
      if (field.type === 'enum') assert.ok(enumDef(field.ref ?? '').values.length > 0, where);
    }
    const liveNumbers = def.fields.filter((field) => field.until === null).map((field) => field.number);
    assert.equal(new Set(liveNumbers).size, liveNumbers.length, name);
    const jsonNames = def.fields.filter((field) => field.until === null).map((field) => field.jsonName);
    assert.equal(new Set(jsonNames).size, jsonNames.length, name);
  }
  for (const name of names.enums) {
    const values = enumDef(name).values.filter((value) => value.until === null);
    assert.equal(new Set(values.map((value) => value.number)).size, values.length, name);
  }
});

test('LogicalExprNode has the variants of datafusion-proto 55.2.0', () => {
  assert.deepEqual(live('LogicalExprNode'), [
    '1 column Column',
    '2 alias AliasNode',
    '3 literal ScalarValue',
    '4 binary_expr BinaryExprNode',
    '6 is_null_expr IsNull',
    '7 is_not_null_expr IsNotNull',
    '8 not_expr Not',
    '9 between BetweenNode',
    '10 case_ CaseNode',
    '11 cast CastNode',
    '13 negative NegativeNode',
    '14 in_list InListNode',
    '15 wildcard Wildcard',
    '17 try_cast TryCastNode',
    '18 window_expr WindowExprNode',
    '19 aggregate_udf_expr AggregateUDFExprNode',
    '20 scalar_udf_expr ScalarUDFExprNode',
    '22 grouping_set GroupingSetNode',
    '23 cube CubeNode',
    '24 rollup RollupNode',
    '25 is_true IsTrue',
    '26 is_false IsFalse',
    '27 is_unknown IsUnknown',
    '28 is_not_true IsNotTrue',
    '29 is_not_false IsNotFalse',
    '30 is_not_unknown IsNotUnknown',
    '31 like LikeNode',
    '32 ilike ILikeNode',
    '33 similar_to SimilarToNode',
    '34 placeholder PlaceholderNode',
    '35 unnest Unnest',
    '36 scalar_subquery_expr ScalarSubqueryExprNode',
    '37 higher_order_udf_expr HigherOrderUDFExprNode',
    '38 lambda Lambda',
    '39 lambda_variable LambdaVariable',
  ]);
  assert.ok(messageDef('LogicalExprNode').fields.every((field) => field.oneof === 'ExprType'));
});

test('what 55 brought and retired: lambdas, higher-order functions, null handling of unnest', () => {
  const expr = messageDef('LogicalExprNode');
  assert.deepEqual(
    [36, 37, 38, 39].map((number) => fieldByNumber(expr, number)?.since),
    [54, 55, 55, 55],
  );
  assert.equal(messageDef('Lambda').since, 55);
  assert.equal(messageDef('HigherOrderUDFExprNode').since, 55);
  assert.deepEqual(messageDef('UnnestOptions').fields.map(row), [
    '1 preserve_nulls bool - 39 55',
    '2 recursions repeated RecursionUnnestOption - 43',
    '3 null_handling UnnestOptions.NullHandling - 55',
  ]);
  assert.deepEqual(
    enumDef('UnnestOptions.NullHandling').values.map((value) => `${value.number} ${value.name} ${value.since}`),
    ['0 PRESERVE 55', '1 DROP 55', '2 PRESERVE_AND_EXPAND_EMPTY 55'],
  );
});

test('a number with several owners gives the live one, and keeps the others', () => {
  const expr = messageDef('LogicalExprNode');
  assert.deepEqual(expr.fields.filter((field) => field.number === 15).map(row), [
    '15 wildcard Wildcard ExprType 33',
    '15 wildcard bool ExprType 8 33',
  ]);
  assert.equal(fieldByNumber(expr, 15)?.ref, 'Wildcard');
  assert.equal(fieldByNumber(expr, 16)?.ref, 'ScalarFunctionNode');
  assert.equal(fieldByNumber(expr, 16)?.until, 38);
  assert.equal(fieldByNumber(expr, 40), undefined);
});

test('presence, maps, nested types and retired fields are told apart', () => {
  assert.deepEqual(messageDef('AliasNode').fields.map(row), [
    '1 expr LogicalExprNode - 8',
    '2 alias string - 8',
    '3 relation repeated TableReference - 38',
    '3 relation repeated OwnedTableReference - 34 38',
    '4 metadata map AliasNode.MetadataEntry - 47',
  ]);
  assert.deepEqual(messageDef('AliasNode.MetadataEntry').fields.map(row), ['1 key string - 47', '2 value string - 47']);
  assert.equal(fieldByNumber(messageDef('ScalarUDFExprNode'), 3)?.optional, true);
  assert.equal(fieldByNumber(messageDef('ScalarNestedValue'), 4)?.ref, 'ScalarNestedValue.Dictionary');
});

test('proto JSON names are those of the crates', () => {
  const json = (message: string, number: number) => fieldByNumber(messageDef(message), number)?.jsonName;
  assert.equal(json('LogicalExprNode', 10), 'case');
  assert.equal(json('LogicalExprNode', 20), 'scalarUdfExpr');
  assert.equal(json('ScalarValue', 14), 'date32Value');
  assert.equal(json('ArrowType', 1), 'NONE');
  assert.equal(json('ArrowType', 35), 'UTF8VIEW');
});

test('an unknown name is a defect', () => {
  assert.throws(() => messageDef('Nonesuch'), { code: 'DEFECT', message: 'the tables have no message Nonesuch' });
  assert.throws(() => enumDef('constructor'), { code: 'DEFECT', message: 'the tables have no enum constructor' });
});
