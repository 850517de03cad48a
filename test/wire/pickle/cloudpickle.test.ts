import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  type CallableReport,
  describeCallable,
  findRisks,
  previewOf,
  readPickle,
} from '../../../src/wire/pickle/index.ts';
import { bytesOf } from './corpus.ts';

interface CodeTold {
  readonly name: string;
  readonly qualname: string | null;
  readonly file: string;
  readonly line: number;
  readonly positional: readonly string[];
  readonly positional_only: number;
  readonly keyword_only: number;
  readonly names: readonly string[];
  readonly locals: readonly string[];
  readonly free: readonly string[];
  readonly cells: readonly string[];
  readonly flags: number;
  readonly bytecode: number;
  readonly constants: number;
}
interface Told {
  readonly name: string;
  readonly hex: string;
  readonly facts: {
    readonly qualname?: string;
    readonly module?: string;
    readonly doc?: string | null;
    readonly code?: CodeTold;
    readonly captures?: readonly (readonly [string, string])[];
    readonly defaults?: readonly string[];
    readonly keyword_defaults?: Readonly<Record<string, string>>;
    readonly methods?: readonly string[];
  };
}

const VERSIONS = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13'] as const;

function callables(version: string): readonly Told[] {
  return JSON.parse(readFileSync(new URL(`./callables-${version}.json`, import.meta.url), 'utf8')).callables;
}

function reportOf(told: Told): CallableReport {
  const reading = readPickle(bytesOf(told.hex));
  assert.ok(reading.value !== null, told.name);
  return describeCallable(reading.value, reading);
}

function reportNamed(version: string, name: string): CallableReport {
  const told = callables(version).find((each) => each.name === name);
  assert.ok(told !== undefined, name);
  return reportOf(told);
}

const KINDS: ReadonlyMap<string, CallableReport['kind']> = new Map([
  ['lam', 'lambda'],
  ['part', 'partial'],
  ['Base', 'class'],
  ['Derived', 'class'],
  ['Color', 'class'],
  ['instance', 'instance'],
  ['method', 'method'],
  ['builtin', 'builtin'],
  ['reference', 'by-reference'],
]);

for (const version of VERSIONS) {
  test(`callables of Python ${version} are described as Python describes them`, () => {
    for (const told of callables(version)) {
      const report = reportOf(told);
      const { facts } = told;
      assert.equal(report.kind, KINDS.get(told.name) ?? 'function', told.name);
      if (facts.qualname !== undefined) assert.equal(report.qualname, facts.qualname, told.name);
      if (facts.module !== undefined) assert.equal(report.module, facts.module, told.name);
      if (facts.doc !== undefined) assert.equal(report.doc, facts.doc, told.name);
      if (facts.methods !== undefined)
        assert.deepEqual(report.methods.map(({ name }) => name).sort(), facts.methods, told.name);
      if (facts.code === undefined) continue;
      const { code } = report;
      assert.ok(code !== null, told.name);
      assert.deepEqual(
        {
          name: code.name,
          qualname: code.qualname,
          file: code.file,
          line: code.line,
          positional: code.arguments.slice(0, facts.code.positional.length),
          positional_only: code.positionalOnly,
          keyword_only: code.keywordOnly,
          names: code.names,
          locals: code.locals,
          free: code.freeVariables,
          cells: code.cellVariables,
          flags: code.flags,
          bytecode: code.bytecode,
          constants: code.constants.length,
        },
        facts.code,
        told.name,
      );
      assert.deepEqual(
        report.defaults.map(({ preview }) => preview),
        facts.defaults,
        told.name,
      );
      assert.deepEqual(
        report.keywordDefaults.map(({ name, preview }) => [name, preview]),
        Object.entries(facts.keyword_defaults ?? {}),
        told.name,
      );
      if (report.kind === 'function')
        assert.deepEqual(
          report.captures.map(({ name, type }) => [name, type]),
          facts.captures,
          told.name,
        );
    }
  });

  test(`harmless callables of Python ${version} have no finding`, () => {
    for (const told of callables(version)) {
      const risks = findRisks(readPickle(bytesOf(told.hex)));
      // The one body that uses os.path says so.
      const found = risks.filter(({ code }) => code !== 'code-references' && code !== 'dangerous-reference');
      assert.deepEqual(found, [], told.name);
      const uses = risks.map(({ code, severity, what }) => [code, severity, what]);
      const expected = [
        ['code-references', 'info', 'os'],
        ['dangerous-reference', 'info', 'os'],
      ];
      assert.deepEqual(uses.sort(), told.name === 'recursive' || told.name === 'many' ? expected : [], told.name);
    }
  });

  test(`imports inside a body of Python ${version} are told`, () => {
    const report = reportNamed(version, 'uses_globals');
    assert.deepEqual(report.code?.imports, ['json', 'collections']);
    assert.deepEqual(
      report.imports
        .filter(({ origin }) => origin !== 'builder')
        .map(({ module, name, origin }) => [module, name, origin]),
      [
        ['json', '', 'body'],
        ['collections', '', 'body'],
        ['math', '', 'reference'],
      ],
    );
    assert.deepEqual(report.code?.arguments, ['arr', 'scale', '*rest', 'flag', '**more']);
  });
}

