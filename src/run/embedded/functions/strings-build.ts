/** Functions that build strings: `concat`, `concat_ws`, `||`, `repeat`, `reverse`, `overlay`, `replace`, `translate`. */
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, isNullConstant, nullInstead } from '../simplify.ts';
import { isBinary } from '../types.ts';
import type { Vector } from '../vector.ts';
import type { Call, ScalarFunction } from './define.ts';
import { type JoinedPart, joinParts } from './strings-join.ts';
import {
  charCount,
  find,
  finished,
  integerText,
  isSet,
  nullScalar,
  numbers,
  pointAt,
  rowCount,
  skipChars,
  strictValidity,
  TextBuilder,
  type Texts,
  texts,
  widthOf,
} from './strings-rows.ts';
import {
  anyAsString,
  builtType,
  firstSignature,
  integerArgument,
  isAtLeast,
  keepingDictionary,
  stringArgument,
  takeArguments,
  unpacked,
  widestString,
} from './strings-types.ts';

/** Writes one row. Made once a batch. */
type Writer = (out: TextBuilder, row: number) => void;

/** A string function that is null where an argument is. */
function built(
  name: string,
  type: DataType,
  args: readonly Node[],
  mayFail: boolean,
  writer: (args: readonly Vector[]) => Writer,
): Node {
  return callNode(building(name, type, args, mayFail, writer, true));
}

function building(
  name: string,
  type: DataType,
  args: readonly Node[],
  mayFail: boolean,
  writer: (args: readonly Vector[]) => Writer,
  nullable: boolean,
): Call {
  const evaluate = (given: readonly Vector[], length: number): Vector => {
    const validity = strictValidity(given);
    if (validity === false) return nullScalar(type);
    const rows = rowCount(given, length);
    const write = writer(given);
    const { offsets, step } = texts(given[0]);
    const size = step === 1 ? (offsets[rows] ?? 0) - (offsets[0] ?? 0) : (offsets[1] ?? 0) * Math.min(rows, 1024);
    const out = new TextBuilder(rows, size + (size >> 2));
    for (let row = 0; row < rows; row++) {
      if (isSet(validity, row)) write(out, row);
      out.end();
    }
    return finished(out.column(type, validity), given);
  };
  return { name, type, nullable, args, mayFail, evaluate };
}

function copyRow(out: TextBuilder, { data, offsets, step }: Texts, row: number): void {
  out.copy(data, offsets[row * step] ?? 0, offsets[row * step + 1] ?? 0);
}

/** `||`: both sides in the type that the binder coerced them to; null where a side is. */
export function concatNode(left: Node, right: Node): Node {
  const args = [left, right];
  const { type } = left;
  const evaluate = (given: readonly Vector[], length: number): Vector => {
    const validity = strictValidity(given);
    if (validity === false) return nullScalar(type);
    const rows = rowCount(given, length);
    return finished(joinParts(given.map(part), type, rows, validity), given);
  };
  const nullable = left.nullable || right.nullable;
  return callNode({ name: '||', type, nullable, args, mayFail: false, evaluate });
}

function part(vector: Vector): JoinedPart {
  const { column } = vector;
  return { ...texts(vector), validity: column.layout === 'null' ? new Uint8Array(1) : column.validity };
}

/** Strings of the widest type among the arguments; anything else as the string that a cast makes of it. */
function joinable(name: string, args: readonly Node[]): readonly Node[] {
  const binary = args.find(({ type }) => isBinary(type.kind) || type.kind === 'FixedSizeBinary');
  if (binary !== undefined) throw new Refusal(name, `of ${binary.type.kind} isn't supported`);
  const type = widestString(args.map((arg) => arg.type));
  return args.map((arg) => castTo(unpacked(name, arg), type));
}

function isConstant(node: Node | undefined): boolean {
  return node?.op === 'constant';
}

function present(part: JoinedPart, row: number): boolean {
  return isSet(part.validity, row * part.step);
}

/** Nulls are left out: the result is never null. */
const concat: ScalarFunction = {
  name: 'concat',
  bind: (args) => {
    if (args.length === 0) throw new Refusal('concat', 'takes at least one argument');
    const cast = joinable('concat', args);
    const type = cast[0]?.type ?? { kind: 'Utf8' };
    const evaluate = (given: readonly Vector[], length: number): Vector => {
      const rows = rowCount(given, length);
      return finished(joinParts(given.map(part), type, rows, null), given);
    };
    return callNode({ name: 'concat', type, nullable: true, args: cast, mayFail: false, evaluate });
  },
};

