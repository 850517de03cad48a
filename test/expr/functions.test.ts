import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findFunction, listFunctions, nearestFunctions } from '../../src/expr/functions.ts';

test('a function is found by its name and its aliases, in the engine order of families', () => {
  assert.equal(findFunction('power')?.name, 'power');
  assert.equal(findFunction('pow')?.name, 'power');
  assert.equal(findFunction('substring')?.name, 'substr');
  assert.deepEqual(findFunction('substr')?.parameters, ['str', 'start_pos', 'length']);
  assert.equal(findFunction('mean')?.name, 'avg');
  assert.equal(findFunction('first_value')?.family, 'aggregate');
  assert.equal(findFunction('first_value', 'window')?.family, 'window');
  assert.equal(findFunction('row_number')?.family, 'window');
  assert.equal(findFunction('array_transform')?.family, 'higher_order');
  assert.equal(findFunction('array_transform', 'scalar'), undefined);
  assert.equal(findFunction('POW'), undefined);
  assert.equal(findFunction('__proto__'), undefined);
});

test('functions say which version brought them', () => {
  assert.equal(findFunction('sqrt')?.since, '54.1.0');
  assert.equal(findFunction('any_value')?.since, '55.0.0');
  assert.equal(findFunction('array_transform')?.since, '55.0.0');
});

test('each function is listed once, and no name or alias twice in a family', () => {
  const names = listFunctions().flatMap(({ name, family, aliases }) =>
    [name, ...aliases].map((one) => `${family} ${one}`),
  );
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length > 300);
});

test('the nearest names come first, none for what is like nothing', () => {
  assert.deepEqual(nearestFunctions('sqrtt'), ['sqrt']);
  assert.deepEqual(nearestFunctions('UPER').slice(0, 1), ['upper']);
  assert.deepEqual(nearestFunctions('my_ud', ['my_udf']).slice(0, 1), ['my_udf']);
  assert.deepEqual(nearestFunctions('x'.repeat(65)), []);
  assert.deepEqual(nearestFunctions('qqqqqqqqqqqq'), []);
});
