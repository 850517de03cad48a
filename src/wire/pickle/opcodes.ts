/**
 * The pickle machine's instructions, protocols 0 to 5, as data: byte, name (as Python's `pickletools` names it), encoding
 * of the argument that follows, the protocol that brought it, and what it takes from the stack and leaves there.
 */

/** How the bytes after an opcode are laid out. The number of a fixed size or length prefix is in bytes, little endian. */
export type ArgumentEncoding =
  | 'none'
  | 'uint1'
  | 'uint2'
  | 'uint4'
  | 'uint8'
  | 'int4'
  | 'float8'
  | 'decimalnl_short'
  | 'decimalnl_long'
  | 'floatnl'
  | 'stringnl'
  | 'stringnl_noescape'
  | 'stringnl_noescape_pair'
  | 'unicodestringnl'
  | 'string1'
  | 'string4'
  | 'bytes1'
  | 'bytes4'
  | 'bytes8'
  | 'bytearray8'
  | 'unicodestring1'
  | 'unicodestring4'
  | 'unicodestring8'
  | 'long1'
  | 'long4';

export interface Opcode {
  readonly byte: number;
  readonly name: string;
  readonly argument: ArgumentEncoding;
  readonly protocol: number;
  /** `before -> after`, the top of the stack on the right. */
  readonly effect: string;
}

type Row = readonly [byte: number, name: string, argument: ArgumentEncoding, protocol: number, effect: string];

