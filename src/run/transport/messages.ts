/** The messages between dfx and its workers, as types, and the reading of those that come back (docs/worker-protocol.md). */
import { DfxError } from '../../wire/errors.ts';
import type { Frame } from './frames.ts';

export const PROTOCOL = 1;

export type InputFormat = 'csv' | 'arrow' | 'parquet' | 'ndjson';

/** A file that a worker reads by itself. */
export interface InputSpec {
  readonly path: string;
  readonly format: InputFormat;
  readonly csv?: { readonly header: boolean; readonly delimiter: string };
}

/** `rows`: a column a payload. `value`: one row of aggregates. */
export type Shape = 'rows' | 'value';

export interface Job {
  readonly job: number;
  readonly shape: Shape;
  /** One result column a payload, under the payload's label. */
  readonly columns: readonly { readonly payload: string; readonly name: string }[];
  /** Null: one row without columns. */
  readonly input: InputSpec | null;
  /** The part of the input that this job reads. */
  readonly split: { readonly kind: 'whole' };
  /** The table name that the payloads' columns go by. */
  readonly relation: string | null;
  /** Whether inline frames may be opened. The worker refuses them where not, even those that the parent didn't see. */
  readonly inlineCode: boolean;
  /** Some expression is a window function: the worker puts the rows back into the order of the input. */
  readonly windows: boolean;
  /** The columns that the input must have. */
  readonly reads: readonly string[];
  readonly batchSize: number;
  /** The form of the result: an Arrow IPC stream, or an Arrow file. */
  readonly container: 'stream' | 'file';
}

export type ToWorker =
  | { readonly type: 'payload'; readonly hash: string }
  | ({ readonly type: 'job' } & Job)
  | { readonly type: 'stop' };

export interface Hello {
  readonly type: 'hello';
  readonly protocol: number;
  readonly pid: number;
  readonly language: { readonly name: string; readonly version: string };
  readonly engine: { readonly name: string; readonly version: string };
}

export interface Done {
  readonly type: 'done';
  readonly job: number;
  readonly rows: number;
  readonly batches: number;
  readonly seconds: { readonly open: number; readonly evaluate: number };
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
  readonly udf: UdfName | null;
  readonly exception: { readonly type: string; readonly message: string; readonly traceback: string } | null;
  readonly missing: readonly string[];
  /** The input's schema as an Arrow IPC message, where columns are missing. */
  readonly schema: Uint8Array;
  /** A Python module that could not be imported. */
  readonly module: string | null;
}

export interface Unready {
  readonly type: 'unready';
  readonly code: string;
  readonly message: string;
}

export type FromWorker =
  | Hello
  | Unready
  | { readonly type: 'result'; readonly job: number; readonly chunk: Uint8Array }
  | Done
  | Failed;

/** What a worker's frame says. A worker runs code from payloads, so nothing in a frame is taken on trust. */
export function readMessage(frame: Frame): FromWorker {
  const header = new HeaderReader(frame.header);
  switch (frame.header.type) {
    case 'hello':
      return {
        type: 'hello',
        protocol: header.number('protocol'),
        pid: header.number('pid'),
        language: header.object('language').nameAndVersion(),
        engine: header.object('engine').nameAndVersion(),
      };
    case 'unready':
      return { type: 'unready', code: header.text('code'), message: header.text('message') };
    case 'result':
      return { type: 'result', job: header.number('job'), chunk: frame.body };
    case 'done': {
      const seconds = header.object('seconds');
      return {
        type: 'done',
        job: header.number('job'),
        rows: header.number('rows'),
        batches: header.number('batches'),
        seconds: { open: seconds.number('open'), evaluate: seconds.number('evaluate') },
      };
    }
    case 'failed': {
      const udf = header.optional('udf');
      const exception = header.optional('exception');
      return {
        type: 'failed',
        job: header.numberOrNull('job'),
        code: header.text('code'),
        message: header.text('message'),
        udf: udf === null ? null : { name: udf.text('name'), family: udf.text('family') },
        exception:
          exception === null
            ? null
            : {
                type: exception.text('type'),
                message: exception.text('message'),
                traceback: exception.text('traceback'),
              },
        missing: header.texts('missing'),
        schema: frame.body,
        module: header.textOrNull('module'),
      };
    }
    default:
      throw new DfxError('DEFECT', `a worker sent a frame of the unknown type ${JSON.stringify(frame.header.type)}`);
  }
}

