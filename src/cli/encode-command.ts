/** What `dfx encode` does once its flags are read. */
import { createHash } from 'node:crypto';
import { encodePayload } from '../expr/encode.ts';
import { findFunction } from '../expr/functions.ts';
import {
  JSON_NULL,
  type JsonNode,
  jsonArray,
  jsonNumber,
  jsonObject,
  jsonString,
  writeJson,
} from '../expr/json-text.ts';
import { type Payload, readPayload } from '../expr/payload.ts';
import { readUdf } from '../expr/udf.ts';
import { familyOf, isFunctionNode, nodesOf } from '../expr/walk.ts';
import { RECEIVER_DEPTH } from '../inspect/findings-protobuf.ts';
import type { Container } from '../wire/detect.ts';
import { type Encoding, toBase64, toHex } from '../wire/encoding.ts';
import { DfxError } from '../wire/errors.ts';
import type { EncodeFlags } from './commands/encode.ts';
import { type Source, sourceOfJson, sourceOfSql } from './encode-source.ts';
import { type Operand, readInput, readOperands } from './input-file.ts';
import { forEachItem, outputPaths, printNote, toStdout, writeFileWhole } from './output.ts';
import { schemaOf } from './sql-schema.ts';
import { decodeText } from './text-file.ts';

/** An input: a file, or the text of `--sql`. */
interface Item {
  readonly label: string;
  readonly name: string | null;
  readonly source: () => Promise<Source>;
}

/** Encodes and writes; returns the exit code. */
export async function encodeCommand(texts: readonly string[], flags: EncodeFlags): Promise<number> {
  const items = await itemsOf(texts, flags);
  const labels = items.map(({ label }) => label);
  const paths = flags.outDir === undefined ? null : await outputPaths(flags.outDir, labels, extensionOf(flags));
  const toFile = flags.output === undefined || flags.output === '-' ? null : flags.output;
  const hidesBinary = toFile === null && paths === null && !flags.json && process.stdout.isTTY;
  if (hidesBinary && (flags.encoding ?? 'raw') === 'raw')
    printNote('the payload is binary and stdout a terminal: written as base64; -o writes a file');
  return forEachItem(items, flags.json, async (item, at) => {
    const place = { file: item.name ?? undefined };
    try {
      const encoded = encode(await item.source(), flags);
      const path = paths?.[at] ?? toFile;
      if (!flags.json)
        for (const { message, hint } of encoded.warnings) printNote(`${item.name ?? '--sql'}: ${message}; ${hint}`);
      const encoding = flags.encoding ?? 'raw';
      if (path !== null) await writeFileWhole(path, textOr(encoded.bytes, encoding));
      if (flags.json) await toStdout(`${summary(item, encoded, flags, path)}\n`);
      else if (path === null)
        await toStdout(textOr(encoded.bytes, hidesBinary && encoding === 'raw' ? 'base64' : encoding));
    } catch (error) {
      throw error instanceof DfxError ? error.at(place) : error;
    }
  });
}

async function itemsOf(texts: readonly string[], flags: EncodeFlags): Promise<readonly Item[]> {
  const schema = await schemaOf(flags);
  const { sql } = flags;
  if (sql !== undefined) return [{ label: 'sql', name: null, source: async () => sourceOfSql(sql, schema, flags) }];
  return readOperands(texts.length === 0 ? ['-'] : texts).map((operand) => ({
    label: operand.label,
    name: operand.name,
    source: async () => {
      const text = decodeText(await readText(operand));
      return flags.from === 'sql' ? sourceOfSql(text.trimEnd(), schema, flags) : sourceOfJson(text, flags);
    },
  }));
}

async function readText(operand: Operand): Promise<Uint8Array> {
  const bytes = await readInput(operand);
  if (bytes.length > 0) return bytes;
  throw new DfxError('EMPTY_INPUT', 'found no text, expected expr.json, proto JSON or SQL', {
    hint: 'check the command that writes into the pipe',
  });
}

/** Text ends its line; bytes stay as they are. */
function textOr(bytes: Uint8Array, encoding: Encoding): Uint8Array | string {
  if (encoding === 'raw') return bytes;
  return `${encoding === 'hex' ? toHex(bytes) : toBase64(bytes)}\n`;
}

