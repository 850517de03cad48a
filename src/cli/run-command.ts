/** What `dfx run` does once its flags are read. Loaded with the first run, not with the program. */
import { extname } from 'node:path';
import { OutputFile } from '../run/merge/output-file.ts';
import { type PreparedInput, prepareInput } from '../run/plan/input.ts';
import { refuseTwins } from '../run/plan/labels.ts';
import { loadPayloads, type Payload } from '../run/plan/load.ts';
import { type Plan, planRun } from '../run/plan/plan.ts';
import {
  isOneStream,
  type ResultColumn,
  type RunContext,
  runBatches,
  runChunks,
  runValues,
  type ValueOutcome,
} from '../run/run.ts';
import { DfxError, EXIT } from '../wire/errors.ts';
import type { RunFlags } from './commands/run.ts';
import { untilEnded } from './ending.ts';
import { readInput, readOperands } from './input-file.ts';
import { printError, toStdout } from './output.ts';
import { escapeText } from './render/escape.ts';
import type { JsonMember } from './render/json-text.ts';
import { arrowContainer, type RowFormat, type Write, writeRows } from './render/run-rows.ts';
import { labelWidth, runDocument, valueLine, valueMembers } from './render/run-values.ts';

/** Runs and reports; gives the exit code. Nothing that it started is left when it returns. */
export function runCommand(operands: readonly string[], flags: RunFlags): Promise<number> {
  const { timeout } = flags;
  const deadline = timeout === undefined ? undefined : { seconds: timeout, error: () => timedOut(timeout) };
  return untilEnded((signal) => replay(operands, flags, signal), deadline);
}

function timedOut(limit: number): DfxError {
  return new DfxError('TIMEOUT', `the run took longer than ${limit} s and was ended`, {
    hint: 'give it more with --timeout, or look at what the UDF waits for',
  });
}

/** Prints the error and gives its exit code. */
function report(error: DfxError, flags: RunFlags): number {
  printError(error, flags.json);
  return error.exitCode;
}

