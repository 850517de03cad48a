/** Reads the parts of a `.proto` file (proto3) that decide what goes over the wire. */
import {
  entryField,
  mapEntryName,
  SCALARS,
  type SourceEnumValue,
  type SourceField,
  type SourceSchema,
} from './source.ts';

interface Declared {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly value: string | null;
  readonly repeated: boolean;
  readonly optional: boolean;
  readonly oneof: string | null;
}

function tokensOf(text: string): string[] {
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/\/\/[^\n]*/g, ' ');
  return bare.match(/"(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_.]*|-?[0-9]+|\.[A-Za-z_][A-Za-z0-9_.]*|[^\s]/g) ?? [];
}

/** Reads files that see each other's types. Packages are dropped: no two packages here share a type name. */
export function readProtoFiles(texts: readonly string[]): SourceSchema {
  const declared = new Map<string, Declared[]>();
  const enums = new Map<string, SourceEnumValue[]>();
  for (const text of texts) readDeclarations(tokensOf(text), declared, enums);

  const messages = new Map<string, readonly SourceField[]>();
  for (const [message, fields] of declared) {
    const resolve = (type: string): { type: string; ref: string | null } => {
      if (SCALARS.has(type)) return { type, ref: null };
      const bare = type.replace(/^\.?(?:datafusion_common|datafusion)\./, '');
      for (let scope = message; ; scope = scope.slice(0, Math.max(0, scope.lastIndexOf('.')))) {
        const name = scope === '' ? bare : `${scope}.${bare}`;
        if (declared.has(name)) return { type: 'message', ref: name };
        if (enums.has(name)) return { type: 'enum', ref: name };
        if (scope === '') throw new Error(`${message} names the unknown type ${type}`);
      }
    };
    const rows: SourceField[] = [];
    for (const { value, type, ...rest } of fields) {
      if (value === null) {
        const target = resolve(type);
        // A message has presence anyway.
        rows.push({ ...rest, ...target, optional: rest.optional && target.type !== 'message', map: false });
        continue;
      }
      const entry = mapEntryName(message, rest.name);
      const key = resolve(type);
      const of = resolve(value);
      messages.set(entry, [entryField(1, key.type, key.ref), entryField(2, of.type, of.ref)]);
      rows.push({ ...rest, type: 'message', ref: entry, map: true });
    }
    messages.set(message, rows);
  }
  return { messages, enums };
}

function readDeclarations(
  tokens: readonly string[],
  declared: Map<string, Declared[]>,
  enums: Map<string, SourceEnumValue[]>,
): void {
  let at = 0;
  const next = (): string => {
    const token = tokens[at++];
    if (token === undefined) throw new Error('a .proto file ends inside a declaration');
    return token;
  };
  const expect = (wanted: string): void => {
    const token = next();
    if (token !== wanted) throw new Error(`found ${token} in a .proto file, expected ${wanted}`);
  };
  const skipStatement = (): void => {
    while (next() !== ';');
  };
  const endField = (): number => {
    expect('=');
    const number = Number(next());
    if (tokens[at] === '[') while (next() !== ']');
    expect(';');
    return number;
  };
  const readEnum = (scope: string): void => {
    const name = scope + next();
    const values: SourceEnumValue[] = [];
    expect('{');
    for (let token = next(); token !== '}'; token = next()) {
      if (token === 'option' || token === 'reserved') skipStatement();
      else values.push({ name: token, number: endField() });
    }
    enums.set(name, values);
  };
  const readField = (first: string, oneof: string | null): Declared => {
    const repeated = first === 'repeated';
    const optional = first === 'optional';
    const type = repeated || optional ? next() : first;
    if (type === 'map' && tokens[at] === '<') {
      expect('<');
      const key = next();
      expect(',');
      const value = next();
      expect('>');
      const name = next();
      return { number: endField(), name, type: key, value, repeated: true, optional: false, oneof };
    }
    const name = next();
    return { number: endField(), name, type, value: null, repeated, optional, oneof };
  };
  const readMessage = (scope: string): void => {
    const name = scope + next();
    const fields: Declared[] = [];
    declared.set(name, fields);
    expect('{');
    for (let token = next(); token !== '}'; token = next()) {
      if (token === 'message') readMessage(`${name}.`);
      else if (token === 'enum') readEnum(`${name}.`);
      else if (token === 'option' || token === 'reserved') skipStatement();
      else if (token === 'oneof') {
        const oneof = next();
        expect('{');
        for (let member = next(); member !== '}'; member = next()) fields.push(readField(member, oneof));
      } else if (token !== ';') fields.push(readField(token, null));
    }
  };
  while (at < tokens.length) {
    const token = next();
    if (token === 'message') readMessage('');
    else if (token === 'enum') readEnum('');
    else if (token !== ';') skipStatement();
  }
}
