/** A constant pattern of a payload, ready to run: as a plain search where it is a literal, else as an automaton. */
import { getBit, isValid, valueAt } from '../../../io/column.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import type { Vector } from '../vector.ts';
import { type ParsedRegex, PatternError, parseRegex, type Regex } from './regex-parse.ts';
import { compileRegex } from './regex-program.ts';
import { Matcher } from './regex-run.ts';
import { newBits, texts, writePoint } from './strings-rows.ts';
import { containsBits, equalBits, prefixBits, suffixBits } from './strings-scan.ts';

/** The text of a constant, null for a null; what isn't constant is refused. */
export function constantText(name: string, what: string, node: Node | undefined): string | null {
  if (node?.op !== 'constant') throw new Refusal(name, `takes its ${what} as a constant`);
  if (!isValid(node.value, 0)) return null;
  const value = valueAt(node.value, 0);
  if (typeof value !== 'string') throw new Refusal(name, `takes its ${what} as a text`);
  return value;
}

export interface Pattern {
  readonly matcher: Matcher;
  /** A backslash is looked for as itself. */
  readonly backslash: boolean;
  /** The rows that hold a match; the bits of rows without a value mean nothing. */
  readonly test: (haystack: Vector, rows: number) => Uint8Array;
}

export function preparePattern(name: string, text: string): Pattern {
  try {
    const parsed = parseRegex(text);
    const matcher = new Matcher(compileRegex(parsed));
    return { matcher, backslash: parsed.backslash, test: literalTest(parsed) ?? automatonTest(matcher) };
  } catch (error) {
    if (error instanceof PatternError) throw new Refusal(name, `its pattern ${error.message}`);
    throw error;
  }
}

function automatonTest(matcher: Matcher): Pattern['test'] {
  return (haystack, rows) => {
    const { data, offsets, step } = texts(haystack);
    const { validity } = haystack.column;
    const bits = newBits(rows);
    for (let row = 0; row < rows; row++) {
      const i = row * step;
      if (validity !== null && !getBit(validity, i)) continue;
      if (matcher.isMatch(data, offsets[i] ?? 0, offsets[i + 1] ?? 0)) {
        bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
      }
    }
    return bits;
  };
}

/** `foo`, `^foo`, `foo$` and `^foo$`, where nothing is more than one character. */
function literalTest({ root }: ParsedRegex): Pattern['test'] | null {
  const items: readonly Regex[] = root.kind === 'concat' ? root.items : [root];
  const first = items[0];
  const last = items[items.length - 1];
  const start = first?.kind === 'look' && first.look === 'start';
  const end = items.length > 1 && last?.kind === 'look' && last.look === 'end';
  const bytes = new Uint8Array(items.length * 4);
  let size = 0;
  for (const item of items.slice(start ? 1 : 0, end ? -1 : undefined)) {
    if (item.kind !== 'set' || item.ranges.length !== 2 || item.ranges[0] !== item.ranges[1]) return null;
    size = writePoint(bytes, size, item.ranges[0] ?? 0);
  }
  const needle = bytes.subarray(0, size);
  if (start) return (haystack, rows) => (end ? equalBits : prefixBits)(haystack, needle, rows);
  return (haystack, rows) => (end ? suffixBits : containsBits)(haystack, needle, rows);
}

/** The flags before the pattern, as the engine puts them there. */
export function withFlags(flags: string, pattern: string): string {
  return `(?${flags})${pattern}`;
}

/**
 * Matches one after another that don't overlap. An empty match where the last one ended doesn't count: the search goes on a character
 * later. `visit` gets the offsets of each, and ends it all by giving false. Texts without a match are told by the table of states, which
 * is far quicker than looking for the place.
 */
export function eachMatch(
  matcher: Matcher,
  data: Uint8Array,
  from: number,
  to: number,
  visit: (slots: Int32Array) => boolean,
): void {
  if (!matcher.isMatch(data, from, to)) return;
  let start = from;
  let lastEnd = -1;
  for (;;) {
    let slots = matcher.search(data, from, to, start);
    if (slots !== null && slots[0] === slots[1] && slots[1] === lastEnd) {
      start++;
      while (start < to && ((data[start] ?? 0) & 0xc0) === 0x80) start++;
      if (start > to) return;
      slots = matcher.search(data, from, to, start);
    }
    if (slots === null) return;
    lastEnd = slots[1] ?? 0;
    start = lastEnd;
    if (!visit(slots)) return;
  }
}