/** Nulls are left out with their separators; null where the separator is. */
const concatWs: ScalarFunction = {
  name: 'concat_ws',
  bind: (args) => {
    if (args.length < 2) throw new Refusal('concat_ws', 'takes at least two arguments');
    const cast = joinable('concat_ws', args);
    if (!cast.slice(1).some((arg) => !isNullConstant(arg)) && !isConstant(cast[0])) {
      // The optimizer takes null literals away, and the engine then misses the second argument.
      throw new Refusal('concat_ws', 'has nothing but nulls to join');
    }
    const type = cast[0]?.type ?? { kind: 'Utf8' };
    const [separator] = cast;
    if (separator !== undefined && isNullConstant(separator)) return nullInstead('concat_ws', type, cast.slice(1));
    const evaluate = (given: readonly Vector[], length: number): Vector => {
      const [separators, ...values] = given;
      const validity = separators === undefined ? false : strictValidity([separators]);
      if (validity === false || separators === undefined) return nullScalar(type);
      const rows = rowCount(given, length);
      const between = texts(separators);
      const parts = values.map(part);
      const out = new TextBuilder(rows, rows * 8);
      for (let row = 0; row < rows; row++) {
        if (isSet(validity, row * between.step)) {
          let first = true;
          for (const each of parts) {
            if (!present(each, row)) continue;
            if (!first) copyRow(out, between, row);
            copyRow(out, each, row);
            first = false;
          }
        }
        out.end();
      }
      return finished(out.column(type, separators.scalar ? null : validity), given);
    };
    return callNode({ name: 'concat_ws', type, nullable: true, args: cast, mayFail: false, evaluate });
  },
};

const repeat: ScalarFunction = {
  name: 'repeat',
  bind: (args) => {
    takeArguments('repeat', args, 2);
    const cast = [stringArgument('repeat', args[0]), integerArgument('repeat', args[1], 'integers')];
    const type = cast[0]?.type ?? { kind: 'Utf8' };
    if (cast.some(isNullConstant)) return nullInstead('repeat', type, cast);
    return built('repeat', type, cast, true, (given) => {
      const { data, offsets, step } = texts(given[0]);
      const counts = numbers(given[1]);
      return (out, row) => {
        const from = offsets[row * step] ?? 0;
        const to = offsets[row * step + 1] ?? 0;
        const count = counts.values[row * counts.step] ?? 0;
        if (count <= 0 || from === to) return;
        const size = (to - from) * count;
        if (size > 0x7fffffff) throw tooLong(type, to - from, integerText(given[1], row));
        out.copies(data, from, to, count);
      };
    });
  },
};

function tooLong(type: DataType, size: number, count: string): DfxError {
  const limit = type.kind === 'LargeUtf8' ? 2n ** 63n - 1n : 2n ** 31n - 1n;
  const wanted = BigInt(size) * BigInt(count);
  const shown = wanted > 2n ** 64n - 1n ? 2n ** 64n - 1n : wanted;
  return new DfxError('EXECUTION', `string size overflow on repeat, max size is ${limit}, but got ${shown}`);
}

const reverse: ScalarFunction = {
  name: 'reverse',
  bind: (args) => {
    takeArguments('reverse', args, 1);
    const [argument] = args;
    if (argument === undefined) throw new Refusal('reverse', 'has too few arguments');
    const string = anyAsString('reverse', argument);
    return keepingDictionary(string, (type) => building('reverse', type, [string], false, reverser, true));
  },
};

function reverser(given: readonly Vector[]): Writer {
  const { data, offsets, step } = texts(given[0]);
  return (out, row) => {
    const from = offsets[row * step] ?? 0;
    let at = offsets[row * step + 1] ?? 0;
    out.reserve(at - from);
    while (at > from) {
      const end = at--;
      while (at > from && ((data[at] ?? 0) & 0xc0) === 0x80) at--;
      for (let i = at; i < end; i++) out.data[out.at++] = data[i] ?? 0;
    }
  };
}

const STRINGS = ['Utf8View', 'Utf8', 'LargeUtf8'] as const;

