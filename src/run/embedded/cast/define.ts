/** What a family of casts is. The families stand in `cast/index.ts`, and the first that has a cast does it. */
import { bitmapBytes, type Column, onesBitmap, setBit, withoutFullBitmap } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';

export interface CastFamily {
  /** Whether the family has the cast, exactly as arrow-cast 59 does it for DataFusion 55. Types differ; neither is Null. */
  can(from: DataType, to: DataType): boolean;
  /** Whether some value makes CAST an error. Asked only of casts that the family has. */
  mayFail(from: DataType, to: DataType): boolean;
  /** `safe` is TRY_CAST: a value that doesn't fit becomes null; with CAST it is an EXECUTION error. Never writes to `column`. */
  cast(column: Column, to: DataType, safe: boolean): Column;
}

/** Collects the rows of a cast that turn out to have no value. */
export class Failing {
  private nulls: Uint8Array | null = null;

  constructor(
    private readonly column: Column,
    private readonly safe: boolean,
    private readonly message: (row: number) => string,
  ) {}

  /** Throws the message of the row unless the cast is safe. */
  fail(row: number): void {
    if (!this.safe) throw new DfxError('EXECUTION', this.message(row));
    this.nulls ??= new Uint8Array(bitmapBytes(this.column.length));
    setBit(this.nulls, row);
  }

  validity(): Uint8Array | null {
    const { length, validity } = this.column;
    if (this.nulls === null) return validity;
    const out = validity?.slice() ?? onesBitmap(length);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) & ~(this.nulls[i] ?? 0);
    return withoutFullBitmap(out, length);
  }
}
