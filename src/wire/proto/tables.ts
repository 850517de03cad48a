/**
 * The DataFusion messages by name, as of DataFusion 55 with what older majors had marked by `until`.
 *
 * The tables are text until a message is asked for: the start of the program pays for no message that it doesn't use.
 */
import { DfxError } from '../errors.ts';
import type { EnumDef, EnumValueDef, FieldDef, MessageDef, ProtoScalar } from './schema.ts';
import { LOGICAL_TABLE } from './tables-logical.ts';
import { PHYSICAL_TABLE } from './tables-physical.ts';

export type * from './schema.ts';

/** The crate major whose messages count as live. */
export const NEWEST_MAJOR = 55;

const SCALARS: ReadonlySet<string> = new Set<ProtoScalar>([
  'double',
  'float',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'bool',
  'string',
  'bytes',
]);

/**
 * The lines of the block that starts with this header, or null. Searching the text takes some microseconds for each type that a
 * payload uses; an index over all of them took a millisecond of the program's start.
 */
function linesOf(header: string): string[] | null {
  for (const table of [LOGICAL_TABLE, PHYSICAL_TABLE]) {
    const start = table.indexOf(`\n${header}`);
    if (start === -1) continue;
    const end = table.indexOf('\n\n', start + 1);
    return table
      .slice(start + 1, end === -1 ? undefined : end)
      .trimEnd()
      .split('\n');
  }
  return null;
}

const messages = new Map<string, MessageDef>();
const enums = new Map<string, EnumDef>();
const fields: FieldDef[] = [];

/** protoc's JSON name: each letter after an underscore in upper case, the underscores dropped. */
export function jsonNameOf(name: string): string {
  const [first = '', ...rest] = name.split('_');
  let json = first;
  for (const part of rest) json += part.slice(0, 1).toUpperCase() + part.slice(1);
  return json;
}

/** Throws DEFECT: names come from our own tables and code. */
export function messageDef(name: string): MessageDef {
  const known = messages.get(name);
  if (known !== undefined) return known;
  const lines = linesOf(`message ${name} `);
  if (lines === null) throw new DfxError('DEFECT', `the tables have no message ${name}`);
  const [, , since = '', until] = (lines[0] ?? '').split(' ');
  const rows = lines.slice(1).map((line) => parseField(name, line));
  const byNumber = new Map<number, FieldDef>();
  for (const row of rows) if (!byNumber.has(row.number)) byNumber.set(row.number, row);
  const def: MessageDef = { name, fields: rows, byNumber, since: Number(since), until: untilOf(until) };
  messages.set(name, def);
  return def;
}

/** Throws DEFECT: names come from our own tables and code. */
export function enumDef(name: string): EnumDef {
  const known = enums.get(name);
  if (known !== undefined) return known;
  const lines = linesOf(`enum ${name}\n`);
  if (lines === null) throw new DfxError('DEFECT', `the tables have no enum ${name}`);
  const values = lines.slice(1).map((line): EnumValueDef => {
    const [number = '', valueName = '', since = '', until] = line.trim().split(' ');
    return { name: valueName, number: Number(number), since: Number(since), until: untilOf(until) };
  });
  const byNumber = new Map<number, EnumValueDef>();
  const byName = new Map<string, EnumValueDef>();
  for (const value of values) {
    if (!byNumber.has(value.number)) byNumber.set(value.number, value);
    const other = byName.get(value.name);
    if (other === undefined || (other.until !== null && value.until === null)) byName.set(value.name, value);
  }
  const def: EnumDef = { name, values, byNumber, byName };
  enums.set(name, def);
  return def;
}

export function fieldByNumber(def: MessageDef, number: number): FieldDef | undefined {
  return def.byNumber.get(number);
}

/** Throws DEFECT: ids come from fields that a message handed out. */
export function fieldById(id: number): FieldDef {
  const field = fields[id];
  if (field === undefined) throw new DfxError('DEFECT', `no field has the id ${id}`);
  return field;
}

function untilOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

/** One line of a table: number, name, [map | repeated | optional], type, [@oneof], since, [until]. */
function parseField(message: string, line: string): FieldDef {
  const words = line.trim().split(' ');
  let at = 0;
  const next = (): string => words[at++] ?? '';
  const number = Number(next());
  const name = next();
  const mark = words[at];
  const marked = mark === 'map' || mark === 'repeated' || mark === 'optional';
  if (marked) at++;
  const { type, ref } = parseType(next());
  const oneof = words[at]?.startsWith('@') ? next().slice(1) : null;
  const since = Number(next());
  const until = untilOf(words[at]);
  if (!Number.isInteger(number) || !Number.isInteger(since)) {
    throw new DfxError('DEFECT', `the table of ${message} has the unreadable line "${line}"`);
  }
  let jsonName: string | undefined;
  const field: FieldDef = {
    id: fields.length,
    number,
    name,
    get jsonName() {
      jsonName ??= jsonNameOf(name);
      return jsonName;
    },
    type,
    ref,
    repeated: mark === 'map' || mark === 'repeated',
    map: mark === 'map',
    optional: mark === 'optional',
    oneof,
    since,
    until,
  };
  fields.push(field);
  return field;
}

function isScalar(word: string): word is ProtoScalar {
  return SCALARS.has(word);
}

function parseType(word: string): { readonly type: FieldDef['type']; readonly ref: string | null } {
  if (word.startsWith('enum:')) return { type: 'enum', ref: word.slice('enum:'.length) };
  return isScalar(word) ? { type: word, ref: null } : { type: 'message', ref: word };
}

/** Names of all messages and enums, for checks of the tables themselves. */
export function tableNames(): { readonly messages: readonly string[]; readonly enums: readonly string[] } {
  const named = (kind: string): string[] =>
    [...`${LOGICAL_TABLE}${PHYSICAL_TABLE}`.matchAll(new RegExp(`^${kind} (\\S+)`, 'gm'))].map(([, name = '']) => name);
  return { messages: named('message'), enums: named('enum') };
}
