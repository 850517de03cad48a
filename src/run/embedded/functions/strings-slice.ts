/** Functions that give a part of a string: trims, `left`, `right`, `substr`, `split_part`, `substr_index`. */
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import type { Node } from '../nodes.ts';
import { callNode } from '../simplify.ts';
import type { Vector } from '../vector.ts';
import type { Call, ScalarFunction } from './define.ts';
import {
  find,
  findLast,
  finished,
  integerText,
  isSet,
  nullScalar,
  numbers,
  pointAt,
  rowCount,
  skipChars,
  skipCharsBack,
  strictValidity,
  TextBuilder,
  texts,
  widthOf,
} from './strings-rows.ts';
import {
  firstSignature,
  integerArgument,
  isAtLeast,
  keepingDictionary,
  keptArgument,
  stringArgument,
  takeArguments,
} from './strings-types.ts';

/** Where a row's part starts and ends. */
interface Part {
  from: number;
  to: number;
}

/** Narrows `part`, which is the whole string of `row` on entry. Made once a batch. */
type Slicer = (data: Uint8Array, part: Part, row: number) => void;

function sliced(
  name: string,
  type: DataType,
  args: readonly Node[],
  mayFail: boolean,
  slicer: (args: readonly Vector[]) => Slicer,
): Node {
  return callNode(slicing(name, type, args, mayFail, slicer));
}

function slicing(
  name: string,
  type: DataType,
  args: readonly Node[],
  mayFail: boolean,
  slicer: (args: readonly Vector[]) => Slicer,
): Call {
  const evaluate = (given: readonly Vector[], length: number): Vector => {
    const validity = strictValidity(given);
    if (validity === false) return nullScalar(type);
    const rows = rowCount(given, length);
    const { data, offsets, step } = texts(given[0]);
    const slice = slicer(given);
    const part: Part = { from: 0, to: 0 };
    const size = step === 1 ? (offsets[rows] ?? 0) - (offsets[0] ?? 0) : 0;
    const out = new TextBuilder(rows, size);
    for (let row = 0; row < rows; row++) {
      if (isSet(validity, row)) {
        part.from = offsets[row * step] ?? 0;
        part.to = offsets[row * step + 1] ?? 0;
        slice(data, part, row);
        out.copy(data, part.from, part.to);
      }
      out.end();
    }
    return finished(out.column(type, validity), given);
  };
  return { name, type, nullable: true, args, mayFail, evaluate };
}

type Sides = 'left' | 'right' | 'both';

function trim(name: string, aliases: readonly string[], sides: Sides): ScalarFunction {
  return {
    name,
    aliases,
    bind: (args) => {
      takeArguments(name, args, 1, 2);
      const [only] = args;
      if (args.length === 1 && only !== undefined) {
        const argument = keptArgument(name, only);
        return keepingDictionary(argument, (type) =>
          slicing(name, type, [argument], false, (given) => trimmer(given[1], sides)),
        );
      }
      const strings = args.map((arg) => stringArgument(name, arg));
      const type = strings[0]?.type ?? { kind: 'Utf8' };
      return sliced(name, type, strings, false, (given) => trimmer(given[1], sides));
    },
  };
}

function trimmer(characters: Vector | undefined, sides: Sides): Slicer {
  if (characters === undefined) return trimSet(new Set([0x20]), sides);
  const { data, offsets, step } = texts(characters);
  const setOf = (row: number): Set<number> => {
    const set = new Set<number>();
    const end = offsets[row + 1] ?? 0;
    for (let at = offsets[row] ?? 0; at < end; at += widthOf(data[at] ?? 0)) set.add(pointAt(data, at));
    return set;
  };
  if (step === 0) return trimSet(setOf(0), sides);
  return (source, part, row) => trimSet(setOf(row), sides)(source, part, row);
}

