/** Tables of texts, and random calls of text functions over them as SQL. */
import { type Column, isValid } from '../../../../src/io/index.ts';
import type { ArrowValue } from '../../../../src/wire/arrow/value-model.ts';
import { type Table, tableOf } from '../judge.ts';
import type { Random } from '../random-sql.ts';

const PIECES = [
  '', 'a', 'b', 'ab', 'A', 'B', 'Z', 'abc', ' ', '  ', '\t', '\n', '0', '7', '42', '_', '%', '\\', ',', '.', '-', '/',
  'é', 'É', 'e\u0301', 'ß', 'ẞ', 'ſ', 'K', 'k', 'İ', 'ı', 'i', 'Σ', 'σ', 'ς', 'ΑΣ', 'ﬁ', 'ǅ', 'ŉ', '日本', '語', '😀', '👩‍👩‍👧', '𐐀', '𐐨',
  '\u0000', '\u007f', '\u0345', 'ΐ', 'foo', 'Foo', 'bar', 'hello world', 'quick brown fox', '.*', '$', '^', "'",
]; // biome-ignore format: a table of pieces

export function randomText(random: Random, ascii = false): string {
  const size = random.pick([0, 1, 1, 2, 2, 3, 4, 6]);
  let text = '';
  for (let i = 0; i < size; i++) text += random.pick(PIECES);
  return ascii ? text.replace(/[^\x01-\x7f]/g, 'x') : text;
}

function column(random: Random, rows: number, make: () => ArrowValue, nulls = 6): ArrowValue[] {
  return Array.from({ length: rows }, () => (nulls > 0 && random.below(nulls) === 0 ? null : make()));
}

const EXTREMES = [
  0n, 1n, -1n, 2n, -2n, 3n, 5n, -5n, 100n, 2147483647n, 2147483648n, -2147483648n, 9007199254740993n,
  9223372036854775807n, -9223372036854775808n, -9223372036854775807n,
]; // biome-ignore format: a table of integers

/** `wild`: integers of all sizes; else such as strings have characters. */
export function textTable(random: Random, rows: number, { ascii = false, wild = false, nulls = 6 } = {}): Table {
  const text = (): string => randomText(random, ascii);
  const count = (): number => random.below(14) - 4;
  const integer = wild ? (): bigint => random.pick(EXTREMES) : (): bigint => BigInt(count());
  const { schema, batch } = tableOf([
    ['u', 'Utf8', column(random, rows, text, nulls)],
    ['l', 'LargeUtf8', column(random, rows, text, nulls)],
    ['v', 'Utf8View', column(random, rows, text, nulls)],
    ['t', 'Utf8', column(random, rows, () => random.pick(PIECES.slice(0, 20)), nulls)],
    ['x', 'Utf8View', column(random, rows, () => random.pick(PIECES), nulls)],
    ['k', 'Dictionary(Int32, Utf8)', column(random, rows, text, nulls)],
    ['m', 'Dictionary(UInt8, Utf8View)', column(random, rows, () => random.pick(PIECES), nulls)],
    ['n', 'Int64', column(random, rows, integer, nulls)],
    // Without the lengths that give gigabytes, or that the engine dies of.
    [
      'r',
      'Int64',
      column(
        random,
        rows,
        wild ? () => random.pick(EXTREMES.filter((value) => value <= 100n || value === 2147483648n)) : integer,
        nulls,
      ),
    ],
    ['p', 'Int64', column(random, rows, () => BigInt(1 + random.below(6)), nulls)],
    ['i', 'Int32', column(random, rows, () => count(), nulls)],
    ['b', 'UInt8', column(random, rows, () => random.below(10), nulls)],
    ['h', 'UInt64', column(random, rows, () => random.pick(EXTREMES.filter((value) => value >= 0n)), nulls)],
    ['d', 'Float64', column(random, rows, () => random.below(100) / 4, nulls)],
    ['q', 'Boolean', column(random, rows, () => random.below(2) === 0, nulls)],
  ]);
  return { schema, batch: { length: batch.length, columns: batch.columns.map(displaced) } };
}

