/** Finds the buffers of a column in a batch, and holds each against the number of values that it must have. */
import { type BatchMetadata, type BodyCodec, fixedWidth } from '../../wire/arrow/index.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { DEFAULT_LIMITS } from '../../wire/limits.ts';
import type { RandomAccess } from './access.ts';
import type { ColumnPlan } from './plan.ts';

/** Takes the compression off a buffer whose bytes are known to be `length`. */
export type Decompress = (codec: BodyCodec, bytes: Uint8Array, length: number) => Uint8Array;

/** One buffer of a column. */
export interface BufferSource {
  readonly length: number;
  /** Whether `bytes` are views of memory that is held elsewhere, and not to be written to. */
  readonly shared: boolean;
  /** Bytes `[start, start + length)` of the buffer, in `into` where that is given and they aren't shared. */
  bytes(start: number, length: number, into?: Uint8Array): Uint8Array;
}

export interface BoundColumn {
  readonly plan: ColumnPlan;
  readonly length: number;
  /** A bit a row; null where every row has a value. */
  readonly validity: BufferSource | null;
  readonly buffers: readonly BufferSource[];
  readonly children: readonly BoundColumn[];
}

/** A batch whose body starts at `bodyStart`. */
export interface PlacedBatch {
  readonly access: RandomAccess;
  readonly metadata: BatchMetadata;
  readonly bodyStart: number;
  readonly decompress: Decompress | null;
}

/** Those of `columns` that are asked for, in the order of `indices`. Throws INPUT_FORMAT. */
export function bindColumns(
  batch: PlacedBatch,
  columns: readonly ColumnPlan[],
  indices: readonly number[],
): readonly BoundColumn[] {
  const { metadata } = batch;
  const wanted = new Set(indices);
  const bound = new Map<number, BoundColumn>();
  const cursor = new Cursor(batch);
  columns.forEach((plan, index) => {
    const rows = metadata.nodes[2 * cursor.node];
    if (rows !== metadata.rows) {
      throw malformed(batch, `column ${index} of a batch has ${rows ?? 'no'} rows, expected ${metadata.rows}`);
    }
    if (wanted.has(index)) bound.set(index, cursor.bind(plan));
    else cursor.skip(plan);
  });
  return indices.map((index) => {
    const column = bound.get(index);
    if (column === undefined) throw new DfxError('DEFECT', `no column ${index}`);
    return column;
  });
}

/** A value of no bytes, as one of FixedSizeBinary(0), takes memory here; a null of the type Null doesn't. */
const MAX_UNBACKED_VALUES = 2 ** 24;

function malformed({ access, bodyStart }: PlacedBatch, message: string): DfxError {
  return new DfxError('INPUT_FORMAT', message, { file: access.name, offset: bodyStart });
}

class Cursor {
  node = 0;
  #buffer = 0;
  #views = 0;
  readonly #batch: PlacedBatch;

  constructor(batch: PlacedBatch) {
    this.#batch = batch;
  }

  skip(plan: ColumnPlan): void {
    this.node += plan.nodes;
    this.#buffer += plan.buffers;
    for (let i = 0; i < plan.views; i++) this.#buffer += this.#variadicCount();
  }

