/**
 * The schema of a Parquet file as DataFusion 55 gives it: the types of parquet-rs 59 (`arrow/schema`), with the Arrow schema that a writer
 * left in the metadata as a hint, and texts and bytes of the outermost level as views (`datafusion.execution.parquet.schema_force_view_types`).
 * Metadata of schema and fields is dropped there (`skip_metadata`).
 */
import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import { readIpcSchema } from '../../wire/arrow/index.ts';
import { formatDataType } from '../../wire/arrow/type-text.ts';
import type { DataType, Field, Schema, TimeUnit } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { MAX_NESTING } from '../ipc/plan.ts';

/** A column or what is inside of one. */
export interface ParquetNode {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  /** Of the definition levels: this value is there from this level on. */
  readonly definition: number;
  readonly shape:
    | { readonly kind: 'leaf'; readonly leaf: Leaf }
    | { readonly kind: 'struct'; readonly children: readonly ParquetNode[] }
    /** An item is there from the definition level `item.level` on, and starts anew at this repetition level. */
    | { readonly kind: 'list'; readonly item: ParquetNode; readonly level: number; readonly repetition: number };
  /** Of the leaves below, which are the column chunks of a row group: the number of the first. */
  readonly firstLeaf: number;
}

export interface Leaf {
  readonly number: number;
  readonly element: SchemaElement;
  readonly maxDefinition: number;
  readonly maxRepetition: number;
}

type ParquetColumn =
  | { readonly kind: 'read'; readonly node: ParquetNode; readonly leaves: readonly Leaf[] }
  | { readonly kind: 'refused'; readonly reason: string };

export interface ParquetSchema {
  readonly schema: Schema;
  readonly columns: readonly ParquetColumn[];
}

/** What a column holds that can't be read. */
class Unreadable extends Error {}

export function parquetColumns(metadata: FileMetaData, tree: SchemaTree): ParquetSchema {
  const hints = hintsOf(metadata);
  const fields: Field[] = [];
  const columns: ParquetColumn[] = [];
  let leaves = 0;
  for (const child of tree.children) {
    const hint = hints?.find(({ name }) => name === child.element.name)?.type ?? null;
    const firstLeaf = leaves;
    leaves += countLeaves(child);
    const nullable = child.element.repetition_type !== 'REQUIRED';
    try {
      const reader = new NodeReader(firstLeaf);
      const node = asView(reader.node(child, hint, { definition: 0, repetition: 0 }, 1));
      if (reader.leaves.some(({ number }) => isEncrypted(metadata, number))) throw new Unreadable('is encrypted');
      columns.push({ kind: 'read', node, leaves: reader.leaves });
      fields.push({ name: child.element.name, type: node.type, nullable, metadata: [] });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      columns.push({ kind: 'refused', reason: error.message });
      fields.push({ name: child.element.name, type: { kind: 'Null' }, nullable, metadata: [] });
    }
  }
  return { schema: { fields, metadata: [] }, columns };
}

/** A file whose footer is plain may hold columns that aren't. */
function isEncrypted({ row_groups: groups }: FileMetaData, leaf: number): boolean {
  return groups.some(({ columns }) => columns[leaf]?.crypto_metadata !== undefined);
}

function hintsOf({ key_value_metadata: pairs }: FileMetaData): readonly Field[] | null {
  const text = pairs?.find(({ key }) => key === 'ARROW:schema')?.value;
  if (text === undefined) return null;
  try {
    return readIpcSchema(new Uint8Array(Buffer.from(text, 'base64')), { limits: { maxDepth: MAX_NESTING } }).schema
      .fields;
  } catch (error) {
    if (error instanceof DfxError) return null;
    throw error;
  }
}

function countLeaves(tree: SchemaTree): number {
  return tree.children.length === 0 ? 1 : tree.children.reduce((sum, child) => sum + countLeaves(child), 0);
}

function asView(node: ParquetNode): ParquetNode {
  const { kind } = node.type;
  if (kind === 'Utf8' || kind === 'LargeUtf8') return { ...node, type: { kind: 'Utf8View' } };
  if (kind === 'Binary' || kind === 'LargeBinary') return { ...node, type: { kind: 'BinaryView' } };
  return node;
}

