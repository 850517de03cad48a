import { DfxError } from '../errors.ts';
import type { Limits, Span } from '../limits.ts';
import { argumentsOf, displayName, isGlobal, isPlain, textOf } from './names.ts';
import type { PickleReading } from './read.ts';
import { RebuiltMethods } from './rebuilt-method.ts';
import { encodeLatin1 } from './text.ts';
import type { CallValue, PickleValue } from './value.ts';
import { PickleWriter } from './write.ts';

/** A datafusion `Expr` inside a pickle. */
export interface PickledExpr {
  /** The protobuf bytes: a view of the payload, or a copy where protocols 0 to 2 store them as Latin-1 text. */
  readonly proto: Uint8Array;
  readonly copied: boolean;
  /** The absolute range of the value that holds the bytes; of the bytes themselves where they aren't copied. */
  readonly span: Span;
  /** Where it stands, such as `[1]["a"]`; empty at the top. */
  readonly path: string;
  /**
   * Written by cloudpickle, which sends `Expr._reconstruct` along by value: loading the pickle would run the sender's copy of it,
   * so its calls are foreign.
   */
  readonly rebuilt: boolean;
}

/** Something that isn't needed to carry expressions. A receiver that loads the pickle would run or import it. */
export interface ForeignPart {
  /** The callable or kind, such as `os.system`. */
  readonly what: string;
  readonly offset: number;
  readonly path: string | null;
}

export interface PickledExprs {
  readonly exprs: readonly PickledExpr[];
  readonly foreign: readonly ForeignPart[];
}

/** One container shown under many paths multiplies: this many slots, and steps of their paths, are looked at. */
const MAX_SLOTS = 1_000_000;

/**
 * A shared expression is given wherever it stands, so what is given may be longer than the pickle: this much, and four times the
 * pickle.
 */
const MAX_SHARED_BYTES = 4 * 1024 * 1024;

/** A path as a chain, so that it costs nothing until it is told: the key of a dict, or the place in a list or tuple. */
interface Path {
  readonly outer: Path | null;
  readonly step: PickleValue | number;
}

function pathText(path: Path | null): { readonly text: string; readonly steps: number } {
  const labels: string[] = [];
  for (let at = path; at !== null; at = at.outer)
    labels.push(`[${typeof at.step === 'number' ? at.step : (keyText(at.step) ?? '…')}]`);
  return { text: labels.reverse().join(''), steps: labels.length };
}

/** A key that many places share may be as long as the pickle: its beginning tells enough. */
const MAX_KEY = 200;
/** So many characters of a path count as one value against the limit. */
const SLOT_CHARACTERS = 8;

function keyText(key: PickleValue): string | null {
  switch (key.kind) {
    case 'str':
      return key.value.length > MAX_KEY ? `${JSON.stringify(key.value.slice(0, MAX_KEY))}…` : JSON.stringify(key.value);
    case 'int':
      return typeof key.value === 'number' ? String(key.value) : 'a large integer';
    case 'none':
      return 'None';
    default:
      return null;
  }
}

/** Which globals an `Expr` needs. Anything else that a pickle imports is foreign. */
function isNeeded(value: PickleValue): boolean {
  return (
    isGlobal(value, 'builtins', 'getattr') ||
    isGlobal(value, 'datafusion.expr', 'Expr') ||
    isGlobal(value, '_codecs', 'encode') ||
    isGlobal(value, 'builtins', 'bytes')
  );
}

/**
 * Finds the expressions of a pickle in which lists, tuples and dicts hold `Expr` reconstructions, as datafusion writes them
 * in protocols 0 to 5, or cloudpickle (`rebuilt`). The pickle is not loaded. What is anything else is in `foreign`, whether or not it is part of the
 * value: a call whose result is dropped runs too. Throws the reading's error where the pickle is broken.
 */
