/**
 * Holds our proto JSON against the Rust crates' own (`scripts/rust-oracle`, datafusion-proto-models 55.2.0 with its `json` feature):
 * their reader makes the same bytes of our text, and ours of theirs. Needs cargo.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type JsonNode,
  jsonArray,
  jsonBoolean,
  jsonNumber,
  jsonObject,
  jsonString,
  writeJson,
} from '../../src/expr/json-text.ts';
import { readProtoJson, writeProtoJson } from '../../src/expr/proto-json.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { enumDef, type FieldDef, messageDef } from '../../src/wire/proto/tables.ts';
import { readMessage } from '../../src/wire/protobuf/index.ts';

const crate = fileURLToPath(new URL('../../scripts/rust-oracle', import.meta.url));
const fixtures = new URL('../../fixtures/', import.meta.url);

let oracle = '';

before(() => {
  // Cargo names the program that it built, wherever its target folder is.
  const output = execFileSync('cargo', ['build', '--quiet', '--message-format=json'], {
    cwd: crate,
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  for (const line of output.split('\n')) {
    const built = /"executable":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
    if (built !== undefined) oracle = String(JSON.parse(`"${built}"`));
  }
  assert.notEqual(oracle, '', 'cargo built no program');
});

type Request = readonly [direction: 'to-json' | 'from-json', message: string, payload: string];

function ask(requests: readonly Request[]): string[] {
  const input = requests.map((request) => `${request.join('\t')}\n`).join('');
  const answers = execFileSync(oracle, { input, maxBuffer: 1 << 30, encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  assert.equal(answers.length, requests.length);
  return answers;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A value in which the order of members says nothing, since Rust's HashMap has none. */
function unordered(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? new Map(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** Levels of JSON in a text without strings that hold brackets. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of text.replace(/"(?:[^"\\]|\\.)*"/g, '')) {
    if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth);
    else if (char === '}' || char === ']') depth--;
  }
  return deepest;
}

interface Entry {
  readonly path: string;
  readonly container: string;
}

const MESSAGES = new Map([
  ['expr', 'LogicalExprNode'],
  ['expr-list', 'LogicalExprList'],
  ['logical-plan', 'LogicalPlanNode'],
  ['physical-expr', 'PhysicalExprNode'],
  ['physical-plan', 'PhysicalPlanNode'],
]);

/** serde_json refuses to read deeper than this, and prost to decode deeper than that. */
const SERDE_JSON_DEPTH = 127;
const PROST_DEPTH = 100;

const NON_FINITE = /("float(?:32|64)Value"):"-?(?:NaN|Infinity)"/g;

interface Case {
  readonly path: string;
  readonly message: string;
  readonly bytes: Uint8Array;
  readonly json: string;
}

function casesOf(): {
  readonly written: readonly Case[];
  readonly refused: readonly (Omit<Case, 'json'> & { why: string })[];
} {
  const manifest: readonly Entry[] = JSON.parse(readFileSync(new URL('manifest.json', fixtures), 'utf8'));
  const written: Case[] = [];
  const refused: (Omit<Case, 'json'> & { why: string })[] = [];
  for (const { path, container } of manifest) {
    const message = MESSAGES.get(container);
    if (message === undefined) continue;
    const bytes = new Uint8Array(readFileSync(new URL(path, fixtures)));
    try {
      written.push({ path, message, bytes, json: writeProtoJson(bytes, message) });
    } catch (error) {
      if (!(error instanceof DfxError)) throw error;
      refused.push({ path, message, bytes, why: `${error.code}: ${error.message}` });
    }
  }
  return { written, refused };
}

