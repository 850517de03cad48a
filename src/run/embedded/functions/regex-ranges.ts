/** Sets of code points as sorted ranges `from, to` (inclusive), and the classes that regular expressions name. */
import {
  alphabeticRanges,
  categoryRanges,
  foldOrbits,
  MAX_POINT,
  type Ranges,
  spaceRanges,
  wordRanges,
} from './unicode.ts';

export type { Ranges };

/** The union of ranges in any order, sorted, those that touch made one. */
export function union(ranges: Ranges): Ranges {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i] ?? 0, ranges[i + 1] ?? 0]);
  pairs.sort(([a], [b]) => a - b);
  const out: number[] = [];
  for (const [from, to] of pairs) {
    const last = out[out.length - 1];
    if (last !== undefined && from <= last + 1) out[out.length - 1] = Math.max(last, to);
    else out.push(from, to);
  }
  return out;
}

/** Everything else. Surrogates may be in it: no string has them. */
export function complement(ranges: Ranges): Ranges {
  const out: number[] = [];
  let next = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const from = ranges[i] ?? 0;
    if (from > next) out.push(next, from - 1);
    next = (ranges[i + 1] ?? 0) + 1;
  }
  if (next <= MAX_POINT) out.push(next, MAX_POINT);
  return out;
}

/** With all that simple case folding takes for the same. */
export function folded(ranges: Ranges): Ranges {
  const orbits = foldOrbits();
  const out = [...ranges];
  if (ranges.length === 2 && ranges[0] === ranges[1]) {
    for (const point of orbits.get(ranges[0] ?? 0) ?? []) out.push(point, point);
    return union(out);
  }
  for (const [point, orbit] of orbits) {
    if (holds(ranges, point)) for (const other of orbit) out.push(other, other);
  }
  return union(out);
}

export function holds(ranges: Ranges, point: number): boolean {
  let low = 0;
  let high = ranges.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle * 2 + 1] ?? 0) < point) low = middle + 1;
    else high = middle;
  }
  return low * 2 < ranges.length && (ranges[low * 2] ?? 0) <= point;
}

/** `\d`, `\s` and `\w`, all of Unicode. */
export function perlClass(letter: string): Ranges {
  if (letter === 'd') return categoryRanges('Nd') ?? [];
  return letter === 's' ? spaceRanges() : wordRanges();
}

const ASCII_CLASSES = new Map<string, string>([
  ['alnum', '09AZaz'],
  ['alpha', 'AZaz'],
  ['ascii', '\x00\x7f'],
  ['blank', '\t\t  '],
  ['cntrl', '\x00\x1f\x7f\x7f'],
  ['digit', '09'],
  ['graph', '!~'],
  ['lower', 'az'],
  ['print', ' ~'],
  ['punct', '!/:@[`{~'],
  ['space', '\t\r  '],
  ['upper', 'AZ'],
  ['word', '09AZ__az'],
  ['xdigit', '09AFaf'],
]);

/** `[:alpha:]` and its like, null for another name. */
export function asciiClass(name: string): Ranges | null {
  const ends = ASCII_CLASSES.get(name);
  return ends === undefined ? null : Array.from(ends, (end) => end.codePointAt(0) ?? 0);
}

const LONG_NAMES = new Map<string, string>([
  ['letter', 'L'],
  ['casedletter', 'LC'],
  ['uppercaseletter', 'Lu'],
  ['lowercaseletter', 'Ll'],
  ['titlecaseletter', 'Lt'],
  ['modifierletter', 'Lm'],
  ['otherletter', 'Lo'],
  ['mark', 'M'],
  ['nonspacingmark', 'Mn'],
  ['spacingmark', 'Mc'],
  ['enclosingmark', 'Me'],
  ['number', 'N'],
  ['decimalnumber', 'Nd'],
  ['letternumber', 'Nl'],
  ['othernumber', 'No'],
  ['punctuation', 'P'],
  ['connectorpunctuation', 'Pc'],
  ['dashpunctuation', 'Pd'],
  ['openpunctuation', 'Ps'],
  ['closepunctuation', 'Pe'],
  ['initialpunctuation', 'Pi'],
  ['finalpunctuation', 'Pf'],
  ['otherpunctuation', 'Po'],
  ['symbol', 'S'],
  ['mathsymbol', 'Sm'],
  ['currencysymbol', 'Sc'],
  ['modifiersymbol', 'Sk'],
  ['othersymbol', 'So'],
  ['separator', 'Z'],
  ['spaceseparator', 'Zs'],
  ['lineseparator', 'Zl'],
  ['paragraphseparator', 'Zp'],
]);
const SHORT_NAMES = new Map(
  'L LC Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp'
    .split(' ')
    .map((name) => [name.toLowerCase(), name]),
);

/** `\p{…}` of general categories and of `Alphabetic`; null for another property. Letter case, `_`, `-` and spaces don't count. */
export function unicodeClass(name: string): Ranges | null {
  const plain = name.replace(/[ _-]/g, '').toLowerCase();
  if (plain === 'alphabetic' || plain === 'alpha') return alphabeticRanges();
  const category = SHORT_NAMES.get(plain) ?? LONG_NAMES.get(plain);
  return category === undefined ? null : categoryRanges(category);
}
