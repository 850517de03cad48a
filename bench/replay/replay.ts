/** `dfx run` beside a script that does the same with datafusion-python: whole processes, cold, results equal before anything is timed. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alternate } from '../measure.ts';
import { type Command, dfxCommand, outputOf, peakMemoryOf, timeOf } from '../processes.ts';
import type { BenchOptions, MemoryRow, Row, Section } from '../section.ts';
import { type Inputs, makeInputs, makePayload } from './files.ts';

const peer = fileURLToPath(new URL('peer.py', import.meta.url));
const equal = fileURLToPath(new URL('equal.py', import.meta.url));

interface Task {
  readonly kind: 'aggregate' | 'rows' | 'filter';
  readonly sql: string;
  readonly title: string;
  /** The end of the output's name; null where the value is printed. */
  readonly output: 'arrow' | 'csv' | null;
}

const TASKS: readonly Task[] = [
  { kind: 'aggregate', sql: 'sum(a * b)', title: 'aggregate', output: null },
  { kind: 'rows', sql: 'a * 2 + b', title: 'row-wise to Arrow', output: 'arrow' },
  { kind: 'filter', sql: 'a < 200 AND b > 0.5', title: 'filter to CSV', output: 'csv' },
];

const AGAINST = 'datafusion-python';
const MOST_TIME = 0.9;
/** Runs over so many rows take tenths of a second, which whatever else the machine does moves by a tenth. */
const SHORT_ROWS = 5_000_000;
const [PAIRS, SHORT_PAIRS] = [7, 15];

export async function replaySection(options: BenchOptions): Promise<Section> {
  const rows: Row[] = [];
  const memory: MemoryRow[] = [];
  for (const count of options.rows) {
    const inputs = makeInputs(count, options);
    for (const task of TASKS) {
      for (const format of ['csv', 'arrow'] as const) {
        const result = await compare(task, inputs, format, options);
        rows.push(result.row);
        memory.push(result.memory);
      }
    }
    rmSync(inputs.csv);
    rmSync(inputs.arrow);
  }
  return { title: 'Replay against datafusion-python, whole processes', rows, memory, plots: [] };
}

async function compare(
  task: Task,
  inputs: Inputs,
  format: 'csv' | 'arrow',
  options: BenchOptions,
): Promise<{ readonly row: Row; readonly memory: MemoryRow }> {
  const payload = makePayload(task.kind, task.sql, options);
  const input = inputs[format];
  const outputs = { dfx: '', real: '' };
  if (task.output !== null) {
    outputs.dfx = join(options.folder, `dfx.${task.output}`);
    outputs.real = join(options.folder, `real.${task.output}`);
  }
  const dfx = dfxCommand(options.root, [
    'run',
    ...(task.kind === 'filter' ? ['--filter', payload] : [payload]),
    ...['--input', input],
    ...(task.output === null ? [] : ['--output', outputs.dfx]),
  ]);
  const real: Command = {
    file: options.python,
    args: ['-B', peer, task.kind, payload, input, ...(task.output === null ? [] : [outputs.real])],
  };
  const what = `${task.title}, ${millions(inputs.rows)} of ${format === 'csv' ? 'CSV' : 'Arrow'}`;
  mustBeEqual(what, task, outputs, dfx, real, options);
  const timed = (command: Command, output: string) => () => timeOf(command, () => rmSync(output, { force: true }));
  const pairs = options.quick ? 1 : inputs.rows <= SHORT_ROWS ? SHORT_PAIRS : PAIRS;
  const row: Row = {
    what,
    against: AGAINST,
    pair: await alternate(pairs, { dfx: timed(dfx, outputs.dfx), real: timed(real, outputs.real) }),
    target: MOST_TIME,
  };
  const memory: MemoryRow = {
    what: `${what}: peak PSS of all processes`,
    against: AGAINST,
    dfx: await peakMemoryOf(dfx),
    real: await peakMemoryOf(real),
    target: format === 'csv' ? 2 : 1,
  };
  return { row, memory };
}

/** Throws where the two sides give other results. */
function mustBeEqual(
  what: string,
  task: Task,
  outputs: { readonly dfx: string; readonly real: string },
  dfx: Command,
  real: Command,
  { python, folder }: BenchOptions,
): void {
  const files = { ...outputs };
  const printed = outputOf(real);
  if (task.output === null) {
    files.dfx = join(folder, 'dfx.txt');
    files.real = join(folder, 'real.txt');
    const { results } = JSON.parse(outputOf({ ...dfx, args: [...dfx.args, '--json'] }));
    writeFileSync(files.dfx, String(results[0].value));
    writeFileSync(files.real, printed);
  } else {
    outputOf(dfx);
  }
  try {
    outputOf({ file: python, args: [equal, task.output ?? 'value', files.dfx, files.real] });
  } catch (cause) {
    throw new Error(`${what}: the results differ`, { cause });
  }
}

function millions(rows: number): string {
  return rows >= 1_000_000 ? `${rows / 1_000_000}M rows` : `${rows} rows`;
}