export function readPickledExprs(reading: PickleReading, limits: Partial<Limits> = {}): PickledExprs {
  if (reading.error !== null) throw reading.error;
  const exprs: PickledExpr[] = [];
  const foreign: ForeignPart[] = [];
  const understood = new Set<PickleValue>();
  const rebuilt = new RebuiltMethods(reading);
  const texts: Latin1Texts = new Map();
  const maxGiven = MAX_SHARED_BYTES + 4 * reading.bytes.length;
  let given = 0;
  const told = new Set<PickleValue>();
  const budget = Math.min(MAX_SLOTS, limits.maxNodes ?? MAX_SLOTS);
  type Step = { readonly value: PickleValue; readonly path: Path | null } | { readonly leave: PickleValue };
  const stack: Step[] = reading.value === null ? [] : [{ value: reading.value, path: null }];
  // A flag, not a set that shrinks: adding what was just deleted makes V8's hash chains grow with every round.
  const around = new Map<PickleValue, boolean>();
  let slots = 0;
  const tooMany = (offset: number): DfxError =>
    new DfxError('LIMIT', `the pickle shows more than ${budget} values`, { offset });
  const written = (path: Path | null): string => {
    const { text, steps } = pathText(path);
    slots += steps + Math.ceil(text.length / SLOT_CHARACTERS);
    return text;
  };
  // A call is told where its opcode stands; the import of its callable is told with it.
  const callAt = new Map(reading.calls.map((call) => [call.result, call.offset]));
  const isForeign = (value: PickleValue, path: Path | null, what = displayName(value)): void => {
    if (told.has(value)) return;
    told.add(value);
    if (value.kind === 'call') told.add(value.callee);
    foreign.push({ what, offset: callAt.get(value) ?? value.span.start, path: written(path) });
  };
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    if ('leave' in step) {
      around.set(step.leave, false);
      continue;
    }
    const { value, path } = step;
    if (++slots > budget) throw tooMany(value.span.start);
    switch (value.kind) {
      case 'call': {
        const found = readExpr(value, reading, understood, texts);
        if (found === null) isForeign(value, path, displayName(value.callee));
        const expr = found ?? readRebuiltExpr(value, reading, rebuilt, texts);
        if (expr === null) break;
        given += expr.proto.length;
        if (given > maxGiven)
          throw new DfxError('LIMIT', `the pickle shows more than ${maxGiven} bytes of shared expressions`, {
            offset: expr.span.start,
          });
        exprs.push({ ...expr, path: written(path), rebuilt: found === null });
        break;
      }
      case 'list':
      case 'tuple':
      case 'dict': {
        if (around.get(value) === true) {
          isForeign(value, path, `a ${value.kind} that contains itself`);
          break;
        }
        around.set(value, true);
        stack.push({ leave: value });
        if (value.kind === 'dict') {
          for (const [key, item] of [...value.pairs].reverse()) {
            if (key.kind !== 'str' && key.kind !== 'int') isForeign(key, path, `a key that is a ${key.kind}`);
            stack.push({ value: item, path: { outer: path, step: key } });
          }
        } else {
          for (let i = value.items.length - 1; i >= 0; i--) {
            const item = value.items[i];
            if (item !== undefined) stack.push({ value: item, path: { outer: path, step: i } });
          }
        }
        break;
      }
      default:
        isForeign(value, path);
    }
  }
  for (const call of reading.calls) {
    if (understood.has(call.result) && isMaking(call.how)) continue;
    if (told.has(call.result)) continue;
    told.add(call.result).add(call.callee);
    foreign.push({ what: displayName(call.callee), offset: call.offset, path: null });
  }
  for (const { value, span } of reading.globals) {
    if (!isNeeded(value) && !told.has(value))
      foreign.push({ what: displayName(value), offset: span.start, path: null });
  }
  foreign.sort((a, b) => a.offset - b.offset);
  return { exprs, foreign };
}

function isMaking(how: string): boolean {
  return how === 'reduce';
}

/** Bytes that were text, by that text: a text used many times is turned into bytes once. */
type Latin1Texts = Map<PickleValue, Uint8Array | null>;

type FoundExpr = Omit<PickledExpr, 'path' | 'rebuilt'>;

