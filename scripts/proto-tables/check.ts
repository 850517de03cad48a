/** Holds the committed tables against one version's own files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EnumValueDef,
  enumDef,
  type FieldDef,
  jsonNameOf,
  messageDef,
  NEWEST_MAJOR,
  tableNames,
} from '../../src/wire/proto/tables.ts';
import { commonCrate, majorOf, modelsCrate, readVersion } from './crates.ts';
import { pbjsonNames, readProstFiles } from './read-prost.ts';
import { foldName, type SourceField, type SourceSchema } from './source.ts';
import { LOGICAL_ROOTS, PHYSICAL_ROOTS } from './write.ts';

export interface Checked {
  readonly rows: number;
  readonly differences: readonly string[];
}

function describe(field: Omit<SourceField, 'map'> & { readonly map: boolean }): string {
  const mark = field.map ? 'map ' : field.repeated ? 'repeated ' : field.optional ? 'optional ' : '';
  const type = field.ref === null ? field.type : `${field.type} ${field.ref}`;
  return `${field.number} ${mark}${type} ${field.name}${field.oneof === null ? '' : ` in oneof ${field.oneof}`}`;
}

/** How the wire sees a field. Names and groups may change between majors; the tables have those of the newest. */
function wireForm(field: SourceField): string {
  return describe({ ...field, name: '', oneof: null, optional: false });
}

function livesIn(row: { readonly since: number; readonly until: number | null }, major: number): boolean {
  return row.since <= major && (row.until === null || row.until > major);
}

/** Types that the roots lead to in this version. */
function reached(schema: SourceSchema): Set<string> {
  const seen = new Set<string>();
  const waiting = [...LOGICAL_ROOTS, ...PHYSICAL_ROOTS].filter((name) => schema.messages.has(name));
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const field of schema.messages.get(name) ?? []) if (field.ref !== null) waiting.push(field.ref);
  }
  return seen;
}

function compareRows(where: string, table: readonly string[], crate: readonly string[]): string[] {
  const inTable = new Set(table);
  const inCrate = new Set(crate);
  return [
    ...crate.filter((row) => !inTable.has(row)).map((row) => `${where}: the crate has ${row}, the table doesn't`),
    ...table.filter((row) => !inCrate.has(row)).map((row) => `${where}: the table has ${row}, the crate doesn't`),
  ];
}

function generatedFiles(version: string): { readonly prost: string; readonly pbjson: string }[] {
  return [commonCrate(version), modelsCrate(version)].map((folder) => ({
    prost: readFileSync(join(folder, 'src/generated/prost.rs'), 'utf8'),
    pbjson: readFileSync(join(folder, 'src/generated/pbjson.rs'), 'utf8'),
  }));
}

/**
 * Compares messages, fields and enum values with the crate's `.proto` files, and JSON names with its pbjson code. Also reads the
 * same version's prost code and wants the same messages from it, since older majors are known by that code alone.
 */
export function checkVersion(version: string): Checked {
  const schema = readVersion(version);
  const major = majorOf(version);
  const newest = major === NEWEST_MAJOR;
  const differences: string[] = [];
  let rows = 0;
  const known = tableNames();
  const inTable = known.messages.filter((name) => livesIn(messageDef(name), major));
  // A type that only a retired field leads to may still be declared.
  const types = new Set([...reached(schema), ...inTable.filter((name) => schema.messages.has(name))]);

  const files = generatedFiles(version);
  const jsonNames = new Map(files.flatMap((file) => [...pbjsonNames(file.pbjson)]));
  const generated = readProstFiles(files);

  const messagesOf = (names: Iterable<string>) => [...names].map((name) => `message ${name}`);
  differences.push(
    ...compareRows('types', messagesOf(inTable), messagesOf([...types].filter((name) => schema.messages.has(name)))),
  );
  for (const name of types) {
    const crateFields = schema.messages.get(name);
    if (crateFields !== undefined) {
      const fromProst = generated.messages.get(name) ?? [];
      differences.push(...compareRows(`${name} in prost code`, fromProst.map(wireForm), crateFields.map(wireForm)));
      if (!known.messages.includes(name)) continue;
      const live: readonly FieldDef[] = messageDef(name).fields.filter((field) => livesIn(field, major));
      rows += live.length;
      const form = newest ? describe : wireForm;
      differences.push(...compareRows(name, live.map(form), crateFields.map(form)));
      const listed = jsonNames.get(name.split('.').map(foldName).join('.'));
      for (const field of crateFields) {
        if (listed === undefined || listed.includes(jsonNameOf(field.name))) continue;
        differences.push(`${name}.${field.name}: pbjson doesn't know the JSON name ${jsonNameOf(field.name)}`);
      }
      continue;
    }
    if (!known.enums.includes(name)) {
      differences.push(`types: the crate has enum ${name}, the table doesn't`);
      continue;
    }
    const text = (value: { readonly number: number; readonly name: string }) => `${value.number} ${value.name}`;
    const live: readonly EnumValueDef[] = enumDef(name).values.filter((value) => livesIn(value, major));
    rows += live.length;
    differences.push(...compareRows(name, live.map(text), (schema.enums.get(name) ?? []).map(text)));
  }
  return { rows, differences };
}