function trimSet(set: ReadonlySet<number>, sides: Sides): Slicer {
  const [only] = set;
  if (set.size === 1 && only !== undefined && only < 0x80) {
    return (data, part) => {
      if (sides !== 'right') while (part.from < part.to && data[part.from] === only) part.from++;
      if (sides !== 'left') while (part.to > part.from && data[part.to - 1] === only) part.to--;
    };
  }
  return (data, part) => {
    if (sides !== 'right') {
      while (part.from < part.to && set.has(pointAt(data, part.from))) part.from += widthOf(data[part.from] ?? 0);
    }
    if (sides !== 'left') {
      while (part.to > part.from) {
        const last = skipCharsBack(data, part.from, part.to, 1);
        if (!set.has(pointAt(data, last))) break;
        part.to = last;
      }
    }
  };
}

const LOWEST = -(2 ** 63);

/** `left` and `right`: of a negative count, all but so many characters of the other end. */
function end(name: 'left' | 'right'): ScalarFunction {
  return {
    name,
    bind: (args) => {
      const cast = firstSignature(name, args, [
        ['Utf8View', 'Int64'],
        ['Utf8', 'Int64'],
        ['LargeUtf8', 'Int64'],
      ]);
      const type = cast[0]?.type ?? { kind: 'Utf8' };
      return sliced(name, type, cast, false, (given) => {
        const { values, step } = numbers(given[1]);
        return (data, part, row) => {
          const count = values[row * step] ?? 0;
          if (name === 'left') {
            part.to =
              count >= 0 ? skipChars(data, part.from, part.to, count) : skipCharsBack(data, part.from, part.to, -count);
          } else {
            part.from =
              count >= 0 ? skipCharsBack(data, part.from, part.to, count) : skipChars(data, part.from, part.to, -count);
          }
        };
      });
    },
  };
}

const substr: ScalarFunction = {
  name: 'substr',
  aliases: ['substring'],
  bind: (args) => {
    takeArguments('substr', args, 2, 3);
    const [string, ...positions] = args;
    const cast = [
      stringArgument('substr', string),
      ...positions.map((position) => integerArgument('substr', position, 'Int32')),
    ];
    const counted = cast[2] === undefined || isAtLeast(cast[2], 0);
    const mayFail = !counted || !isAtLeast(cast[1], Number.MIN_SAFE_INTEGER);
    return sliced('substr', cast[0]?.type ?? { kind: 'Utf8' }, cast, mayFail, (given) => {
      const starts = numbers(given[1]);
      const counts = given[2] === undefined ? null : numbers(given[2]);
      return (data, part, row) => {
        const count = counts === null ? null : (counts.values[row * counts.step] ?? 0);
        if (count !== null && count < 0) {
          throw new DfxError('EXECUTION', `negative count not allowed: ${integerText(given[2], row)}`);
        }
        const start = starts.values[row * starts.step] ?? 0;
        if (start === LOWEST && integerText(given[1], row) === '-9223372036854775808') {
          throw new DfxError('EXECUTION', 'start position overflow: -9223372036854775808');
        }
        const from = Math.max(0, start - 1);
        // Of a sum beyond 64 bits the engine takes the greatest integer, which is past every string's end too.
        const to = Math.max(0, start - 1 + (count ?? 0));
        const first = skipChars(data, part.from, part.to, from);
        part.to = count === null ? part.to : skipChars(data, first, part.to, Math.max(0, to - from));
        part.from = first;
      };
    });
  },
};

