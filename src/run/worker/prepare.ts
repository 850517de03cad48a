/** What a job needs before it reads: the input opened, the expressions compiled. The next split of the same run needs it again. */
import type { Expr } from '../../expr/model.ts';
import { exprFromProto } from '../../expr/proto/index.ts';
import { isFunctionNode, nodesOf } from '../../expr/walk.ts';
import { BATCH_ROWS } from '../../io/batch-rows.ts';
import { CsvPieces } from '../../io/csv.ts';
import type { DialectOptions } from '../../io/csv-dialect.ts';
import {
  ArrowStreamReader,
  type ColumnBatch,
  type InputTable,
  openInput,
  type ReadHints,
  type RowsBefore,
  readInOnePiece,
  type Split,
  type SplitReader,
  WHOLE,
} from '../../io/index.ts';
import { readIpcSchema, type Schema, writeIpcSchema } from '../../wire/arrow/index.ts';
import { DfxError } from '../../wire/errors.ts';
import { compileExpression, type Evaluator } from '../embedded/index.ts';
import type { InputSpec, Job } from '../transport/messages.ts';

/** Rows of a batch, where it doesn't matter how many they are. */
const LARGE_BATCH = 4 * BATCH_ROWS;

/** Whether it matters where batches end: the code of a payload sees them, and rows that pass a filter are one. */
function mindsBatches({ mode, inlineCode, filter }: Job, evaluators: readonly Evaluator[]): boolean {
  if (inlineCode) return true;
  return mode !== 'rows' && (filter !== null || evaluators.some((evaluator) => evaluator.mindsBatches));
}

/** Rows of a split, counted from 1 at its start. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

/** A job's column failed: which one, and over which rows, for the parent. Column null: the filter. */
export class ColumnFailure extends Error {
  readonly column: number | null;
  readonly rows: RowRange | null;

  constructor(column: number | null, rows: RowRange | null, cause: unknown) {
    super('a column failed', { cause });
    this.column = column;
    this.rows = rows;
  }
}

export interface Prepared {
  readonly table: InputTable;
  /** Indices of the columns that batches hold: all that anything below reads. */
  readonly indices: readonly number[];
  /** Of row-wise expressions ready for any batch; of aggregates new ones for each job. */
  readonly evaluators: () => readonly Evaluator[];
  readonly filter: Evaluator | null;
  /** Places of the kept columns in a batch. */
  readonly keep: readonly number[];
  readonly kept: Schema['fields'];
  readonly hints: ReadHints;
}

async function* oneRow(): AsyncGenerator<ColumnBatch> {
  yield { length: 1, columns: [] };
}

const NO_TABLE: InputTable = {
  schema: { fields: [], metadata: [] },
  splits: () => [WHOLE],
  read: () => readInOnePiece(oneRow()),
};

export class Preparation {
  readonly #payloads: ReadonlyMap<string, Uint8Array>;
  readonly #expressions = new Map<string, Expr>();
  #last: { readonly key: string; readonly prepared: Prepared } | null = null;

  constructor(payloads: ReadonlyMap<string, Uint8Array>) {
    this.#payloads = payloads;
  }

  /** `body`: schema, then the input where the job brings it. */
  async prepare(job: Job, body: Uint8Array): Promise<Prepared> {
    const key = JSON.stringify([job.mode === 'rows', job.columns, job.filter, job.keep, job.input, job.now]);
    const known = this.#last?.key === key ? this.#last.prepared : null;
    if (known !== null && job.inBody && known.table instanceof PiecesTable) {
      known.table.piece = body.subarray(job.schemaBytes);
      return known;
    }
    if (known !== null && !job.inBody) return known;
    const table = await openTable(job, body);
    if (table instanceof BodiesTable && known?.table instanceof BodiesTable && known.table.takeOver(table))
      return known;
    const prepared = this.#compile(job, table);
    this.#last = { key, prepared };
    return prepared;
  }

  /** Of a body that holds the input's schema and the states: fresh evaluators, and a reader of the states. */
  mergers(
    job: Job,
    body: Uint8Array,
  ): { readonly evaluators: readonly Evaluator[]; readonly reader: ArrowStreamReader } {
    const { schema } = readIpcSchema(body.subarray(0, job.schemaBytes));
    const reader = new ArrowStreamReader();
    reader.push(body.subarray(job.schemaBytes));
    return { evaluators: this.evaluators(job, schema), reader };
  }

  evaluators(job: Job, schema: Schema): readonly Evaluator[] {
    const now = BigInt(job.now);
    return job.columns.map(({ payload, relation }, at) => {
      try {
        const expr = this.#expression(payload);
        if (!job.inlineCode) refuseCode(expr);
        return compileExpression(expr, schema, { relation, now, inlineCode: job.inlineCode });
      } catch (error) {
        throw new ColumnFailure(at, null, error);
      }
    });
  }

