/** `encode` and `decode`: base64 with and without padding, and hexadecimal. Strings are taken as their bytes. */
import { valueAt } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, nullConstant } from '../simplify.ts';
import { isBinary, isString, UTF8 } from '../types.ts';
import type { Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import { finished, isSet, nullScalar, rowCount, strictValidity, TextBuilder, texts } from './strings-rows.ts';
import { BINARY, LARGE_UTF8, stringArgument, takeArguments, unpacked } from './strings-types.ts';

type Encoding = 'base64' | 'base64pad' | 'hex';

function encodingOf(name: string, node: Node | undefined): Encoding {
  const argument = stringArgument(name, node);
  const value = argument.op === 'constant' ? valueAt(argument.value, 0) : null;
  if (value === 'base64' || value === 'base64pad' || value === 'hex') return value;
  throw new Refusal(name, 'takes base64, base64pad or hex as a constant');
}

type Coder = (out: TextBuilder, bytes: Uint8Array, scalar: boolean) => void;

function coding(name: 'encode' | 'decode', coder: (encoding: Encoding) => Coder): ScalarFunction {
  return {
    name,
    bind: (args) => {
      takeArguments(name, args, 2);
      const value = args[0] === undefined ? undefined : unpacked(name, args[0]);
      const encoding = encodingOf(name, args[1]);
      const { kind } = value?.type ?? { kind: 'Null' };
      if (kind === 'Null') return nullConstant(name === 'encode' ? UTF8 : BINARY);
      if (value === undefined || !(isString(kind) || isBinary(kind))) {
        throw new Refusal(name, `of ${kind} isn't supported`);
      }
      const large = kind === 'LargeUtf8' || kind === 'LargeBinary';
      const type: DataType = name === 'encode' ? (large ? LARGE_UTF8 : UTF8) : large ? { kind: 'LargeBinary' } : BINARY;
      const write = coder(encoding);
      const evaluate = (given: readonly Vector[], length: number): Vector => {
        const validity = strictValidity(given);
        if (validity === false) return nullScalar(type);
        const rows = rowCount(given, length);
        const { data, offsets } = texts(given[0]);
        const out = new TextBuilder(rows, ((offsets[rows] ?? 0) - (offsets[0] ?? 0)) * (name === 'encode' ? 2 : 1));
        for (let row = 0; row < rows; row++) {
          if (isSet(validity, row)) {
            write(out, data.subarray(offsets[row] ?? 0, offsets[row + 1] ?? 0), given[0]?.scalar === true);
          }
          out.end();
        }
        return finished(out.column(type, validity), given);
      };
      return callNode({ name, type, nullable: true, args: [value], mayFail: name === 'decode', evaluate });
    },
  };
}

const latin = new TextEncoder();

function encoder(encoding: Encoding): Coder {
  return (out, bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let text = buffer.toString(encoding === 'hex' ? 'hex' : 'base64');
    if (encoding === 'base64') text = text.replace(/=+$/, '');
    const coded = latin.encode(text);
    out.copy(coded, 0, coded.length);
  };
}

function decoder(encoding: Encoding): Coder {
  return encoding === 'hex' ? decodeHex : (out, bytes, scalar) => decodeBase64(out, bytes, scalar, encoding);
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function decodeHex(out: TextBuilder, bytes: Uint8Array, scalar: boolean): void {
  const fail = (reason: string): DfxError =>
    new DfxError('EXECUTION', `Failed to decode ${scalar ? 'value using hex' : 'from hex'}: ${reason}`);
  if (bytes.length % 2 !== 0) throw fail('Odd number of digits');
  for (let i = 0; i < bytes.length; i += 2) {
    const high = hexDigit(bytes[i] ?? 0);
    const low = hexDigit(bytes[i + 1] ?? 0);
    if (high < 0 || low < 0) {
      const at = high < 0 ? i : i + 1;
      throw fail(`Invalid character '${shownByte(bytes[at] ?? 0)}' at position ${at}`);
    }
    out.byte((high << 4) | low);
  }
}

const ESCAPED = new Map([
  [0x00, '\\0'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x27, "\\'"],
  [0x5c, '\\\\'],
]);

/** The `char` of that number, as Rust's `{:?}` shows it between its quotes. */
function shownByte(byte: number): string {
  const escaped = ESCAPED.get(byte);
  if (escaped !== undefined) return escaped;
  const control = byte < 0x20 || (byte >= 0x7f && byte <= 0xa0) || byte === 0xad;
  return control ? `\\u{${byte.toString(16)}}` : String.fromCharCode(byte);
}

const BASE64 = Int8Array.from({ length: 256 }, (_, byte) =>
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf(String.fromCharCode(byte)),
);
const PAD = 0x3d;

/** Padding may be there or not, but not in part wrong; the bits that the last symbol has too many must be zero. */
function decodeBase64(out: TextBuilder, bytes: Uint8Array, scalar: boolean, encoding: Encoding): void {
  const fail = (): DfxError =>
    new DfxError('EXECUTION', `Failed to decode ${scalar ? `value using ${encoding}` : 'from base64'}`);
  let end = bytes.length;
  while (end > 0 && bytes.length - end < 2 && bytes[end - 1] === PAD) end--;
  const padding = bytes.length - end;
  const rest = end % 4;
  if (rest === 1 || padding > (rest === 0 ? 0 : 4 - rest)) throw fail();
  out.reserve(Math.ceil((end * 3) / 4));
  let word = 0;
  let bits = 0;
  for (let i = 0; i < end; i++) {
    const value = BASE64[bytes[i] ?? 0] ?? -1;
    if (value < 0) throw fail();
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.byte((word >> bits) & 0xff);
    }
  }
  if ((word & ((1 << bits) - 1)) !== 0) throw fail();
}

export const ENCODINGS: readonly ScalarFunction[] = [coding('encode', encoder), coding('decode', decoder)];
