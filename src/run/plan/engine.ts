/** Which engine evaluates a payload: the embedded one where it takes the whole expression exactly, else the real one. */
import { open } from 'node:fs/promises';
import { readIpcSchema, type Schema } from '../../wire/arrow/index.ts';
import { DfxError } from '../../wire/errors.ts';
import type { InputSpec } from '../transport/messages.ts';
import type { Payload } from './load.ts';

export type EngineOption = 'auto' | 'embedded' | 'datafusion';
export type EngineName = 'embedded' | 'datafusion';

export interface EngineChoice {
  readonly engine: EngineName;
  /** Why that engine, in a few words that a user can read. */
  readonly reason: string;
}

/** Longest schema at the start of an Arrow file that is looked at before the engine is chosen. */
const SCHEMA_BYTES = 1024 * 1024;

/**
 * `schema`: the input's, null where the embedded engine doesn't read that format; a promise, since most choices need none.
 * Throws UNSUPPORTED where the embedded engine was asked for and doesn't take the expression.
 */
export async function chooseEngine(
  payload: Payload,
  option: EngineOption,
  schema: () => Promise<SchemaReading>,
): Promise<EngineChoice> {
  if (option === 'datafusion') return { engine: 'datafusion', reason: 'asked for with --engine' };
  const refusal = await embeddedRefusal(payload, schema);
  if (refusal === null) {
    return {
      engine: 'embedded',
      reason: option === 'embedded' ? 'asked for with --engine' : 'the embedded engine takes the whole expression',
    };
  }
  if (option === 'auto') return { engine: 'datafusion', reason: refusal };
  throw new DfxError('UNSUPPORTED', refusal, { hint: '--engine datafusion can' });
}

export type SchemaReading =
  | { readonly ok: true; readonly schema: Schema }
  /** Why the embedded engine doesn't read the input. */
  | { readonly ok: false; readonly reason: string };

async function embeddedRefusal(payload: Payload, schema: () => Promise<SchemaReading>): Promise<string | null> {
  // What the model doesn't show, no engine but the real one may judge.
  const [definition] = payload.code.definitions;
  if (definition !== undefined) {
    return `the embedded engine doesn't run the ${definition.family} UDF ${JSON.stringify(definition.name)}`;
  }
  if (payload.reads === null) return "the embedded engine doesn't take wildcards";
  const reading = await schema();
  if (!reading.ok) return reading.reason;
  const { canEvaluate } = await import('../embedded/index.ts');
  const verdict = canEvaluate(payload.expr, reading.schema, { relation: payload.relation });
  return verdict.ok ? null : `the embedded engine doesn't take it: ${verdict.node} ${verdict.reason}`;
}

/** The input's schema as the embedded engine would read it. Reads no more than the beginning of the file. */
export async function readInputSchema(input: InputSpec | null): Promise<SchemaReading> {
  if (input === null) return { ok: true, schema: { fields: [], metadata: [] } };
  try {
    switch (input.format) {
      case 'csv': {
        const { openInput } = await import('../../io/index.ts');
        const table = await openInput(input.path, {
          format: 'csv',
          ...(input.csv === undefined ? {} : { csv: input.csv }),
        });
        return { ok: true, schema: table.schema };
      }
      case 'arrow':
        return { ok: true, schema: await arrowSchema(input.path) };
      case 'parquet':
      case 'ndjson':
        return { ok: false, reason: `the embedded engine doesn't read ${input.format} files` };
    }
  } catch (error) {
    if (error instanceof DfxError)
      return { ok: false, reason: `the embedded engine doesn't read the input: ${error.message}` };
    throw error;
  }
}

async function arrowSchema(path: string): Promise<Schema> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(SCHEMA_BYTES), 0, SCHEMA_BYTES, 0);
    return readIpcSchema(buffer.subarray(0, bytesRead)).schema;
  } finally {
    await handle.close();
  }
}