const overlay: ScalarFunction = {
  name: 'overlay',
  bind: (args) => {
    const cast = firstSignature('overlay', args, [
      ...STRINGS.map((kind) => [kind, kind, 'Int64', 'Int64'] as const),
      ...STRINGS.map((kind) => [kind, kind, 'Int64'] as const),
    ]);
    const type = builtType(cast[0]?.type ?? { kind: 'Utf8' });
    return built('overlay', type, cast, !isAtLeast(cast[2], 1), (given) => {
      const { data, offsets, step } = texts(given[0]);
      const news = texts(given[1]);
      const starts = numbers(given[2]);
      const counts = given[3] === undefined ? null : numbers(given[3]);
      return (out, row) => {
        const from = offsets[row * step] ?? 0;
        const to = offsets[row * step + 1] ?? 0;
        const start = starts.values[row * starts.step] ?? 0;
        if (start < 1) {
          const found = integerText(given[2], row);
          throw new DfxError('EXECUTION', `overlay start position must be at least 1: ${found}`);
        }
        const k = row * news.step;
        const replaced =
          counts === null
            ? charCount(news.data, news.offsets[k] ?? 0, news.offsets[k + 1] ?? 0)
            : (counts.values[row * counts.step] ?? 0);
        out.copy(data, from, skipChars(data, from, to, start - 1));
        copyRow(out, news, row);
        // A negative count goes back: what was copied before is copied again.
        out.copy(data, skipChars(data, from, to, Math.max(0, start - 1 + replaced)), to);
      };
    });
  },
};

const replace: ScalarFunction = {
  name: 'replace',
  bind: (args) => {
    takeArguments('replace', args, 3);
    const strings = args.map((arg) => stringArgument('replace', arg));
    const type = builtType(
      widestString(strings.map((node) => node.type)).kind === 'LargeUtf8' ? { kind: 'LargeUtf8' } : { kind: 'Utf8' },
    );
    return built('replace', type, strings, false, (given) => {
      const { data, offsets, step } = texts(given[0]);
      const olds = texts(given[1]);
      const news = texts(given[2]);
      const one = olds.step === 0 && news.step === 0 ? singleByte(olds, news) : null;
      if (one !== null) {
        return (out, row) => {
          const start = out.at;
          out.copy(data, offsets[row * step] ?? 0, offsets[row * step + 1] ?? 0);
          const bytes = out.data;
          for (let i = start; i < out.at; i++) if (bytes[i] === one.from) bytes[i] = one.to;
        };
      }
      return (out, row) => {
        const to = offsets[row * step + 1] ?? 0;
        const start = olds.offsets[row * olds.step] ?? 0;
        const stop = olds.offsets[row * olds.step + 1] ?? 0;
        let from = offsets[row * step] ?? 0;
        while (start < stop) {
          const at = find(data, from, to, olds.data, start, stop);
          if (at < 0) break;
          out.copy(data, from, at);
          copyRow(out, news, row);
          from = at + stop - start;
        }
        out.copy(data, from, to);
      };
    });
  },
};

/** One byte for one byte. */
function singleByte(olds: Texts, news: Texts): { readonly from: number; readonly to: number } | null {
  const start = olds.offsets[0] ?? 0;
  const next = news.offsets[0] ?? 0;
  if ((olds.offsets[1] ?? 0) !== start + 1 || (news.offsets[1] ?? 0) !== next + 1) return null;
  return { from: olds.data[start] ?? 0, to: news.data[next] ?? 0 };
}

const translate: ScalarFunction = {
  name: 'translate',
  bind: (args) => {
    const cast = firstSignature(
      'translate',
      args,
      STRINGS.map((kind) => [kind, 'Utf8', 'Utf8'] as const),
    );
    return built('translate', cast[0]?.type ?? { kind: 'Utf8' }, cast, false, (given) => {
      const { data, offsets, step } = texts(given[0]);
      const from = texts(given[1]);
      const to = texts(given[2]);
      const fixed = from.step === 0 && to.step === 0 ? translation(from, to, 0) : null;
      return (out, row) => {
        const table = fixed ?? translation(from, to, row);
        const end = offsets[row * step + 1] ?? 0;
        for (let at = offsets[row * step] ?? 0; at < end; ) {
          const width = widthOf(data[at] ?? 0);
          const mapped = table.get(pointAt(data, at));
          if (mapped === undefined) out.copy(data, at, at + width);
          else if (mapped >= 0) out.point(mapped);
          at += width;
        }
      };
    });
  },
};

/** What becomes of each character of `from`: the first mention counts; -1 takes it away. */
function translation(from: Texts, to: Texts, row: number): ReadonlyMap<number, number> {
  const table = new Map<number, number>();
  const end = from.offsets[row * from.step + 1] ?? 0;
  const stop = to.offsets[row * to.step + 1] ?? 0;
  let next = to.offsets[row * to.step] ?? 0;
  for (let at = from.offsets[row * from.step] ?? 0; at < end; at += widthOf(from.data[at] ?? 0)) {
    const point = pointAt(from.data, at);
    if (!table.has(point)) table.set(point, next < stop ? pointAt(to.data, next) : -1);
    if (next < stop) next += widthOf(to.data[next] ?? 0);
  }
  return table;
}

export const BUILDING: readonly ScalarFunction[] = [concat, concatWs, repeat, reverse, overlay, replace, translate];
