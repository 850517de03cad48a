import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expr } from '../../../src/expr/model.ts';
import { exprToProto } from '../../../src/expr/proto/index.ts';
import { DEFAULT_SQL_LIMITS, fromSql, type SqlLimits } from '../../../src/expr/sql/index.ts';
import { DfxError } from '../../../src/wire/errors.ts';

function refused(text: string, message: string, limits: Partial<SqlLimits> = {}): void {
  assert.throws(
    () => fromSql(text, { limits }),
    (error: unknown) => error instanceof DfxError && error.code === 'LIMIT' && error.message === message,
  );
}

function operands(expr: Expr): number {
  return expr.kind === 'binary' ? expr.operands.length : 0;
}

test('chains of 100,000 operators are one node or a deep tree, and neither recurses', () => {
  assert.equal(operands(fromSql(`a${' + 1'.repeat(100_000)}`)), 100_001);
  assert.equal(operands(fromSql(`f${' AND f'.repeat(100_000)}`)), 100_001);
  assert.equal(fromSql(`a IN (1${', 1'.repeat(99_999)})`).kind, 'in_list');
  for (const text of [' + 1 - 2', ' IS NULL', '::int', ' = 1 AND f', ' BETWEEN 1 AND 2']) {
    const expr = fromSql(`a${text.repeat(20_000)}`);
    assert.ok(exprToProto(expr).length > 100_000, text);
  }
});

test('nesting is read up to maxDepth and refused past it, 10,000 levels too', () => {
  const message = `found more than ${DEFAULT_SQL_LIMITS.maxDepth} levels of nesting (maxDepth)`;
  const nests = [
    ['(', ')'],
    ['abs(', ')'],
    ['- ', ''],
    ['NOT ', ''],
    ['CASE WHEN true THEN ', ' END'],
    ['CAST(', ' AS INT)'],
    ['struct(', ')'],
    ['[', ']'],
    ['sum(1) OVER (ORDER BY ', ')'],
  ] as const;
  for (const [open, close] of nests) {
    const nested = (levels: number) => `${open.repeat(levels)}a${close.repeat(levels)}`;
    assert.ok(exprToProto(fromSql(nested(DEFAULT_SQL_LIMITS.maxDepth - 1))).length > 0, open);
    refused(nested(DEFAULT_SQL_LIMITS.maxDepth), message);
    refused(nested(10_000), message);
    refused(nested(5), 'found more than 5 levels of nesting (maxDepth)', { maxDepth: 5 });
  }
  refused(`a::${'array<'.repeat(10_000)}`, message);
  refused('INTERVAL '.repeat(10_000), message);
});

test('length and tokens are bounded', () => {
  refused('a + b', 'found 5 characters of SQL, expected at most 4 (maxLength)', { maxLength: 4 });
  refused('a + b', 'found more than 2 tokens (maxTokens)', { maxTokens: 2 });
  assert.equal(fromSql('a + b', { limits: { maxLength: 5, maxTokens: 3 } }).kind, 'binary');
});

test('names that double with each level are refused before they fill the memory', () => {
  refused(`${'pow('.repeat(100)}a${', 2)'.repeat(100)}`, 'found a call whose name for its result would pass 4 MB');
});

test('text that can be read in many ways does not take for ever', () => {
  refused(`${'substring('.repeat(100)}a`, 'found text that can be read in too many ways');
});

test('a depth beyond the stack is refused, not a crash', () => {
  refused(`${'('.repeat(100_000)}a${')'.repeat(100_000)}`, 'found nesting that passes the stack', {
    maxDepth: 1_000_000,
  });
});
