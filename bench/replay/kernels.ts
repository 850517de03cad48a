/**
 * Compiled expressions over values in memory, in process, beside the real engine with one partition over the same record batches. Both drop each
 * batch of results; what they give is compared by a hash of all values first.
 */
import { createHash, type Hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exprFromProto } from '../../src/expr/proto/index.ts';
import { type Column, type ColumnBatch, expandInt64, getBit, openInput, WHOLE } from '../../src/io/index.ts';
import { compileExpression, type Evaluator } from '../../src/run/embedded/index.ts';
import type { Schema } from '../../src/wire/arrow/types.ts';
import { LineProcess } from '../line-process.ts';
import { alternate, timeCalls } from '../measure.ts';
import type { BenchOptions, Row, Section } from '../section.ts';
import { makeInputs, makePayload } from './files.ts';

const MOST_TIME = 1.5;

/** Rows of a batch, on both sides: kernels_peer.py cuts them so, too. */
const BATCH_ROWS = 8192;

const EXPRESSIONS: readonly (readonly [string, string])[] = [
  ['arithmetic on Float64', 'b * 2.0 + b'],
  ['arithmetic on Int64', 'a * 2 + id'],
  ['arithmetic on both', 'a * 2 + b'],
  ['comparison of Float64', 'b > 0.5'],
  ['comparison of Int64', 'a < 200'],
  ['comparisons with AND', 'a < 200 AND b > 0.5'],
  ['CASE', 'CASE WHEN a > 500 THEN b ELSE 0.0 END'],
  ['string equality', "s = 'oak'"],
  ['LIKE with a prefix', "s LIKE 'sy%'"],
  ['LIKE with a word inside', "s LIKE '%ar%'"],
  ['LIKE in general', "s LIKE '%a_c%'"],
];

export async function kernelSection(options: BenchOptions): Promise<Section> {
  const inputs = makeInputs(options.quick ? 100_000 : 10_000_000, options);
  const peer = new LineProcess(options.python, fileURLToPath(new URL('kernels_peer.py', import.meta.url)), [
    inputs.arrow,
  ]);
  try {
    const { schema, batches } = await readAll(inputs.arrow);
    const rows: Row[] = [];
    for (const [title, sql] of EXPRESSIONS) {
      const payload = makePayload('kernel', sql, options);
      const evaluator = compileExpression(exprFromProto(readFileSync(payload)).expr, schema);
      const { digest } = await peer.ask<{ digest: string }>({ do: 'digest', payload });
      const found = digestOf(evaluator, batches);
      if (found !== digest) throw new Error(`${title}: the values differ from the real engine's`);
      const pair = await alternate(options.quick ? 1 : 11, {
        dfx: () => timeCalls(1, () => evaluateAll(evaluator, batches)),
        real: async () => (await peer.ask<{ us: number }>({ do: 'time', payload })).us,
      });
      rows.push({ what: `${title}: ${sql}`, against: 'the real engine', pair, target: MOST_TIME });
    }
    return {
      title: `Compiled code, ${inputs.rows.toLocaleString('en')} values in memory`,
      rows,
      memory: [],
      plots: [],
    };
  } finally {
    peer.close();
  }
}

interface Held {
  readonly schema: Schema;
  readonly batches: readonly ColumnBatch[];
}

async function readAll(path: string): Promise<Held> {
  const table = await openInput(path);
  const all = table.schema.fields.map((_, index) => index);
  const batches: ColumnBatch[] = [];
  for await (const { length, columns } of table.read(all, WHOLE).batches) {
    for (let start = 0; start < length; start += BATCH_ROWS) {
      const end = Math.min(length, start + BATCH_ROWS);
      batches.push({ length: end - start, columns: columns.map((column) => copyOf(column, start, end)) });
    }
  }
  return { schema: table.schema, batches };
}

/** A reader may use a batch's buffers again. */
function copyOf(column: Column, start: number, end: number): Column {
  if (column.layout !== 'null' && column.layout !== 'union' && column.validity !== null) {
    throw new Error('expected a column without nulls');
  }
  const length = end - start;
  switch (column.layout) {
    case 'numeric':
      return { ...column, length, values: column.values.slice(start, end) };
    case 'string': {
      const first = column.offsets[start] ?? 0;
      const offsets = column.offsets.slice(start, end + 1);
      const data = column.data.slice(first, offsets[length]);
      return { ...column, length, offsets: offsets.map((offset) => offset - first), data };
    }
    default:
      throw new Error(`a column of type ${column.type.kind} in the benchmark's input`);
  }
}

function columnsOf(evaluator: Evaluator, { length, columns }: ColumnBatch): ColumnBatch {
  return { length, columns: evaluator.columns.flatMap((index) => columns[index] ?? []) };
}

function evaluateAll(evaluator: Evaluator, batches: readonly ColumnBatch[]): void {
  for (const batch of batches) evaluator.next(columnsOf(evaluator, batch));
}

function digestOf(evaluator: Evaluator, batches: readonly ColumnBatch[]): string {
  const hash = createHash('sha256');
  for (const batch of batches) {
    const column = evaluator.next(columnsOf(evaluator, batch));
    if (column === null || (column.layout !== 'null' && column.layout !== 'union' && column.validity !== null)) {
      throw new Error('expected a column without nulls');
    }
    addValues(hash, column);
  }
  return hash.digest('hex');
}

/** 64-bit values as they lie in memory, booleans as one byte each. */
function addValues(hash: Hash, column: Column): void {
  if (column.layout === 'boolean') {
    hash.update(Uint8Array.from({ length: column.length }, (_, row) => (getBit(column.bits, row) ? 1 : 0)));
  } else if (column.layout === 'numeric') {
    const values = column.type.kind === 'Int64' ? expandInt64(column.values, 'Int64') : column.values;
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  } else {
    throw new Error(`a result of type ${column.type.kind} in the benchmark`);
  }
}
