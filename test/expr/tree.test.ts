import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { col, fn, lit, when } from '../../src/expr/builder.ts';
import { agg } from '../../src/expr/builder-calls.ts';
import { exprFromProto } from '../../src/expr/proto/index.ts';
import { toTree, treeOf } from '../../src/expr/tree.ts';
import { branchesOf } from '../../src/expr/tree-labels.ts';
import { children, countNodes, nodesOf } from '../../src/expr/walk.ts';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

test('a tree has one line a node, branches drawn with box or ASCII characters', () => {
  const { expr } = col('a')
    .add(lit(1))
    .gt(fn('sqrt', col('Mixed Case', 't')));
  assert.equal(
    toTree(expr),
    [
      'Gt',
      '├─ Plus',
      '│  ├─ Column a',
      '│  └─ Literal Int64(1)',
      '└─ ScalarFunction sqrt',
      '   └─ Column t."Mixed Case"',
    ].join('\n'),
  );
  assert.equal(
    toTree(expr, { ascii: true }),
    [
      'Gt',
      '|- Plus',
      '|  |- Column a',
      '|  `- Literal Int64(1)',
      '`- ScalarFunction sqrt',
      '   `- Column t."Mixed Case"',
    ].join('\n'),
  );
});

test('roles tell operands apart', () => {
  const sum = agg('sum', col('a'))
    .distinct()
    .filter(col('c'))
    .orderBy(col('b').sort({ descending: true }));
  assert.equal(
    toTree(when(col('c'), sum).otherwise(null).expr),
    [
      'Case',
      '├─ when: Column c',
      '├─ then: AggregateFunction sum DISTINCT',
      '│  ├─ Column a',
      '│  ├─ order by desc nulls first: Column b',
      '│  └─ filter: Column c',
      '└─ else: Literal NULL',
    ].join('\n'),
  );
});

test('maxDepth and maxLines say how many nodes they left out', () => {
  const { expr } = col('a')
    .add(lit(1))
    .gt(fn('sqrt', col('b')));
  assert.equal(
    toTree(expr, { maxDepth: 2 }),
    ['Gt', '├─ Plus', '│  └─ … 2 more', '└─ ScalarFunction sqrt', '   └─ … 1 more'].join('\n'),
  );
  assert.equal(toTree(expr, { maxLines: 4 }), ['Gt', '├─ Plus', '│  ├─ Column a', '… 3 more'].join('\n'));
  assert.equal(toTree(expr, { maxLines: 6 }), toTree(expr));
  assert.equal(toTree(expr, { maxLines: 1 }), '… 6 more');
  assert.equal(toTree(expr, { maxDepth: 2, maxLines: 4 }), ['Gt', '├─ Plus', '│  └─ … 2 more', '… 2 more'].join('\n'));
});

test('a string with line breaks stays on its line', () => {
  assert.equal(toTree(lit('a\n\tb').expr), 'Literal Utf8View("a\\n\\tb")');
});

test('100,000 levels cost neither the stack nor the square of the memory', () => {
  let node = col('x');
  for (let level = 1; level < 100_000; level++) node = node.not();
  assert.equal(treeOf(node.expr, { maxDepth: Number.POSITIVE_INFINITY }).lines.length, 100_000);
  const text = toTree(node.expr).split('\n');
  assert.equal(text.length, 257);
  assert.equal(text.at(-1)?.trim(), '└─ … 99744 more');
});

test('every fixture has a line with its bytes for each node, operands in the order of children', () => {
  const manifest: readonly { readonly path: string; readonly container: string; readonly canonical?: string }[] =
    JSON.parse(readFileSync(new URL('manifest.json', FIXTURES), 'utf8'));
  for (const { path, container, canonical } of manifest) {
    // Without a canonical name the engine could not read the payload itself.
    if (container !== 'expr' || canonical === undefined) continue;
    const { expr } = exprFromProto(readFileSync(new URL(path, FIXTURES)));
    for (const node of nodesOf(expr)) {
      assert.deepEqual(
        branchesOf(node).map((branch) => branch.expr),
        children(node),
        path,
      );
    }
    const tree = treeOf(expr);
    assert.equal(tree.lines.length, countNodes(expr), path);
    for (const line of tree.lines) {
      assert.ok(line.span !== null, `${path}: ${line.label}`);
      if (line.parent?.span) {
        assert.ok(
          line.span.start > line.parent.span.start && line.span.end <= line.parent.span.end,
          `${path}: ${line.label}`,
        );
      }
    }
  }
});