function extensionOf({ format, encoding }: EncodeFlags): string {
  const kind = format === 'pickle' ? '.pkl' : '.bin';
  return encoding === 'base64' ? `${kind}.b64` : encoding === 'hex' ? `${kind}.hex` : kind;
}

interface UdfFacts {
  readonly name: string;
  readonly family: string;
  readonly transport: 'inline' | 'by-name';
  /** Of the definition; null for a UDF that travels by name. */
  readonly bytes: number | null;
}

interface Encoded {
  readonly bytes: Uint8Array;
  readonly container: Container;
  readonly udfs: readonly UdfFacts[];
  readonly warnings: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
}

function encode(source: Source, { format, protocol, strict }: EncodeFlags): Encoded {
  const asked =
    protocol !== undefined && format === undefined && !('container' in source && source.container === 'pickle');
  const bytes = encodePayload(source, { format: asked ? 'pickle' : format, protocol });
  const container = format ?? (asked ? 'pickle' : 'container' in source ? source.container : 'expr');
  // what the bytes say counts, not what they were made of
  const payload = readPayload(bytes, { as: container, encoding: 'raw' });
  const udfs = udfsOf(payload);
  const inline = udfs.find(({ transport }) => transport === 'inline');
  if (strict && inline !== undefined) {
    throw new DfxError(
      'STRICT',
      `the ${inline.family} UDF "${inline.name}" is part of bytes that are kept as they are`,
      {
        hint: 'take "raw" (or the definition in proto JSON) away, so that the UDF can travel by name',
      },
    );
  }
  const deepest = Math.max(0, ...payload.exprs.map(({ tape }) => tape.depth));
  const warnings =
    deepest > RECEIVER_DEPTH
      ? [
          {
            code: 'RECURSION_LIMIT',
            message: `${deepest} messages stand inside each other, and receivers stop at ${RECEIVER_DEPTH}`,
            hint: 'split the expression, or evaluate parts of it into columns first',
          },
        ]
      : [];
  return { bytes, container, udfs, warnings };
}

function udfsOf(payload: Payload): readonly UdfFacts[] {
  const found = new Map<string, UdfFacts>();
  for (const { expr } of payload.exprs) {
    for (const node of nodesOf(expr)) {
      if (!isFunctionNode(node)) continue;
      const family = familyOf(node);
      const { name, definition } = node;
      if (definition !== null && definition.length > 0) {
        const facts = { name: readUdf(definition).signature?.name ?? name, family, bytes: definition.length };
        found.set(`${family} ${facts.name} ${definition.length}`, { ...facts, transport: 'inline' });
      } else if (findFunction(name, family) === undefined) {
        found.set(`${family} ${name}`, { name, family, transport: 'by-name', bytes: null });
      }
    }
  }
  return [...found.values()];
}

function summary(item: Item, encoded: Encoded, flags: EncodeFlags, path: string | null): string {
  const { bytes, container, udfs, warnings } = encoded;
  const encoding = flags.encoding ?? (path === null ? 'base64' : 'raw');
  const text = encoding === 'hex' ? toHex(bytes) : toBase64(bytes);
  const list = (facts: object): JsonNode =>
    jsonObject(Object.entries(facts).map(([key, value]) => [key, plainNode(value)] as const));
  return writeJson(
    jsonObject([
      ['schema', jsonString('dfx.encode/1')],
      ['file', item.name === null ? JSON_NULL : jsonString(item.name)],
      ['container', jsonString(container)],
      ['bytes', jsonNumber(bytes.length)],
      ['sha256', jsonString(createHash('sha256').update(bytes).digest('hex'))],
      ['encoding', jsonString(path === null && encoding === 'raw' ? 'base64' : encoding)],
      path === null ? ['payload', jsonString(text)] : ['output', jsonString(path)],
      ['udfs', jsonArray(udfs.map(list))],
      ['warnings', jsonArray(warnings.map(list))],
    ]),
  );
}

function plainNode(value: unknown): JsonNode {
  if (typeof value === 'string') return jsonString(value);
  return typeof value === 'number' ? jsonNumber(value) : JSON_NULL;
}
