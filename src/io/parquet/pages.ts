/** The pages of a column chunk: levels and values, decoded one page at a time. */
import type { ColumnMetaData, PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { DfxError } from '../../wire/errors.ts';
import type { RandomAccess } from '../ipc/access.ts';
import type { Codec } from './codecs.ts';
import { bitWidth, readHybrid } from './levels.ts';
import type { Leaf } from './schema.ts';

/** Values of one physical type, those that are there only, one after the other. */
export type Plain =
  /** INT32, INT64, INT96, FLOAT, DOUBLE, FIXED_LEN_BYTE_ARRAY: `width` bytes each. */
  | {
      readonly layout: 'fixed';
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly width: number;
      /** Numbers in bytes of fixed length are; all others aren't. */
      readonly bigEndian: boolean;
    }
  /** BYTE_ARRAY. */
  | { readonly layout: 'bytes'; readonly offsets: Int32Array; readonly data: Uint8Array }
  /** BOOLEAN: a byte each, 0 or 1. */
  | { readonly layout: 'flags'; readonly flags: Uint8Array };

export interface Page {
  /** Levels, or rows where nothing is repeated. */
  readonly count: number;
  /** Null: every value is there. */
  readonly definitions: Uint8Array | null;
  /** Null: nothing is repeated. */
  readonly repetitions: Uint8Array | null;
  readonly values: Plain;
}

/** Of a page: writers stop at a million bytes, or 20,000 rows. Run-length encoding can claim any number in a few bytes. */
const MAX_PAGE_VALUES = 1 << 26;
const HEADER_BYTES = 512;
const MAX_HEADER_BYTES = 1 << 24;

export class ChunkReader {
  readonly #access: RandomAccess;
  readonly #leaf: Leaf;
  readonly #codec: Codec;
  readonly #end: number;
  #at: number;
  #valuesLeft: number;
  #dictionary: Plain | null = null;

  constructor(access: RandomAccess, chunk: ColumnMetaData, leaf: Leaf, codec: Codec) {
    const dictionary = Number(chunk.dictionary_page_offset ?? 0n);
    const data = Number(chunk.data_page_offset);
    this.#access = access;
    this.#leaf = leaf;
    this.#codec = codec;
    this.#at = dictionary > 0 && dictionary < data ? dictionary : data;
    this.#end = this.#at + Number(chunk.total_compressed_size);
    this.#valuesLeft = Number(chunk.num_values);
    if (!(this.#at >= 4 && this.#at <= this.#end && this.#end <= access.size)) {
      throw new DfxError('INPUT_FORMAT', `a column chunk claims bytes ${this.#at} to ${this.#end} of ${access.size}`);
    }
  }

  /** The next page with values. `skip`: without repetition, pages that have no more rows than these are passed over unread. */
  next(skip = 0): { readonly skipped: number; readonly page: Page | null } {
    let skipped = 0;
    while (this.#valuesLeft > 0) {
      const { header, start } = this.#readHeader();
      const size = header.compressed_page_size;
      if (!(size >= 0 && start + size <= this.#end)) {
        throw new DfxError('INPUT_FORMAT', `a page claims ${size} bytes, ${this.#end - start} follow`);
      }
      this.#at = start + size;
      if (header.type === 'DICTIONARY_PAGE') {
        this.#readDictionary(header, this.#access.read(start, size));
        continue;
      }
      if (header.type === 'INDEX_PAGE') continue;
      const count = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
      if (!(count >= 0 && count <= this.#valuesLeft)) {
        throw new DfxError('INPUT_FORMAT', `a page claims ${count} values, ${this.#valuesLeft} are left of its column`);
      }
      if (count > MAX_PAGE_VALUES)
        throw new DfxError('LIMIT', `a page has ${count} values, at most ${MAX_PAGE_VALUES} are read`);
      this.#valuesLeft -= count;
      if (this.#leaf.maxRepetition === 0 && skipped + count <= skip) {
        skipped += count;
        continue;
      }
      return { skipped, page: this.#readPage(header, this.#access.read(start, size), count) };
    }
    return { skipped, page: null };
  }

  #readHeader(): { readonly header: PageHeader; readonly start: number } {
    const left = this.#end - this.#at;
    for (let size = HEADER_BYTES; ; size *= 8) {
      const bytes = this.#access.read(this.#at, Math.min(left, size));
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
      try {
        const header = parquetHeader(reader);
        return { header, start: this.#at + reader.offset };
      } catch (cause) {
        // Statistics may make a header long.
        if (size < left && size < MAX_HEADER_BYTES) continue;
        throw new DfxError('INPUT_FORMAT', 'a page has no readable header', { offset: this.#at, cause });
      }
    }
  }

  #readDictionary(header: PageHeader, bytes: Uint8Array): void {
    const count = header.dictionary_page_header?.num_values ?? 0;
    if (!(count >= 0 && count <= MAX_PAGE_VALUES)) throw new RangeError(`a dictionary of ${count} values`);
    const page = this.#codec(bytes, Number(header.uncompressed_page_size));
    this.#dictionary = this.#plain(page, 0, count);
  }

  #readPage(header: PageHeader, bytes: Uint8Array, count: number): Page {
    const { maxDefinition, maxRepetition } = this.#leaf;
    const second = header.data_page_header_v2;
    const total = Number(header.uncompressed_page_size);
    let page: Uint8Array;
    let at = 0;
    const levels = (most: number, length: number | null): Uint8Array | null => {
      if (most === 0) return null;
      const width = bitWidth(most);
      if (width > 8) throw new RangeError('levels beyond 255');
      let size = length;
      if (size === null) {
        size = new DataView(page.buffer, page.byteOffset, page.byteLength).getUint32(at, true);
        at += 4;
      }
      if (size > page.length - at) throw new RangeError('levels end behind their page');
      const out = new Uint8Array(count);
      readHybrid(page, at, at + size, width, out);
      at += size;
      return out;
    };
    let repetitions: Uint8Array | null;
    let definitions: Uint8Array | null;
    let encoding: string;
    if (second !== undefined) {
      const repetitionBytes = second.repetition_levels_byte_length;
      const definitionBytes = second.definition_levels_byte_length;
      if (!(repetitionBytes >= 0 && definitionBytes >= 0 && repetitionBytes + definitionBytes <= bytes.length)) {
        throw new RangeError('levels end behind their page');
      }
      page = bytes;
      repetitions = levels(maxRepetition, repetitionBytes);
      at = repetitionBytes;
      definitions = levels(maxDefinition, definitionBytes);
      const start = repetitionBytes + definitionBytes;
      const values = bytes.subarray(start);
      page = second.is_compressed === false ? values : this.#codec(values, total - start);
      at = 0;
      encoding = second.encoding;
    } else {
      const first = header.data_page_header;
      if (first === undefined) throw new RangeError('a page of an unknown kind');
      page = this.#codec(bytes, total);
      for (const [most, used] of [
        [maxRepetition, first.repetition_level_encoding],
        [maxDefinition, first.definition_level_encoding],
      ] as const) {
        if (most > 0 && used !== 'RLE') throw new DfxError('UNSUPPORTED', `levels are encoded as ${used}`);
      }
      repetitions = levels(maxRepetition, null);
      definitions = levels(maxDefinition, null);
      encoding = first.encoding;
    }
    let present = count;
    if (definitions !== null) {
      present = 0;
      for (let i = 0; i < count; i++) if (definitions[i] === maxDefinition) present++;
      for (let i = 0; i < count; i++)
        if ((definitions[i] ?? 0) > maxDefinition) throw new RangeError('a level out of range');
      if (present === count && repetitions === null) definitions = null;
    }
    return { count, definitions, repetitions, values: this.#values(page, at, present, encoding) };
  }

  #values(page: Uint8Array, at: number, count: number, encoding: string): Plain {
    const { type } = this.#leaf.element;
    switch (encoding) {
      case 'PLAIN':
        return this.#plain(page, at, count);
      case 'PLAIN_DICTIONARY':
      case 'RLE_DICTIONARY': {
        const dictionary = this.#dictionary;
        if (dictionary === null) throw new RangeError('a page lacks its dictionary');
        const keys = new Int32Array(count);
        if (count > 0) readHybrid(page, at + 1, page.length, page[at] ?? 0, keys);
        return pick(dictionary, keys);
      }
      case 'RLE': {
        if (type !== 'BOOLEAN') throw new RangeError(`run-length encoded values of type ${type}`);
        const flags = new Uint8Array(count);
        if (count > 0) readHybrid(page, at + 4, page.length, 1, flags);
        return { layout: 'flags', flags };
      }
      default:
        return this.#delta(page, at, count, encoding);
    }
  }

  #delta(page: Uint8Array, at: number, count: number, encoding: string): Plain {
    const { type, type_length: size } = this.#leaf.element;
    const reader = { view: new DataView(page.buffer, page.byteOffset + at, page.length - at), offset: 0 };
    if (count === 0) return this.#plain(new Uint8Array(0), 0, 0);
    switch (encoding) {
      case 'DELTA_BINARY_PACKED': {
        const out = type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
        if (type !== 'INT32' && type !== 'INT64') throw new RangeError(`deltas of type ${type}`);
        deltaBinaryUnpack(reader, count, out);
        return {
          layout: 'fixed',
          bytes: new Uint8Array(out.buffer),
          width: type === 'INT32' ? 4 : 8,
          bigEndian: false,
        };
      }
      case 'DELTA_LENGTH_BYTE_ARRAY':
      case 'DELTA_BYTE_ARRAY': {
        const pieces = new Array<Uint8Array>(count);
        if (encoding === 'DELTA_BYTE_ARRAY') deltaByteArray(reader, count, pieces);
        else deltaLengthByteArray(reader, count, pieces);
        return type === 'FIXED_LEN_BYTE_ARRAY' ? fixedOf(pieces, size ?? 0) : bytesOf(pieces);
      }
      case 'BYTE_STREAM_SPLIT': {
        const width = this.#width();
        if (width * count > page.length - at) throw new RangeError('values end behind their page');
        const out = byteStreamSplit(reader, count, type ?? 'INT32', size);
        if (ArrayBuffer.isView(out)) {
          const bytes = new Uint8Array(out.buffer as ArrayBuffer, out.byteOffset, out.byteLength);
          return { layout: 'fixed', bytes, width, bigEndian: false };
        }
        return fixedOf(out as Uint8Array[], width);
      }
      default:
        throw new DfxError('UNSUPPORTED', `values are encoded as ${encoding}`, { hint: 'use --engine datafusion' });
    }
  }

  #width(): number {
    const { type, type_length: size } = this.#leaf.element;
    switch (type) {
      case 'INT32':
      case 'FLOAT':
        return 4;
      case 'INT64':
      case 'DOUBLE':
        return 8;
      case 'INT96':
        return 12;
      default:
        return size ?? 0;
    }
  }

  #plain(page: Uint8Array, at: number, count: number): Plain {
    const { type } = this.#leaf.element;
    if (type === 'BOOLEAN') {
      if (Math.ceil(count / 8) > page.length - at) throw new RangeError('booleans end behind their page');
      const flags = new Uint8Array(count);
      for (let i = 0; i < count; i++) flags[i] = ((page[at + (i >> 3)] ?? 0) >> (i & 7)) & 1;
      return { layout: 'flags', flags };
    }
    if (type === 'BYTE_ARRAY') return readByteArrays(page, at, count);
    const width = this.#width();
    if (count * width > page.length - at) throw new RangeError('values end behind their page');
    // A copy starts where every typed array may.
    const bytes = new Uint8Array(page.subarray(at, at + count * width));
    return { layout: 'fixed', bytes, width, bigEndian: type === 'FIXED_LEN_BYTE_ARRAY' };
  }
}

/** `length u32 LE | bytes` each. */
function readByteArrays(page: Uint8Array, start: number, count: number): Plain {
  const offsets = new Int32Array(count + 1);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  // Lengths take 4 bytes of each value: what is left is the text.
  if (count * 4 > page.length - start) throw new RangeError('texts end behind their page');
  const data = new Uint8Array(page.length - start - count * 4);
  let at = start;
  let to = 0;
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(at, true);
    at += 4;
    if (length > page.length - at) throw new RangeError('a text ends behind its page');
    if (length < 24) for (let b = 0; b < length; b++) data[to + b] = page[at + b] ?? 0;
    else data.set(page.subarray(at, at + length), to);
    at += length;
    to += length;
    offsets[i + 1] = to;
  }
  return { layout: 'bytes', offsets, data: data.subarray(0, to) };
}

function bytesOf(pieces: readonly Uint8Array[]): Plain {
  const offsets = new Int32Array(pieces.length + 1);
  let total = 0;
  pieces.forEach((piece, i) => {
    total += piece.length;
    offsets[i + 1] = total;
  });
  if (total > 0x7fffffff) throw new RangeError('a page with more than 2 GiB of text');
  const data = new Uint8Array(total);
  pieces.forEach((piece, i) => {
    data.set(piece, offsets[i]);
  });
  return { layout: 'bytes', offsets, data };
}

function fixedOf(pieces: readonly Uint8Array[], width: number): Plain {
  const bytes = new Uint8Array(pieces.length * width);
  pieces.forEach((piece, i) => {
    if (piece.length !== width) throw new RangeError(`a value of ${piece.length} bytes, expected ${width}`);
    bytes.set(piece, i * width);
  });
  return { layout: 'fixed', bytes, width, bigEndian: true };
}

/** The values at `keys`, which are held against the number of values. */
function pick(values: Plain, keys: Int32Array): Plain {
  const size =
    values.layout === 'fixed'
      ? values.bytes.length / values.width
      : values.layout === 'bytes'
        ? values.offsets.length - 1
        : values.flags.length;
  for (let i = 0; i < keys.length; i++) {
    if ((keys[i] ?? 0) >>> 0 >= size) throw new RangeError(`the key ${keys[i]} of a dictionary of ${size} values`);
  }
  if (values.layout === 'flags')
    return { layout: 'flags', flags: Uint8Array.from(keys, (key) => values.flags[key] ?? 0) };
  if (values.layout === 'fixed') {
    const { bytes, width } = values;
    const out = new Uint8Array(keys.length * width);
    if (width === 4) {
      const from = new Int32Array(bytes.buffer, bytes.byteOffset, size);
      const to = new Int32Array(out.buffer);
      for (let i = 0; i < keys.length; i++) to[i] = from[keys[i] ?? 0] ?? 0;
    } else if (width === 8) {
      const from = new Int32Array(bytes.buffer, bytes.byteOffset, 2 * size);
      const to = new Int32Array(out.buffer);
      for (let i = 0; i < keys.length; i++) {
        const key = 2 * (keys[i] ?? 0);
        to[2 * i] = from[key] ?? 0;
        to[2 * i + 1] = from[key + 1] ?? 0;
      }
    } else {
      for (let i = 0; i < keys.length; i++) {
        const key = (keys[i] ?? 0) * width;
        out.set(bytes.subarray(key, key + width), i * width);
      }
    }
    return { ...values, bytes: out };
  }
  const { offsets, data } = values;
  const places = new Int32Array(keys.length + 1);
  let total = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? 0;
    total += (offsets[key + 1] ?? 0) - (offsets[key] ?? 0);
    if (total > 0x7fffffff) throw new RangeError('a page with more than 2 GiB of text');
    places[i + 1] = total;
  }
  const text = new Uint8Array(total);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? 0;
    const from = offsets[key] ?? 0;
    const length = (offsets[key + 1] ?? 0) - from;
    const to = places[i] ?? 0;
    if (length < 24) for (let b = 0; b < length; b++) text[to + b] = data[from + b] ?? 0;
    else text.set(data.subarray(from, from + length), to);
  }
  return { layout: 'bytes', offsets: places, data: text };
}
