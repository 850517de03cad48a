/** `--schema` of `dfx run`: the types of an input that doesn't say them. */
import { existsSync } from 'node:fs';
import { parseDataType } from '../wire/arrow/index.ts';
import type { DataType, Field, Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';

/** A file that holds a schema (Arrow, or `expr.json` with the container `schema`), or the columns themselves. */
export async function inputSchema(text: string): Promise<Schema> {
  if (existsSync(text)) {
    const { schemaOf } = await import('./sql-schema.ts');
    const schema = await schemaOf({ schema: text });
    if (schema !== null) return schema;
  }
  return { fields: parseColumns(text), metadata: [] };
}

/** `a Int64, "odd, name" Utf8, c Timestamp(Microsecond, None)`; a colon may stand between a name and its type. */
export function parseColumns(text: string): readonly Field[] {
  const fields = splitColumns(text).map((column): Field => {
    const found = /^\s*(?:"((?:[^"]|"")*)"|([^\s:"]+))\s*[\s:]\s*(\S.*?)\s*$/s.exec(column);
    const [, quoted, bare, type] = found ?? [];
    if (type === undefined) {
      throw new DfxError('USAGE', `found ${JSON.stringify(column.trim())} in --schema, expected a name and a type`, {
        hint: 'such as --schema "a Int64, b Utf8"; a file of that name is read instead',
      });
    }
    const name = quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"');
    return { name, type: typeOf(type, name), nullable: true, metadata: [] };
  });
  const twin = fields.find(({ name }, at) => fields.findIndex((other) => other.name === name) !== at);
  if (twin === undefined) return fields;
  throw new DfxError('USAGE', `found the column ${JSON.stringify(twin.name)} twice in --schema`, {
    hint: 'each column of the input has one type',
  });
}

function typeOf(text: string, column: string): DataType {
  try {
    return parseDataType(text);
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    throw new DfxError(
      'USAGE',
      `found the type ${JSON.stringify(text)} of the column ${JSON.stringify(column)} in --schema: ${error.message}`,
      { hint: error.hint ?? 'types are written as DataFusion names them: Int64, Utf8, Date32, Decimal128(10, 2)' },
    );
  }
}

/** Splits at commas where no bracket and no double quote is open. */
function splitColumns(text: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === '(' || char === '<') depth++;
    else if (char === ')' || char === '>') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}
