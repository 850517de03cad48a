/** `regexp_replace`, with a constant pattern, replacement and flags. */
import type { DataType } from '../../../wire/arrow/types.ts';
import { Refusal } from '../refusal.ts';
import { callNode, nullInstead } from '../simplify.ts';
import type { Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import { constantText, eachMatch, preparePattern, withFlags } from './regex-pattern.ts';
import type { Matcher } from './regex-run.ts';
import { finished, isSet, nullScalar, rowCount, strictValidity, TextBuilder, texts } from './strings-rows.ts';
import { firstSignature } from './strings-types.ts';

/** Bytes, or the number of a group. */
type Piece = Uint8Array | number;

const encoder = new TextEncoder();

/**
 * The replacement taken apart: `\1` and `\\1` are group 1 as `${1}` is; `$name` reaches as far as letters, digits and underscores do, so
 * that `$1a` is the group named `1a`; `$$` is a dollar. A group that isn't there is empty.
 */
function parseReplacement(text: string, names: ReadonlyMap<string, number>, groups: number): readonly Piece[] {
  if (/\\[^\p{ASCII}]/u.test(text))
    throw new Refusal('regexp_replace', 'has a backslash before a letter of another script');
  let rest = text.replace(/\\{1,2}([0-9]+)/g, (_, digits: string) => `\${${digits}}`);
  const pieces: Piece[] = [];
  const literal = (part: string): void => {
    if (part !== '') pieces.push(encoder.encode(part));
  };
  for (;;) {
    const at = rest.indexOf('$');
    if (at < 0) break;
    literal(rest.slice(0, at));
    rest = rest.slice(at);
    if (rest[1] === '$') {
      literal('$');
      rest = rest.slice(2);
      continue;
    }
    const braced = rest[1] === '{' ? /^\$\{([^}]*)\}/.exec(rest) : null;
    const found = rest[1] === '{' ? braced : /^\$([0-9A-Za-z_]+)/.exec(rest);
    if (found === null) {
      literal('$');
      rest = rest.slice(1);
      continue;
    }
    const name = found[1] ?? '';
    if (!/^[0-9A-Za-z_]+$/.test(name)) throw new Refusal('regexp_replace', `names a group ${JSON.stringify(name)}`);
    const group = /^[0-9]+$/.test(name) ? Number(name) : names.get(name);
    if (group !== undefined && group < groups) pieces.push(group);
    rest = rest.slice(found[0].length);
  }
  literal(rest);
  return pieces;
}

/**
 * `^a(b)c.*$` replaced by its group: DataFusion 55 looks for the pattern without its end, and takes the group for the whole result unless
 * a line break follows. With alternatives, that isn't what the whole pattern gives.
 */
function shortened(pattern: string, replacement: string): Matcher | null {
  if (!/^(\\{1,2}1|\$\{1\})$/.test(replacement)) return null;
  const end = /^\^[\s\S]*?(\\*)\.\*\$$/.exec(pattern);
  // After an odd backslash the dot is one, and what is left is no pattern.
  if (end === null || (end[1] ?? '').length % 2 === 1) return null;
  const short = preparePattern('regexp_replace', pattern.slice(0, -3)).matcher;
  return short.program.groups === 2 ? short : null;
}

const NEWLINE = 0x0a;

export const regexpReplace: ScalarFunction = {
  name: 'regexp_replace',
  bind: (args) => {
    const kinds = ['Utf8View', 'LargeUtf8', 'Utf8'] as const;
    const cast = firstSignature('regexp_replace', args, [
      ...kinds.map((kind) => [kind, kind, kind]),
      ...kinds.map((kind) => [kind, kind, kind, kind]),
    ]);
    const [value, pattern, replacement, flag] = cast;
    const text = constantText('regexp_replace', 'pattern', pattern);
    const by = constantText('regexp_replace', 'replacement', replacement);
    const flags = flag === undefined ? '' : constantText('regexp_replace', 'flags', flag);
    const type: DataType = value?.type ?? { kind: 'Utf8' };
    if (value === undefined || text === null || by === null || flags === null) {
      return nullInstead('regexp_replace', type, cast);
    }
    const all = flags.includes('g');
    const whole = flag === undefined || flags === 'g' ? text : withFlags(flags.replaceAll('g', ''), text);
    const { matcher } = preparePattern('regexp_replace', whole);
    const pieces = parseReplacement(by, matcher.program.names, matcher.program.groups);
    const short = all ? null : shortened(whole, by);
    const write = (out: TextBuilder, data: Uint8Array, from: number, to: number): void => {
      if (short !== null && writeShort(out, short, data, from, to)) return;
      let copied = from;
      eachMatch(matcher, data, from, to, (slots) => {
        out.copy(data, copied, slots[0] ?? 0);
        for (const piece of pieces) {
          if (typeof piece !== 'number') out.copy(piece, 0, piece.length);
          else out.copy(data, slots[piece * 2] ?? 0, slots[piece * 2 + 1] ?? 0);
        }
        copied = slots[1] ?? 0;
        return all;
      });
      out.copy(data, copied, to);
    };
    const evaluate = (given: readonly Vector[], length: number): Vector => {
      const validity = strictValidity(given);
      if (validity === false) return nullScalar(type);
      const rows = rowCount(given, length);
      const { data, offsets } = texts(given[0]);
      const out = new TextBuilder(rows, (offsets[rows] ?? 0) - (offsets[0] ?? 0));
      for (let row = 0; row < rows; row++) {
        if (isSet(validity, row)) write(out, data, offsets[row] ?? 0, offsets[row + 1] ?? 0);
        out.end();
      }
      return finished(out.column(type, validity), given);
    };
    return callNode({ name: 'regexp_replace', type, nullable: true, args: [value], mayFail: false, evaluate });
  },
};

/** False where the whole pattern has to be run. */
function writeShort(out: TextBuilder, short: Matcher, data: Uint8Array, from: number, to: number): boolean {
  const slots = short.search(data, from, to, from);
  if (slots === null) {
    out.copy(data, from, to);
    return true;
  }
  for (let at = slots[1] ?? 0; at < to; at++) if (data[at] === NEWLINE) return false;
  out.copy(data, slots[2] ?? 0, slots[3] ?? 0);
  return true;
}
