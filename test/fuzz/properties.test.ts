import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Expr, Scalar } from '../../src/expr/model.ts';
import { exprFromProto, exprToProto } from '../../src/expr/proto/index.ts';
import { messageDef } from '../../src/wire/proto/tables.ts';
import { overlongVarint } from './mutations.ts';

const RUNS = { seed: 55, numRuns: 400 } as const;

const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', '0', 'constructor', ''));
const int32 = fc.integer();
const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(small);
const uint64 = fc.bigInt(0n, 2n ** 64n - 1n).map(small);

/** The model has numbers where they are safe. */
function small(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  fc.record({ kind: fc.constant('Boolean' as const), value: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('Utf8' as const, 'LargeUtf8' as const, 'Utf8View' as const), value: name }),
  fc.record({ kind: fc.constant('Int8' as const), value: fc.integer({ min: -128, max: 127 }) }),
  fc.record({ kind: fc.constant('Int32' as const), value: int32 }),
  fc.record({ kind: fc.constant('UInt32' as const), value: fc.nat({ max: 0xffff_ffff }) }),
  fc.record({ kind: fc.constant('Int64' as const), value: int64 }),
  fc.record({ kind: fc.constant('UInt64' as const), value: uint64 }),
  fc.record({ kind: fc.constant('Float64' as const), value: fc.double() }),
  fc.record({ kind: fc.constant('Date64' as const), value: int64 }),
  fc.record({
    kind: fc.constant('Timestamp' as const),
    unit: fc.constantFrom('Second' as const, 'Nanosecond' as const),
    value: int64,
    timezone: fc.constantFrom(null, 'UTC', '+02:00'),
  }),
  fc.record({ kind: fc.constantFrom('Binary' as const, 'LargeBinary' as const), value: fc.uint8Array() }),
  fc.record({
    kind: fc.constant('Decimal128' as const),
    value: fc.bigInt(-(2n ** 127n), 2n ** 127n - 1n),
    precision: fc.nat({ max: 38 }),
    scale: fc.integer({ min: -38, max: 38 }),
  }),
  fc.record({ kind: fc.constant('IntervalMonthDayNano' as const), months: int32, days: int32, nanos: int64 }),
);

const { expr: anyExpr } = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'expr' },
    fc.record({ kind: fc.constant('column' as const), name, relation: fc.option(name) }),
    fc.record({ kind: fc.constant('literal' as const), value: scalar }),
    fc.record({
      kind: fc.constant('binary' as const),
      op: name,
      operands: fc.array(tie('expr'), { minLength: 2, maxLength: 4 }),
    }),
    fc.record({ kind: fc.constantFrom('not' as const, 'is_null' as const, 'negative' as const), expr: tie('expr') }),
    fc.record({
      kind: fc.constant('in_list' as const),
      expr: tie('expr'),
      list: fc.array(tie('expr'), { maxLength: 4 }),
      negated: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('case' as const),
      expr: fc.option(tie('expr')),
      whenThen: fc.array(fc.record({ when: tie('expr'), then: tie('expr') }), { minLength: 1, maxLength: 3 }),
      otherwise: fc.option(tie('expr')),
    }),
    fc.record({
      kind: fc.constant('alias' as const),
      expr: tie('expr'),
      name,
      relation: fc.option(fc.record({ schema: name, table: name })),
      metadata: fc.array(fc.tuple(name, name), { maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('aggregate_function' as const),
      name,
      args: fc.array(tie('expr'), { maxLength: 3 }),
      distinct: fc.boolean(),
      filter: fc.option(tie('expr')),
      orderBy: fc.array(fc.record({ expr: tie('expr'), asc: fc.boolean(), nullsFirst: fc.boolean() }), {
        maxLength: 2,
      }),
      nullTreatment: fc.constantFrom(null, 'RESPECT_NULLS' as const, 'IGNORE_NULLS' as const),
      definition: fc.option(fc.uint8Array({ maxLength: 20 })),
    }),
  ),
}));

test('any expression comes back from its bytes as it was', () => {
  fc.assert(
    fc.property(anyExpr, (expr) => {
      const bytes = exprToProto(expr);
      const { expr: read, oddities, notes } = exprFromProto(bytes);
      assert.deepEqual(withoutPlaces(read), withoutPlaces(expr));
      assert.deepEqual(oddities, []);
      assert.deepEqual(notes, []);
      assert.deepEqual(exprToProto(read), bytes);
    }),
    RUNS,
  );
});

/** Without spans, and without the difference between plain objects and those without a prototype. */
function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  return new Map(
    Object.entries(value)
      .filter(([key]) => key !== 'span')
      .map(([key, inner]) => [key, withoutPlaces(inner)]),
  );
}

/** Any bytes that are a message by the tables, in orders and encodings that no writer uses. */
function messageBytes(message: string, depth: number): fc.Arbitrary<number[]> {
  const { fields: all, byNumber } = messageDef(message);
  // a number that had another owner before is read as the live one's
  const fields = all.filter((field) => byNumber.get(field.number) === field && (depth > 0 || field.type !== 'message'));
  const varint = fc
    .tuple(fc.nat(), fc.integer({ min: 5, max: 10 }))
    .map(([value, size]) => overlongVarint(value, size));
  const delimited = (content: readonly number[]): number[] => [...overlongVarint(content.length, 3), ...content];
  const unknown = fc
    .tuple(fc.integer({ min: 500, max: 600 }), varint)
    .map(([number, value]) => [...overlongVarint(number * 8, 2), ...value]);
  const known = fields.map((field): fc.Arbitrary<number[]> => {
    const tag = (wireType: number) => overlongVarint(field.number * 8 + wireType, 2);
    const bytes = (length: number) => fc.array(fc.nat({ max: 255 }), { minLength: length, maxLength: length });
    switch (field.type) {
      case 'message':
        return fc
          .constant(null)
          .chain(() => messageBytes(field.ref ?? '', depth - 1))
          .map((content) => [...tag(2), ...delimited(content)]);
      case 'string':
        return fc
          .string({ unit: 'grapheme' })
          .map((text) => [...tag(2), ...delimited([...new TextEncoder().encode(text)])]);
      case 'bytes':
        return fc.array(fc.nat({ max: 255 }), { maxLength: 9 }).map((content) => [...tag(2), ...delimited(content)]);
      case 'double':
        return bytes(8).map((value) => [...tag(1), ...value]);
      case 'float':
        return bytes(4).map((value) => [...tag(5), ...value]);
      default:
        return varint.map((value) => [...tag(0), ...value]);
    }
  });
  return fc.array(fc.oneof(unknown, ...known), { maxLength: 4 }).map((parts) => parts.flat());
}

test('any bytes that are an expression by the tables come back as they were', () => {
  fc.assert(
    fc.property(messageBytes('LogicalExprNode', 4), (content) => {
      const bytes = Uint8Array.from(content);
      assert.deepEqual(exprToProto(exprFromProto(bytes).expr), bytes);
    }),
    RUNS,
  );
});