  bind(plan: ColumnPlan): BoundColumn {
    const { nodes, unionsHaveValidity } = this.#batch.metadata;
    const at = 2 * this.node;
    const length = nodes[at];
    const nulls = nodes[at + 1] ?? 0;
    if (length === undefined) throw malformed(this.#batch, 'a record batch has too few nodes');
    this.node++;
    const { type } = plan;
    if (!plan.backed && type.kind !== 'Null' && length > MAX_UNBACKED_VALUES) {
      throw new DfxError(
        'LIMIT',
        `a column has ${length} values without bytes, at most ${MAX_UNBACKED_VALUES} are read`,
      );
    }
    let validity: BufferSource | null = null;
    if (hasValidity(type, unionsHaveValidity)) {
      const bitmap = this.#next();
      // Without nulls the bitmap may be left out; arrow-rs doesn't look at it then.
      if (nulls > 0) {
        if (type.kind === 'Union') throw malformed(this.#batch, 'a union has nulls of its own, as of Arrow format 4');
        validity = this.#need(bitmap, Math.ceil(length / 8), 'the validity of a column');
      }
    }
    const buffers = this.#buffers(type, length);
    const children = plan.children.map((child) => this.bind(child));
    this.#checkChildren(type, length, children);
    return { plan, length, validity, buffers, children };
  }

  #buffers(type: DataType, length: number): readonly BufferSource[] {
    const sized = (bytes: number): BufferSource => this.#need(this.#next(), bytes, `a buffer of ${type.kind}`);
    // One more offset than values; an empty column may have none.
    const offsets = (width: number): BufferSource => sized(length === 0 ? 0 : (length + 1) * width);
    switch (type.kind) {
      case 'Boolean':
        return [sized(Math.ceil(length / 8))];
      case 'Utf8':
      case 'Binary':
        return [offsets(4), this.#next()];
      case 'LargeUtf8':
      case 'LargeBinary':
        return [offsets(8), this.#next()];
      case 'Utf8View':
      case 'BinaryView': {
        const views = sized(length * 16);
        return [views, ...Array.from({ length: this.#variadicCount() }, () => this.#next())];
      }
      case 'List':
      case 'Map':
        return [offsets(4)];
      case 'LargeList':
        return [offsets(8)];
      case 'ListView':
        return [sized(length * 4), sized(length * 4)];
      case 'LargeListView':
        return [sized(length * 8), sized(length * 8)];
      case 'Union':
        return type.mode === 'Sparse' ? [sized(length)] : [sized(length), sized(length * 4)];
      case 'Dictionary':
        return [sized(length * (fixedWidth(type.key) ?? 0))];
      default: {
        const width = fixedWidth(type);
        return width === null ? [] : [sized(length * width)];
      }
    }
  }

  #variadicCount(): number {
    const { variadicCounts, buffers } = this.#batch.metadata;
    const count = variadicCounts[this.#views];
    if (count === undefined) throw malformed(this.#batch, 'a column of views lacks its buffer count');
    this.#views++;
    if (count > buffers.length / 2 - this.#buffer) {
      throw malformed(this.#batch, `a column of views claims ${count} buffers`);
    }
    return count;
  }

  #next(): BufferSource {
    const { access, bodyStart, metadata, decompress } = this.#batch;
    const offset = metadata.buffers[2 * this.#buffer];
    const length = metadata.buffers[2 * this.#buffer + 1];
    if (offset === undefined || length === undefined) {
      throw malformed(this.#batch, 'a record batch has too few buffers');
    }
    this.#buffer++;
    if (metadata.codec === null || length === 0) return new PlainBuffer(access, bodyStart + offset, length);
    if (decompress === null) throw new DfxError('DEFECT', `no decompressor for ${metadata.codec}`);
    return openCompressed(this.#batch, metadata.codec, decompress, bodyStart + offset, length);
  }

  #need(buffer: BufferSource, bytes: number, what: string): BufferSource {
    if (buffer.length < bytes) {
      throw malformed(this.#batch, `${what} has ${buffer.length} bytes, expected ${bytes}`);
    }
    return buffer;
  }

  #checkChildren(type: DataType, length: number, children: readonly BoundColumn[]): void {
    let least = 0;
    if (type.kind === 'Struct' || (type.kind === 'Union' && type.mode === 'Sparse')) least = length;
    else if (type.kind === 'FixedSizeList') least = length * type.size;
    for (const child of children) {
      if (child.length < least) {
        throw malformed(this.#batch, `a child of a ${type.kind} has ${child.length} values, expected ${least}`);
      }
    }
  }
}

function hasValidity(type: DataType, unionsHaveValidity: boolean): boolean {
  if (type.kind === 'Null' || type.kind === 'RunEndEncoded') return false;
  return type.kind !== 'Union' || unionsHaveValidity;
}

/** As it stands in the body. */
class PlainBuffer implements BufferSource {
  readonly length: number;
  readonly shared: boolean;
  readonly #access: RandomAccess;
  readonly #start: number;

  constructor(access: RandomAccess, start: number, length: number) {
    this.#access = access;
    this.#start = start;
    this.length = length;
    this.shared = access.shared;
  }

  bytes(start: number, length: number, into?: Uint8Array): Uint8Array {
    return this.#access.read(this.#start + start, length, into);
  }
}

/** `int64 length | compressed bytes`; the length -1 says that what follows is not compressed (`Message.fbs`, BodyCompression). */
function openCompressed(
  batch: PlacedBatch,
  codec: BodyCodec,
  decompress: Decompress,
  start: number,
  size: number,
): BufferSource {
  const { access } = batch;
  if (size < 8) throw malformed(batch, `a compressed buffer has ${size} bytes, expected at least 8`);
  const prefix = access.read(start, 8).slice();
  const declared = new DataView(prefix.buffer).getBigInt64(0, true);
  if (declared === -1n) return new PlainBuffer(access, start + 8, size - 8);
  if (declared < 0n || declared > BigInt(DEFAULT_LIMITS.maxBytes)) {
    throw new DfxError(
      'LIMIT',
      `a compressed buffer claims ${declared} bytes, at most ${DEFAULT_LIMITS.maxBytes} are read`,
      {
        file: access.name,
        offset: start,
      },
    );
  }
  const length = Number(declared);
  let opened: Uint8Array | null = null;
  return {
    length,
    shared: true,
    bytes: (from, count) => {
      opened ??= decompress(codec, access.read(start + 8, size - 8), length);
      return opened.subarray(from, from + count);
    },
  };
}

/** Rows that no byte of the body vouches for. */
const MAX_UNBACKED_ROWS = 2 ** 31 - 1;

/** A batch that claims more rows than its bytes can hold would keep a reader busy for years. */
export function checkRows(batch: PlacedBatch, bodyLength: number): void {
  const { rows } = batch.metadata;
  if (rows > MAX_UNBACKED_ROWS && rows / 8 > bodyLength) {
    throw malformed(batch, `a record batch claims ${rows} rows in ${bodyLength} bytes`);
  }
}
