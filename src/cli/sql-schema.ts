/** The columns that SQL text may name: `--schema` and `--input` of `dfx encode`. */
import { existsSync } from 'node:fs';
import { payloadOf } from '../expr/json/index.ts';
import { parseJson } from '../expr/json-text.ts';
import { detectIpcSchema, parseDataType, readIpcSchema } from '../wire/arrow/index.ts';
import type { DataType, Field, Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { readInput } from './input-file.ts';
import { decodeText } from './text-file.ts';

export async function schemaOf(flags: { readonly schema?: string; readonly input?: string }): Promise<Schema | null> {
  if (flags.input !== undefined) {
    const { openInput } = await import('../io/index.ts');
    if (!existsSync(flags.input)) throw new DfxError('FILE_NOT_FOUND', 'there is no such file', { file: flags.input });
    return (await openInput(flags.input)).schema;
  }
  if (flags.schema === undefined) return null;
  return existsSync(flags.schema) ? schemaFile(flags.schema) : { fields: columns(flags.schema), metadata: [] };
}

/** An Arrow file or stream, or `expr.json` with the container `schema`. */
async function schemaFile(path: string): Promise<Schema> {
  const bytes = await readInput({ path, name: path });
  try {
    if (detectIpcSchema(bytes) !== null) return readIpcSchema(bytes).schema;
    const payload = payloadOf(parseJson(decodeText(bytes)));
    if (payload.container !== 'schema') {
      throw new DfxError('JSON_SHAPE', `found the container ${payload.container}, expected a schema`, {
        hint: 'write {"container": "schema", "fields": [{"name": "a", "type": "Int64"}]}',
      });
    }
    return readIpcSchema(payload.bytes).schema;
  } catch (error) {
    throw error instanceof DfxError ? error.at({ file: path }) : error;
  }
}

/** `a:Int64,b:List(Int64),"odd, name":Utf8`: commas and colons inside brackets and quotes belong to their column. */
function columns(text: string): readonly Field[] {
  return split(text, ',').map((column) => {
    const [name = '', ...type] = split(column, ':');
    if (name.trim() === '' || type.length === 0) {
      throw new DfxError('USAGE', `found ${JSON.stringify(column)} in --schema, expected name:Type`, {
        hint: 'such as --schema "a:Int64,b:Utf8"; a file of that name is read instead',
      });
    }
    return { name: unquoted(name.trim()), type: typeOf(type.join(':').trim()), nullable: true, metadata: [] };
  });
}

function typeOf(text: string): DataType {
  try {
    return parseDataType(text);
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    throw new DfxError('USAGE', `found the type ${JSON.stringify(text)} in --schema: ${error.message}`, {
      hint: error.hint,
    });
  }
}

/** Splits where no bracket or double quote is open; at a colon, the first one only. */
function split(text: string, separator: ',' | ':'): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '(' || char === '<') depth++;
    else if (char === ')' || char === '>') depth--;
    else if (char === separator && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
      if (separator === ':') break;
    }
  }
  return [...parts, text.slice(from)];
}

function unquoted(name: string): string {
  return name.length >= 2 && name.startsWith('"') && name.endsWith('"')
    ? name.slice(1, -1).replaceAll('""', '"')
    : name;
}
