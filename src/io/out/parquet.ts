/** Record batches as a Parquet file through hyparquet-writer: a row group at a time, and the Arrow schema in its metadata. */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { encapsulate, writeSchemaMessage } from '../../wire/arrow/index.ts';
import type { Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import type { ColumnBatch } from '../column.ts';
import { holdsFloats, parquetElements } from './parquet-schema.ts';
import { cellReader } from './parquet-values.ts';

/** 15 batches: what a row group's values take in memory stays small. */
const GROUP_ROWS = 15 * 8192;

export class ParquetEncoder {
  readonly #schema: Schema;
  readonly #writer: ParquetWriter;
  readonly #bytes = new ByteWriter();
  readonly #groupRows: number;
  readonly #columns: readonly unknown[][];
  #rows = 0;

  /** Throws UNSUPPORTED, by its name, for a column of a type that Parquet doesn't have (unions, intervals). */
  constructor(schema: Schema, groupRows = GROUP_ROWS) {
    const arrowSchema = Buffer.from(encapsulate(writeSchemaMessage(schema))).toString('base64');
    this.#schema = schema;
    this.#groupRows = groupRows;
    this.#columns = schema.fields.map(() => []);
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [...parquetElements(schema)],
      codec: 'SNAPPY',
      // Bounds that one reader takes for another's order lose rows; readers do well without.
      statistics: false,
      kvMetadata: [{ key: 'ARROW:schema', value: arrowSchema }],
      createdBy: 'dfx',
    });
  }

  /** The bytes of the row groups that are full. The columns may change afterwards. Throws EXECUTION for a date that Parquet can't hold. */
  batch(batch: ColumnBatch): readonly Uint8Array[] {
    this.#schema.fields.forEach((field, i) => {
      const column = batch.columns[i];
      if (column === undefined) throw new DfxError('DEFECT', `a batch without column ${i}`);
      const read = cellReader(column, field);
      const values = this.#columns[i] ?? [];
      for (let row = 0; row < batch.length; row++) values.push(read(row));
    });
    this.#rows += batch.length;
    if (this.#rows >= this.#groupRows) this.#writeGroup();
    return this.#take();
  }

  /** The last row group and the footer, without which no reader opens the file. */
  end(): readonly Uint8Array[] {
    if (this.#rows > 0) this.#writeGroup();
    this.#writer.finish();
    return this.#take();
  }

  #writeGroup(): void {
    this.#writer.write({
      columnData: this.#schema.fields.map((field, i) => ({
        name: field.name,
        data: this.#columns[i] ?? [],
        // The library's dictionaries take both zeros for one value.
        ...(holdsFloats(field.type) ? { encoding: 'PLAIN' as const } : {}),
      })),
      rowGroupSize: this.#rows,
    });
    this.#rows = 0;
    for (const values of this.#columns) values.length = 0;
  }

  #take(): readonly Uint8Array[] {
    const written = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    return written.length === 0 ? [] : [written];
  }
}
