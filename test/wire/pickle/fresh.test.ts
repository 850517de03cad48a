import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type CallableReport, describeCallable, disassemble, readPickle } from '../../../src/wire/pickle/index.ts';
import { bytesOf, CORPUS, type CorpusEntry, type Told, tell } from './corpus.ts';
import { askPython } from './python.ts';

/** The recorded data made again by the Python at hand: cloudpickle's bytes are others on each run, what they say is not. */
interface Provenance {
  readonly python: string;
}
interface Callable {
  readonly name: string;
  readonly hex: string;
  readonly facts: unknown;
}

const minorOf = ({ python }: Provenance): string => python.split('.').slice(0, 2).join('.');

test('the corpus made afresh is read as Python reads it, and says what the recorded one says', () => {
  const fresh = askPython('make_corpus.py', null) as { provenance: Provenance; entries: readonly CorpusEntry[] };
  const recorded = new Map(CORPUS.map((entry) => [entry.name, entry]));
  assert.deepEqual(fresh.entries.map(({ name }) => name).sort(), [...recorded.keys()].sort());
  for (const { name, hex, value, ops } of fresh.entries) {
    const reading = readPickle(bytesOf(hex));
    assert.equal(reading.error, null, name);
    assert.deepEqual(reading.value === null ? null : tell(reading.value), value, name);
    const names = Array.from(disassemble(bytesOf(hex)), (each) => (each.kind === 'op' ? each.opcode.name : null));
    if (ops !== null)
      assert.deepEqual(
        names.filter((each) => each !== null),
        ops.map(([, op]) => op),
        name,
      );
    assert.deepEqual(meaning(value), meaning(recorded.get(name)?.value ?? null), name);
  }
});

/** The telling as text. Python before 3.11 gives an object without attributes an empty dict as its state, later ones none. */
function meaning(value: Told): string {
  return JSON.stringify(value).replaceAll('],["dict",[]],[', '],null,[');
}

/** What is said of a callable, without where it stands. */
function said(report: CallableReport): unknown {
  return JSON.parse(
    JSON.stringify(report, (key, value: unknown) => {
      if (key === 'span' || key === 'bytes' || key === 'value' || key === 'constants') return undefined;
      return typeof value === 'bigint' ? String(value) : value;
    }),
  );
}

function reportOf({ name, hex }: Callable): CallableReport {
  const reading = readPickle(bytesOf(hex));
  assert.ok(reading.value !== null, name);
  return describeCallable(reading.value, reading);
}

test('the callables made afresh say what the recorded ones of the same Python say', () => {
  const fresh = askPython('make_callables.py', null) as { provenance: Provenance; callables: readonly Callable[] };
  const file = new URL(`./callables-${minorOf(fresh.provenance)}.json`, import.meta.url);
  assert.ok(existsSync(file), `no callables are recorded for Python ${minorOf(fresh.provenance)}`);
  const recorded: readonly Callable[] = JSON.parse(readFileSync(file, 'utf8')).callables;
  assert.deepEqual(
    fresh.callables.map(({ name, facts }) => [name, facts]),
    recorded.map(({ name, facts }) => [name, facts]),
  );
  for (const [at, callable] of fresh.callables.entries()) {
    const before = recorded[at];
    assert.ok(before !== undefined);
    assert.deepEqual(said(reportOf(callable)), said(reportOf(before)), callable.name);
  }
});