// biome-ignore format: a table reads best with one opcode a line
const ROWS: readonly Row[] = [
  [0x28, 'MARK', 'none', 0, '-> mark'],
  [0x29, 'EMPTY_TUPLE', 'none', 1, '-> tuple'],
  [0x2e, 'STOP', 'none', 0, 'any ->'],
  [0x30, 'POP', 'none', 0, 'any ->'],
  [0x31, 'POP_MARK', 'none', 1, 'mark items ->'],
  [0x32, 'DUP', 'none', 0, 'any -> any any'],
  [0x42, 'BINBYTES', 'bytes4', 3, '-> bytes'],
  [0x43, 'SHORT_BINBYTES', 'bytes1', 3, '-> bytes'],
  [0x46, 'FLOAT', 'floatnl', 0, '-> float'],
  [0x47, 'BINFLOAT', 'float8', 1, '-> float'],
  [0x49, 'INT', 'decimalnl_short', 0, '-> int_or_bool'],
  [0x4a, 'BININT', 'int4', 1, '-> int'],
  [0x4b, 'BININT1', 'uint1', 1, '-> int'],
  [0x4c, 'LONG', 'decimalnl_long', 0, '-> int'],
  [0x4d, 'BININT2', 'uint2', 1, '-> int'],
  [0x4e, 'NONE', 'none', 0, '-> none'],
  [0x50, 'PERSID', 'stringnl_noescape', 0, '-> any'],
  [0x51, 'BINPERSID', 'none', 1, 'any -> any'],
  [0x52, 'REDUCE', 'none', 0, 'any any -> any'],
  [0x53, 'STRING', 'stringnl', 0, '-> bytes_or_str'],
  [0x54, 'BINSTRING', 'string4', 1, '-> bytes_or_str'],
  [0x55, 'SHORT_BINSTRING', 'string1', 1, '-> bytes_or_str'],
  [0x56, 'UNICODE', 'unicodestringnl', 0, '-> str'],
  [0x58, 'BINUNICODE', 'unicodestring4', 1, '-> str'],
  [0x5d, 'EMPTY_LIST', 'none', 1, '-> list'],
  [0x61, 'APPEND', 'none', 0, 'list any -> list'],
  [0x62, 'BUILD', 'none', 0, 'any any -> any'],
  [0x63, 'GLOBAL', 'stringnl_noescape_pair', 0, '-> any'],
  [0x64, 'DICT', 'none', 0, 'mark items -> dict'],
  [0x65, 'APPENDS', 'none', 1, 'list mark items -> list'],
  [0x67, 'GET', 'decimalnl_short', 0, '-> any'],
  [0x68, 'BINGET', 'uint1', 1, '-> any'],
  [0x69, 'INST', 'stringnl_noescape_pair', 0, 'mark items -> any'],
  [0x6a, 'LONG_BINGET', 'uint4', 1, '-> any'],
  [0x6c, 'LIST', 'none', 0, 'mark items -> list'],
  [0x6f, 'OBJ', 'none', 1, 'mark any items -> any'],
  [0x70, 'PUT', 'decimalnl_short', 0, '->'],
  [0x71, 'BINPUT', 'uint1', 1, '->'],
  [0x72, 'LONG_BINPUT', 'uint4', 1, '->'],
  [0x73, 'SETITEM', 'none', 0, 'dict any any -> dict'],
  [0x74, 'TUPLE', 'none', 0, 'mark items -> tuple'],
  [0x75, 'SETITEMS', 'none', 1, 'dict mark items -> dict'],
  [0x7d, 'EMPTY_DICT', 'none', 1, '-> dict'],
  [0x80, 'PROTO', 'uint1', 2, '->'],
  [0x81, 'NEWOBJ', 'none', 2, 'any any -> any'],
  [0x82, 'EXT1', 'uint1', 2, '-> any'],
  [0x83, 'EXT2', 'uint2', 2, '-> any'],
  [0x84, 'EXT4', 'int4', 2, '-> any'],
  [0x85, 'TUPLE1', 'none', 2, 'any -> tuple'],
  [0x86, 'TUPLE2', 'none', 2, 'any any -> tuple'],
  [0x87, 'TUPLE3', 'none', 2, 'any any any -> tuple'],
  [0x88, 'NEWTRUE', 'none', 2, '-> bool'],
  [0x89, 'NEWFALSE', 'none', 2, '-> bool'],
  [0x8a, 'LONG1', 'long1', 2, '-> int'],
  [0x8b, 'LONG4', 'long4', 2, '-> int'],
  [0x8c, 'SHORT_BINUNICODE', 'unicodestring1', 4, '-> str'],
  [0x8d, 'BINUNICODE8', 'unicodestring8', 4, '-> str'],
  [0x8e, 'BINBYTES8', 'bytes8', 4, '-> bytes'],
  [0x8f, 'EMPTY_SET', 'none', 4, '-> set'],
  [0x90, 'ADDITEMS', 'none', 4, 'set mark items -> set'],
  [0x91, 'FROZENSET', 'none', 4, 'mark items -> frozenset'],
  [0x92, 'NEWOBJ_EX', 'none', 4, 'any any any -> any'],
  [0x93, 'STACK_GLOBAL', 'none', 4, 'str str -> any'],
  [0x94, 'MEMOIZE', 'none', 4, 'any -> any'],
  [0x95, 'FRAME', 'uint8', 4, '->'],
  [0x96, 'BYTEARRAY8', 'bytearray8', 5, '-> bytearray'],
  [0x97, 'NEXT_BUFFER', 'none', 5, '-> buffer'],
  [0x98, 'READONLY_BUFFER', 'none', 5, 'buffer -> buffer'],
];

export const OPCODES: readonly Opcode[] = ROWS.map(([byte, name, argument, protocol, effect]) => ({
  byte,
  name,
  argument,
  protocol,
  effect,
}));

const BY_BYTE: readonly (Opcode | undefined)[] = (() => {
  const table = new Array<Opcode | undefined>(256).fill(undefined);
  for (const opcode of OPCODES) table[opcode.byte] = opcode;
  return table;
})();

/** The instruction of a byte, or undefined where the byte is none. */
export function opcodeOf(byte: number): Opcode | undefined {
  return BY_BYTE[byte];
}

export const HIGHEST_PROTOCOL = 5;
