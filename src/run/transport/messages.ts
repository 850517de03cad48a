/** The messages between dfx and its workers (docs/worker-protocol.md). `read-messages.ts` reads those that come in. */
import type { RowsBefore, Split } from '../../io/split.ts';
import type { Schema } from '../../wire/arrow/types.ts';

export const PROTOCOL = 4;

export type InputFormat = 'csv' | 'arrow' | 'parquet' | 'ndjson';

/** How a CSV file is written. What isn't given is as DataFusion has it by default. */
export interface CsvSpec {
  readonly header: boolean;
  readonly delimiter: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly nullText?: string;
  readonly maxRecordBytes?: number;
}

/** A file that a worker reads by itself, or what the body of a job is. */
export interface InputSpec {
  readonly path: string;
  readonly format: InputFormat;
  readonly csv?: CsvSpec;
}

/** `rows`: a column a payload. `value`: one row of aggregates. */
export type Shape = 'rows' | 'value';

/**
 * `rows`: the rows of the split. `value`: one row, of the whole input. `partial`: the aggregates' state after the split, one row.
 * `merge`: one row, of the states in the body.
 */
export type Mode = 'rows' | 'value' | 'partial' | 'merge';

/** `arrow`: encapsulated IPC messages. Text: whole lines, without a header. */
export type Output = 'arrow' | 'csv' | 'ndjson';

export interface JobColumn {
  readonly payload: string;
  readonly name: string;
  /** The table name that the payload's columns go by. */
  readonly relation: string | null;
}

export interface Job {
  readonly job: number;
  readonly mode: Mode;
  /** One result column each, behind those of `keep`. */
  readonly columns: readonly JobColumn[];
  /** A boolean expression: rows for which it isn't true are dropped. */
  readonly filter: { readonly payload: string; readonly relation: string | null } | null;
  /** Columns of the input that go before the result's. */
  readonly keep: readonly string[];
  /** Null: one row without columns. */
  readonly input: InputSpec | null;
  /** Whether the input is in the body, behind the schema; its path is then for messages only. */
  readonly inBody: boolean;
  /** The part of the input that this job reads. */
  readonly split: Split;
  /** Bytes of the body that are the input's schema, an IPC stream without batches; 0: the worker finds it by itself. */
  readonly schemaBytes: number;
  /** Whether inline frames may be opened. The worker refuses them where not, even those that the parent didn't see. */
  readonly inlineCode: boolean;
  /** Some expression is a window function: the worker puts the rows back into the order of the input. */
  readonly windows: boolean;
  /** The columns that the input must have. */
  readonly reads: readonly string[];
  readonly batchSize: number;
  readonly output: Output;
  /** Whether the result of each batch goes out as soon as it is there, and not in larger parts. */
  readonly flush: boolean;
  /** Of text: what stands between the fields of CSV. */
  readonly delimiter: string;
  /** The instant of the run, nanoseconds since the epoch. */
  readonly now: string;
  /** No more rows than these are asked for. */
  readonly limit: number | null;
  /**
   * The file that the result goes to: the worker keeps it until `write` says at which place, and writes it itself. Null: the result is sent, as
   * is one that is too long to be kept.
   */
  readonly target: string | null;
  /** Rows and line ends of the input before the split, those of the header left out, for messages; null: not known yet. */
  readonly before: RowsBefore | null;
  /** For UDFs that ask where they run: which split of the input it is, from 0, and how many workers died over it. */
  readonly splitNumber: number;
  readonly attempt: number;
  /** Python workers: the user's module whose `register(ctx)` gives by-name UDFs; null for none. */
  readonly register: string | null;
}

/** What says which job of a run it is: UDFs ask for it. */
type Place = Pick<Job, 'splitNumber' | 'attempt' | 'before'>;

/** What is the same for all jobs over an input. */
export type CommonJob = Omit<Job, 'job' | 'split' | 'schemaBytes' | 'inBody' | 'limit' | 'target' | keyof Place>;

export type ToWorker =
  /** To Python workers, before everything else: what they are to enter before they read a payload. Null: nothing. */
  | { readonly type: 'start'; readonly sandbox: unknown }
  | { readonly type: 'payload'; readonly hash: string }
  /** To Python workers: what jobs are to come, the first one's place, and in the body the schema of the batches that they will bring. */
  | ({ readonly type: 'plan' } & CommonJob & Place)
  | ({ readonly type: 'job' } & Job)
  /** Where in its target the kept result of a job goes; null: it isn't wanted. */
  | { readonly type: 'write'; readonly job: number; readonly offset: number | null }
  | { readonly type: 'stop' };

export interface EngineVersion {
  readonly name: string;
  readonly version: string;
}

export interface Hello {
  readonly type: 'hello';
  readonly protocol: number;
  readonly pid: number;
  readonly language: EngineVersion;
  readonly engine: EngineVersion;
}

/** One message of a result's Arrow stream. `metadata` counts prefix and padding: both lengths together are those of the message. */
export interface ArrowMessage {
  readonly kind: 'batch' | 'dictionary';
  readonly metadata: number;
  readonly body: number;
  readonly rows: number;
}

export interface ResultSchema {
  readonly type: 'schema';
  readonly job: number;
  /** An IPC stream that holds no batch. */
  readonly bytes: Uint8Array;
}

export interface ResultPart {
  readonly type: 'result';
  readonly job: number;
  readonly rows: number;
  /** Of Arrow: what the chunks consist of. */
  readonly messages: readonly ArrowMessage[];
  /** Of all chunks, or what the worker keeps of them. */
  readonly bytes: number;
  /** The bytes stay with the worker, and there are no chunks. */
  readonly kept: boolean;
  readonly chunks: readonly Uint8Array[];
}

/** The kept result of a job stands in its target. */
export interface Written {
  readonly type: 'written';
  readonly job: number;
}

export interface Done {
  readonly type: 'done';
  readonly job: number;
  /** Rows of the result. */
  readonly rows: number;
  readonly batches: number;
  /** What was read: `SplitReport`. */
  readonly read: {
    /** Null where the engine doesn't say. */
    readonly rows: number | null;
    readonly bytes: number;
    readonly start: number;
    readonly end: number;
    readonly lines: number;
  };
  readonly seconds: { readonly open: number; readonly evaluate: number };
  /** When the worker began and ended it, in seconds of the machine's clock (`sharedSeconds`); null where it doesn't say. */
  readonly at: { readonly started: number; readonly finished: number } | null;
}

export interface UdfName {
  readonly name: string;
  readonly family: string;
}

export interface Failed {
  readonly type: 'failed';
  readonly job: number | null;
  readonly code: string;
  readonly message: string;
  /** Which of the job's columns failed, where one did. */
  readonly column: number | null;
  readonly udf: UdfName | null;
  /** The rows that it failed over, one of them or all, counted from 1: at the split's start, and behind the conveyor at the input's. */
  readonly rows: { readonly first: number; readonly last: number } | null;
  readonly exception: {
    readonly type: string;
    readonly message: string;
    readonly traceback: string;
    /** File and line of the user's own that raised it, where that is known. */
    readonly place: string | null;
  } | null;
  readonly missing: readonly string[];
  /** The input's, where columns are missing; where a plan fails, that of the columns it reads. */
  readonly schema: Schema | null;
  /** A Python module that could not be imported. */
  readonly module: string | null;
  readonly hint: string | null;
}

export interface Unready {
  readonly type: 'unready';
  readonly code: string;
  readonly message: string;
}

export type FromWorker = Hello | Unready | ResultSchema | ResultPart | Written | Done | Failed;