/** `getattr(Expr, "_reconstruct")(bytes)`; every call in it is added to `understood`. */
function readExpr(
  call: CallValue,
  reading: PickleReading,
  understood: Set<PickleValue>,
  texts: Latin1Texts,
): FoundExpr | null {
  const method = call.callee;
  if (!isPlain(call) || method.kind !== 'call' || !isPlain(method)) return null;
  const [owner, name, ...more] = argumentsOf(method);
  if (!isGlobal(method.callee, 'builtins', 'getattr') || more.length > 0) return null;
  if (!isGlobal(owner, 'datafusion.expr', 'Expr') || textOf(name) !== '_reconstruct') return null;
  const found = readArgument(call, reading, understood, texts);
  if (found !== null) understood.add(call).add(method);
  return found;
}

/** The same with a method that the pickle builds. Its calls run the sender's code, so none of them is understood. */
function readRebuiltExpr(
  call: CallValue,
  reading: PickleReading,
  methods: RebuiltMethods,
  texts: Latin1Texts,
): FoundExpr | null {
  return isPlain(call) && methods.has(call.callee) ? readArgument(call, reading, new Set(), texts) : null;
}

/** The protobuf bytes that a call is given, alone. */
function readArgument(
  call: CallValue,
  reading: PickleReading,
  understood: Set<PickleValue>,
  texts: Latin1Texts,
): FoundExpr | null {
  const args = argumentsOf(call);
  const [content] = args;
  if (content === undefined || args.length !== 1) return null;
  const bytes = readBytes(content, understood, texts);
  if (bytes === null) return null;
  if (bytes.copied) return { ...bytes, span: content.span };
  const start = reading.offset + (bytes.proto.byteOffset - reading.bytes.byteOffset);
  return { ...bytes, span: { start, end: start + bytes.proto.length } };
}

function readBytes(
  value: PickleValue,
  understood: Set<PickleValue>,
  texts: Latin1Texts,
): { readonly proto: Uint8Array; readonly copied: boolean } | null {
  const bytes = bytesIn(value, texts);
  if (bytes === null) return null;
  if (value.kind === 'call') understood.add(value);
  return { proto: bytes, copied: value.kind === 'call' };
}

/**
 * What a value holds as Python `bytes`: a view of the payload, or a copy where protocols 0 to 2 write them as a call of
 * `_codecs.encode` on Latin-1 text. Null where it is anything else. `texts` keeps what was copied, for callers with many values.
 */
export function bytesIn(value: PickleValue, texts?: Latin1Texts): Uint8Array | null {
  if (value.kind === 'bytes') return value.value;
  if (value.kind !== 'call' || !isPlain(value)) return null;
  const args = argumentsOf(value);
  if (isGlobal(value.callee, 'builtins', 'bytes') && args.length === 0) return new Uint8Array(0);
  const [content, encoding] = args;
  if (!isGlobal(value.callee, '_codecs', 'encode') || args.length !== 2) return null;
  if (content?.kind !== 'str' || textOf(encoding) !== 'latin1') return null;
  const known = texts?.get(content);
  if (known !== undefined) return known;
  const bytes = encodeLatin1(content.value);
  texts?.set(content, bytes);
  return bytes;
}

/** The bytes that `pickle.dumps(expr, protocol)` gives for an expression with this protobuf. */
export function writePickledExpr(
  proto: Uint8Array,
  options: { readonly protocol?: number | undefined } = {},
): Uint8Array {
  const w = new PickleWriter({ protocol: options.protocol ?? 4, memo: true });
  w.global('builtins', 'getattr');
  w.memoize();
  w.openTuple(2);
  w.global('datafusion.expr', 'Expr');
  w.memoize();
  w.str('_reconstruct');
  w.memoize();
  w.closeTuple(2);
  w.memoize();
  w.op(0x52);
  w.memoize();
  w.openTuple(1);
  w.bytes(proto);
  w.memoize();
  w.closeTuple(1);
  w.memoize();
  w.op(0x52);
  w.memoize();
  return w.finish();
}
