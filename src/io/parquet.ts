/** Parquet files: the footer through hyparquet, the pages of the columns in use one at a time. */
import { type FileMetaData, parquetMetadata, parquetSchema } from 'hyparquet';
import type { Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { BATCH_ROWS } from './batch-rows.ts';
import { type InputSource, isRegularFile, readAll } from './byte-source.ts';
import type { ColumnBatch, InputTable } from './column.ts';
import { FileAccess, MemoryAccess, type RandomAccess } from './ipc/access.ts';
import { type Codec, loadPageCodec } from './parquet/codecs.ts';
import { type ColumnRows, openColumn } from './parquet/group.ts';
import { type ParquetSchema, parquetColumns } from './parquet/schema.ts';
import { RowSplits } from './row-splits.ts';
import type { RowRange, Split, SplitReader } from './split.ts';

/** Of the footer: millions of columns and row groups. */
const MAX_FOOTER_BYTES = 1 << 29;

/**
 * Reads the footer, and loads what the columns are compressed with. Chunks are collected in memory: what comes through a pipe is better put
 * into a file. Throws FILE_NOT_FOUND, FILE_UNREADABLE, INPUT_FORMAT, LIMIT, UNSUPPORTED (encryption, an unknown codec).
 */
export async function openParquet(input: InputSource): Promise<InputTable> {
  const file = typeof input === 'string' ? input : undefined;
  if (typeof input === 'string' && isRegularFile(input)) return openAt(() => new FileAccess(input));
  const bytes = await readAll(input);
  return openAt(() => new MemoryAccess(bytes, file));
}

async function openAt(open: () => RandomAccess): Promise<InputTable> {
  const access = open();
  try {
    const metadata = readFooter(access);
    const columns = parquetColumns(metadata, parquetSchema(metadata));
    const codecs = new Map<string, Codec>();
    for (const { columns: chunks } of metadata.row_groups) {
      for (const { meta_data: chunk } of chunks) {
        if (chunk !== undefined && !codecs.has(chunk.codec)) codecs.set(chunk.codec, await loadPageCodec(chunk.codec));
      }
    }
    return new ParquetTable(open, metadata, columns, codecs);
  } catch (error) {
    throw unreadable(error, access.name);
  } finally {
    access.close();
  }
}

/** What hyparquet and we find wrong with bytes comes as errors of JavaScript. */
function unreadable(error: unknown, file: string | undefined): DfxError {
  if (error instanceof DfxError) return error.at({ file });
  const reason = error instanceof Error && !(error instanceof TypeError) ? error.message : 'its bytes are damaged';
  return new DfxError('INPUT_FORMAT', `the Parquet file can't be read: ${reason}`, { file, cause: error });
}

function readFooter(access: RandomAccess): FileMetaData {
  if (access.size < 12) throw new RangeError('it is cut off');
  const tail = access.read(access.size - 8, 8).slice();
  const magic = String.fromCharCode(...tail.subarray(4));
  if (magic === 'PARE') throw new DfxError('UNSUPPORTED', 'the Parquet file is encrypted');
  if (magic !== 'PAR1') throw new RangeError('its end is missing');
  const length = new DataView(tail.buffer).getUint32(0, true) + 8;
  if (length > access.size - 4) throw new RangeError(`its footer claims ${length} bytes of ${access.size}`);
  if (length > MAX_FOOTER_BYTES) {
    throw new DfxError('LIMIT', `the footer has ${length} bytes, at most ${MAX_FOOTER_BYTES} are read`);
  }
  const metadata = parquetMetadata(access.read(access.size - length, length).slice(), { geoparquet: false });
  const rows = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (Number(metadata.num_rows) !== rows)
    throw new RangeError(`its row groups have ${rows} rows of ${metadata.num_rows}`);
  return metadata;
}

class ParquetTable implements InputTable {
  readonly schema: Schema;
  readonly #open: () => RandomAccess;
  readonly #metadata: FileMetaData;
  readonly #columns: ParquetSchema;
  readonly #codecs: ReadonlyMap<string, Codec>;

  constructor(
    open: () => RandomAccess,
    metadata: FileMetaData,
    columns: ParquetSchema,
    codecs: ReadonlyMap<string, Codec>,
  ) {
    this.schema = columns.schema;
    this.#open = open;
    this.#metadata = metadata;
    this.#columns = columns;
    this.#codecs = codecs;
  }

  /** Row groups, cut at multiples of BATCH_ROWS where no column is nested: those are read whole. */
  splits(): readonly Split[] {
    const nested = this.#columns.columns.some((column) => column.kind === 'read' && column.node.shape.kind !== 'leaf');
    const splits = new RowSplits(Number(this.#metadata.num_rows));
    this.#metadata.row_groups.forEach(({ num_rows, total_byte_size }, group) => {
      splits.add(group, Number(num_rows), Number(total_byte_size), nested);
    });
    return splits.end();
  }

  read(indices: readonly number[], split: Split): SplitReader {
    for (const index of indices) {
      const column = this.#columns.columns[index];
      if (column === undefined) throw new DfxError('DEFECT', `no column ${index}`);
      if (column.kind === 'refused') {
        const name = JSON.stringify(this.schema.fields[index]?.name);
        throw new DfxError('UNSUPPORTED', `column ${name} ${column.reason}, which the embedded reader can't read`, {
          hint: 'use --engine datafusion',
        });
      }
    }
    const report = { rows: 0, bytes: 0, start: 0, end: 0, lines: 0 };
    return { batches: this.#read(indices, this.#ranges(split), report), report: () => ({ ...report }) };
  }

  #ranges(split: Split): readonly RowRange[] {
    if (split.kind === 'rows') return split.parts;
    if (split.kind === 'bytes') throw new DfxError('DEFECT', 'a Parquet file is split by rows');
    return this.#metadata.row_groups.map(({ num_rows }, batch) => ({ batch, start: 0, end: Number(num_rows) }));
  }

  *#read(
    indices: readonly number[],
    ranges: readonly RowRange[],
    report: { rows: number; bytes: number },
  ): Generator<ColumnBatch, void, void> {
    const access = this.#open();
    try {
      for (const { batch, start, end } of ranges) {
        if (start >= end) continue;
        const columns = this.#openGroup(access, batch, indices);
        for (const column of columns) column.skip(start);
        for (let at = start; at < end; at += BATCH_ROWS) {
          const length = Math.min(BATCH_ROWS, end - at);
          const taken = { length, columns: columns.map((column) => column.take(length)) };
          report.rows += length;
          report.bytes = access.taken;
          yield taken;
        }
      }
    } catch (error) {
      throw unreadable(error, access.name);
    } finally {
      report.bytes = access.taken;
      access.close();
    }
  }

  #openGroup(access: RandomAccess, number: number, indices: readonly number[]): readonly ColumnRows[] {
    const group = this.#metadata.row_groups[number];
    if (group === undefined) throw new DfxError('DEFECT', `no row group ${number}`);
    const place = { access, group, codecs: this.#codecs };
    return indices.map((index) => {
      const column = this.#columns.columns[index];
      if (column === undefined || column.kind === 'refused') throw new DfxError('DEFECT', `no column ${index}`);
      return openColumn(place, column.node, column.leaves);
    });
  }
}