async function replay(operands: readonly string[], flags: RunFlags, signal: AbortSignal): Promise<number> {
  const started = performance.now();
  let worst = 0;
  const payloads: Payload[] = [];
  const broken: DfxError[] = [];
  const read = readOperands(operands);
  refuseTwins(read);
  for (const operand of read) {
    try {
      const options = { as: flags.as, encoding: flags.encoding };
      payloads.push(...loadPayloads(operand.label, operand.name, await readInput(operand, undefined, signal), options));
    } catch (error) {
      if (!(error instanceof DfxError)) throw error;
      broken.push(error);
    }
  }
  let input: PreparedInput | null = null;
  try {
    for (const error of broken) worst = Math.max(worst, report(error, flags));
    // The columns of one table stand and fall together; a value stands alone.
    if (payloads.length === 0 || (broken.length > 0 && payloads.some(({ shape }) => shape === 'rows'))) return worst;
    if (flags.input !== undefined) {
      input = await prepareInput(flags.input, {
        format: flags.inputFormat,
        delimiter: flags.delimiter,
        header: flags.header,
        signal,
      });
    }
    const plan = await planRun(payloads, {
      policy: { strict: flags.strict, sandbox: flags.sandbox },
      engine: flags.engine,
      python: flags.python,
      input: input?.spec ?? null,
      inputName: input?.name,
      workers: flags.workers,
    });
    for (const error of withoutRepeats(plan.refused)) worst = Math.max(worst, report(error, flags));
    if (plan.planned.length === 0 || (plan.shape === 'rows' && plan.refused.length > 0)) return worst;
    const context = contextOf(plan, input, signal, flags);
    const run = plan.shape === 'value' ? showValues : showRows;
    return Math.max(worst, await run(plan, context, flags, () => (performance.now() - started) / 1000));
  } finally {
    await input?.close();
  }
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

function contextOf(plan: Plan, input: PreparedInput | null, signal: AbortSignal, flags: RunFlags): RunContext {
  const several = plan.planned.length > 1;
  const terminal = process.stderr.isTTY;
  const show = (labels: readonly string[], text: string): void => {
    const line = several ? `[${labels.join(', ')}] ${text}` : text;
    process.stderr.write(`${terminal ? line.split('\t').map(escapeText).join('\t') : line}\n`);
  };
  return {
    input: input?.spec ?? null,
    inputName: input === null ? null : input.name,
    signal,
    onStderrLine: show,
    onTraceback: (labels, traceback) => {
      // With --json each line of stderr that isn't the UDF's own print is a document.
      if (!flags.json) for (const line of traceback.trimEnd().split('\n')) show(labels, line);
    },
  };
}

type Clock = () => number;

async function showValues(plan: Plan, context: RunContext, flags: RunFlags, clock: Clock): Promise<number> {
  const format = chooseFormat(flags, 'text');
  const toFile = flags.output !== undefined && flags.output !== '-';
  const asTable = format !== 'text' || toFile;
  const width = labelWidth(plan.planned.map(({ payload }) => payload.label));
  const members: (readonly JsonMember[])[] = [];
  const good: (ValueOutcome & { readonly ok: true })[] = [];
  let worst = 0;
  const { cellsOf } = await import('../io/out/cells.ts');
  for await (const outcome of runValues(plan, context)) {
    if (!outcome.ok) {
      worst = Math.max(worst, report(outcome.error, flags));
      continue;
    }
    // A run that gives nothing prints nothing but its errors.
    if (good.length === 0 && !flags.json && !asTable) await toStdout(`driver pid: ${process.pid}\n`);
    good.push(outcome);
    const cells = cellsOf(outcome.batch, 0);
    if (flags.json) members.push(valueMembers(outcome, cells));
    else if (!asTable) await toStdout(`${valueLine(outcome, cells, width)}\n`);
  }
  if (asTable && good.length > 0 && (worst === 0 || !toFile)) {
    await writeResult(format, flags, async (write) => {
      const [{ zipBatches }, { Schema }] = await Promise.all([import('../run/merge/zip.ts'), import('apache-arrow')]);
      const schema = new Schema(good.flatMap(({ batch }) => batch.schema.fields));
      const sources = good.map(({ payload, batch }) => ({ labels: payload.label, batches: oneBatch(batch) }));
      await writeRows(format, schema, zipBatches(sources), write);
    });
  }
  if (flags.json) {
    const facts = { input: context.inputName, output: toFile ? (flags.output ?? null) : null, seconds: clock() };
    await toStdout(`${runDocument('value', facts, members)}\n`);
  }
  return worst;
}

async function* oneBatch<T>(batch: T): AsyncGenerator<T, void, void> {
  yield batch;
}

async function showRows(plan: Plan, context: RunContext, flags: RunFlags, clock: Clock): Promise<number> {
  const toFile = flags.output !== undefined && flags.output !== '-';
  if (flags.json && !toFile) return showRowsAsJson(plan, context, clock);
  const format = chooseFormat(flags, process.stdout.isTTY ? 'text' : 'csv');
  const container = arrowContainer(format);
  let columns: readonly ResultColumn[] = [];
  await writeResult(format, flags, async (write) => {
    const result =
      container !== null && isOneStream(plan)
        ? await runChunks(plan, context, container, async (chunks) => {
            for await (const chunk of chunks) await write(chunk);
          })
        : await runBatches(plan, context, async (schema, batches) => {
            await writeRows(format, schema, batches, write);
          });
    columns = result.columns;
  });
  if (flags.json) {
    const facts = { input: context.inputName, output: flags.output ?? null, seconds: clock() };
    await toStdout(
      `${runDocument(
        'rows',
        facts,
        columns.map((column) => columnMembers(plan, column)),
      )}\n`,
    );
  } else if (toFile && process.stderr.isTTY) {
    process.stderr.write(`${columns[0]?.rows ?? 0} rows written to ${flags.output}\n`);
  }
  return EXIT.ok;
}

async function showRowsAsJson(plan: Plan, context: RunContext, clock: Clock): Promise<number> {
  const { cellsOf } = await import('../io/out/cells.ts');
  const values: string[][] = [];
  const { columns } = await runBatches(plan, context, async (schema, batches) => {
    for (const _ of schema.fields) values.push([]);
    for await (const batch of batches) {
      values.forEach((list, at) => {
        const cells = cellsOf(batch, at);
        for (let row = 0; row < batch.numRows; row++) list.push(cells.json(row));
      });
    }
  });
  const results = columns.map((column, at) => [
    ...columnMembers(plan, column),
    ['values', `[${(values[at] ?? []).join(',')}]`] as const,
  ]);
  const facts = { input: context.inputName, output: null, seconds: clock() };
  await toStdout(`${runDocument('rows', facts, results)}\n`);
  return EXIT.ok;
}

function columnMembers(plan: Plan, column: ResultColumn): readonly JsonMember[] {
  // A wildcard's columns have names of their own.
  const payload =
    plan.planned.find((entry) => entry.payload.label === column.name)?.payload ?? plan.planned[0]?.payload;
  return [
    ['label', JSON.stringify(column.name)],
    ['file', JSON.stringify(payload?.file ?? null)],
    ['sha256', JSON.stringify(payload?.hash ?? null)],
    ['type', JSON.stringify(column.type)],
    ['rows', String(column.rows)],
    ['pid', String(column.pid)],
    ['engine', JSON.stringify({ ...column.engine, reason: column.reason })],
    ['seconds', JSON.stringify(column.seconds)],
  ];
}

const FORMAT_OF_EXTENSION: ReadonlyMap<string, RowFormat> = new Map([
  ['.arrow', 'arrow'],
  ['.feather', 'arrow'],
  ['.ipc', 'arrow'],
  ['.arrows', 'arrow-stream'],
  ['.csv', 'csv'],
  ['.ndjson', 'ndjson'],
  ['.jsonl', 'ndjson'],
  ['.txt', 'text'],
]);

function chooseFormat(flags: RunFlags, otherwise: RowFormat): RowFormat {
  if (flags.format !== undefined) return flags.format;
  if (flags.output === undefined || flags.output === '-') return otherwise;
  const format = FORMAT_OF_EXTENSION.get(extname(flags.output).toLowerCase());
  if (format !== undefined) return format;
  throw new DfxError('USAGE', `the name ${JSON.stringify(flags.output)} doesn't say the output's format`, {
    hint: `name it with --format, or end it in ${[...FORMAT_OF_EXTENSION.keys()].join(', ')}`,
  });
}

/** Lets `produce` write to the output file or to stdout. After a failure no file is there. */
async function writeResult(
  format: RowFormat,
  flags: RunFlags,
  produce: (write: Write) => Promise<void>,
): Promise<void> {
  if (flags.output === undefined || flags.output === '-') {
    if (arrowContainer(format) !== null && process.stdout.isTTY) {
      throw new DfxError('USAGE', 'the output is binary and stdout is a terminal', {
        hint: 'write it to a file with --output, or pipe it',
      });
    }
    await produce(toStdout);
    return;
  }
  const file = await OutputFile.create(flags.output);
  try {
    await produce((data) => file.write(data));
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.commit();
}
