import { readFileSync } from 'node:fs';
import type { PickleValue } from '../../../src/wire/pickle/index.ts';

/** A value or an argument as make_corpus.py tells it. */
export type Told = null | boolean | string | number | readonly Told[];

export interface CorpusEntry {
  readonly name: string;
  readonly hex: string;
  readonly value: Told;
  readonly ops: readonly (readonly [position: number, name: string, argument: Told])[] | null;
}

export const CORPUS: readonly CorpusEntry[] = JSON.parse(
  readFileSync(new URL('./corpus.json', import.meta.url), 'utf8'),
).entries;

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

export function tellText(text: string): Told {
  return ['str', text];
}

export function tellFloat(value: number): Told {
  if (Number.isNaN(value)) return ['float', 'nan'];
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return ['float', hexOf(new Uint8Array(view.buffer))];
}

function itemsOf(value: PickleValue): readonly PickleValue[] {
  return value.kind === 'tuple' ? value.items : [value];
}

/** Python's dict keeps a key's first place and its last value. */
function merged(pairs: readonly (readonly [Told, Told])[]): Told {
  const byKey = new Map<string, readonly [Told, Told]>();
  for (const [key, value] of pairs) byKey.set(JSON.stringify(key), [key, value]);
  return [...byKey.values()];
}

/** The same telling as make_corpus.py's, for the small values of the corpus. */
export function tell(value: PickleValue, path: readonly PickleValue[] = []): Told {
  const up = [...path].reverse().indexOf(value);
  if (up >= 0) return ['up', up];
  const inner = [...path, value];
  const all = (values: readonly PickleValue[]): Told[] => values.map((item) => tell(item, inner));
  switch (value.kind) {
    case 'none':
      return ['none'];
    case 'bool':
      return ['bool', value.value];
    case 'int':
      return ['int', String(value.value)];
    case 'float':
      return tellFloat(value.value);
    case 'str':
      return tellText(value.value);
    case 'bytes':
    case 'bytearray':
      return [value.kind, hexOf(value.value)];
    case 'list':
    case 'tuple':
      return [value.kind, all(value.items)];
    case 'set':
    case 'frozenset':
      return [value.kind, all(value.items).sort((a, b) => (pythonJson(a) < pythonJson(b) ? -1 : 1))];
    case 'dict':
      return ['dict', merged(value.pairs.map(([k, v]) => [tell(k, inner), tell(v, inner)] as const))];
    case 'global':
      return ['global', value.module, value.name];
    case 'computed-global':
      return ['computed'];
    case 'persistent-id':
      return ['persistent', tell(value.id, inner)];
    case 'extension':
      return ['extension', value.code];
    case 'buffer':
      return ['buffer', value.readonly];
    case 'call': {
      const kwargs = value.kwargs?.kind === 'dict' ? value.kwargs.pairs : [];
      return [
        'call',
        tell(value.callee, inner),
        all(itemsOf(value.args)),
        kwargs.map(([k, v]) => [k.kind === 'str' ? k.value : '?', tell(v, inner)]),
        value.state === null ? null : tell(value.state, inner),
        all(value.items),
        value.pairs.map(([k, v]) => [tell(k, inner), tell(v, inner)]),
      ];
    }
  }
}

function pythonJson(told: Told): string {
  return JSON.stringify(told).replaceAll(',', ', ');
}