test('captures come with values, previews and sizes', () => {
  const report = reportNamed('3.11', 'closure');
  assert.deepEqual(
    report.captures.map(({ name, type, preview, bytes }) => [name, type, preview, bytes]),
    [
      ['helper', 'function', 'function outer.<locals>.helper', report.captures[0]?.bytes],
      ['label', 'str', "'high'", 6],
      ['threshold', 'int', '30', 2],
      ['values', 'list', '[1, 2.5, None]', 16],
    ],
  );
  assert.deepEqual(
    report.nested.map(({ kind, qualname }) => [kind, qualname]),
    [['function', 'outer.<locals>.helper']],
  );
  const globals = reportNamed('3.12', 'uses_globals').globals;
  assert.deepEqual(
    globals.map(({ name, type, preview }) => [name, type, preview]),
    [
      ['LIMIT', 'int', '10'],
      ['TABLE', 'dict', "{'a': [1, 2], 'b': None}"],
      ['math', 'module', 'module math'],
    ],
  );
});

test('a partial tells its bound arguments and its function', () => {
  const report = reportNamed('3.13', 'part');
  assert.deepEqual(
    report.captures.map(({ name, preview }) => [name, preview]),
    [
      ['arr', '[1]'],
      ['scale', '5'],
    ],
  );
  assert.equal(report.line, 10);
});

test('an instance tells its class and its attributes', () => {
  const report = reportNamed('3.10', 'instance');
  assert.deepEqual(
    [report.kind, report.qualname, report.file, report.captures.map(({ name, preview }) => [name, preview])],
    ['instance', 'Derived', 'callables.py', [['t', '42']]],
  );
  assert.deepEqual(report.nested.map(({ kind, qualname }) => [kind, qualname]).slice(0, 2), [
    ['class', 'Derived'],
    ['class', 'Base'],
  ]);
});

test('a recursive function is described once', () => {
  const report = reportNamed('3.11', 'recursive');
  assert.deepEqual(report.nested, []);
  assert.deepEqual(
    report.globals.map(({ name, preview }) => [name, preview]),
    [
      ['recursive', 'function recursive'],
      ['os', 'module os'],
    ],
  );
});

/**
 * By cloudpickle 3.1.2 under Python 3.11, of `class K(P)` whose one method was made by a function `outer`, beside `class P`, in `__main__`.
 */
