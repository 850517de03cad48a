/**
 * Numbers of the Arrow IPC format (`Schema.fbs`, `Message.fbs`, `File.fbs`, format version 1.5): field slots of each table
 * in the order of their declaration, members of unions, values of enums.
 */
export const MESSAGE = { version: 0, headerType: 1, header: 2, bodyLength: 3, customMetadata: 4 } as const;
export const HEADER = { Schema: 1, DictionaryBatch: 2, RecordBatch: 3, Tensor: 4, SparseTensor: 5 } as const;
/** For messages, by their code. */
export const HEADER_NAMES = [
  'no header',
  'a Schema',
  'a DictionaryBatch',
  'a RecordBatch',
  'a Tensor',
  'a SparseTensor',
];
export const SCHEMA = { endianness: 0, fields: 1, customMetadata: 2, features: 3 } as const;
export const FIELD = {
  name: 0,
  nullable: 1,
  typeType: 2,
  type: 3,
  dictionary: 4,
  children: 5,
  customMetadata: 6,
} as const;
export const KEY_VALUE = { key: 0, value: 1 } as const;
export const DICTIONARY = { id: 0, indexType: 1, isOrdered: 2, kind: 3 } as const;
export const RECORD_BATCH = { length: 0, nodes: 1, buffers: 2, compression: 3, variadicBufferCounts: 4 } as const;
export const DICTIONARY_BATCH = { id: 0, data: 1, isDelta: 2 } as const;
export const COMPRESSION = { codec: 0, method: 1 } as const;
/** `BodyCompression.codec`. */
export const CODECS = ['LZ4_FRAME', 'ZSTD'] as const;
/** `File.fbs`. A block is three 64-bit words: offset, length of the metadata (32 bits and padding), length of the body. */
export const FOOTER = { version: 0, schema: 1, dictionaries: 2, recordBatches: 3, customMetadata: 4 } as const;
export const BLOCK_BYTES = 24;
/** What an Arrow file starts and ends with. */
export const FILE_MAGIC = [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31] as const;
/** Before the length of each message since Arrow 0.15. */
export const CONTINUATION = 0xffffffff;

/** The union `Type`: what a field's `typeType` says. */
export const TYPE = {
  Null: 1,
  Int: 2,
  FloatingPoint: 3,
  Binary: 4,
  Utf8: 5,
  Bool: 6,
  Decimal: 7,
  Date: 8,
  Time: 9,
  Timestamp: 10,
  Interval: 11,
  List: 12,
  Struct: 13,
  Union: 14,
  FixedSizeBinary: 15,
  FixedSizeList: 16,
  Map: 17,
  Duration: 18,
  LargeBinary: 19,
  LargeUtf8: 20,
  LargeList: 21,
  RunEndEncoded: 22,
  BinaryView: 23,
  Utf8View: 24,
  ListView: 25,
  LargeListView: 26,
} as const;

/** Slots of the types that have parameters, and the defaults that a writer leaves out. */
export const INT = { bitWidth: 0, isSigned: 1 } as const;
export const DECIMAL = { precision: 0, scale: 1, bitWidth: 2, defaultBitWidth: 128 } as const;
export const TIME = { unit: 0, bitWidth: 1, defaultUnit: 1, defaultBitWidth: 32 } as const;
export const TIMESTAMP = { unit: 0, timezone: 1 } as const;
export const UNION = { mode: 0, typeIds: 1 } as const;
/** `FloatingPoint.precision`, `Interval.unit`, `FixedSizeBinary.byteWidth`, `FixedSizeList.listSize`, `Map.keysSorted`: the only slot. */
export const ONLY_SLOT = 0;
/** `Date.unit` and `Duration.unit` default to milliseconds. */
export const DATE_DEFAULT_UNIT = 1;
export const DURATION_DEFAULT_UNIT = 1;

export const METADATA_V5 = 4;

export const TIME_UNIT_CODES = ['Second', 'Millisecond', 'Microsecond', 'Nanosecond'] as const;
export const INTERVAL_UNIT_CODES = ['YearMonth', 'DayTime', 'MonthDayNano'] as const;
export const UNION_MODE_CODES = ['Sparse', 'Dense'] as const;
