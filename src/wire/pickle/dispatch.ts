import type { DfxError } from '../errors.ts';
import {
  bytesValue,
  extension,
  floatText,
  instance,
  integer,
  integerText,
  lineText,
  memoIndex,
  oldString,
  quotedString,
  stackGlobal,
  text,
} from './arguments.ts';
import type { PickleMachine } from './machine.ts';
import { HIGHEST_PROTOCOL } from './opcodes.ts';
import { decodeLong, decodeRawUnicodeEscape } from './text.ts';
import type { PickleValue } from './value.ts';

/** Protocols 0 and 1: letters and signs. Also the binary bytes of protocol 3, which are letters. */
export function runClassic(m: PickleMachine, byte: number): void {
  const c = m.cursor;
  switch (byte) {
    case 0x28: // MARK
      m.mark();
      return;
    case 0x29: // EMPTY_TUPLE
      m.pushLeaf({ kind: 'tuple', items: [], span: m.here() });
      return;
    case 0x30: // POP
      m.popAny();
      return;
    case 0x31: // POP_MARK
      m.popMark();
      return;
    case 0x32: {
      // DUP
      const value = m.top();
      m.push(value, m.starts[m.starts.length - 1] ?? c.start, m.depths[m.depths.length - 1] ?? 1);
      return;
    }
    case 0x42: // BINBYTES
      bytesValue(m, c.uint4());
      return;
    case 0x43: // SHORT_BINBYTES
      bytesValue(m, c.uint1());
      return;
    case 0x46: // FLOAT
      floatText(m);
      return;
    case 0x47: {
      // BINFLOAT
      const value = c.float8();
      m.pushLeaf({ kind: 'float', value, span: m.here() });
      return;
    }
    case 0x49: // INT
      integerText(m, true);
      return;
    case 0x4a: // BININT
      integer(m, c.int4());
      return;
    case 0x4b: // BININT1
      integer(m, c.uint1());
      return;
    case 0x4c: // LONG
      integerText(m, false);
      return;
    case 0x4d: // BININT2
      integer(m, c.uint2());
      return;
    case 0x4e: // NONE
      m.pushLeaf({ kind: 'none', span: m.here() });
      return;
    case 0x50: {
      // PERSID
      const id: PickleValue = { kind: 'str', value: lineText(m), span: m.here() };
      m.push({ kind: 'persistent-id', id, span: m.here() }, c.start, 2);
      return;
    }
    case 0x51: {
      // BINPERSID
      const depth = m.depths[m.depths.length - 1] ?? 1;
      const start = m.starts[m.starts.length - 1] ?? c.start;
      const id = m.pop();
      m.push({ kind: 'persistent-id', id, span: m.spanFrom(start) }, start, depth + 1);
      return;
    }
    case 0x52: // REDUCE
      m.callFromStack('reduce', 2);
      return;
    case 0x53: // STRING
      quotedString(m);
      return;
    case 0x54: {
      // BINSTRING
      const length = c.int4();
      if (length < 0) throw c.bad(`says ${length} bytes`);
      oldString(m, c.block(length));
      return;
    }
    case 0x55: // SHORT_BINSTRING
      oldString(m, c.block(c.uint1()));
      return;
    case 0x56: {
      // UNICODE
      const start = c.pos;
      const value = decodeRawUnicodeEscape(c.bytes, start, c.line());
      if (value === null) throw c.bad('holds a broken \\u escape');
      m.pushLeaf({ kind: 'str', value, span: m.here() });
      return;
    }
    case 0x58: // BINUNICODE
      text(m, c.uint4());
      return;
    case 0x5d: // EMPTY_LIST
      m.pushLeaf({ kind: 'list', items: [], span: m.here() });
      return;
    case 0x61: {
      // APPEND
      m.need(2);
      const depth = m.depths[m.depths.length - 1] ?? 1;
      const start = m.starts[m.starts.length - 1] ?? c.start;
      m.extend('append', [m.pop()], start, depth);
      return;
    }
    case 0x62: // BUILD
      m.build();
      return;
    case 0x63: {
      // GLOBAL
      const names = { module: lineText(m), name: lineText(m) };
      const value: PickleValue = { kind: 'global', ...names, span: m.here() };
      m.global('GLOBAL', value, names);
      m.pushLeaf(value);
      return;
    }
    case 0x64: {
      // DICT
      const { items, start, depth } = m.takeMarked();
      m.push({ kind: 'dict', pairs: m.pairs(items), span: m.spanFrom(start) }, start, depth + 1);
      return;
    }
    case 0x65: {
      // APPENDS
      const { items, start, depth } = m.takeMarked();
      m.extend('append', items, start, depth);
      return;
    }
    case 0x67: // GET
      m.get(memoIndex(m));
      return;
    case 0x68: // BINGET
      m.get(c.uint1());
      return;
    case 0x69: // INST
      instance(m);
      return;
    case 0x6a: // LONG_BINGET
      m.get(c.uint4());
      return;
    case 0x6c: {
      // LIST
      const { items, start, depth } = m.takeMarked();
      m.push({ kind: 'list', items, span: m.spanFrom(start) }, start, depth + 1);
      return;
    }
    case 0x6f: {
      // OBJ
      const { items, start, depth } = m.takeMarked();
      const callee = items[0];
      if (callee === undefined) throw c.bad('needs a class above the mark, found nothing');
      const args: PickleValue = { kind: 'tuple', items: items.slice(1), span: m.spanFrom(start) };
      m.call('obj', callee, args, null, start, depth);
      return;
    }
    case 0x70: // PUT
      m.put(memoIndex(m));
      return;
    case 0x71: // BINPUT
      m.put(c.uint1());
      return;
    case 0x72: // LONG_BINPUT
      m.put(c.uint4());
      return;
    case 0x73: {
      // SETITEM
      m.need(3);
      const start = m.starts[m.starts.length - 2] ?? c.start;
      const depth = Math.max(m.depths[m.depths.length - 1] ?? 1, m.depths[m.depths.length - 2] ?? 1);
      const value = m.pop();
      m.setItems([m.pop(), value], start, depth);
      return;
    }
    case 0x74: {
      // TUPLE
      const { items, start, depth } = m.takeMarked();
      m.push({ kind: 'tuple', items, span: m.spanFrom(start) }, start, depth + 1);
      return;
    }
    case 0x75: {
      // SETITEMS
      const { items, start, depth } = m.takeMarked();
      m.setItems(items, start, depth);
      return;
    }
    case 0x7d: // EMPTY_DICT
      m.pushLeaf({ kind: 'dict', pairs: [], span: m.here() });
      return;
    default:
      throw unknownOpcode(m, byte);
  }
}

