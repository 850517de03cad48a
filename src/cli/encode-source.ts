/** The texts that `dfx encode` takes, as payloads. */
import { type JsonPayload, parsePythonVersion, payloadOf, type UdfOptions } from '../expr/json/index.ts';
import { type JsonNode, parseJson } from '../expr/json-text.ts';
import type { Expr } from '../expr/model.ts';
import { fromProtoJson, protoContainerOf } from '../expr/proto-json-payload.ts';
import { fromSql, type UdfDeclaration } from '../expr/sql/index.ts';
import type { Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import type { PythonVersion } from '../wire/frame.ts';
import type { EncodeFlags } from './commands/encode.ts';
import { asksForPython, modulePickler } from './pickle-module.ts';

export type Source = Expr | JsonPayload;

export function sourceOfSql(text: string, schema: Schema | null, flags: EncodeFlags): Source {
  return fromSql(text, { schema: schema ?? undefined, udfs: flags.udf.map(declaration) });
}

function declaration(text: string): UdfDeclaration {
  const [, name = '', family = 'scalar'] = /^(.*?)(?::(scalar|aggregate|window))?$/s.exec(text) ?? [];
  if (name === '' || /:\w*$/.test(name))
    throw new DfxError(
      'USAGE',
      `found ${JSON.stringify(text)} for --udf, expected name, name:scalar, name:aggregate or name:window`,
    );
  // the pattern lets no other family through
  return { name, family: family as UdfDeclaration['family'] };
}

/** `expr.json` or proto JSON, told apart by the members of the document. */
export async function sourceOfJson(text: string, flags: EncodeFlags): Promise<Source> {
  const root = parseJson(text);
  const isProto = flags.from === 'proto-json' || flags.as !== undefined || protoContainerOf(root) !== null;
  if (isProto && flags.from !== 'json') return fromProtoJson(text, { as: flags.as });
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
