/**
 * Reads the Rust code that prost generated from a `.proto` file: the crates of majors 14 to 52 carry it instead of the file.
 * prost renames fields, so names are taken from the pbjson code beside it, which lists the names of the `.proto` file.
 */
import {
  entryField,
  foldName,
  mapEntryName,
  SCALARS,
  type SourceEnumValue,
  type SourceField,
  type SourceSchema,
} from './source.ts';

interface Member {
  readonly attribute: string;
  readonly name: string;
  readonly type: string;
}

interface Item {
  readonly kind: 'struct' | 'enum';
  /** Modules around it and its own name: `scalar_nested_value`, `Dictionary`. */
  readonly path: readonly string[];
  readonly members: readonly Member[];
  readonly body: string;
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const char = text[at];
    if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return at;
  }
  throw new Error('an unbalanced brace in generated Rust code');
}

/** Members with their `#[prost(…)]` attribute: `pub name: Type,` in a struct, `Name(Type),` in an enum. */
function membersOf(body: string): Member[] {
  const members: Member[] = [];
  const attribute = /#\[prost\(([^\]]*)\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub\s+)?(?:r#)?(\w+)\s*([:(])/g;
  for (let found = attribute.exec(body); found !== null; found = attribute.exec(body)) {
    const start = attribute.lastIndex;
    let depth = 0;
    let at = start;
    for (; at < body.length; at++) {
      const char = body[at];
      if (char === '<' || char === '(') depth++;
      else if (char === '>' || char === ')') depth--;
      if (depth < 0 || (depth === 0 && char === ',')) break;
    }
    members.push({ attribute: found[1] ?? '', name: found[2] ?? '', type: body.slice(start, at).replace(/\s/g, '') });
  }
  return members;
}

function itemsOf(text: string): Item[] {
  const items: Item[] = [];
  const modules: { name: string; end: number }[] = [];
  const opening = /pub (mod|struct|enum) (\w+) \{/g;
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    while ((modules.at(-1)?.end ?? text.length) < found.index) modules.pop();
    const end = closing(text, opening.lastIndex - 1);
    const name = found[2] ?? '';
    if (found[1] === 'mod') {
      modules.push({ name, end });
      continue;
    }
    const body = text.slice(opening.lastIndex, end);
    const path = [...modules.map((module) => module.name), name];
    items.push({ kind: found[1] === 'enum' ? 'enum' : 'struct', path, members: membersOf(body), body });
  }
  return items;
}