  #compile(job: Job, table: InputTable): Prepared {
    const { schema } = table;
    const first = this.evaluators(job, schema);
    const filter =
      job.filter === null
        ? null
        : compileExpression(this.#expression(job.filter.payload), schema, {
            relation: job.filter.relation,
            now: BigInt(job.now),
            inlineCode: job.inlineCode,
          });
    const keep = job.keep.map((name) => {
      const index = schema.fields.findIndex((field) => field.name === name);
      if (index === -1) throw new DfxError('DEFECT', `a column to be kept isn't there: ${JSON.stringify(name)}`);
      return index;
    });
    const used = [...first, ...(filter === null ? [] : [filter])].flatMap(({ columns }) => columns);
    const indices = [...new Set([...used, ...keep])].sort((a, b) => a - b);
    let unused: readonly Evaluator[] | null = first;
    return {
      table,
      indices,
      filter,
      keep: keep.map((index) => indices.indexOf(index)),
      kept: keep.flatMap((index) => schema.fields[index] ?? []),
      hints: {
        // JSON's integers are written from doubles.
        stored: new Set(job.output === 'ndjson' ? [] : keep.filter((index) => !used.includes(index))),
        batchRows: mindsBatches(job, first) ? BATCH_ROWS : LARGE_BATCH,
      },
      evaluators: () => {
        if (job.mode === 'rows' && !job.windows) return first;
        const made = unused ?? this.evaluators(job, schema);
        unused = null;
        return made;
      },
    };
  }

  #expression(hash: string): Expr {
    let expr = this.#expressions.get(hash);
    if (expr === undefined) {
      const bytes = this.#payloads.get(hash);
      if (bytes === undefined) throw new DfxError('DEFECT', `payload ${hash} was never sent`);
      expr = exprFromProto(bytes).expr;
      this.#expressions.set(hash, expr);
    }
    return expr;
  }
}

/** Both bars: the parent planned no such job, and no frame is read where it did. */
function refuseCode(expr: Expr): void {
  for (const node of nodesOf(expr)) {
    if (isFunctionNode(node) && node.definition !== null && node.definition.length > 0) {
      throw new DfxError('STRICT', 'the engine met an inline UDF where none may be opened, and opened none');
    }
  }
}

async function openTable(job: Job, body: Uint8Array): Promise<InputTable> {
  const { input, schemaBytes } = job;
  if (input === null) return NO_TABLE;
  const schema = schemaBytes === 0 ? undefined : readIpcSchema(body.subarray(0, schemaBytes)).schema;
  const piece = body.subarray(schemaBytes);
  if (job.inBody && input.format === 'csv' && schema !== undefined)
    return new PiecesTable(schema, input.csv ?? {}, piece);
  const table = await openInput(job.inBody ? piece : input.path, openOptions(input, schema));
  return job.inBody && input.format === 'arrow' ? new BodiesTable(table) : table;
}

/** Arrow that comes in the bodies of jobs, each a stream of its own: as long as their schemas are alike, expressions are compiled once. */
class BodiesTable implements InputTable {
  readonly schema: Schema;
  readonly #schemaBytes: Uint8Array;
  #table: InputTable;

  constructor(table: InputTable) {
    this.#table = table;
    this.schema = table.schema;
    this.#schemaBytes = writeIpcSchema(table.schema);
  }

  /** Whether the other one's rows can be read in the place of these; they are then. */
  takeOver(other: BodiesTable): boolean {
    if (Buffer.compare(this.#schemaBytes, other.#schemaBytes) !== 0) return false;
    this.#table = other.#table;
    return true;
  }

  splits(): readonly Split[] {
    return this.#table.splits();
  }

  read(indices: readonly number[], split: Split): SplitReader {
    return this.#table.read(indices, split);
  }
}

/** CSV that the parent has cut into pieces, which are read one after the other by the same reader. */
class PiecesTable implements InputTable {
  readonly schema: Schema;
  piece: Uint8Array;
  readonly #dialect: DialectOptions;
  #reader: { readonly columns: string; readonly pieces: CsvPieces } | null = null;

  constructor(schema: Schema, dialect: DialectOptions, piece: Uint8Array) {
    this.schema = schema;
    this.#dialect = dialect;
    this.piece = piece;
  }

  splits(): readonly Split[] {
    return [WHOLE];
  }

  read(indices: readonly number[], _split: Split, before?: RowsBefore): SplitReader {
    const columns = indices.join();
    if (this.#reader?.columns !== columns) {
      this.#reader = { columns, pieces: new CsvPieces(this.schema, indices, this.#dialect) };
    }
    return this.#reader.pieces.read(this.piece, before);
  }
}

/** `schema`: what the parent found, so that every worker sees the same types. */
export function openOptions(input: InputSpec, schema: Schema | undefined): Parameters<typeof openInput>[1] {
  const { format, csv } = input;
  return { format, csv: { ...csv, schema }, ndjson: { schema } };
}
