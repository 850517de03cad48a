import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  JSON_NULL,
  type JsonNode,
  jsonArray,
  jsonBoolean,
  jsonNumber,
  jsonObject,
  jsonString,
  parseJson,
  writeJson,
} from '../../src/expr/json-text.ts';
import { DfxError } from '../../src/wire/errors.ts';

function problem(text: string, limits = {}): string {
  try {
    parseJson(text, { limits });
  } catch (error) {
    if (error instanceof DfxError) return `${error.code} ${error.offset}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

/** What JSON.parse makes of the same text, as pairs. */
function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'null':
      return null;
    case 'boolean':
    case 'string':
      return node.value;
    case 'number':
      return Number(node.text);
    case 'array':
      return node.items.map(plain);
    case 'object':
      return new Map(node.members.map((member) => [member.key, plain(member.value)]));
  }
}

function asMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asMaps);
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([key, inner]) => [key, asMaps(inner)]));
  }
  return value;
}

test('agrees with JSON.parse on any value, compact and indented', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'grapheme', noUnicodeString: false } as object), (text) => {
      const value: unknown = JSON.parse(text);
      assert.deepEqual(plain(parseJson(text)), asMaps(value));
      assert.deepEqual(plain(parseJson(JSON.stringify(value, null, 2))), asMaps(value));
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('writes what JSON.stringify writes', () => {
  const text = '{"a":[1,-0.5e10,true,false,null,{"b":"\\"\\\\\\n\\u0001é😀"},[],{}],"c":{}}';
  const value: unknown = JSON.parse(text);
  assert.equal(
    writeJson(parseJson('{"a":[1,2,{"b":"x"}],"c":"\\n"}')),
    JSON.stringify({ a: [1, 2, { b: 'x' }], c: '\n' }),
  );
  assert.deepEqual(JSON.parse(writeJson(parseJson(text), { indent: 2 })), value);
  assert.equal(
    writeJson(parseJson('{"a":[1,[],{}],"b":{"c":null}}'), { indent: 2 }),
    JSON.stringify({ a: [1, [], {}], b: { c: null } }, null, 2),
  );
});

test('keeps key order, equal keys, __proto__ and the form of numbers', () => {
  const text = '{"10":1,"2":1.50,"__proto__":1e400,"a":-0,"a":12345678901234567890}';
  const node = parseJson(text);
  assert.equal(node.kind, 'object');
  assert.deepEqual(node.kind === 'object' ? node.members.map((member) => [member.key, member.keyStart]) : [], [
    ['10', 1],
    ['2', 8],
    ['__proto__', 17],
    ['a', 35],
    ['a', 42],
  ]);
  assert.equal(writeJson(node), text);
});

test('every node knows its place', () => {
  const text = ' {"k": [true, "\\u00e9x", 1.5e3]} ';
  const places: string[] = [];
  const visit = (node: JsonNode): void => {
    places.push(text.slice(node.start, node.end));
    if (node.kind === 'array') for (const item of node.items) visit(item);
    if (node.kind === 'object') for (const member of node.members) visit(member.value);
  };
  visit(parseJson(text));
  assert.deepEqual(places, [
    '{"k": [true, "\\u00e9x", 1.5e3]}',
    '[true, "\\u00e9x", 1.5e3]',
    'true',
    '"\\u00e9x"',
    '1.5e3',
  ]);
});

test('refuses what RFC 8259 does not allow, with the offset', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', 'JSON_SYNTAX 0: found the end of the text, expected a value'],
    ['  ', 'JSON_SYNTAX 2: found the end of the text, expected a value'],
    ['{', "JSON_SYNTAX 1: found the end of the text, expected a key or '}'"],
    ['[1,]', "JSON_SYNTAX 3: found ']', expected a value"],
    ['{"a":1,}', "JSON_SYNTAX 7: found '}', expected a key"],
    ['{a:1}', "JSON_SYNTAX 1: found 'a', expected a key or '}'"],
    ["{'a':1}", "JSON_SYNTAX 1: found ''', expected a key or '}'"],
    ['{"a" 1}', "JSON_SYNTAX 5: found '1', expected ':'"],
    ['[1 2]', "JSON_SYNTAX 3: found '2', expected ',' or ']'"],
    ['{"a":1]', "JSON_SYNTAX 6: found ']', expected ',' or '}'"],
    ['1 2', "JSON_SYNTAX 2: found '2', expected the end of the text"],
    ['01', "JSON_SYNTAX 1: found '1', expected the end of the number"],
    ['+1', "JSON_SYNTAX 0: found '+', expected a value"],
    ['1.', "JSON_SYNTAX 1: found '.', expected the end of the number"],
    ['.5', "JSON_SYNTAX 0: found '.', expected a value"],
    ['1e', "JSON_SYNTAX 1: found 'e', expected the end of the number"],
    ['-', "JSON_SYNTAX 0: found '-', expected a value"],
    ['NaN', "JSON_SYNTAX 0: found 'NaN', expected a value"],
    ['Infinity', "JSON_SYNTAX 0: found 'Infinity', expected a value"],
    ['truth', "JSON_SYNTAX 0: found 'truth', expected a value"],
    ['nullx', "JSON_SYNTAX 0: found 'nullx', expected a value"],
    ['// c', "JSON_SYNTAX 0: found '/', expected a value"],
    ['"a', 'JSON_SYNTAX 0: found the end of the text inside a string'],
    ['"a\nb"', 'JSON_SYNTAX 2: found U+000A, expected an escape: a string holds no bare control characters'],
    ['"\\x41"', "JSON_SYNTAX 2: found 'x41', expected one of \"\\/bfnrtu behind the backslash"],
    ['"\\u12"', "JSON_SYNTAX 3: found '1', expected four hex digits behind '\\u'"],
    ['\u00a01', 'JSON_SYNTAX 0: found U+00A0, expected a value'],
    ['[\u0000]', 'JSON_SYNTAX 1: found U+0000, expected a value'],
  ];
  for (const [text, expected] of cases) {
    assert.throws(() => JSON.parse(text), SyntaxError, text);
    assert.equal(problem(text), expected, text);
  }
});

test('refuses half of a surrogate pair, which JSON.parse takes and UTF-8 cannot hold', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['"\\ud800"', 'JSON_SYNTAX 1: found half of a surrogate pair, U+D800'],
    ['"\\udc00\\ud800"', 'JSON_SYNTAX 1: found half of a surrogate pair, U+DC00'],
    ['"\ud800"', 'JSON_SYNTAX 1: found half of a surrogate pair, U+D800'],
  ];
  for (const [text, expected] of cases) assert.equal(problem(text), expected, text);
  assert.equal(writeJson(parseJson('"\\ud83d\\ude00"')), '"😀"');
});

test('a byte order mark at the start is skipped', () => {
  assert.equal(writeJson(parseJson('\ufeff{"a":1}')), '{"a":1}');
});

test('limits hold on both sides of the boundary', () => {
  assert.equal(problem('[[1]]', { maxDepth: 2 }), 'accepted');
  assert.equal(problem('[[[1]]]', { maxDepth: 2 }), 'LIMIT 2: found more than 2 values inside each other');
  assert.equal(problem('[1,2]', { maxNodes: 3 }), 'accepted');
  assert.equal(problem('[1,2,3]', { maxNodes: 3 }), 'LIMIT 5: found more than 3 values');
  assert.equal(problem('[1]', { maxBytes: 3 }), 'accepted');
  assert.equal(problem('[12]', { maxBytes: 3 }), 'LIMIT 0: found 4 characters, more than the limit of 3');
});

test('200,000 levels neither overflow the stack nor take long', () => {
  const depth = 200_000;
  const text = `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`;
  assert.equal(writeJson(parseJson(text)), text);
  assert.equal(writeJson(parseJson(text), { indent: 1, width: 20 }).length > text.length, true);
});

test('with a width, what fits stays on one line', () => {
  const node = jsonObject([
    ['call', jsonString('sum')],
    ['args', jsonArray([jsonObject([['col', jsonString('value')]]), jsonNumber(10), jsonArray([]), JSON_NULL])],
    ['long', jsonArray([jsonString('a'.repeat(30)), jsonBoolean(true)])],
  ]);
  assert.equal(
    writeJson(node, { indent: 2, width: 40 }),
    [
      '{',
      '  "call": "sum",',
      '  "args": [',
      '    { "col": "value" },',
      '    10,',
      '    [],',
      '    null',
      '  ],',
      '  "long": [',
      `    "${'a'.repeat(30)}",`,
      '    true',
      '  ]',
      '}',
    ].join('\n'),
  );
  assert.equal(
    writeJson(node, { indent: 2, width: 60 }),
    [
      '{',
      '  "call": "sum",',
      '  "args": [{ "col": "value" }, 10, [], null],',
      `  "long": ["${'a'.repeat(30)}", true]`,
      '}',
    ].join('\n'),
  );
});

test('what could steer a terminal or reorder text is escaped', () => {
  assert.equal(
    writeJson(jsonString('\u001b[31m\u009b31m\u007f\u202e\u2028\ufeff')),
    '"\\u001b[31m\\u009b31m\\u007f\\u202e\\u2028\\ufeff"',
  );
});

test('numbers that are made are JSON numbers', () => {
  assert.equal(
    writeJson(jsonArray([jsonNumber(-0), jsonNumber(2n ** 64n), jsonNumber('1.50'), jsonNumber(1e21)])),
    '[-0,18446744073709551616,1.50,1e+21]',
  );
  assert.throws(() => jsonNumber(Number.NaN), { code: 'DEFECT', message: 'NaN is no JSON number' });
});
