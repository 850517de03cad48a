/** The rows of a row group, column by column: page by page, or all at once where the column is nested. */
import type { RowGroup } from 'hyparquet';
import { DfxError } from '../../wire/errors.ts';
import type { Column } from '../column.ts';
import { concatColumns } from '../column-join.ts';
import { sliceRows } from '../column-slice.ts';
import type { RandomAccess } from '../ipc/access.ts';
import type { Codec } from './codecs.ts';
import { assemble, type LeafData, leafData } from './nested.ts';
import { ChunkReader, type Page, type Plain } from './pages.ts';
import type { Leaf, ParquetNode } from './schema.ts';
import { pageColumn } from './values.ts';

/** Gives the rows of a column in order. */
export interface ColumnRows {
  skip(rows: number): void;
  take(rows: number): Column;
}

interface GroupPlace {
  readonly access: RandomAccess;
  readonly group: RowGroup;
  readonly codecs: ReadonlyMap<string, Codec>;
}

export function openColumn(place: GroupPlace, node: ParquetNode, leaves: readonly Leaf[]): ColumnRows {
  const [leaf] = leaves;
  if (node.shape.kind === 'leaf' && leaf !== undefined) return new FlatRows(openChunk(place, leaf), node, leaf);
  return new NestedRows(place, node, leaves);
}

function openChunk({ access, group, codecs }: GroupPlace, leaf: Leaf): ChunkReader {
  const chunk = group.columns[leaf.number];
  const found = chunk?.meta_data;
  if (chunk === undefined || found === undefined) throw new RangeError(`a row group without column ${leaf.number}`);
  if (chunk.file_path !== undefined) {
    throw new DfxError('UNSUPPORTED', 'a column stands in another file', { hint: 'use --engine datafusion' });
  }
  if (found.type !== leaf.element.type)
    throw new RangeError(`a column of ${found.type}, expected ${leaf.element.type}`);
  const codec = codecs.get(found.codec);
  if (codec === undefined) throw new DfxError('DEFECT', `no codec ${found.codec}`);
  return new ChunkReader(access, found, leaf, codec);
}

class FlatRows implements ColumnRows {
  readonly #chunk: ChunkReader;
  readonly #node: ParquetNode;
  readonly #leaf: Leaf;
  #page: Column | null = null;
  #used = 0;

  constructor(chunk: ChunkReader, node: ParquetNode, leaf: Leaf) {
    this.#chunk = chunk;
    this.#node = node;
    this.#leaf = leaf;
  }

  skip(rows: number): void {
    let left = rows;
    while (left > 0) {
      const held = this.#page === null ? 0 : this.#page.length - this.#used;
      const passed = Math.min(held, left);
      this.#used += passed;
      left -= passed;
      if (left > 0) left -= this.#next(left);
    }
  }

  take(rows: number): Column {
    const parts: Column[] = [];
    let left = rows;
    while (left > 0) {
      if (this.#page === null || this.#used === this.#page.length) {
        this.#next(0);
        continue;
      }
      const count = Math.min(left, this.#page.length - this.#used);
      parts.push(sliceRows(this.#page, this.#used, this.#used + count));
      this.#used += count;
      left -= count;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : concatColumns(this.#node.type, parts);
  }

  /** The next page; says how many rows of pages were passed over. */
  #next(skip: number): number {
    const { page, skipped } = this.#chunk.next(skip);
    if (page === null) {
      if (skipped > 0) return skipped;
      throw new RangeError('a column has fewer rows than its row group');
    }
    this.#page = pageColumn(page, this.#node.type, this.#leaf.maxDefinition);
    this.#used = 0;
    return skipped;
  }
}

class NestedRows implements ColumnRows {
  readonly #column: Column;
  #used = 0;

  constructor(place: GroupPlace, node: ParquetNode, leaves: readonly Leaf[]) {
    const data = new Map<number, LeafData>();
    for (const leaf of leaves) data.set(leaf.number, readLeaf(openChunk(place, leaf), leaf));
    this.#column = assemble(node, data);
  }

  skip(rows: number): void {
    this.#used += rows;
  }

  take(rows: number): Column {
    const start = this.#used;
    this.#used += rows;
    if (this.#used > this.#column.length) throw new RangeError('a column has fewer rows than its row group');
    return sliceRows(this.#column, start, this.#used);
  }
}

function readLeaf(chunk: ChunkReader, leaf: Leaf): LeafData {
  const pages: Page[] = [];
  for (let { page } = chunk.next(); page !== null; { page } = chunk.next()) pages.push(page);
  const count = pages.reduce((sum, page) => sum + page.count, 0);
  const definitions = new Uint8Array(count);
  const repetitions = new Uint8Array(count);
  let at = 0;
  for (const page of pages) {
    if (page.definitions === null) definitions.fill(leaf.maxDefinition, at, at + page.count);
    else definitions.set(page.definitions, at);
    if (page.repetitions !== null) repetitions.set(page.repetitions, at);
    at += page.count;
  }
  return leafData(count, definitions, repetitions, joinPlain(pages.map(({ values }) => values)), leaf.maxDefinition);
}

function joinPlain(parts: readonly Plain[]): Plain {
  const [first] = parts;
  if (first === undefined) return { layout: 'flags', flags: new Uint8Array(0) };
  if (parts.length === 1) return first;
  switch (first.layout) {
    case 'flags':
      return { layout: 'flags', flags: joinBytes(parts.map((part) => (part.layout === 'flags' ? part.flags : EMPTY))) };
    case 'fixed':
      return { ...first, bytes: joinBytes(parts.map((part) => (part.layout === 'fixed' ? part.bytes : EMPTY))) };
    case 'bytes': {
      const texts = parts.flatMap((part) => (part.layout === 'bytes' ? [part] : []));
      const offsets = new Int32Array(texts.reduce((sum, text) => sum + text.offsets.length - 1, 1));
      let row = 0;
      let base = 0;
      for (const text of texts) {
        for (let i = 1; i < text.offsets.length; i++) offsets[++row] = base + (text.offsets[i] ?? 0);
        base += text.data.length;
        if (base > 0x7fffffff)
          throw new DfxError('LIMIT', 'a row group holds more than 2 GiB of text in a nested column');
      }
      return { layout: 'bytes', offsets, data: joinBytes(texts.map(({ data }) => data)) };
    }
  }
}

const EMPTY = new Uint8Array(0);

function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