interface Levels {
  readonly definition: number;
  readonly repetition: number;
}

class NodeReader {
  readonly leaves: Leaf[] = [];
  #nextLeaf: number;

  constructor(firstLeaf: number) {
    this.#nextLeaf = firstLeaf;
  }

  node(tree: SchemaTree, hint: DataType | null, above: Levels, depth: number): ParquetNode {
    const { element, children } = tree;
    if (depth > MAX_NESTING) throw new Unreadable(`nests deeper than ${MAX_NESTING} levels`);
    if (element.repetition_type === 'REPEATED') throw new Unreadable('is repeated without being a list');
    const nullable = element.repetition_type === 'OPTIONAL';
    const definition = above.definition + (nullable ? 1 : 0);
    const levels = { definition, repetition: above.repetition };
    const base = { name: element.name, nullable, definition, firstLeaf: this.#nextLeaf };
    if (children.length === 0) {
      const leaf: Leaf = {
        number: this.#nextLeaf,
        element,
        maxDefinition: definition,
        maxRepetition: above.repetition,
      };
      this.#nextLeaf++;
      this.leaves.push(leaf);
      return { ...base, type: withHint(leafType(element), hint), shape: { kind: 'leaf', leaf } };
    }
    const logical = element.logical_type?.type;
    if (logical === 'LIST' || element.converted_type === 'LIST') return this.#list(tree, hint, levels, base, depth);
    if (logical === 'MAP' || element.converted_type === 'MAP' || element.converted_type === 'MAP_KEY_VALUE') {
      return this.#map(tree, hint, levels, base, depth);
    }
    if (logical !== undefined) throw new Unreadable(`is a ${logical}`);
    const hints = hint?.kind === 'Struct' && hint.fields.length === children.length ? hint.fields : null;
    const nodes = children.map((child, i) => this.node(child, hints?.[i]?.type ?? null, levels, depth + 1));
    return {
      ...base,
      type: { kind: 'Struct', fields: nodes.map(fieldOf) },
      shape: { kind: 'struct', children: nodes },
    };
  }

  /** The form of three levels: `optional group a (LIST) { repeated group list { optional element } }`. */
  #list(tree: SchemaTree, hint: DataType | null, levels: Levels, base: NodeBase, depth: number): ParquetNode {
    const [repeated] = tree.children;
    const name = repeated?.element.name ?? '';
    const [item] = repeated?.children ?? [];
    if (
      tree.children.length !== 1 ||
      repeated?.element.repetition_type !== 'REPEATED' ||
      repeated.children.length !== 1 ||
      item === undefined ||
      name === 'array' ||
      name === `${tree.element.name}_tuple`
    ) {
      throw new Unreadable('is a list in an old form');
    }
    const level = levels.definition + 1;
    const repetition = levels.repetition + 1;
    const node = this.node(item, listItem(hint), { definition: level, repetition }, depth + 1);
    return { ...base, type: listType(hint, fieldOf(node)), shape: { kind: 'list', item: node, level, repetition } };
  }

  #map(tree: SchemaTree, hint: DataType | null, levels: Levels, base: NodeBase, depth: number): ParquetNode {
    const [entries] = tree.children;
    const [key, value] = entries?.children ?? [];
    if (
      tree.children.length !== 1 ||
      entries?.element.repetition_type !== 'REPEATED' ||
      entries.children.length !== 2 ||
      key?.element.repetition_type !== 'REQUIRED' ||
      value === undefined
    ) {
      throw new Unreadable('is a map in an odd form');
    }
    const level = levels.definition + 1;
    const repetition = levels.repetition + 1;
    const inner = { definition: level, repetition };
    const hinted = hint?.kind === 'Map' && hint.entries.type.kind === 'Struct' ? hint : null;
    const hints = hinted?.entries.type.kind === 'Struct' ? hinted.entries.type.fields : [];
    const firstLeaf = this.#nextLeaf;
    const children = [key, value].map((child, i) => this.node(child, hints[i]?.type ?? null, inner, depth + 2));
    const type: DataType = { kind: 'Struct', fields: children.map(fieldOf) };
    const item: ParquetNode = {
      name: entries.element.name,
      type,
      nullable: false,
      definition: level,
      shape: { kind: 'struct', children },
      firstLeaf,
    };
    return {
      ...base,
      type: { kind: 'Map', entries: fieldOf(item), sorted: hinted?.sorted ?? false },
      shape: { kind: 'list', item, level, repetition },
    };
  }
}

