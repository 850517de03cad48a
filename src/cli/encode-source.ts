/** The texts that `dfx encode` takes, as payloads. */
import { type JsonPayload, parsePythonVersion, payloadOf, type UdfOptions } from '../expr/json/index.ts';
import { type JsonNode, parseJson } from '../expr/json-text.ts';
import type { Expr } from '../expr/model.ts';
import { protoBytesOf } from '../expr/proto-json.ts';
import { fromSql, type UdfDeclaration } from '../expr/sql/index.ts';
import type { Schema } from '../wire/arrow/types.ts';
import { CONTAINER_MESSAGES, type Container } from '../wire/detect.ts';
import { DfxError } from '../wire/errors.ts';
import type { PythonVersion } from '../wire/frame.ts';
import { compiledMessage } from '../wire/protobuf/index.ts';
import type { EncodeFlags } from './commands/encode.ts';
import { asksForPython, modulePickler } from './pickle-module.ts';

export type Source = Expr | JsonPayload;

export function sourceOfSql(text: string, schema: Schema | null, flags: EncodeFlags): Source {
  return fromSql(text, { schema: schema ?? undefined, udfs: flags.udf.map(declaration) });
}

function declaration(text: string): UdfDeclaration {
  const [, name = '', family = 'scalar'] = /^(.*?)(?::(scalar|aggregate|window))?$/s.exec(text) ?? [];
  if (name === '') throw new DfxError('USAGE', `found ${JSON.stringify(text)} for --udf, expected name or name:family`);
  // the pattern lets no other family through
  return { name, family: family as UdfDeclaration['family'] };
}

/** `expr.json` or proto JSON, told apart by the members of the document. */
export async function sourceOfJson(text: string, flags: EncodeFlags): Promise<Source> {
  const root = parseJson(text);
  const proto = flags.from === 'json' ? null : (flags.as ?? protoContainer(root));
  if (proto !== null) return protoPayload(root, proto);
  if (flags.from === 'proto-json') {
    throw new DfxError('JSON_SHAPE', 'found no member of a DataFusion message, expected proto JSON', {
      offset: root.start,
      hint: 'name the message with --as, such as --as physical-expr',
    });
  }
  return payloadOf(root, await udfOptions(root, flags));
}

async function udfOptions(root: JsonNode, flags: EncodeFlags): Promise<UdfOptions> {
  const target = flags.targetPython === undefined ? undefined : targetOf(flags.targetPython);
  const pickles = !flags.strict && asksForPython(root);
  return {
    targetPython: target,
    strict: flags.strict,
    ...(pickles ? { pickleModule: await modulePickler(flags.python, target) } : {}),
  };
}

function targetOf(text: string): PythonVersion {
  const version = parsePythonVersion(text);
  if (version === null)
    throw new DfxError('USAGE', `found ${JSON.stringify(text)} for --target-python, expected a version such as 3.11`);
  return version;
}

/** Members that only `expr.json` has at its top. `expr` is in both: an object here, a list in a `LogicalExprList`. */
const DOCUMENT_KEYS: ReadonlySet<string> = new Set(['$schema', 'container', 'udfs', 'exprs', 'redacted']);

/** The container whose message has all the members of the document; null for `expr.json`. */
function protoContainer(root: JsonNode): Container | null {
  if (root.kind !== 'object' || root.members.length === 0) return null;
  if (root.members.some(({ key, value }) => DOCUMENT_KEYS.has(key) || (key === 'expr' && value.kind === 'object')))
    return null;
  for (const [container, message] of CONTAINER_MESSAGES) {
    const { def } = compiledMessage(message);
    const names = new Set(def.fields.flatMap(({ name }) => [name, camelCase(name)]));
    if (root.members.every(({ key }) => names.has(key))) return container;
  }
  return null;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function protoPayload(root: JsonNode, container: Container): Source {
  const message = CONTAINER_MESSAGES.find(([known]) => known === container)?.[1];
  if (message === undefined) {
    throw new DfxError('USAGE', `found --as ${container}, which is no protobuf message`, {
      hint: `take one of ${CONTAINER_MESSAGES.map(([known]) => known).join(', ')}`,
    });
  }
  return { container, exprs: [], protocol: 4, bytes: protoBytesOf(root, message) };
}
