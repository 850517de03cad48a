/** Arrow IPC whose bytes can be read at any place: files, and streams on disk or in memory. */
import { formatDataType } from '../../wire/arrow/type-text.ts';
import type { Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { BATCH_ROWS } from '../batch-rows.ts';
import type { ColumnBatch, InputTable, ReadHints } from '../column.ts';
import { RowSplits } from '../row-splits.ts';
import type { RowRange, Split, SplitReader } from '../split.ts';
import { type Arena, FRESH_ARENA, PooledArena, type RandomAccess } from './access.ts';
import { bindColumns, checkRows, type PlacedBatch } from './bind.ts';
import { decompress, loadCodec } from './codecs.ts';
import { decodeColumn, decodeStored } from './decode.ts';
import { Dictionaries, dictionariesOf } from './dictionaries.ts';
import {
  type BatchPlace,
  batchMetadata,
  type IpcIndex,
  openIndex,
  type PlacedMessage,
  readMessageAt,
} from './messages.ts';
import { planSchema, type SchemaPlan, unreadable } from './plan.ts';

/** Opens the input anew for each reading. */
export type OpenAccess = () => RandomAccess;

/** Reads the schema, the footer of a file, the headers of a stream's messages. */
export class IpcTable implements InputTable {
  readonly schema: Schema;
  readonly #open: OpenAccess;
  readonly #index: IpcIndex;
  readonly #plan: SchemaPlan;
  #splits: readonly Split[] | null = null;
  /** Whether a range of a record batch costs no more to read than its rows do: it is not compressed. */
  cutsAnywhere = true;
  /** Memory of a reading that is over, for the next one. */
  #arena: PooledArena | null = null;

  constructor(open: OpenAccess) {
    this.#open = open;
    const access = open();
    try {
      this.#index = named(access, () => openIndex(access));
      this.schema = this.#index.schema;
      this.#plan = planSchema(this.schema, this.#index.dictionaryFields, this.#index.unionsHaveValidity);
    } finally {
      access.close();
    }
  }

  /** Loads what the first record batch, and so all of them, is compressed with. */
  async loadCodec(): Promise<void> {
    const [first] = this.#index.batches;
    if (first === undefined) return;
    const access = this.#open();
    let codec: 'LZ4_FRAME' | 'ZSTD' | null;
    try {
      codec = named(access, () => batchMetadata(messageAt(access, first.offset)).codec);
    } finally {
      access.close();
    }
    this.cutsAnywhere = codec === null;
    if (codec !== null) await loadCodec(codec);
  }

  splits(): readonly Split[] {
    if (this.#splits !== null) return this.#splits;
    const access = this.#open();
    try {
      this.#splits = named(access, () => cutSplits(access, this.#index.batches));
      return this.#splits;
    } finally {
      access.close();
    }
  }

  read(indices: readonly number[], split: Split, _before?: unknown, hints: ReadHints = {}): SplitReader {
    for (const index of indices) refuseUnreadable(this.schema, this.#plan, index);
    const ranges = this.#ranges(split);
    const report = { rows: 0, bytes: 0, start: 0, end: 0, lines: 0 };
    return { batches: this.#read(indices, ranges, report, hints), report: () => ({ ...report }) };
  }

  #ranges(split: Split): readonly RowRange[] {
    switch (split.kind) {
      case 'whole':
        return this.#index.batches.map((_, batch) => ({ batch, start: 0, end: Number.POSITIVE_INFINITY }));
      case 'rows':
        return split.parts;
      case 'bytes':
        throw new DfxError('DEFECT', 'an Arrow input is split by rows');
    }
  }

  *#read(
    indices: readonly number[],
    ranges: readonly RowRange[],
    report: { rows: number; bytes: number },
    { stored, batchRows = BATCH_ROWS }: ReadHints,
  ): Generator<ColumnBatch, void, void> {
    const access = this.#open();
    const pooled = access.shared ? null : (this.#arena ?? new PooledArena());
    this.#arena = null;
    const arena: Arena = pooled ?? FRESH_ARENA;
    const wanted = dictionariesOf(
      this.#plan,
      indices.map((index) => this.#plan.columns[index]),
    );
    const state = { dictionaries: new Dictionaries(this.#plan), applied: 0 };
    try {
      for (const range of ranges) {
        const place = this.#index.batches[range.batch];
        if (place === undefined) throw new DfxError('DEFECT', `no record batch ${range.batch}`);
        if (wanted.size > 0) this.#loadDictionaries(access, place, wanted, state);
        const { dictionaries } = state;
        const message = messageAt(access, place.offset);
        const placed = placeBatch(access, message);
        checkRows(placed, message.metadata.bodyLength);
        const columns = bindColumns(placed, this.#plan.columns, indices);
        const end = Math.min(range.end, placed.metadata.rows);
        const context = { arena, dictionary: (id: bigint) => dictionaries.get(id) };
        for (let start = range.start; start < end; start += batchRows) {
          const stop = Math.min(start + batchRows, end);
          const batch = {
            length: stop - start,
            columns: columns.map((column, i) => {
              const decode = stored?.has(indices[i] ?? -1) === true ? decodeStored : decodeColumn;
              const found = decode(context, column, start, stop);
              if (found.validity !== null) refuseNulls(this.schema, indices[i] ?? 0);
              return found;
            }),
          };
          report.rows += batch.length;
          report.bytes = access.taken;
          yield batch;
        }
      }
    } catch (error) {
      throw inFile(error, access.name);
    } finally {
      report.bytes = access.taken;
      access.close();
      this.#arena = pooled;
    }
  }

  #loadDictionaries(
    access: RandomAccess,
    place: BatchPlace,
    wanted: ReadonlySet<bigint>,
    state: { dictionaries: Dictionaries; applied: number },
  ): void {
    if (place.dictionaries < state.applied) {
      state.dictionaries = new Dictionaries(this.#plan);
      state.applied = 0;
    }
    const given = new Set<bigint>();
    for (; state.applied < place.dictionaries; state.applied++) {
      const message = messageAt(access, this.#index.dictionaries[state.applied] ?? 0);
      const { metadata } = message;
      if (metadata.kind !== 'dictionary') throw unexpected(access, message, 'a DictionaryBatch');
      // A reader takes a file's dictionaries before any rows, so that only one can be meant (Arrow columnar format, "IPC File Format").
      if (this.#index.isFile && !metadata.isDelta && given.has(metadata.id)) {
        throw new DfxError('INPUT_FORMAT', `the Arrow file gives dictionary ${metadata.id} twice`, {
          offset: message.offset,
        });
      }
      given.add(metadata.id);
      if (wanted.has(metadata.id)) {
        state.dictionaries.add({ id: metadata.id, isDelta: metadata.isDelta, batch: placeBatch(access, message) });
      }
    }
  }
}

/** Errors of the wire layer don't know the file. */
export function inFile(error: unknown, file: string | undefined): unknown {
  return error instanceof DfxError ? error.at({ file }) : error;
}

function named<T>(access: RandomAccess, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw inFile(error, access.name);
  }
}

function messageAt(access: RandomAccess, offset: number): PlacedMessage {
  const message = readMessageAt(access, offset);
  if (message === null) {
    throw new DfxError('INPUT_FORMAT', 'found the end of the stream where a message was due', { offset });
  }
  return message;
}

function unexpected(access: RandomAccess, { metadata, offset }: PlacedMessage, expected: string): DfxError {
  return new DfxError('INPUT_FORMAT', `found a message of the kind ${metadata.kind}, expected ${expected}`, {
    file: access.name,
    offset,
  });
}

function placeBatch(access: RandomAccess, message: PlacedMessage): PlacedBatch {
  return { access, metadata: batchMetadata(message), bodyStart: message.bodyStart, decompress };
}

export function refuseUnreadable(schema: Schema, plan: SchemaPlan, index: number): void {
  const field = schema.fields[index];
  const column = plan.columns[index];
  if (field === undefined || column === undefined) throw new DfxError('DEFECT', `no column ${index}`);
  const type = unreadable(column, plan);
  if (type !== null) {
    throw new DfxError(
      'UNSUPPORTED',
      `column ${JSON.stringify(field.name)} has the type ${formatDataType(field.type)}, which the embedded reader can't read`,
      { hint: 'use --engine datafusion' },
    );
  }
}

/** arrow-rs refuses the same: `RecordBatch::try_new`. */
export function refuseNulls(schema: Schema, index: number): void {
  const field = schema.fields[index];
  if (field?.nullable !== false) return;
  throw new DfxError('INPUT_FORMAT', `column ${JSON.stringify(field.name)} is declared without nulls, but has some`);
}

/** Neighbouring rows of record batches. Big record batches are cut at multiples of BATCH_ROWS, compressed ones are not. */
function cutSplits(access: RandomAccess, batches: readonly BatchPlace[]): readonly Split[] {
  let all = 0;
  const found = batches.map(({ offset }) => {
    const message = messageAt(access, offset);
    const { rows, codec } = batchMetadata(message);
    const { bodyLength } = message.metadata;
    if (message.metadata.kind !== 'batch') throw unexpected(access, message, 'a RecordBatch');
    checkRows(placeBatch(access, message), bodyLength);
    all += rows;
    return { rows, bodyLength, whole: codec !== null };
  });
  const splits = new RowSplits(all);
  found.forEach(({ rows, bodyLength, whole }, batch) => {
    splits.add(batch, rows, bodyLength, whole);
  });
  return splits.end();
}