type NodeBase = Pick<ParquetNode, 'name' | 'nullable' | 'definition' | 'firstLeaf'>;

function fieldOf({ name, type, nullable }: ParquetNode): Field {
  return { name, type, nullable, metadata: [] };
}

function listItem(hint: DataType | null): DataType | null {
  return hint !== null && 'item' in hint ? hint.item.type : null;
}

function listType(hint: DataType | null, item: Field): DataType {
  switch (hint?.kind) {
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
      return { kind: hint.kind, item };
    case 'FixedSizeList':
      return { kind: 'FixedSizeList', item, size: hint.size };
    default:
      return { kind: 'List', item };
  }
}

const UNITS: Record<string, TimeUnit> = { MILLIS: 'Millisecond', MICROS: 'Microsecond', NANOS: 'Nanosecond' };
const MAX_DECIMAL128 = 38;

function leafType(element: SchemaElement): DataType {
  const { type, logical_type: logical, converted_type: converted } = element;
  if (logical?.type === 'NULL') return { kind: 'Null' };
  switch (type) {
    case 'BOOLEAN':
      return { kind: 'Boolean' };
    case 'FLOAT':
      return { kind: 'Float32' };
    case 'DOUBLE':
      return { kind: 'Float64' };
    case 'INT96':
      return { kind: 'Timestamp', unit: 'Nanosecond', timezone: null };
    case 'INT32':
    case 'INT64':
      return integerType(element, type === 'INT32' ? 32 : 64);
    case 'BYTE_ARRAY':
      if (logical?.type === 'DECIMAL' || (logical === undefined && converted === 'DECIMAL'))
        return decimalType(element, 0);
      if (logical?.type === 'STRING' || logical?.type === 'JSON') return { kind: 'Utf8' };
      if (logical === undefined && (converted === 'UTF8' || converted === 'JSON')) return { kind: 'Utf8' };
      return { kind: 'Binary' };
    case 'FIXED_LEN_BYTE_ARRAY': {
      const size = element.type_length ?? 0;
      if (size <= 0) throw new Unreadable(`has values of ${size} bytes`);
      if (logical?.type === 'DECIMAL' || (logical === undefined && converted === 'DECIMAL'))
        return decimalType(element, size);
      if (logical?.type === 'FLOAT16' && size === 2) return { kind: 'Float16' };
      if (converted === 'INTERVAL') throw new Unreadable('is an interval');
      return { kind: 'FixedSizeBinary', size };
    }
    default:
      throw new Unreadable('has an unknown type');
  }
}

