/** The tables of the Arrow IPC format (`Schema.fbs`, `Message.fbs`, format version 1.5): their slots in order, by name. */
export interface FlatSlot {
  readonly name: string;
  readonly kind:
    | 'bool'
    | 'u8'
    | 'i16'
    | 'i32'
    | 'i64'
    | 'string'
    | 'table'
    | 'union-type'
    | 'union'
    | 'tables'
    | 'numbers';
  /** The table that a `table` or each of `tables` is. */
  readonly of?: string;
  /** Bytes of an element of `numbers`. */
  readonly width?: number;
}

/** `name:kind`, `name:table:Of`, `name:numbers:width`. */
function slots(text: string): readonly FlatSlot[] {
  return text.split(' ').map((word): FlatSlot => {
    const [name = '', kind = '', of] = word.split(':');
    // the kinds are those of the table below
    const slot = { name, kind: kind as FlatSlot['kind'] };
    if (of === undefined) return slot;
    return kind === 'numbers' ? { ...slot, width: Number(of) } : { ...slot, of };
  });
}

export const FLAT_TABLES: ReadonlyMap<string, readonly FlatSlot[]> = new Map([
  ['Message', slots('version:i16 header_type:union-type header:union bodyLength:i64 custom_metadata:tables:KeyValue')],
  ['Schema', slots('endianness:i16 fields:tables:Field custom_metadata:tables:KeyValue features:numbers:8')],
  [
    'Field',
    slots(
      'name:string nullable:bool type_type:union-type type:union dictionary:table:DictionaryEncoding children:tables:Field custom_metadata:tables:KeyValue',
    ),
  ],
  ['KeyValue', slots('key:string value:string')],
  ['DictionaryEncoding', slots('id:i64 indexType:table:Int isOrdered:bool dictionaryKind:i16')],
  [
    'RecordBatch',
    slots(
      'length:i64 nodes:numbers:16 buffers:numbers:16 compression:table:BodyCompression variadicBufferCounts:numbers:8',
    ),
  ],
  ['DictionaryBatch', slots('id:i64 data:table:RecordBatch isDelta:bool')],
  ['BodyCompression', slots('codec:u8 method:u8')],
  ['Int', slots('bitWidth:i32 is_signed:bool')],
  ['FloatingPoint', slots('precision:i16')],
  ['Decimal', slots('precision:i32 scale:i32 bitWidth:i32')],
  ['Date', slots('unit:i16')],
  ['Time', slots('unit:i16 bitWidth:i32')],
  ['Timestamp', slots('unit:i16 timezone:string')],
  ['Interval', slots('unit:i16')],
  ['Duration', slots('unit:i16')],
  ['Union', slots('mode:i16 typeIds:numbers:4')],
  ['FixedSizeBinary', slots('byteWidth:i32')],
  ['FixedSizeList', slots('listSize:i32')],
  ['Map', slots('keysSorted:bool')],
]);
