/** UDFs from source that are called with the values of a row, and with whole columns: one worker that is up. Equal results first. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alternate } from '../measure.ts';
import { outputOf } from '../processes.ts';
import type { BenchOptions, Row, Section } from '../section.ts';
import { dfxRun } from './dfx.ts';
import { makeIdFile } from './payloads.ts';
import { makeSourcePayload, type SourceUdf, UDF_MODES } from './source-payloads.ts';
import { startWarm, type WarmRun } from './warm.ts';

const equal = fileURLToPath(new URL('equal_tables.py', import.meta.url));

const TASKS: readonly { readonly title: string; readonly udf: SourceUdf }[] = [
  { title: 'Python, arithmetic', udf: 'python-arithmetic' },
  { title: 'Python, text', udf: 'python-text' },
  { title: 'JavaScript, arithmetic', udf: 'javascript-arithmetic' },
];

export async function modesSection(options: BenchOptions): Promise<Section> {
  const { quick, folder, python } = options;
  const size = quick ? 50_000 : 1_000_000;
  const input = makeIdFile(size, 65_536, options);
  const warm = await startWarm();
  const rows: Row[] = [];
  try {
    for (const { title, udf } of TASKS) {
      const [byRow = '', byBatch = ''] = UDF_MODES.map((mode) => makeSourcePayload(udf, mode, options));
      const files = [byRow, byBatch].map((payload, at) => {
        const output = join(folder, `mode-${at}.arrow`);
        outputOf(dfxRun(options, 'off', [payload, '--input', input, '--output', output]));
        return output;
      });
      outputOf({ file: python, args: [equal, ...files] });
      const run = (payload: string): WarmRun => ({
        payloads: [payload],
        input,
        options: { python, workers: 1, engine: udf.startsWith('python') ? 'datafusion' : 'embedded' },
      });
      const sides = { dfx: () => warm.time(run(byBatch)), real: () => warm.time(run(byRow)) };
      await alternate(quick ? 1 : 3, sides);
      rows.push({
        what: `${title}, ${size.toLocaleString('en')} rows, a batch a call`,
        against: 'a row a call',
        pair: await alternate(quick ? 1 : 11, sides),
        target: null,
      });
    }
  } finally {
    await warm.close();
  }
  return {
    title: 'UDFs by row and by batch, one worker, warm',
    notes: ['Both sides are dfx, with the same function written for a value and for a column.'],
    rows,
    memory: [],
    plots: [],
  };
}