/** What the parent's frame asks of a worker. */
export function readRequest(frame: Frame): ToWorker {
  const header = new HeaderReader(frame.header);
  switch (frame.header.type) {
    case 'payload':
      return { type: 'payload', hash: header.text('hash') };
    case 'stop':
      return { type: 'stop' };
    case 'job': {
      const input = header.optional('input');
      const csv = input?.optional('csv') ?? null;
      return {
        type: 'job',
        job: header.number('job'),
        shape: header.oneOf('shape', ['rows', 'value']),
        columns: header.list('columns').map((item) => ({ payload: item.text('payload'), name: item.text('name') })),
        input:
          input === null
            ? null
            : {
                path: input.text('path'),
                format: input.oneOf('format', ['csv', 'arrow', 'parquet', 'ndjson']),
                ...(csv === null ? {} : { csv: { header: csv.flag('header'), delimiter: csv.text('delimiter') } }),
              },
        split: { kind: header.object('split').oneOf('kind', ['whole']) },
        relation: header.textOrNull('relation'),
        inlineCode: header.flag('inlineCode'),
        windows: header.flag('windows'),
        reads: header.texts('reads'),
        batchSize: header.number('batchSize'),
        container: header.oneOf('container', ['stream', 'file']),
      };
    }
    default:
      throw new DfxError('DEFECT', `found a frame of the unknown type ${JSON.stringify(frame.header.type)}`);
  }
}

class HeaderReader {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(value: object) {
    this.#values = new Map(Object.entries(value));
  }

  number(key: string): number {
    const value = this.#values.get(key);
    return typeof value === 'number' ? value : this.#wrong(key, 'a number');
  }

  numberOrNull(key: string): number | null {
    return this.#values.get(key) === null ? null : this.number(key);
  }

  text(key: string): string {
    const value = this.#values.get(key);
    return typeof value === 'string' ? value : this.#wrong(key, 'a text');
  }

  textOrNull(key: string): string | null {
    return this.#values.get(key) === undefined || this.#values.get(key) === null ? null : this.text(key);
  }

  oneOf<T extends string>(key: string, known: readonly T[]): T {
    const text = this.text(key);
    return known.find((name) => name === text) ?? this.#wrong(key, `one of ${known.join(', ')}`);
  }

  flag(key: string): boolean {
    const value = this.#values.get(key);
    return typeof value === 'boolean' ? value : this.#wrong(key, 'true or false');
  }

  list(key: string): readonly HeaderReader[] {
    const value = this.#values.get(key);
    if (!Array.isArray(value)) return this.#wrong(key, 'a list');
    return value.map((item) =>
      typeof item === 'object' && item !== null ? new HeaderReader(item) : this.#wrong(key, 'a list of objects'),
    );
  }

  texts(key: string): readonly string[] {
    const value = this.#values.get(key) ?? [];
    if (!Array.isArray(value)) return this.#wrong(key, 'a list');
    return value.map((item) => (typeof item === 'string' ? item : this.#wrong(key, 'a list of texts')));
  }

  object(key: string): HeaderReader {
    return this.optional(key) ?? this.#wrong(key, 'an object');
  }

  optional(key: string): HeaderReader | null {
    const value = this.#values.get(key);
    if (value === undefined || value === null) return null;
    return typeof value === 'object' ? new HeaderReader(value) : this.#wrong(key, 'an object');
  }

  nameAndVersion(): { readonly name: string; readonly version: string } {
    return { name: this.text('name'), version: this.text('version') };
  }

  #wrong(key: string, expected: string): never {
    throw new DfxError('DEFECT', `found a frame whose ${key} isn't ${expected}`);
  }
}