/** From a folded type path to the names that its pbjson reader lists. */
export function pbjsonNames(text: string): Map<string, readonly string[]> {
  const names = new Map<string, readonly string[]>();
  const reader = /^impl<'de> serde::Deserialize<'de> for ([\w:]+) \{[\s\S]*?const FIELDS: [^=]*= &\[([^\]]*)\]/gm;
  for (const found of text.matchAll(reader)) {
    const list = [...(found[2] ?? '').matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
    names.set((found[1] ?? '').split('::').map(foldName).join('.'), list);
  }
  return names;
}

/** From a folded type path to the message's name: `AggregateUdfExprNode` was `AggregateUDFExprNode` in the `.proto` file. */
function pbjsonMessages(text: string): Map<string, string> {
  const writer = /^impl serde::Serialize for ([\w:]+) \{[\s\S]*?\n\}/gm;
  const messages = new Map<string, string>();
  for (const found of text.matchAll(writer)) {
    const name = /serialize_struct\("[a-z_]+\.([\w.]+)"/.exec(found[0])?.[1];
    if (name !== undefined) messages.set((found[1] ?? '').split('::').map(foldName).join('.'), name);
  }
  return messages;
}

/** The `.proto` names of enum values: `Self::LeftSemi => "LEFTSEMI"`. */
function valueNames(text: string, path: readonly string[], variant: string): string {
  const type = path.at(-1) ?? '';
  const blocks = text.matchAll(new RegExp(`impl ${type} \\{`, 'g'));
  for (const block of blocks) {
    const body = text.slice(block.index, closing(text, block.index + block[0].length - 1));
    const arm = new RegExp(`(?:Self|${type})::${variant} => \\{?\\s*"([^"]+)"`).exec(body);
    if (arm !== null) return arm[1] ?? variant;
  }
  throw new Error(`no name for the enum value ${type}::${variant}`);
}

export interface ProstFile {
  readonly prost: string;
  readonly pbjson: string;
}

export function readProstFiles(files: readonly ProstFile[]): SourceSchema {
  const enums = new Map<string, readonly SourceEnumValue[]>();
  const messages = new Map<string, readonly SourceField[]>();
  const known = new Map<string, { type: 'message' | 'enum'; name: string }>();
  const parsed = files.map((file) => ({
    prost: file.prost,
    items: itemsOf(file.prost),
    names: pbjsonNames(file.pbjson),
  }));
  const messageNames = new Map(files.flatMap((file) => [...pbjsonMessages(file.pbjson)]));

  // A struct's own module holds its nested types: scalar_nested_value::Dictionary is ScalarNestedValue.Dictionary.
  const named = (path: readonly string[]): string => {
    const outer = path.slice(0, -1);
    const scope = outer.length === 0 ? undefined : known.get(outer.map(foldName).join('.'));
    if (outer.length > 0 && scope === undefined) throw new Error(`no message for the module ${outer.join('::')}`);
    return scope === undefined ? (path[0] ?? '') : `${scope.name}.${path.at(-1)}`;
  };
  const byDepth = parsed.flatMap(({ items }) => items).sort((a, b) => a.path.length - b.path.length);
  for (const item of byDepth) {
    if (item.kind === 'enum' && item.members.length > 0) continue; // a oneof
    const key = item.path.map(foldName).join('.');
    if (known.has(key)) throw new Error(`two types are named ${key}`);
    known.set(key, {
      type: item.kind === 'enum' ? 'enum' : 'message',
      name: messageNames.get(key) ?? named(item.path),
    });
  }

  const resolve = (scope: readonly string[], path: string) => {
    const at = [...scope];
    const rest: string[] = [];
    for (const part of path.split('::')) {
      if (part === 'super') at.pop();
      else if (part !== 'datafusion_common' && part !== 'crate') rest.push(part);
    }
    const found = known.get([...at, ...rest].map(foldName).join('.'));
    if (found === undefined) throw new Error(`unknown type ${path} in ${scope.join('::')}`);
    return found;
  };

  for (const { prost, items, names } of parsed) {
    for (const item of items) {
      const name = item.path.map(foldName).join('.');
      if (item.kind === 'enum') {
        const type = known.get(name);
        if (type === undefined) continue;
        const values = [...item.body.matchAll(/^\s*(\w+) = (-?\d+),/gm)];
        enums.set(
          type.name,
          values.map(([, variant = '', number]) => ({
            name: valueNames(prost, item.path, variant),
            number: Number(number),
          })),
        );
        continue;
      }
      const message = known.get(name)?.name ?? '';
      const listed = names.get(name) ?? [];
      const original = (rust: string) => listed.find((entry) => foldName(entry) === foldName(rust)) ?? rust;
      const fields: SourceField[] = [];
      const add = (member: Member, scope: readonly string[], oneof: string | null) => {
        const { attribute } = member;
        const number = Number(/tag\s*=\s*"(\d+)"/.exec(attribute)?.[1]);
        const field = {
          number,
          name: original(member.name),
          repeated: /\brepeated\b/.test(attribute),
          optional: oneof === null && /\boptional\b/.test(attribute) && !/\bmessage\b/.test(attribute),
          oneof,
        };
        const inner = member.type.replace(/^(?:[\w:]*(?:Option|Vec|Box)<)+/, '').replace(/[,>]+$/, '');
        const map = /\bmap\s*=\s*"(\w+), (\w+)(?:\(([\w:]+)\))?"/.exec(attribute);
        const enumeration = /\benumeration\s*=\s*"([\w:]+)"/.exec(attribute);
        if (map !== null) {
          const [, key = '', value = ''] = map;
          const target = value === 'message' ? (/(?:^|,)([\w:]+),?>$/.exec(member.type)?.[1] ?? '') : map[3];
          const of = target === undefined ? { type: value, name: null } : resolve(scope, target);
          const entry = mapEntryName(message, field.name);
          messages.set(entry, [entryField(1, key, null), entryField(2, of.type, of.name)]);
          fields.push({ ...field, type: 'message', ref: entry, map: true, repeated: true });
        } else if (enumeration !== null) {
          fields.push({ ...field, type: 'enum', ref: resolve(scope, enumeration[1] ?? '').name, map: false });
        } else if (/\bmessage\b/.test(attribute)) {
          fields.push({ ...field, type: 'message', ref: resolve(scope, inner).name, map: false });
        } else {
          const type = /\b(\w+)\b/.exec(attribute)?.[1] ?? '';
          if (!SCALARS.has(type)) throw new Error(`unknown scalar ${attribute}`);
          fields.push({ ...field, type, ref: null, map: false });
        }
      };
      const scope = item.path.slice(0, -1);
      for (const member of item.members) {
        const oneof = /\boneof\s*=\s*"([\w:]+)"/.exec(member.attribute);
        if (oneof === null) {
          add(member, scope, null);
          continue;
        }
        const path = [...scope, ...(oneof[1] ?? '').split('::')].map(foldName).join('.');
        const group = items.find((other) => other.path.map(foldName).join('.') === path);
        if (group === undefined) throw new Error(`no oneof ${path}`);
        for (const variant of group.members) add(variant, group.path.slice(0, -1), member.name);
      }
      messages.set(message, fields);
    }
  }
  return { messages, enums };
}
