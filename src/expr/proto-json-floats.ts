/**
 * Floating-point numbers in proto JSON. serde_json writes `null` for a non-finite one and can't read it back; the readers that pbjson
 * generated take a string with Rust's own spelling of it, so that is what stands here.
 */

export interface FloatValue {
  readonly number: number;
  /** A NaN with its sign bit set, as x86 computes it. Rust reads `-NaN` so. */
  readonly negativeNaN: boolean;
}

const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const NAMED = /^([+-]?)(inf|infinity|nan)$/i;

/** The texts that Rust's `f64::from_str` takes; null for any other. */
export function parseFloatText(text: string): FloatValue | null {
  const named = NAMED.exec(text);
  if (named !== null) {
    const negative = named[1] === '-';
    if (named[2]?.toLowerCase() === 'nan') return { number: Number.NaN, negativeNaN: negative };
    return { number: negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY, negativeNaN: false };
  }
  return DECIMAL.test(text) ? { number: Number(text), negativeNaN: false } : null;
}

export function floatBytes(value: FloatValue, size: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (Number.isNaN(value.number)) {
    // Rust's NaN: quiet, without payload.
    view.setUint16(size - 2, (value.negativeNaN ? 0x8000 : 0) | (size === 8 ? 0x7ff8 : 0x7fc0), true);
  } else if (size === 8) view.setFloat64(0, value.number, true);
  else view.setFloat32(0, value.number, true);
  return bytes;
}

/** The text of a little-endian float in the message: a JSON number, or the content of a string. */
export interface FloatText {
  readonly text: string;
  readonly quoted: boolean;
  /** False for a NaN with a payload, whose text stands for another NaN. */
  readonly exact: boolean;
}

export function floatText(view: DataView): FloatText {
  const size = view.byteLength;
  const value = size === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true);
  if (Number.isFinite(value)) return { text: decimalText(value, size === 4), quoted: false, exact: true };
  if (!Number.isNaN(value)) return { text: value > 0 ? 'Infinity' : '-Infinity', quoted: true, exact: true };
  const top = view.getUint16(size - 2, true);
  const quiet = size === 8 ? 0x7ff8 : 0x7fc0;
  let exact = (top & 0x7fff) === quiet;
  for (let at = 0; at < size - 2; at++) if (view.getUint8(at) !== 0) exact = false;
  return { text: top >= 0x8000 ? '-NaN' : 'NaN', quoted: true, exact };
}

/** Shortest decimal that reads back as the same number; a whole number keeps `.0`, as serde_json writes it. */
function decimalText(value: number, single: boolean): string {
  const text = single ? singleText(value) : Object.is(value, -0) ? '-0' : String(value);
  return /^-?[0-9]+$/.test(text) ? `${text}.0` : text;
}

/** Of the texts with 1 to 9 digits the first that is this 32-bit float again, also when it is read as 64 bits first. */
function singleText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}