/** Texts that don't start at the beginning of their bytes, with bytes under nulls: as slices and files have them. */
function displaced(given: Column): Column {
  if (given.layout !== 'string') return given;
  const junk = new TextEncoder().encode('junk é');
  const pieces: Uint8Array[] = [junk];
  const offsets = new Int32Array(given.length + 1);
  let at = junk.length;
  offsets[0] = at;
  for (let row = 0; row < given.length; row++) {
    const piece = isValid(given, row) ? given.data.subarray(given.offsets[row], given.offsets[row + 1]) : junk;
    pieces.push(piece);
    at += piece.length;
    offsets[row + 1] = at;
  }
  pieces.push(junk);
  return { ...given, offsets, data: Uint8Array.from(Buffer.concat(pieces)) };
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export class TextSource {
  constructor(private readonly random: Random) {}

  literal(): string {
    const { random } = this;
    if (random.below(12) === 0) return random.pick(['NULL', 'CAST(NULL AS VARCHAR)']);
    // A literal becomes part of a column's name, which must not hold a zero byte.
    return quoted((random.below(3) === 0 ? randomText(random) : random.pick(PIECES)).replaceAll('\0', ''));
  }

  text(): string {
    const { random } = this;
    if (random.below(25) === 0) return random.pick(['i', 'n', 'b', 'q', '12', '1.5', 'TRUE', 'd']);
    return random.below(4) === 0 ? this.literal() : random.pick(['u', 'l', 'v', 't', 'x', 'u', 'v', 'k', 'm']);
  }

  short(): string {
    return this.random.below(2) === 0 ? this.literal() : this.random.pick(['t', 'x', 't', 'x', 'u', 'v', 'l', 'm']);
  }

  integer(): string {
    const { random } = this;
    if (random.below(20) === 0) return random.pick(['NULL', 'b', 'h', "'2'"]);
    if (random.below(3) === 0) return String(random.below(14) - 4);
    return random.pick(['n', 'p', 'p', 'n', 'i', 'CAST(p AS INT)']);
  }

  call(): string {
    const t = (): string => this.text();
    const s = (): string => this.short();
    const n = (): string => this.integer();
    const form = this.random.pick(FORMS);
    return form.replace(/[TSNR]/g, (letter) => {
      if (letter === 'T') return t();
      if (letter === 'S') return s();
      return letter === 'N' ? n() : n().replace(/^[nh]$/, 'r');
    });
  }
}

/** In lower case but for T a text, S a shorter one, N an integer, R one for lengths of results. */
const FORMS = [
  'ascii(T)', 'bit_length(T)', 'octet_length(T)', 'character_length(T)', 'length(T)', 'char_length(T)',
  'btrim(T)', 'btrim(T, S)', 'trim(T)', 'ltrim(T)', 'ltrim(T, S)', 'rtrim(T)', 'rtrim(T, S)', 'chr(N)', 'concat(T)', 'concat(T, S)',
  'concat(T, S, T, N)', 'concat_ws(S, T, S)', 'concat_ws(S, T, N, T)', 'contains(T, S)', 'ends_with(T, S)', 'starts_with(T, S)',
  "find_in_set(S, T)", "find_in_set(S, 'a,b,,ab,é')", 'initcap(T)', 'left(T, N)', 'right(T, N)', 'levenshtein(T, S)', 'levenshtein(S, T)',
  'lower(T)', 'upper(T)', 'lpad(T, R)', 'lpad(T, R, S)', 'rpad(T, R)', 'rpad(T, R, S)', 'overlay(T, S, N)', 'overlay(T, S, N, N)',
  'overlay(T, S, p, N)', 'strpos(T, S)', 'position(S in T)', 'instr(T, S)', 'repeat(T, R)', 'repeat(T, p)', 'replace(T, S, S)', 'reverse(T)',
  'split_part(T, S, N)', 'split_part(T, S, p)', 'substr(T, N)', 'substr(T, N, N)', 'substr(T, N, p)', 'substring(T, N, p)', 'substr_index(T, S, N)',
  'substring_index(T, S, N)', 'to_hex(N)', 'translate(T, S, S)', 'T || S', 'S || T || N', "encode(T, 'base64')", "encode(T, 'base64pad')",
  "encode(T, 'hex')", "decode(encode(T, 'base64'), 'base64')", "decode(encode(T, 'base64pad'), 'base64')", "decode(encode(T, 'hex'), 'hex')",
  "decode(btrim(l, NULL), 'hex')", "encode(btrim(T, NULL), 'base64')", "decode(T, 'hex')", "decode(S, 'base64')", 'md5(T)', 'sha224(T)', 'sha256(T)', 'sha384(T)', 'sha512(T)', "digest(T, 'md5')",
  "digest(T, 'blake2b')", "digest(T, 'blake2s')", "digest(T, 'sha256')", "md5(arrow_cast(T, 'Binary'))", 'to_hex(h)', 'to_hex(i)', 'to_hex(b)', 'to_hex(n)',
  "substr(T, 2, 3) = 'a' and n > 1", "case when n > 0 then split_part(T, ',', -1) else lpad(T, 5, 'é') end", "n < 3 or rpad(T, -2) < 'b'",
  "overlay(T, S, 2) is null or regexp_count(T, 'a', 2) = 1", 'T LIKE S', 'T ILIKE S', 'T not like S', 'T not ilike S', "T LIKE '%' || S", "T LIKE S || '%'", "T LIKE '%' || S || '%'", "T ILIKE '%' || S || '%'",
]; // biome-ignore format: a table of calls