function integerType(element: SchemaElement, width: 32 | 64): DataType {
  const { logical_type: logical, converted_type: converted } = element;
  if (logical === undefined) {
    if (converted === undefined) return { kind: `Int${width}` };
    const kind = INTEGERS.get(converted);
    if (kind !== undefined && (width === 64) === kind.endsWith('64')) return { kind };
    if (width === 32 && converted === 'DATE') return { kind: 'Date32' };
    if (width === 32 && converted === 'TIME_MILLIS') return { kind: 'Time32', unit: 'Millisecond' };
    if (width === 64 && converted === 'TIME_MICROS') return { kind: 'Time64', unit: 'Microsecond' };
    if (width === 64 && converted === 'TIMESTAMP_MILLIS')
      return { kind: 'Timestamp', unit: 'Millisecond', timezone: 'UTC' };
    if (width === 64 && converted === 'TIMESTAMP_MICROS')
      return { kind: 'Timestamp', unit: 'Microsecond', timezone: 'UTC' };
    if (converted === 'DECIMAL') return decimalType(element, width / 8);
    throw new Unreadable(`is an INT${width} that is said to be ${converted}`);
  }
  switch (logical.type) {
    case 'INTEGER': {
      const bits = logical.bitWidth;
      const known = width === 64 ? bits === 64 : bits === 8 || bits === 16 || bits === 32;
      if (known) return { kind: `${logical.isSigned ? 'Int' : 'UInt'}${bits}` as 'Int8' };
      break;
    }
    case 'DATE':
      if (width === 32) return { kind: 'Date32' };
      break;
    case 'TIME': {
      const unit = UNITS[logical.unit];
      if (unit !== undefined && (unit === 'Millisecond') === (width === 32)) {
        return { kind: width === 32 ? 'Time32' : 'Time64', unit };
      }
      break;
    }
    case 'TIMESTAMP': {
      const unit = UNITS[logical.unit];
      if (unit !== undefined && width === 64) {
        return { kind: 'Timestamp', unit, timezone: logical.isAdjustedToUTC ? 'UTC' : null };
      }
      break;
    }
    case 'DECIMAL':
      return decimalType(element, width / 8);
  }
  throw new Unreadable(`is an INT${width} that is said to be ${logical.type}`);
}

const INTEGERS = new Map<string, 'Int8' | 'Int16' | 'Int32' | 'Int64' | 'UInt8' | 'UInt16' | 'UInt32' | 'UInt64'>([
  ['INT_8', 'Int8'],
  ['INT_16', 'Int16'],
  ['INT_32', 'Int32'],
  ['INT_64', 'Int64'],
  ['UINT_8', 'UInt8'],
  ['UINT_16', 'UInt16'],
  ['UINT_32', 'UInt32'],
  ['UINT_64', 'UInt64'],
]);

/** `bytes` of a value; 0 where they vary. */
function decimalType(element: SchemaElement, bytes: number): DataType {
  const logical = element.logical_type?.type === 'DECIMAL' ? element.logical_type : null;
  const precision = logical?.precision ?? element.precision ?? 0;
  const scale = logical?.scale ?? element.scale ?? 0;
  const wide = bytes === 0 ? precision > MAX_DECIMAL128 : bytes > 16;
  if (precision < 1 || precision > (wide ? 76 : MAX_DECIMAL128) || Math.abs(scale) > precision || bytes > 32) {
    throw new Unreadable(`is a decimal of precision ${precision} and scale ${scale} in ${bytes} bytes`);
  }
  return { kind: wide ? 'Decimal256' : 'Decimal128', precision, scale };
}

/** As parquet-rs takes the hint of an Arrow schema (`apply_hint`). */
function withHint(found: DataType, hint: DataType | null): DataType {
  if (hint === null) return found;
  switch (hint.kind) {
    case 'Timestamp':
      if (found.kind === 'Int32' || found.kind === 'Int64') return hint;
      if (found.kind !== 'Timestamp') return found;
      if (found.unit === hint.unit) return hint.timezone === null ? found : hint;
      return found.unit === 'Nanosecond' && found.timezone === null ? hint : found;
    case 'Time32':
      return found.kind === 'Int32' ? hint : found;
    case 'Time64':
    case 'Duration':
      return found.kind === 'Int64' ? hint : found;
    case 'Date64':
      return found.kind === 'Int64' || found.kind === 'Date32' ? hint : found;
    case 'LargeUtf8':
    case 'Utf8View':
      return found.kind === 'Utf8' || found.kind === 'Binary' ? hint : found;
    case 'Utf8':
      return found.kind === 'Binary' ? hint : found;
    case 'LargeBinary':
    case 'BinaryView':
      return found.kind === 'Binary' ? hint : found;
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal256':
      return found.kind === 'Decimal128' ? hint : found;
    case 'Dictionary': {
      const inner = withHint(found, hint.value);
      return formatDataType(inner) === formatDataType(hint.value) ? hint : inner;
    }
    default:
      return found;
  }
}
