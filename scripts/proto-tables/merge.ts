/** Merges the messages of all versions into rows that say when each came and went. */
import { foldName, type SourceField, type SourceSchema } from './source.ts';

export interface Version {
  readonly major: number;
  readonly schema: SourceSchema;
}

export interface Lived {
  readonly since: number;
  readonly until: number | null;
}

export type FieldRow = SourceField & Lived;

export interface ValueRow extends Lived {
  readonly name: string;
  readonly number: number;
}

export interface MessageRows extends Lived {
  readonly name: string;
  readonly fields: readonly FieldRow[];
}

export interface EnumRows {
  readonly name: string;
  readonly values: readonly ValueRow[];
}

export interface Merged {
  readonly messages: ReadonlyMap<string, MessageRows>;
  readonly enums: ReadonlyMap<string, EnumRows>;
}

/** What makes two versions' fields the same: a reader of one takes the other's bytes. Names may change. */
function fieldKey(field: SourceField): string {
  return `${field.number} ${field.type} ${field.ref ?? ''} ${field.repeated} ${field.map}`;
}

interface Run<T> {
  readonly key: string;
  last: T;
  readonly since: number;
  until: number | null;
}

/** Tells, item by item, in which majors it was there without a gap. `last` is its newest form. */
function runs<T>(versions: readonly { major: number; items: readonly T[] }[], keyOf: (item: T) => string): Run<T>[] {
  const all: Run<T>[] = [];
  const open = new Map<string, Run<T>>();
  for (const { major, items } of versions) {
    const present = new Map(items.map((item) => [keyOf(item), item]));
    for (const [key, run] of open) {
      if (present.has(key)) continue;
      run.until = major;
      open.delete(key);
    }
    for (const [key, item] of present) {
      const run = open.get(key);
      if (run !== undefined) {
        run.last = item;
        continue;
      }
      const started: Run<T> = { key, last: item, since: major, until: null };
      open.set(key, started);
      all.push(started);
    }
  }
  return all;
}

export function mergeVersions(versions: readonly Version[]): Merged {
  const messages = new Map<string, MessageRows>();
  const enums = new Map<string, EnumRows>();
  const newest = versions.at(-1);
  if (newest === undefined) throw new Error('no versions to merge');

  const lives = runs(
    versions.map(({ major, schema }) => ({ major, items: [...schema.messages.keys()] })),
    (name) => name,
  );
  for (const { key: name, since, until } of lives) {
    const fields = runs(
      versions.map(({ major, schema }) => ({ major, items: schema.messages.get(name) ?? [] })),
      fieldKey,
    ).map((run): FieldRow => ({ ...run.last, since: run.since, until: run.until }));
    // Majors known by generated code alone lost the spelling of a oneof; where it lives on, its live name holds.
    const live = fields.flatMap((field) => (field.until === null && field.oneof !== null ? [field.oneof] : []));
    const spelled = (oneof: string | null): string | null =>
      oneof === null ? null : (live.find((name) => foldName(name) === foldName(oneof)) ?? oneof);
    // Of a message that went and came back, the later life is told.
    const rows = fields.map((field) => ({ ...field, oneof: spelled(field.oneof) })).sort(byNumber);
    messages.set(name, { name, since, until, fields: rows });
  }
  for (const name of new Set(versions.flatMap(({ schema }) => [...schema.enums.keys()]))) {
    const values = runs(
      versions.map(({ major, schema }) => ({ major, items: schema.enums.get(name) ?? [] })),
      (value) => `${value.number} ${foldName(value.name)}`,
    ).map((run): ValueRow => ({ ...run.last, since: run.since, until: run.until }));
    enums.set(name, { name, values: values.sort(byNumber) });
  }
  return { messages, enums };
}

/** By number; of several owners of a number the live one comes first, then the one that was retired last. */
function byNumber(a: Lived & { number: number }, b: Lived & { number: number }): number {
  return (
    a.number - b.number ||
    (b.until ?? Number.POSITIVE_INFINITY) - (a.until ?? Number.POSITIVE_INFINITY) ||
    b.since - a.since
  );
}
