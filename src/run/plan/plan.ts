/** From payloads and options to jobs: everything that can be refused is refused here, before a process is spawned. */
import { availableParallelism } from 'node:os';
import { formatDataType, type Schema } from '../../wire/arrow/index.ts';
import { DfxError } from '../../wire/errors.ts';
import { pythonText } from '../../wire/frame.ts';
import { type ChosenInterpreter, chooseInterpreter, noInterpreter } from '../env/choose.ts';
import { pythonCommand } from '../python/command.ts';
import type { WorkerCommand } from '../spawn/worker.ts';
import type { InputSpec, Shape } from '../transport/messages.ts';
import { nodeCommand } from '../worker/command.ts';
import { chooseEngine, type EngineName, type EngineOption, readInputSchema, type SchemaReading } from './engine.ts';
import type { Payload } from './load.ts';
import { checkPolicy, checkReach, mayOpenFrames, type Policy, stampOf } from './policy.ts';

export interface PlanOptions {
  readonly policy: Policy;
  readonly engine: EngineOption;
  /** A path or command, as --python gives it. */
  readonly python?: string | undefined;
  readonly input: InputSpec | null;
  /** The input's name for messages, where it isn't its path. */
  readonly inputName?: string | undefined;
  readonly workers?: number | undefined;
}

/** What one payload runs on. */
export interface PlannedPayload {
  readonly payload: Payload;
  readonly engine: EngineName;
  /** Why that engine. */
  readonly reason: string;
  readonly command: WorkerCommand;
  /** Whether its worker may open inline frames. */
  readonly inlineCode: boolean;
}

export interface Plan {
  readonly shape: Shape;
  readonly planned: readonly PlannedPayload[];
  /** Payloads that may not or can't run; the others still do where each gives a value of its own. */
  readonly refused: readonly { readonly payload: Payload; readonly error: DfxError }[];
  readonly workers: number;
}

export async function planRun(payloads: readonly Payload[], options: PlanOptions): Promise<Plan> {
  const shape = commonShape(payloads);
  const planned: PlannedPayload[] = [];
  const refused: { readonly payload: Payload; readonly error: DfxError }[] = [];
  let reading: Promise<SchemaReading> | undefined;
  const schema = (): Promise<SchemaReading> => {
    reading ??= readInputSchema(options.input);
    return reading;
  };
  for (const payload of payloads) {
    try {
      planned.push(await planPayload(payload, options, schema));
    } catch (error) {
      if (!(error instanceof DfxError)) throw error;
      refused.push({ payload, error });
    }
  }
  // Several workers a core: the work of a short job is mostly waiting for the engine to be imported.
  const workers = options.workers ?? Math.min(planned.length, 4 * availableParallelism());
  return { shape, planned, refused, workers: Math.max(1, workers) };
}

async function planPayload(
  payload: Payload,
  options: PlanOptions,
  schema: () => Promise<SchemaReading>,
): Promise<PlannedPayload> {
  const stamp = stampOf(payload.code);
  // A frame's stamp is held against the Python that would run it; a payload without one may need no Python at all.
  let python = stamp === null ? null : await chooseInterpreter(options.python, stamp);
  checkPolicy(payload.code, options.policy, python);
  checkReach(payload.outward, options.policy);
  needInput(payload, options.input);
  await needColumns(payload, options, schema);
  refuseJavaScript(payload);
  const { engine, reason } = await chooseEngine(payload, options.engine, schema);
  if (engine === 'embedded') return { payload, engine, reason, command: nodeCommand(), inlineCode: false };
  python ??= await chooseInterpreter(options.python, stamp);
  if (python === null) throw noInterpreter(stamp);
  return { payload, engine, reason, command: enginePython(python), inlineCode: mayOpenFrames(options.policy) };
}

function enginePython(python: ChosenInterpreter): WorkerCommand {
  if (python.datafusion === null) {
    throw new DfxError(
      'ENVIRONMENT',
      `${python.path} (Python ${pythonText(python.python)}) has no datafusion package`,
      {
        hint: 'make an environment that has it with `dfx env create`, or name another Python with --python',
      },
    );
  }
  return pythonCommand(python.path);
}

/** A value and a column have no common table. */
function commonShape(payloads: readonly Payload[]): Shape {
  const [first] = payloads;
  if (first === undefined) throw new DfxError('USAGE', 'no payload was given');
  const other = payloads.find(({ shape }) => shape !== first.shape);
  if (other !== undefined) {
    const value = first.shape === 'value' ? first : other;
    const rows = first.shape === 'value' ? other : first;
    throw new DfxError('USAGE', `${value.label} gives one value and ${rows.label} a column`, {
      hint: 'run aggregates and row-wise expressions apart',
    });
  }
  return first.shape;
}

function needInput(payload: Payload, input: InputSpec | null): void {
  if (input !== null || payload.reads?.length === 0) return;
  const needed = payload.reads === null ? 'every column of the input' : columnList(payload.reads);
  throw new DfxError('INPUT_REQUIRED', `the expression reads ${needed}`, {
    hint: 'name a file that has it with --input',
  });
}

/** Said here where the schema is known without an engine; a worker says it for the other formats. */
async function needColumns(
  payload: Payload,
  options: PlanOptions,
  schema: () => Promise<SchemaReading>,
): Promise<void> {
  if (options.input === null || payload.reads === null || payload.reads.length === 0) return;
  const reading = await schema();
  if (!reading.ok) return;
  const names = new Set(reading.schema.fields.map(({ name }) => name));
  const missing = payload.reads.filter((name) => !names.has(name));
  if (missing.length > 0) throw missingColumns(missing, reading.schema, options.inputName ?? options.input.path);
}

export function missingColumns(missing: readonly string[], schema: Schema, input: string | undefined): DfxError {
  const has = schema.fields.map(({ name, type }) => `${JSON.stringify(name)} (${formatDataType(type)})`).join(', ');
  return new DfxError('COLUMN_MISSING', `the input lacks ${columnList(missing)}; it has ${has === '' ? 'none' : has}`, {
    file: input,
    hint:
      otherDelimiter(missing, schema) ?? 'names are case-sensitive; a CSV file without a header line needs --no-header',
  });
}

/** One column whose name holds the missing ones: the file is separated by something else. */
function otherDelimiter(missing: readonly string[], schema: Schema): string | undefined {
  const [only, ...others] = schema.fields;
  if (only === undefined || others.length > 0) return undefined;
  const found = [';', '\t', '|', ','].find((delimiter) => {
    const names = only.name.split(delimiter);
    return names.length > 1 && missing.every((name) => names.includes(name));
  });
  if (found === undefined) return undefined;
  return `the header is separated otherwise: name it with --delimiter ${found === '\t' ? "$'\\t'" : JSON.stringify(found)}`;
}

export function columnList(names: readonly string[]): string {
  return `the column${names.length === 1 ? '' : 's'} ${names.map((name) => JSON.stringify(name)).join(', ')}`;
}

function refuseJavaScript(payload: Payload): void {
  const found = payload.code.definitions.find(
    ({ definition }) => definition.outcome === 'frame' && definition.language === 'javascript',
  );
  if (found === undefined) return;
  throw new DfxError(
    'UNSUPPORTED',
    `the ${found.family} UDF ${JSON.stringify(found.name)} is JavaScript, which no engine of this version runs`,
    { offset: found.offset, hint: 'encode the UDF in Python' },
  );
}
