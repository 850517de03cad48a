/** What `dfx run` does once its flags are read. Loaded with the first run, not with the program. */
import { type PreparedInput, prepareInput } from '../run/plan/input.ts';
import { refuseTwins } from '../run/plan/labels.ts';
import { loadPayloads, type Payload } from '../run/plan/load.ts';
import { type Plan, planRun } from '../run/plan/plan.ts';
import type { RunContext } from '../run/run.ts';
import { DfxError } from '../wire/errors.ts';
import type { RunFlags } from './commands/run.ts';
import { untilEnded } from './ending.ts';
import { type Operand, readInput, readOperands } from './input-file.ts';
import { printError } from './output.ts';
import { errorLine } from './render/errors.ts';
import { checkFlags, checkInputFlags, checkShape, refuseKeptTwins, registerPath } from './run-checks.ts';
import { type Reports, reportsOf } from './run-reports.ts';
import { inputSchema } from './run-schema.ts';
import { showRows, showValues } from './run-show.ts';

/** Runs and reports; gives the exit code. Nothing that it started is left when it returns. */
export async function runCommand(operands: readonly string[], flags: RunFlags): Promise<number> {
  checkFlags(operands, flags);
  const { timeout } = flags;
  const deadline = timeout === undefined ? undefined : { seconds: timeout, error: () => timedOut(timeout) };
  const reports = await reportsOf(flags);
  try {
    return await untilEnded((signal) => replay(operands, flags, reports, signal), deadline);
  } finally {
    reports.end();
  }
}

function timedOut(limit: number): DfxError {
  return new DfxError('TIMEOUT', `the run took longer than ${limit} s and was ended`, {
    hint: 'give it more time with --timeout',
  });
}

async function replay(
  operands: readonly string[],
  flags: RunFlags,
  reports: Reports,
  signal: AbortSignal,
): Promise<number> {
  let worst = 0;
  /** Prints the error and keeps its exit code, if that is the greatest. */
  const fail = (error: DfxError): void => {
    reports.pause();
    printError(error, flags.json);
    worst = Math.max(worst, error.exitCode);
  };
  const payloads: Payload[] = [];
  const broken: DfxError[] = [];
  const read = readOperands(flags.filter === undefined ? operands : [...operands, flags.filter]);
  const filterOperand = flags.filter === undefined ? undefined : read.at(-1);
  const columns = filterOperand === undefined ? read : read.slice(0, -1);
  refuseTwins(columns);
  for (const operand of columns) {
    try {
      payloads.push(...(await payloadsOf(operand, flags, signal)));
    } catch (error) {
      if (!(error instanceof DfxError)) throw error;
      broken.push(error);
    }
  }
  const filter = filterOperand === undefined ? null : await filterOf(filterOperand, flags, signal);
  let input: PreparedInput | null = null;
  try {
    for (const error of broken) fail(error);
    // The columns of one table stand and fall together; a value stands alone.
    if (broken.length > 0 && (payloads.length === 0 || payloads.some(({ shape }) => shape === 'rows'))) return worst;
    checkShape(payloads, flags);
    const schema = flags.schema === undefined ? undefined : await inputSchema(flags.schema);
    if (flags.input !== undefined) {
      input = await prepareInput(flags.input, { ...inputOptions(flags), schema, signal });
      checkInputFlags(flags, input);
    }
    const plan = await planRun(payloads, {
      policy: { strict: flags.strict, sandbox: flags.sandbox, allowModules: flags.allowModules },
      engine: flags.engine,
      python: flags.python,
      source: input,
      workers: flags.workers,
      // A filter by itself gives the input's own columns.
      keep: flags.keep ?? (payloads.length === 0 ? 'all' : undefined),
      filter: filter ?? undefined,
      // Of a table without rows the schema is left: it comes with the first one.
      limit: flags.limit === 0 ? 1 : flags.limit,
      batchSize: flags.batchSize,
      queueDepth: flags.queueDepth,
      register: flags.register === undefined ? undefined : registerPath(flags.register),
      splitSize: flags.splitSize,
      transport: flags.transport,
      times: flags.times,
      retries: flags.retries,
    });
    for (const error of withoutRepeats(plan.refused)) fail(error);
    const isTable = plan.shape === 'rows';
    const nothingLeft = payloads.length > 0 && plan.planned.length === 0;
    if (nothingLeft || (isTable && plan.refused.length > 0)) return worst;
    refuseKeptTwins(flags, payloads, plan.table?.schema.fields.map(({ name }) => name) ?? []);
    await reports.plan(plan);
    const context = contextOf(plan, signal, reports, flags);
    await (isTable ? showRows : showValues)(plan, context, flags, reports, fail);
    return worst;
  } finally {
    await input?.close();
  }
}

async function payloadsOf(operand: Operand, flags: RunFlags, signal: AbortSignal): Promise<readonly Payload[]> {
  const options = { as: flags.as, encoding: flags.encoding };
  return loadPayloads(operand.label, operand.name, await readInput(operand, undefined, signal), options);
}

async function filterOf(operand: Operand, flags: RunFlags, signal: AbortSignal): Promise<Payload> {
  const [only, ...others] = await payloadsOf(operand, flags, signal);
  if (only !== undefined && others.length === 0 && only.shape === 'rows') return only;
  const found = others.length > 0 ? `${others.length + 1} expressions` : 'an aggregate';
  throw new DfxError('USAGE', `found ${found} in --filter, expected one boolean expression of a row`, {
    file: operand.name,
    hint: 'such as dfx encode --sql "a > 1" -o keep.bin',
  });
}

function inputOptions(flags: RunFlags): Omit<NonNullable<Parameters<typeof prepareInput>[1]>, 'schema' | 'signal'> {
  const { inputFormat: format, delimiter, header, quote, nullText, maxRecordBytes } = flags;
  return { format, delimiter, header, quote, escape: flags.escape, nullText, maxRecordBytes };
}

/** A missing Python is no fault of any payload: it is told once, without a file. */
function withoutRepeats(refused: Plan['refused']): readonly DfxError[] {
  const told = new Set<string>();
  return refused.flatMap(({ payload, error }) => {
    if (error.code !== 'ENVIRONMENT') return [error.at({ file: payload.file })];
    if (told.has(error.message)) return [];
    told.add(error.message);
    return [error];
  });
}

/** A document like an error's, so that no reader takes it for one. */
function warningDocument({ code, message, hint }: DfxError): string {
  return JSON.stringify({ schema: 'dfx.warning/1', warning: { code, message, hint: hint ?? null } });
}

function contextOf(plan: Plan, signal: AbortSignal, reports: Reports, flags: RunFlags): RunContext {
  const several = plan.planned.length > 1;
  const show = (labels: readonly string[], text: string): void => {
    reports.line(several && labels.length > 0 ? `[${labels.join(', ')}] ${text}` : text);
  };
  return {
    inputName: plan.source?.name ?? null,
    signal,
    onStderrLine: show,
    onTraceback: (labels, traceback) => {
      // With --json each line of stderr that isn't the UDF's own print is a document.
      if (!flags.json) for (const line of traceback.trimEnd().split('\n')) show(labels, line);
    },
    ...(reports.onProgress === null ? {} : { onProgress: reports.onProgress }),
    life: {
      idleTimeout: flags.idleTimeout ?? null,
      killOnIdle: flags.killOnIdle,
      memoryLimit: flags.memoryLimit ?? null,
      onWarning: (warning) => reports.line(flags.json ? warningDocument(warning) : errorLine(warning)),
    },
  };
}
