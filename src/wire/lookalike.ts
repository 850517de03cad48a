/**
 * What people give in place of a payload: other files, text around base64, bytes that went through text. Only asked for bytes that no
 * container reads, so that no payload is taken for something else.
 */

export interface Lookalike {
  /** `a Parquet file` */
  readonly what: string;
  /** What to do about it: one sentence, imperative. */
  readonly hint: string;
}

type Row = readonly [what: string, magic: readonly number[], hint: string];

/** First bytes, from the specifications of the formats (RFC 1952, RFC 8878, APPNOTE, Parquet, PNG, PDF, ELF, NumPy, SQLite). */
const MAGICS: readonly Row[] = [
  ['gzip data', [0x1f, 0x8b, 0x08], 'unpack it: gunzip -c FILE | dfx inspect'],
  ['zstd data', [0x28, 0xb5, 0x2f, 0xfd], 'unpack it: zstd -dc FILE | dfx inspect'],
  ['xz data', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'unpack it: xz -dc FILE | dfx inspect'],
  ['a zip archive', [0x50, 0x4b, 0x03, 0x04], 'unpack it, and give the file inside'],
  ['a Parquet file', [0x50, 0x41, 0x52, 0x31], 'that is data: dfx run takes it as --input'],
  ['a PNG image', [0x89, 0x50, 0x4e, 0x47], 'give the file that the sender wrote the payload to'],
  ['a PDF document', [0x25, 0x50, 0x44, 0x46], 'give the file that the sender wrote the payload to'],
  ['a program (ELF)', [0x7f, 0x45, 0x4c, 0x46], 'give the file that the sender wrote the payload to'],
  ['a NumPy array', [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], 'give the file that the sender wrote the payload to'],
  [
    'a SQLite database',
    [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20],
    'give the file that the sender wrote the payload to',
  ],
  ['UTF-16 text', [0xff, 0xfe], 'make it UTF-8: iconv -f UTF-16 -t UTF-8 (PowerShell writes UTF-16 at >)'],
  ['UTF-16 text', [0xfe, 0xff], 'make it UTF-8: iconv -f UTF-16 -t UTF-8'],
];

const BASE64_ADVICE = 'have the sender print base64: base64.b64encode(payload).decode()';

/** Text this short may as well be a piece of a payload. */
const SHORTEST_TEXT = 8;
/** A payload may hold the character in a name or two. */
const FEWEST_LOST = 3;
/** What is looked at of a long text. */
const LOOKED_AT = 65_536;

/** Null for bytes that look like nothing else. Takes time in proportion to the bytes, at most 64 KiB of a text. */
export function lookalikeOf(bytes: Uint8Array): Lookalike | null {
  for (const [what, magic, hint] of MAGICS) {
    if (magic.every((byte, at) => bytes[at] === byte)) return { what, hint };
  }
  // RFC 1950: deflate with a window of 32 KiB, and a check of the first two bytes
  const head = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  if (head >> 8 === 0x78 && head % 31 === 0 && [0x01, 0x5e, 0x9c, 0xda].includes(head & 0xff))
    return { what: 'zlib data', hint: 'unpack it first (zlib.decompress in Python)' };
  const text = textOf(bytes);
  if (text === null) return null;
  const lost = text.split('\ufffd').length - 1;
  if (lost >= FEWEST_LOST)
    return { what: `bytes that were lost when they were read as text (${lost} times U+FFFD)`, hint: BASE64_ADVICE };
  if (text.length < SHORTEST_TEXT || /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/.test(text)) return null;
  return textLookalike(text.replace(/^\ufeff/, '').trim());
}

function textLookalike(text: string): Lookalike {
  if (/^[[{]/.test(text)) return { what: 'JSON', hint: '`dfx encode` makes a payload of expr.json or proto JSON' };
  if (/^</.test(text)) return { what: 'HTML or XML', hint: 'check the address: a server answered with a page' };
  const [, prefix, quoted, double] = /^(b?)(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")$/s.exec(text) ?? [];
  const inner = quoted ?? double;
  if (inner !== undefined && /^[\w+/=-]+$/.test(inner))
    return { what: 'text in quotes', hint: `take ${prefix === '' ? 'the quotes' : 'b and the quotes'} off` };
  if (inner !== undefined)
    return { what: prefix === '' ? 'text in quotes' : "Python's notation of bytes", hint: BASE64_ADVICE };
  if (/^[0-9a-f]{7,8}:? (?: ?[0-9a-f]{2}){2}/i.test(text))
    return { what: 'a hex dump', hint: 'turn it back: xxd -r FILE | dfx inspect' };
  if (/^(?:[0-9a-f]{2}[:,-])+[0-9a-f]{2}$/i.test(text))
    return { what: 'hexadecimal with separators', hint: "take them off: tr -d ':,-' < FILE | dfx inspect" };
  const digits = text.replace(/\s/g, '');
  if (digits.length % 2 === 1 && /^[0-9a-f]+$/i.test(digits)) {
    const what = `${digits.length} hexadecimal digits, which is no whole number of bytes`;
    return { what, hint: 'the text is cut off; copy it again' };
  }
  const run = /[A-Za-z0-9+/_-]{24,}={0,2}/.exec(text);
  if (run !== null && run[0].length === text.length && isDense(text))
    return {
      what: 'base64 characters that hold no payload',
      hint: 'the text is cut off or of something else: copy it again, or look at it with --encoding base64',
    };
  if (run !== null && isDense(run[0]))
    return {
      what: 'text with what may be base64 or hexadecimal in it',
      hint: "give that part alone: grep -oE '[A-Za-z0-9+/=]{24,}' FILE | dfx inspect",
    };
  return { what: 'text', hint: 'a payload is binary, base64 or hexadecimal; `dfx encode --sql` makes one of SQL' };
}

/** Upper and lower case in turn, with digits or signs in between: no word, no path, no identifier. */
function isDense(run: string): boolean {
  return (
    /[A-Z]/.test(run) && /[a-z]/.test(run) && (/[0-9+/=]/.test(run) || (run.match(/[a-z][A-Z]/g) ?? []).length > 4)
  );
}

/** Null where the bytes aren't UTF-8. */
function textOf(bytes: Uint8Array): string | null {
  const looked = bytes.subarray(0, LOOKED_AT);
  try {
    // a character that the limit cuts in two is no mistake
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(looked, {
      stream: looked.length < bytes.length,
    });
  } catch {
    return null;
  }
}
