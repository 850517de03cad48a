/** Which engine evaluates a payload: the embedded one where it takes the whole expression exactly, else the real one. */
import type { InputTable } from '../../io/column.ts';
import { WHOLE } from '../../io/split.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import type { BindContext } from '../embedded/functions/define.ts';
import type { How } from '../report.ts';
import type { Payload } from './load.ts';
import { CLOCKS, unmergeable } from './mergeable.ts';

export type EngineOption = 'auto' | 'embedded' | 'datafusion';
export type EngineName = 'embedded' | 'datafusion';

export interface EngineChoice {
  readonly engine: EngineName;
  /** Why that engine, in a few words that a user can read. */
  readonly reason: string;
  readonly how: How;
  /** Why in that way, where another would be faster. */
  readonly howReason: string | null;
  /** Of the values, where the embedded engine has bound it. */
  readonly type: DataType | null;
}

export type TableReading =
  /** Null: no input, one row without columns. */
  | { readonly ok: true; readonly table: InputTable | null }
  /** Why the embedded engine doesn't read the input. */
  | { readonly ok: false; readonly error: DfxError };

/**
 * `inlineCode`: whether workers may open inline frames. Throws UNSUPPORTED where the embedded engine was asked for and doesn't take the
 * expression.
 */
export async function chooseEngine(
  payload: Payload,
  option: EngineOption,
  reading: TableReading,
  now: bigint,
  inlineCode = false,
): Promise<EngineChoice> {
  const foreign = option === 'datafusion' ? refuseJavaScript(payload, option) : null;
  if (foreign !== null) throw foreign;
  if (option === 'datafusion') return { ...realEngine(payload), reason: 'asked for with --engine' };
  // Where the real engine is a choice, what might fail over the data isn't tried. JavaScript has no other engine.
  const refuseTies = option === 'auto' && refuseJavaScript(payload, '') === null;
  const tried = await tryEmbedded(payload, reading, { now, inlineCode }, refuseTies);
  if (tried.ok) {
    const reason = option === 'embedded' ? 'asked for with --engine' : 'the embedded engine takes the whole expression';
    return { engine: 'embedded', reason, how: tried.how, howReason: tried.howReason, type: tried.type };
  }
  const javascript = refuseJavaScript(payload, tried.reason);
  if (javascript !== null) throw javascript;
  if (option === 'auto') return { ...realEngine(payload), reason: tried.reason };
  throw new DfxError('UNSUPPORTED', tried.reason, { hint: '--engine datafusion can' });
}

/** What a user registers may stand in the place of any function, so that the real engine looks each one up. */
export function registeringEngine(payload: Payload): EngineChoice {
  return { ...realEngine(payload), reason: 'with --register the real engine looks every function up' };
}

export function needsNoJavaScript(payload: Payload): boolean {
  return payload.code.definitions.every(({ definition }) => !isJavaScript(definition));
}

/** How the real engine evaluates it; whether its input can be split is decided when that is known. */
function realEngine(payload: Payload): Omit<EngineChoice, 'reason'> {
  if (payload.shape === 'value') {
    const howReason = unmergeable(payload);
    return { engine: 'datafusion', how: howReason === null ? 'partial' : 'whole', howReason, type: null };
  }
  if (payload.windows) {
    return { engine: 'datafusion', how: 'whole', howReason: 'a window function needs every row', type: null };
  }
  const clock = payload.functions.find((name) => CLOCKS.has(name));
  if (clock !== undefined) {
    return { engine: 'datafusion', how: 'whole', howReason: `${clock}() is one instant for all rows`, type: null };
  }
  return { engine: 'datafusion', how: 'rows', howReason: null, type: null };
}

type Embedded =
  | { readonly ok: true; readonly how: How; readonly howReason: string | null; readonly type: DataType }
  | { readonly ok: false; readonly reason: string };

async function tryEmbedded(
  payload: Payload,
  reading: TableReading,
  context: Pick<BindContext, 'now' | 'inlineCode'>,
  refuseTies: boolean,
): Promise<Embedded> {
  const no = (reason: string): Embedded => ({ ok: false, reason });
  // What the model doesn't show, no engine but the real one may judge.
  const python = payload.code.definitions.find(({ definition }) => !isJavaScript(definition));
  if (python !== undefined) {
    return no(`the embedded engine doesn't run the ${python.family} UDF ${JSON.stringify(python.name)}`);
  }
  if (payload.reads === null) return no("the embedded engine doesn't take wildcards");
  if (!reading.ok) return no(`the embedded engine doesn't read the input: ${reading.error.message}`);
  const { table } = reading;
  const schema = table?.schema ?? { fields: [], metadata: [] };
  const { canEvaluate, compileExpression } = await import('../embedded/index.ts');
  // Binding a JavaScript UDF reads its frame; its source is for workers.
  const options = { relation: payload.relation, ...context };
  const verdict = canEvaluate(payload.expr, schema, { ...options, refuseTies });
  if (!verdict.ok) return no(`the embedded engine doesn't take it: ${verdict.node} ${verdict.reason}`);
  const { stateSchema, columns } = compileExpression(payload.expr, schema, options);
  const unreadable = table === null ? null : refusalOf(table, columns);
  if (unreadable !== null) return no(`the embedded engine doesn't read the input: ${unreadable}`);
  const { type } = verdict;
  if (payload.windows) return { ok: true, how: 'whole', howReason: 'a window function needs every row', type };
  if (payload.shape === 'rows') return { ok: true, how: 'rows', howReason: null, type };
  if (stateSchema !== null) return { ok: true, how: 'partial', howReason: null, type };
  return { ok: true, how: 'whole', howReason: "its partial results can't be merged", type };
}

/** Why a column that the expression reads can't be; readers say so when they are asked for it, before any row. */
function refusalOf(table: InputTable, columns: readonly number[]): string | null {
  try {
    table.read(columns, WHOLE);
    return null;
  } catch (error) {
    if (error instanceof DfxError && error.code === 'UNSUPPORTED') return error.message;
    throw error;
  }
}

function isJavaScript(definition: Payload['code']['definitions'][number]['definition']): boolean {
  return definition.outcome === 'frame' && definition.language === 'javascript';
}

function refuseJavaScript(payload: Payload, why: string): DfxError | null {
  const found = payload.code.definitions.find(({ definition }) => isJavaScript(definition));
  if (found === undefined) return null;
  const told = why === 'datafusion' ? "which the real engine doesn't run" : `which no engine runs here: ${why}`;
  return new DfxError('UNSUPPORTED', `the ${found.family} UDF ${JSON.stringify(found.name)} is JavaScript, ${told}`, {
    offset: found.offset,
    hint: why === 'datafusion' ? 'leave --engine out' : 'encode the UDF in Python',
  });
}
