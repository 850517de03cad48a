/** `regexp_like`, `regexp_match`, `regexp_count` and `regexp_instr`, with constant patterns and flags. */
import type { Column } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, nullInstead } from '../simplify.ts';
import { INT64, type StringKind } from '../types.ts';
import type { Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import { matchNode, regexNode } from './regex.ts';
import { constantText, eachMatch, preparePattern, withFlags } from './regex-pattern.ts';
import { regexpReplace } from './regex-replace.ts';
import {
  charCount,
  finished,
  isSet,
  nullScalar,
  numbers,
  rowCount,
  skipChars,
  strictValidity,
  TextBuilder,
  texts,
} from './strings-rows.ts';
import { firstSignature, isAtLeast, stringArgument, takeArguments } from './strings-types.ts';

const KINDS: readonly StringKind[] = ['Utf8View', 'Utf8', 'LargeUtf8'];

const regexpLike: ScalarFunction = {
  name: 'regexp_like',
  bind: (args) => {
    takeArguments('regexp_like', args, 2, 3);
    const [value, pattern, flag] = args.map((arg) => stringArgument('regexp_like', arg));
    if (value === undefined || pattern === undefined) throw new Refusal('regexp_like', 'has too few arguments');
    const flags = flag === undefined ? '' : constantText('regexp_like', 'flags', flag);
    if (flags === null) throw new Refusal('regexp_like', 'has null flags');
    if (flags.includes('g')) throw new Refusal('regexp_like', 'takes no global flag');
    const operator = flag === undefined || flag.type.kind === 'Utf8';
    if (operator && (flags === '' || flags === 'i')) {
      const form = { insensitive: flags === 'i', negated: false, rewritten: true };
      return regexNode('regexp_like', value, pattern, form);
    }
    const text = constantText('regexp_like', 'pattern', pattern);
    if (text === null) throw new Refusal('regexp_like', 'has a null pattern');
    return matchNode('regexp_like', value, preparePattern('regexp_like', withFlags(flags, text)), false);
  },
};

function listOf(type: DataType): DataType {
  return { kind: 'List', item: { name: 'item', type, nullable: true, metadata: [] } };
}

/** The groups of the first match that took part, or all of it where there are none. */
const regexpMatch: ScalarFunction = {
  name: 'regexp_match',
  bind: (args) => {
    const cast = firstSignature('regexp_match', args, [
      ...KINDS.map((kind) => [kind, kind]),
      ...KINDS.map((kind) => [kind, kind, kind]),
    ]);
    const [value, pattern, flag] = cast;
    if (value === undefined) throw new Refusal('regexp_match', 'has too few arguments');
    const text = constantText('regexp_match', 'pattern', pattern);
    const flags = flag === undefined ? null : constantText('regexp_match', 'flags', flag);
    if (text === null || (flag !== undefined && flags === null)) {
      throw new Refusal('regexp_match', 'has a null pattern or null flags');
    }
    const { matcher } = preparePattern('regexp_match', flags === null ? text : withFlags(flags, text));
    const itemType = value.type;
    const type = listOf(itemType);
    const first = matcher.program.groups > 1 ? 1 : 0;
    const evaluate = (given: readonly Vector[], length: number): Vector => {
      const validity = strictValidity(given);
      if (validity === false) return { column: nullColumn(type, 1), scalar: true };
      const rows = rowCount(given, length);
      const { data, offsets } = texts(given[0]);
      const pieces: number[] = [];
      const ends = new Int32Array(rows + 1);
      const bits = new Uint8Array((rows + 7) >> 3);
      for (let row = 0; row < rows; row++) {
        const from = offsets[row] ?? 0;
        const to = offsets[row + 1] ?? 0;
        const some = isSet(validity, row) && matcher.isMatch(data, from, to);
        const slots = some ? matcher.search(data, from, to, from) : null;
        if (slots !== null) {
          bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
          for (let group = first; group < matcher.program.groups; group++) {
            const start = slots[group * 2] ?? -1;
            if (start >= 0) pieces.push(start, slots[group * 2 + 1] ?? start);
          }
        }
        ends[row + 1] = pieces.length >> 1;
      }
      const items = new TextBuilder(pieces.length >> 1, pieces.length * 4);
      for (let i = 0; i < pieces.length; i += 2) {
        items.copy(data, pieces[i] ?? 0, pieces[i + 1] ?? 0);
        items.end();
      }
      const item: Column = items.column(itemType, null);
      return finished({ layout: 'list', type, length: rows, validity: bits, offsets: ends, item }, given);
    };
    return callNode({ name: 'regexp_match', type, nullable: true, args: [value], mayFail: false, evaluate });
  },
};

/** The pattern with its flags, as `regexp_count` and `regexp_instr` put them together; null where one of them is null. */
function flagged(name: string, pattern: Node | undefined, flag: Node | undefined): string | null {
  const text = constantText(name, 'pattern', pattern);
  const flags = flag === undefined ? '' : constantText(name, 'flags', flag);
  if (text === null || flags === null) return null;
  if (flags.includes('g')) throw new Refusal(name, 'takes no global flag');
  return flags === '' ? text : withFlags(flags, text);
}

const regexpCount: ScalarFunction = {
  name: 'regexp_count',
  bind: (args) => {
    const [value, pattern, start, flag] = firstSignature('regexp_count', args, [
      ...(['Utf8View', 'LargeUtf8', 'Utf8'] as const).map((kind) => [kind, kind]),
      ...(['Utf8View', 'LargeUtf8', 'Utf8'] as const).map((kind) => [kind, kind, 'Int64'] as const),
      ...(['Utf8View', 'LargeUtf8', 'Utf8'] as const).map((kind) => [kind, kind, 'Int64', kind] as const),
    ]);
    const text = flagged('regexp_count', pattern, flag);
    const taken = [value, start].filter((arg) => arg !== undefined);
    if (value === undefined || text === null) return nullInstead('regexp_count', INT64, taken);
    const { matcher } = preparePattern('regexp_count', text);
    const evaluate = (given: readonly Vector[], length: number): Vector => {
      const validity = strictValidity(given);
      if (validity === false) return nullScalar(INT64);
      const rows = rowCount(given, length);
      const { data, offsets, step } = texts(given[0]);
      const starts = given[1] === undefined ? null : numbers(given[1]);
      const values = new Float64Array(rows);
      for (let row = 0; row < rows; row++) {
        if (!isSet(validity, row)) continue;
        const first = starts === null ? 1 : (starts.values[row * starts.step] ?? 1);
        if (first < 1) throw new DfxError('EXECUTION', 'regexp_count() requires start to be 1 based');
        const from = offsets[row * step] ?? 0;
        const to = offsets[row * step + 1] ?? 0;
        if (first - 1 > charCount(data, from, to)) continue;
        let count = 0;
        eachMatch(matcher, data, skipChars(data, from, to, first - 1), to, () => {
          count++;
          return true;
        });
        values[row] = count;
      }
      return finished({ layout: 'numeric', type: INT64, length: rows, validity, values }, given);
    };
    const mayFail = start !== undefined && !isAtLeast(start, 1);
    return callNode({ name: 'regexp_count', type: INT64, nullable: true, args: taken, mayFail, evaluate });
  },
};

const regexpInstr: ScalarFunction = {
  name: 'regexp_instr',
  bind: (args) => {
    const each = (
      build: (kind: StringKind) => readonly (StringKind | 'Int64')[],
    ): (readonly (StringKind | 'Int64')[])[] => (['Utf8View', 'LargeUtf8', 'Utf8'] as const).map(build);
    const [value, pattern, start, nth, flag, group] = firstSignature('regexp_instr', args, [
      ...each((kind) => [kind, kind]),
      ...each((kind) => [kind, kind, 'Int64']),
      ...each((kind) => [kind, kind, 'Int64', 'Int64']),
      ...each((kind) => [kind, kind, 'Int64', 'Int64', kind]),
      ...each((kind) => [kind, kind, 'Int64', 'Int64', kind, 'Int64']),
    ]);
    const text = flagged('regexp_instr', pattern, flag);
    const taken = [value, start, nth, group].filter((arg) => arg !== undefined);
    if (value === undefined || text === null) return nullInstead('regexp_instr', INT64, taken);
    const { matcher } = preparePattern('regexp_instr', text);
    const evaluate = (given: readonly Vector[], length: number): Vector => {
      const validity = strictValidity(given);
      if (validity === false) return nullScalar(INT64);
      const rows = rowCount(given, length);
      const { data, offsets, step } = texts(given[0]);
      const [starts, nths, groups] = [1, 2, 3].map((i) => (given[i] === undefined ? null : numbers(given[i])));
      const values = new Float64Array(rows);
      for (let row = 0; row < rows; row++) {
        if (!isSet(validity, row)) continue;
        const first = starts ? (starts.values[row * starts.step] ?? 1) : 1;
        const wanted = nths ? (nths.values[row * nths.step] ?? 1) : 1;
        const inner = groups ? (groups.values[row * groups.step] ?? 0) : 0;
        if (first < 1) throw new DfxError('EXECUTION', 'regexp_instr() requires start to be 1-based');
        if (wanted < 1) throw new DfxError('EXECUTION', 'N must be 1 or greater');
        const from = offsets[row * step] ?? 0;
        const to = offsets[row * step + 1] ?? 0;
        if (first - 1 > charCount(data, from, to)) continue;
        const begin = skipChars(data, from, to, first - 1);
        let found = -1;
        let left = inner > 0 ? 1 : wanted;
        eachMatch(matcher, data, begin, to, (slots) => {
          if (--left > 0) return true;
          found = inner > 0 ? (slots[inner * 2] ?? -1) : (slots[0] ?? -1);
          return false;
        });
        if (found >= 0) values[row] = charCount(data, from, found) + 1;
      }
      return finished({ layout: 'numeric', type: INT64, length: rows, validity, values }, given);
    };
    const mayFail = [start, nth].some((arg) => arg !== undefined && !isAtLeast(arg, 1));
    return callNode({ name: 'regexp_instr', type: INT64, nullable: true, args: taken, mayFail, evaluate });
  },
};

export const REGEX_FUNCTIONS: readonly ScalarFunction[] = [
  regexpLike,
  regexpMatch,
  regexpCount,
  regexpInstr,
  regexpReplace,
];