const DECORATED = [
  'gAWVqQIAAAAAAACMF2Nsb3VkcGlja2xlLmNsb3VkcGlja2xllIwUX21ha2Vfc2tlbGV0b25fY2xhc3OUk5QojAhidWlsdGluc5SMBHR5cGWUk5',
  'SMAUuUaAIoaAWMAVCUaAOMBm9iamVjdJSTlIWUfZSMCl9fbW9kdWxlX1+UjAhfX21haW5fX5RzjCA3YTgyMTdlNDQxYTE0NDhiOGY3ZjMyMzdk',
  'YzM5NDZhZZROdJRSlGgAjA9fY2xhc3Nfc2V0c3RhdGWUk5RoEH2UKIwHX19kb2NfX5ROjApfX21vZHVsZV9flGgNdX2UhpSGUjCFlH2UaAxoDX',
  'OMIDk4MWNkMTZlYjM1NTRhNjM4NzU0YWJkMjdjMzM2ZjYylE50lFKUaBJoHH2UjAFtlGgAjA5fbWFrZV9mdW5jdGlvbpSTlChoAIwNX2J1aWx0',
  'aW5fdHlwZZSTlIwIQ29kZVR5cGWUhZRSlChLAUsASwBLAUsBSxNDBpcAZAFTAJROSwGGlCmMBHNlbGaUhZSMBGsucHmUjARtYWRllIwTb3V0ZX',
  'IuPGxvY2Fscz4ubWFkZZRLBEMGgACYMZgxlEMAlCkpdJRSlH2UjAhfX25hbWVfX5RoDXNOTk50lFKUaACMEl9mdW5jdGlvbl9zZXRzdGF0ZZST',
  'lGg0fZR9lChoMowEbWFkZZSMDF9fcXVhbG5hbWVfX5SME291dGVyLjxsb2NhbHM+Lm1hZGWUjA9fX2Fubm90YXRpb25zX1+UfZSMDl9fa3dkZW',
  'ZhdWx0c19flE6MDF9fZGVmYXVsdHNfX5ROaAxoDYwHX19kb2NfX5ROjAtfX2Nsb3N1cmVfX5ROjBdfY2xvdWRwaWNrbGVfc3VibW9kdWxlc5Rd',
  'lIwLX19nbG9iYWxzX1+UfZR1hpSGUjBzfZSGlIZSMC4=',
].join('');

test('a class keeps its own name where its methods were made elsewhere, and names a base that travels along', () => {
  const reading = readPickle(Buffer.from(DECORATED, 'base64'));
  assert.ok(reading.value !== null);
  const { kind, qualname, file, line, bases, methods } = describeCallable(reading.value, reading);
  assert.deepEqual(
    [kind, qualname, file, line, bases, methods.map(({ name, code }) => [name, code?.qualname])],
    ['class', 'K', null, null, ['P'], [['m', 'outer.<locals>.made']]],
  );
});

/** `[OrderedDict([('z', 1), ('a', [2])]), defaultdict(list, {'k': [1]}), SimpleNamespace(threshold=77, label='x')]`, by CPython 3.11. */
const OBJECTS = [
  'gASVqQAAAAAAAABdlCiMC2NvbGxlY3Rpb25zlIwLT3JkZXJlZERpY3SUk5QpUpQojAF6lEsBjAFhlF2USwJhdWgBjAtkZWZhdWx0ZGljdJSTlI',
  'wIYnVpbHRpbnOUjARsaXN0lJOUhZRSlIwBa5RdlEsBYXOMBXR5cGVzlIwPU2ltcGxlTmFtZXNwYWNllJOUKVKUfZQojAl0aHJlc2hvbGSUS02M',
  'BWxhYmVslIwBeJR1YmUu',
].join('');

test('an object is shown with what was put into it: attributes, items, entries', () => {
  const { value } = readPickle(Buffer.from(OBJECTS, 'base64'));
  assert.ok(value?.kind === 'list');
  assert.deepEqual(
    value.items.map((item) => previewOf(item)),
    [
      "collections.OrderedDict({'z': 1, 'a': [2]})",
      "collections.defaultdict(builtins.list, {'k': [1]})",
      "types.SimpleNamespace(threshold=77, label='x')",
    ],
  );
});