test('every payload of the real engine goes through the Rust readers and writers unchanged', () => {
  const cases = casesOf().written;
  assert.ok(cases.length > 4000, `${cases.length} payloads`);
  const answers = ask(
    cases.flatMap(({ bytes, message, json }): Request[] => [
      ['from-json', message, json],
      ['to-json', message, hexOf(bytes)],
    ]),
  );
  for (const [index, { path, message, bytes, json }] of cases.entries()) {
    const [read = '', written = ''] = answers.slice(2 * index, 2 * index + 2);
    const hex = hexOf(bytes);
    assert.equal(hexOf(readProtoJson(json, message)), hex, path);

    if (depthOf(json) > SERDE_JSON_DEPTH) assert.match(read, /^error recursion limit exceeded/, path);
    else if (read !== `ok ${hex}`) {
      // Rust keeps maps in a HashMap: with several keys it writes them in any order.
      assert.match(json, /"\w+":\{"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*",/, `${path}: ${read}`);
      const theirs = Uint8Array.from(Buffer.from(read.slice('ok '.length), 'hex'));
      assert.deepEqual(unordered(writeProtoJson(theirs, message)), unordered(json), path);
    }

    if (readMessage(bytes, message).depth > PROST_DEPTH) {
      assert.match(written, /^error .*recursion limit reached$/, path);
      continue;
    }
    assert.ok(written.startsWith('ok '), `${path}: ${written}`);
    const theirs = written.slice('ok '.length);
    // serde_json writes null for NaN and infinities, and so loses them; that is why ours are strings.
    assert.deepEqual(unordered(theirs), unordered(json.replace(NON_FINITE, '$1:null')), path);
    if (json.replace(NON_FINITE, '') === json) {
      assert.deepEqual(unordered(writeProtoJson(readProtoJson(theirs, message), message)), unordered(json), path);
    }
  }
});

test('what we refuse to write as proto JSON does not survive the Rust crates either', () => {
  const { refused } = casesOf();
  assert.ok(refused.length > 0);
  const written = ask(refused.map(({ bytes, message }): Request => ['to-json', message, hexOf(bytes)]));
  const legible = refused.flatMap((entry, index) => {
    const json = written[index] ?? '';
    return json.startsWith('ok ') ? [{ ...entry, json: json.slice('ok '.length) }] : [];
  });
  const read = ask(legible.map(({ message, json }): Request => ['from-json', message, json]));
  for (const [index, { path, bytes, why }] of legible.entries()) {
    assert.notEqual(read[index], `ok ${hexOf(bytes)}`, `${path}: ${why}`);
  }
});

const ROOTS = [
  'LogicalExprNode',
  'LogicalExprList',
  'LogicalPlanNode',
  'PhysicalExprNode',
  'PhysicalPlanNode',
  'ScalarValue',
  'Schema',
] as const;

const TEXTS = ['', 'a', '10', '__proto__', 'naïve ☃ 😀', '"\\\n\u0000\u009b', 'x'.repeat(200)];
const INTEGERS: Readonly<Record<string, readonly string[]>> = {
  int32: ['0', '1', '-1', '2147483647', '-2147483648'],
  uint32: ['0', '1', '300', '4294967295'],
  int64: ['0', '-1', '9007199254740993', '9223372036854775807', '-9223372036854775808'],
  uint64: ['0', '1', '9007199254740993', '18446744073709551615'],
};
const DOUBLES = ['0.0', '-0.0', '1.5', '0.1', '1e300', '-5e-324', '1.7976931348623157e308', '123456789.123'];
const FLOATS = ['0.0', '-0.0', '1.5', '0.1', '3.4028235e38', '1e-45', '16777216.0', '0.3333333432674408'];

/** Random messages that prefer what was used least, so that some thousand of them have used every field and enum value. */
class Generator {
  private state = 1;
  readonly uses = new Map<string, number>();

  random(below: number): number {
    // Lehmer's generator: the same messages in every run.
    this.state = (this.state * 48271) % 2147483647;
    return this.state % below;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.random(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  message(name: string, depth: number): JsonNode {
    const live = messageDef(name).fields.filter((field) => field.until === null);
    const count = depth === 0 ? 0 : 1 + this.random(3);
    const used = (field: FieldDef) => this.uses.get(`${name}.${field.name}`) ?? 0;
    const shuffled = live.map((field) => ({ field, key: used(field) + this.random(1000) / 1000 }));
    const members: [string, JsonNode][] = [];
    const oneofs = new Set<string>();
    for (const { field } of shuffled.sort((a, b) => a.key - b.key)) {
      if (members.length >= count) break;
      if (field.oneof !== null && oneofs.has(field.oneof)) continue;
      if (field.oneof !== null) oneofs.add(field.oneof);
      this.uses.set(`${name}.${field.name}`, used(field) + 1);
      members.push([this.random(4) === 0 ? field.name : field.jsonName, this.field(field, depth)]);
    }
    return jsonObject(members);
  }

  field(field: FieldDef, depth: number): JsonNode {
    if (field.map) {
      const value = messageDef(field.ref ?? '').byNumber.get(2);
      if (value === undefined) throw new Error(`${field.name} has no value`);
      // One key: with several Rust's order is random.
      return jsonObject([[this.pick(TEXTS), this.value(value, depth)]]);
    }
    if (!field.repeated) return this.value(field, depth);
    return jsonArray(Array.from({ length: 1 + this.random(3) }, () => this.value(field, depth)));
  }

  value(field: FieldDef, depth: number): JsonNode {
    switch (field.type) {
      case 'message':
        return this.message(field.ref ?? '', depth - 1);
      case 'enum': {
        const values = enumDef(field.ref ?? '').values.filter((value) => value.until === null);
        const used = (name: string) => this.uses.get(`${field.ref}=${name}`) ?? 0;
        const least = values.reduce((a, b) => (used(b.name) < used(a.name) ? b : a));
        this.uses.set(`${field.ref}=${least.name}`, used(least.name) + 1);
        return this.random(5) === 0 ? jsonNumber(least.number) : jsonString(least.name);
      }
      case 'string':
        return jsonString(this.pick(TEXTS));
      case 'bytes':
        return jsonString(this.pick(['', 'AA==', 'AP8', '_-8', '+/8=', 'RGZ4']));
      case 'bool':
        return jsonBoolean(this.random(2) === 0);
      case 'double':
        return jsonNumber(this.pick(DOUBLES));
      case 'float':
        return jsonNumber(this.pick(FLOATS));
      default: {
        const text = this.pick(INTEGERS[field.type] ?? []);
        return this.random(2) === 0 ? jsonString(text) : jsonNumber(text);
      }
    }
  }
}

/** Live fields and enum values that the roots lead to. */
function everything(): Set<string> {
  const names = new Set<string>();
  const seen = new Set<string>();
  const waiting: string[] = [...ROOTS];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const field of messageDef(name).fields) {
      if (field.until !== null) continue;
      const inner = field.map ? messageDef(field.ref ?? '').byNumber.get(2) : field;
      names.add(`${name}.${field.name}`);
      if (inner?.type === 'message') waiting.push(inner.ref ?? '');
      if (inner?.type !== 'enum') continue;
      for (const value of enumDef(inner.ref ?? '').values) {
        if (value.until === null) names.add(`${inner.ref}=${value.name}`);
      }
    }
  }
  return names;
}

test('every live field and enum value means the same to the Rust reader and writer', () => {
  const generator = new Generator();
  const cases: { readonly message: string; readonly json: string; readonly bytes: Uint8Array }[] = [];
  const all = [...everything()];
  for (let round = 0; round < 500 || (round < 4000 && all.some((name) => !generator.uses.has(name))); round++) {
    for (const message of ROOTS) {
      const json = writeJson(generator.message(message, 4 + generator.random(10)));
      cases.push({ message, json, bytes: readProtoJson(json, message) });
    }
  }
  const missed = all.filter((name) => !generator.uses.has(name));
  assert.deepEqual(missed, []);

  const read = ask(cases.map(({ message, json }): Request => ['from-json', message, json]));
  for (const [index, { message, json, bytes }] of cases.entries()) {
    assert.equal(read[index], `ok ${hexOf(bytes)}`, `${message} ${json}`);
  }
  const written = ask(cases.map(({ message, bytes }): Request => ['to-json', message, hexOf(bytes)]));
  const ours = cases.map(({ message, bytes }) => writeProtoJson(bytes, message));
  for (const [index, { message, json, bytes }] of cases.entries()) {
    const theirs = written[index] ?? '';
    assert.ok(theirs.startsWith('ok '), `${message} ${json}: ${theirs}`);
    assert.deepEqual(unordered(ours[index] ?? ''), unordered(theirs.slice('ok '.length)), `${message} ${json}`);
    assert.equal(hexOf(readProtoJson(theirs.slice('ok '.length), message)), hexOf(bytes), `${message} ${json}`);
  }
  const again = ask(cases.map(({ message }, index): Request => ['from-json', message, ours[index] ?? '']));
  for (const [index, { message, json, bytes }] of cases.entries()) {
    assert.equal(again[index], `ok ${hexOf(bytes)}`, `${message} ${json}`);
  }
});
