/** What `dfx decode` does once its flags are read. */
import { payloadNode } from '../expr/json/index.ts';
import {
  JSON_NULL,
  type JsonNode,
  jsonArray,
  jsonBoolean,
  jsonObject,
  jsonString,
  writeJson,
} from '../expr/json-text.ts';
import { decodePayload, type Payload, type PayloadExpr, readPayload } from '../expr/payload.ts';
import { payloadProtoJson } from '../expr/proto-json-payload.ts';
import { sqlText } from '../expr/sql-text.ts';
import { toTree } from '../expr/tree.ts';
import { redactExpr } from '../inspect/redact.ts';
import { DfxError } from '../wire/errors.ts';
import type { DecodeFlags, DecodeFormat } from './commands/decode.ts';
import { limitsOf } from './flags.ts';
import { type Operand, readInput, readOperands } from './input-file.ts';
import { forEachItem, outputPaths, printNote, toStdout, writeFileWhole } from './output.ts';
import { escapeText } from './render/escape.ts';
import { redactedNode } from './render/redacted-json.ts';

const EXTENSION: Readonly<Record<DecodeFormat, string>> = {
  json: '.json',
  'proto-json': '.proto.json',
  sql: '.sql',
  tree: '.txt',
};

/** Lines of `--format json` that people read. */
const LINE_WIDTH = 100;

const REDACTED_NOTE = 'the values are redacted: this shows the payload and can not be encoded to it again';

/** Decodes and prints; returns the exit code. */
export async function decodeCommand(texts: readonly string[], flags: DecodeFlags): Promise<number> {
  const operands = readOperands(texts);
  const labels = operands.map(({ label }) => label);
  const paths = flags.outDir === undefined ? null : await outputPaths(flags.outDir, labels, EXTENSION[flags.format]);
  const toFile = flags.output === undefined || flags.output === '-' ? null : flags.output;
  return forEachItem(operands, flags.json, async (operand, at) => {
    const path = paths?.[at] ?? toFile;
    const decoded = await decode(operand, flags);
    if (decoded.note !== null && !flags.json) printNote(`${operand.name}: ${decoded.note}`);
    if (path !== null) await writeFileWhole(path, `${decoded.text}\n`);
    if (flags.json) await toStdout(`${documentLine(operand, flags, decoded, path)}\n`);
    else if (path === null) {
      const isHeaded = operands.length > 1 && flags.format === 'tree';
      const head = isHeaded ? `${at === 0 ? '' : '\n'}${escapeText(operand.name)}:\n` : '';
      await toStdout(`${head}${decoded.text}\n`);
    }
    if (decoded.error !== null) throw decoded.error.at({ file: operand.name });
  });
}

interface Decoded {
  readonly payload: Payload;
  readonly text: string;
  /** The same for `--json`. */
  readonly members: readonly (readonly [string, JsonNode])[];
  readonly note: string | null;
  /** What stopped the reading; `text` has what came before. */
  readonly error: DfxError | null;
}

async function decode(operand: Operand, flags: DecodeFlags): Promise<Decoded> {
  try {
    const bytes = await readInput(operand, flags.maxBytes);
    const options = { as: flags.as, encoding: flags.encoding, limits: limitsOf(flags) };
    const isText = flags.format === 'sql' || flags.format === 'tree';
    // expr.json and proto JSON of half a payload would encode to another one
    const payload = isText ? readPayload(bytes, options) : decodePayload(bytes, options);
    const shown = flags.redact ? redacted(payload) : payload;
    if (isText) return expressionText(shown, flags);
    const node =
      flags.format === 'json'
        ? jsonNode(shown, flags.redact)
        : payloadProtoJson(payload, { lossy: flags.lossy, limits: limitsOf(flags) });
    const indented = { indent: 2, width: LINE_WIDTH };
    return {
      payload,
      text: writeJson(node, indented),
      members: [['document', node]],
      note: flags.redact ? REDACTED_NOTE : null,
      error: null,
    };
  } catch (error) {
    throw error instanceof DfxError ? error.at({ file: operand.name }) : error;
  }
}

function redacted(payload: Payload): Payload {
  const hide = (found: PayloadExpr): PayloadExpr => ({ ...found, expr: redactExpr(found.expr) });
  if (payload.container === 'expr') return { ...payload, exprs: [hide(payload.exprs[0])] };
  return payload.exprs.length === 0 ? payload : ({ ...payload, exprs: payload.exprs.map(hide) } as Payload); // one hidden for one
}

function jsonNode(payload: Payload, redact: boolean): JsonNode {
  return redact ? redactedNode(payload) : payloadNode(payload);
}

function expressionText(payload: Payload, flags: DecodeFlags): Decoded {
  const { exprs } = payload;
  if (exprs.length === 0) {
    throw (
      payload.error ??
      new DfxError('UNSUPPORTED', `found the container ${payload.container}, which holds no expression`, {
        hint: 'look at it with `dfx inspect`, or take --format json',
      })
    );
  }
  const isTree = flags.format === 'tree';
  const shown = exprs.map(({ expr, path }) => {
    const text = isTree ? toTree(expr) : sqlText(expr).sql;
    return { path, text };
  });
  const inexact = isTree || flags.redact ? [] : exprs.flatMap(({ expr }) => sqlText(expr).losses);
  // trees are for people wherever they go; SQL on a pipe keeps what is in its strings
  const isSafe = isTree || (process.stdout.isTTY && flags.output === undefined && flags.outDir === undefined);
  const safe = (text: string): string => (isSafe ? text.split('\n').map(escapeText).join('\n') : text);
  const lines = shown.map(({ path, text }) =>
    isTree && exprs.length > 1 ? `${safe(path)}\n${safe(text)}` : safe(text),
  );
  const [first] = inexact;
  return {
    payload,
    text: lines.join('\n'),
    members: [
      [
        'expressions',
        jsonArray(
          shown.map(({ path, text }) =>
            jsonObject([
              ['path', jsonString(path)],
              [isTree ? 'tree' : 'sql', jsonString(text)],
            ]),
          ),
        ),
      ],
      ...(isTree ? [] : [['exact', jsonBoolean(inexact.length === 0 && !flags.redact)] as const]),
    ],
    note: flags.redact
      ? REDACTED_NOTE
      : first === undefined
        ? null
        : `the SQL doesn't say all: ${first.reason}${inexact.length > 1 ? `, and ${inexact.length - 1} more` : ''}`,
    error: payload.error,
  };
}

function documentLine(operand: Operand, flags: DecodeFlags, decoded: Decoded, path: string | null): string {
  const { payload, members } = decoded;
  return writeJson(
    jsonObject([
      ['schema', jsonString('dfx.decode/1')],
      ['file', jsonString(operand.name)],
      ['container', jsonString(payload.container)],
      ['encoding', jsonString(payload.encoding)],
      ['format', jsonString(flags.format)],
      ['redacted', jsonBoolean(flags.redact)],
      ['complete', jsonBoolean(decoded.error === null)],
      ['note', decoded.note === null ? JSON_NULL : jsonString(decoded.note)],
      ...(path === null ? members : [['output', jsonString(path)] as const]),
    ]),
  );
}