/** Protocols 2, 4 and 5: bytes from 0x80 on. */
export function runBinary(m: PickleMachine, byte: number): void {
  const c = m.cursor;
  switch (byte) {
    case 0x80: {
      // PROTO
      const protocol = c.uint1();
      if (protocol > HIGHEST_PROTOCOL) throw c.bad(`says protocol ${protocol}, expected 0 to ${HIGHEST_PROTOCOL}`);
      m.protocol = protocol;
      return;
    }
    case 0x81: // NEWOBJ
      m.callFromStack('newobj', 2);
      return;
    case 0x82: // EXT1
      extension(m, 'EXT1', c.uint1());
      return;
    case 0x83: // EXT2
      extension(m, 'EXT2', c.uint2());
      return;
    case 0x84: // EXT4
      extension(m, 'EXT4', c.int4());
      return;
    case 0x85: // TUPLE1
      m.tuple(1);
      return;
    case 0x86: // TUPLE2
      m.tuple(2);
      return;
    case 0x87: // TUPLE3
      m.tuple(3);
      return;
    case 0x88: // NEWTRUE
      m.pushLeaf({ kind: 'bool', value: true, span: m.here() });
      return;
    case 0x89: // NEWFALSE
      m.pushLeaf({ kind: 'bool', value: false, span: m.here() });
      return;
    case 0x8a: {
      // LONG1
      const start = c.integerBytes(c.uint1());
      integer(m, decodeLong(c.bytes, start, c.pos));
      return;
    }
    case 0x8b: {
      // LONG4
      const start = c.integerBytes(c.int4());
      integer(m, decodeLong(c.bytes, start, c.pos));
      return;
    }
    case 0x8c: // SHORT_BINUNICODE
      text(m, c.uint1());
      return;
    case 0x8d: // BINUNICODE8
      text(m, c.uint8());
      return;
    case 0x8e: // BINBYTES8
      bytesValue(m, c.uint8());
      return;
    case 0x8f: // EMPTY_SET
      m.pushLeaf({ kind: 'set', items: [], span: m.here() });
      return;
    case 0x90: {
      // ADDITEMS
      const { items, start, depth } = m.takeMarked();
      m.extend('additem', items, start, depth);
      return;
    }
    case 0x91: {
      // FROZENSET
      const { items, start, depth } = m.takeMarked();
      m.push({ kind: 'frozenset', items, span: m.spanFrom(start) }, start, depth + 1);
      return;
    }
    case 0x92: // NEWOBJ_EX
      m.callFromStack('newobj_ex', 3);
      return;
    case 0x93: // STACK_GLOBAL
      stackGlobal(m);
      return;
    case 0x94: // MEMOIZE
      m.memoize();
      return;
    case 0x95: // FRAME
      c.frame();
      return;
    case 0x96: {
      // BYTEARRAY8
      const start = c.block(c.uint8());
      m.pushLeaf({ kind: 'bytearray', value: c.bytes.subarray(start, c.pos), span: m.here() });
      return;
    }
    case 0x97: // NEXT_BUFFER
      m.pushLeaf({ kind: 'buffer', index: m.buffers++, readonly: false, span: m.here() });
      return;
    case 0x98: {
      // READONLY_BUFFER
      const start = m.starts[m.starts.length - 1] ?? c.start;
      const depth = m.depths[m.depths.length - 1] ?? 1;
      const value = m.pop();
      if (value.kind === 'buffer') {
        m.push({ ...value, readonly: true, span: m.spanFrom(start) }, start, depth);
        return;
      }
      m.push(value, start, depth);
      return;
    }
    default:
      throw unknownOpcode(m, byte);
  }
}

function unknownOpcode(m: PickleMachine, byte: number): DfxError {
  const hex = byte.toString(16).padStart(2, '0');
  return m.cursor.fail('PICKLE_OPCODE', `0x${hex} is no pickle opcode`);
}