const splitPart: ScalarFunction = {
  name: 'split_part',
  bind: (args) => {
    takeArguments('split_part', args, 3);
    const cast = [
      stringArgument('split_part', args[0]),
      stringArgument('split_part', args[1]),
      integerArgument('split_part', args[2], 'integers'),
    ];
    const [, , place] = cast;
    const mayFail = !isAtLeast(place, 1) && (!isAtLeast(place, Number.MIN_SAFE_INTEGER) || isAtLeast(place, 0));
    return sliced('split_part', cast[0]?.type ?? { kind: 'Utf8' }, cast, mayFail, (given) => {
      const delimiters = texts(given[1]);
      const { values, step } = numbers(given[2]);
      const fixed = step === 0 && delimiters.step === 0 && given[0]?.scalar === false;
      if (fixed && values[0] === 0 && (given[0]?.column.length ?? 0) > 0) {
        // Looked at before any row, so that a column of nulls is no way out.
        throw new DfxError('EXECUTION', 'field position must not be zero');
      }
      return (data, part, row) => {
        const count = values[row * step] ?? 0;
        if (count === 0) throw new DfxError('EXECUTION', 'field position must not be zero');
        const d = row * delimiters.step;
        const start = delimiters.offsets[d] ?? 0;
        const stop = delimiters.offsets[d + 1] ?? 0;
        if (start === stop) {
          if (count !== 1 && count !== -1) part.to = part.from;
        } else if (count > 0) {
          splitForward(data, part, delimiters.data, start, stop, count - 1);
        } else {
          splitBackward(data, part, delimiters.data, start, stop, -count - 1);
        }
      };
    });
  },
};

function splitForward(
  data: Uint8Array,
  part: Part,
  delimiter: Uint8Array,
  start: number,
  stop: number,
  skip: number,
): void {
  const { to } = part;
  for (let left = skip; left > 0; left--) {
    const at = find(data, part.from, to, delimiter, start, stop);
    if (at < 0) {
      part.to = part.from;
      return;
    }
    part.from = at + stop - start;
  }
  const at = find(data, part.from, to, delimiter, start, stop);
  if (at >= 0) part.to = at;
}

function splitBackward(
  data: Uint8Array,
  part: Part,
  delimiter: Uint8Array,
  start: number,
  stop: number,
  skip: number,
): void {
  const { from } = part;
  for (let left = skip; left > 0; left--) {
    const at = findLast(data, from, part.to, delimiter, start, stop);
    if (at < 0) {
      part.to = part.from;
      return;
    }
    part.to = at;
  }
  const at = findLast(data, from, part.to, delimiter, start, stop);
  if (at >= 0) part.from = at + stop - start;
}

const substrIndex: ScalarFunction = {
  name: 'substr_index',
  aliases: ['substring_index'],
  bind: (args) => {
    const cast = firstSignature('substr_index', args, [
      ['Utf8View', 'Utf8View', 'Int64'],
      ['Utf8', 'Utf8', 'Int64'],
      ['LargeUtf8', 'LargeUtf8', 'Int64'],
    ]);
    return sliced('substr_index', cast[0]?.type ?? { kind: 'Utf8' }, cast, false, (given) => {
      const delimiters = texts(given[1]);
      const { values, step } = numbers(given[2]);
      return (data, part, row) => {
        const count = values[row * step] ?? 0;
        const d = row * delimiters.step;
        const start = delimiters.offsets[d] ?? 0;
        const stop = delimiters.offsets[d + 1] ?? 0;
        if (count === 0 || start === stop) {
          part.to = part.from;
          return;
        }
        const bytes = delimiters.data;
        if (count > 0) {
          let at = part.from - (stop - start);
          for (let left = count; left > 0; left--) {
            at = find(data, at + stop - start, part.to, bytes, start, stop);
            if (at < 0) return;
          }
          part.to = at;
        } else {
          let at = part.to;
          for (let left = -count; left > 0; left--) {
            at = findLast(data, part.from, at, bytes, start, stop);
            if (at < 0) return;
          }
          part.from = at + stop - start;
        }
      };
    });
  },
};

export const SLICING: readonly ScalarFunction[] = [
  trim('btrim', ['trim'], 'both'),
  trim('ltrim', [], 'left'),
  trim('rtrim', [], 'right'),
  end('left'),
  end('right'),
  substr,
  splitPart,
  substrIndex,
];
