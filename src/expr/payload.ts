/** A payload as a whole: what its container is, which expressions it carries, and back to bytes. */
import { type IpcSchema, readIpcSchema } from '../wire/arrow/index.ts';
import {
  type Candidate,
  CONTAINER_MESSAGES,
  type Container,
  containerOfMagic,
  detectContainer,
  looksLikePickle,
  messageFaults,
} from '../wire/detect.ts';
import { type Encoding, fromBase64, fromHex, textEncodings } from '../wire/encoding.ts';
import { DfxError } from '../wire/errors.ts';
import type { Limits, Span } from '../wire/limits.ts';
import { lookalikeOf } from '../wire/lookalike.ts';
import { type ForeignPart, type PickleReading, readPickle, readPickledExprs } from '../wire/pickle/index.ts';
import { type Oddity, readPartialMessage, type Tape } from '../wire/protobuf/index.ts';
import type { Expr } from './model.ts';
import { exprFromTape, exprsFromTape, type ReadingNote } from './proto/index.ts';

export interface DecodeOptions {
  /** Reads the bytes as this container, whatever they look like. */
  readonly as?: Container | undefined;
  readonly encoding?: Encoding | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

/** An expression in a payload, with what its bytes tell beyond it. */
export interface PayloadExpr {
  readonly expr: Expr;
  /** The protobuf bytes; a view of the payload where they stand in it unescaped. */
  readonly bytes: Uint8Array;
  /** Where the bytes stand in the payload. Offsets inside `expr` count from here, unless `escaped`. */
  readonly span: Span;
  /** The bytes stand in an old pickle as text: offsets inside count from the unescaped bytes' own start. */
  readonly escaped: boolean;
  /** Where in a pickle's lists, tuples and dicts: `[1]`, `["a"]`. Empty elsewhere. */
  readonly path: string;
  /** Out of a pickle by cloudpickle, which sends the code that rebuilds the expression along: loading it would run that code. */
  readonly rebuilt: boolean;
  readonly tape: Tape;
  readonly oddities: readonly Oddity[];
  readonly notes: readonly ReadingNote[];
  /** What stopped the reading of these bytes; the expression holds what came before. */
  readonly error: DfxError | null;
}

interface Decoded {
  readonly encoding: Encoding;
  /** Text forms that give a valid payload too, where the raw bytes were taken. */
  readonly otherEncodings: readonly Encoding[];
  /** The payload without base64 or hex. */
  readonly bytes: Uint8Array;
  /** What stopped the reading; what could be read is there all the same. */
  readonly error: DfxError | null;
}

export type Payload = Decoded &
  (
    | { readonly container: 'expr'; readonly exprs: readonly [PayloadExpr] }
    | { readonly container: 'expr-list'; readonly exprs: readonly PayloadExpr[]; readonly tape: Tape }
    | {
        readonly container: 'pickle';
        readonly exprs: readonly PayloadExpr[];
        readonly pickle: PickleReading;
        /** What the pickle holds beside expressions in lists, tuples and dicts: loading it would run this. */
        readonly foreign: readonly ForeignPart[];
      }
    | { readonly container: 'frame'; readonly exprs: readonly [] }
    | { readonly container: 'schema'; readonly exprs: readonly []; readonly schema: IpcSchema | null }
    | {
        readonly container: 'physical-expr' | 'logical-plan' | 'physical-plan';
        readonly exprs: readonly [];
        readonly message: string;
        readonly tape: Tape;
      }
  );

/**
 * Takes a payload apart.
 * @throws DfxError EMPTY_INPUT or whatever stops the reading, with its offset. Use {@link readPayload} to keep
 * what could be read.
 */
export function decodePayload(input: Uint8Array, options: DecodeOptions = {}): Payload {
  const payload = readPayload(input, options);
  if (payload.error !== null) throw payload.error;
  return payload;
}

/** As {@link decodePayload}, but gives what could be read along with the error. Throws only where there is nothing to show. */
export function readPayload(input: Uint8Array, options: DecodeOptions = {}): Payload {
  if (input.length === 0) {
    throw new DfxError('EMPTY_INPUT', 'found no bytes, expected a payload', {
      hint: 'check the command that writes into the pipe',
    });
  }
  const raw = { encoding: 'raw' as const, otherEncodings: [], bytes: input };
  switch (options.encoding) {
    case 'raw':
      return readRaw(raw, options);
    case 'base64':
      return readRaw({ encoding: 'base64', otherEncodings: [], bytes: fromBase64(input) }, options);
    case 'hex':
      return readRaw({ encoding: 'hex', otherEncodings: [], bytes: fromHex(input) }, options);
    case undefined:
      break;
  }
  const texts = textEncodings(input);
  if (texts.length === 0) return readRaw(raw, options);

  // Text that is base64 or hexadecimal may still be a payload by itself: raw is tried first, and wins unless it holds what nobody
  // knows and the other reading doesn't.
  const asText = texts.flatMap((encoding) => {
    const bytes = textBytes(encoding, input);
    const faults = bytes === null || bytes.length === 0 ? null : leastFaults(bytes, options);
    return bytes !== null && faults !== null ? [{ encoding, bytes, faults }] : [];
  });
  const [best] = asText;
  const rawFaults = leastFaults(input, options);
  if (best === undefined || (rawFaults !== null && !(rawFaults >= DOUBTFUL && best.faults < DOUBTFUL))) {
    return readRaw({ ...raw, otherEncodings: asText.map(({ encoding }) => encoding) }, options);
  }
  const { encoding, bytes } = best;
  return readRaw({ encoding, bytes, otherEncodings: asText.slice(1).map((other) => other.encoding) }, options);
}

/** Null where the text has the right characters in an order that no encoder writes. */
function textBytes(encoding: 'hex' | 'base64', input: Uint8Array): Uint8Array | null {
  try {
    return encoding === 'hex' ? fromHex(input) : fromBase64(input);
  } catch (error) {
    if (error instanceof DfxError) return null;
    throw error;
  }
}

/** Of the best container that reads the bytes to their end; null where none does. */
function leastFaults(bytes: Uint8Array, options: DecodeOptions): number | null {
  if (options.as === undefined) return detectContainer(bytes, options.limits).candidates[0]?.faults ?? null;
  const { error } = readContainer(options.as, { encoding: 'raw', otherEncodings: [], bytes }, options);
  return error === null ? 0 : null;
}

type Form = Omit<Decoded, 'error'>;

function readRaw(form: Form, options: DecodeOptions): Payload {
  if (options.as !== undefined) return readContainer(options.as, form, options);
  const { bytes } = form;
  const magic = containerOfMagic(bytes);
  if (magic !== null) return readContainer(magic, form, options);

  // Nearly every payload is one expression without a fault; the other readings are only tried where it isn't.
  if (!looksLikePickle(bytes)) {
    const payload = readContainer('expr', form, options);
    if (payload.error === null && isSound(payload)) return payload;
  }
  const { candidates } = detectContainer(bytes, options.limits);
  const [first] = candidates;
  if (first === undefined) {
    refuseLookalike(form);
    return withoutLineFeed(readContainer(bestGuess(bytes, options.limits), form, options), options);
  }
  let best = readContainer(first.container, form, options);
  let fewest = first.faults + noteFaults(best);
  for (const { container, faults } of candidates.slice(1)) {
    if (faults >= fewest) break;
    const payload = readContainer(container, form, options);
    const all = faults + noteFaults(payload);
    if (all < fewest) {
      best = payload;
      fewest = all;
    }
  }
  if (fewest < DOUBTFUL) return best;
  refuseLookalike(form);
  const guess = bestGuess(bytes, options.limits);
  return guess === best.container ? best : readContainer(guess, form, options);
}

/** Bytes that no container reads without doubt are another file, if they look like one. */
function refuseLookalike({ encoding, bytes }: Form): void {
  const lookalike = encoding === 'raw' ? lookalikeOf(bytes) : null;
  if (lookalike !== null)
    throw new DfxError('NOT_A_PAYLOAD', `found ${lookalike.what}, expected a payload`, { hint: lookalike.hint });
}

const LINE_FEED = 0x0a;

/** `echo` and editors end what they write with a line feed: to a reader that is the start of a field. */
function withoutLineFeed(payload: Payload, options: DecodeOptions): Payload {
  const { bytes } = payload;
  const end = bytes.length - 1;
  if (payload.container !== 'expr' || end < 1 || bytes[end] !== LINE_FEED) return payload;
  const shorter = readContainer(
    'expr',
    { encoding: 'raw', otherEncodings: [], bytes: bytes.subarray(0, end) },
    options,
  );
  if (shorter.error !== null || !isSound(shorter)) return payload;
  const error = new DfxError('BAD_TAG', 'found a line feed after the payload, expected its end', {
    offset: end,
    hint: 'take it off: head -c -1',
  });
  return { ...payload, error };
}

/** Fields that a reader requires and doesn't find: the bytes are of another message, most likely. */
function noteFaults(payload: Payload): number {
  return 10 * payload.exprs.reduce((count, { notes }) => count + notes.length, 0);
}

function isSound({ exprs }: Payload): boolean {
  return exprs.every(({ tape, notes }) => notes.length === 0 && tape.oddityCount === 0 && messageFaults(tape) === 0);
}

/** Faults from which on a reading without an error is no likelier than one that an error stops: a field that nobody knows. */
const DOUBTFUL = 10;

/**
 * What makes a reading of damaged bytes unlikely, in faults. The numbers are those with which every cut-off expression among the fixtures,
 * and most with a flipped bit and most cut-off plans, are told for what they were.
 */
const DAMAGE = {
  error: 2,
  /** For the share of the bytes behind the place where the reading stopped. */
  unread: 20,
  /** Not one field that the message has. */
  foreign: 40,
  /** Damage makes one message look like another: what is the likeliest beforehand counts for more. */
  handicap: 4,
} as const;

/** Which container the damaged bytes most likely were. */
function bestGuess(bytes: Uint8Array, limits: Partial<Limits> | undefined): Container {
  if (bytes[0] === 0x80 && looksLikePickle(bytes)) return 'pickle';
  let best: Container = 'expr';
  let least = Number.POSITIVE_INFINITY;
  for (const [container, message, handicap] of CONTAINER_MESSAGES) {
    const { tape, error, reached } = readPartialMessage(bytes, message, { limits });
    const faults =
      messageFaults(tape) +
      DAMAGE.handicap * handicap +
      (error === null ? 0 : DAMAGE.error) +
      DAMAGE.unread * (1 - reached / bytes.length) +
      (tape.knownFields === 0 ? DAMAGE.foreign : 0);
    if (faults < least) {
      least = faults;
      best = container;
    }
  }
  return best;
}

/** What else the bytes could be, best first, the container taken left out. */
export function alternativesOf(payload: Payload, limits?: Partial<Limits>): readonly Candidate[] {
  return detectContainer(payload.bytes, limits).candidates.filter(({ container }) => container !== payload.container);
}

function readContainer(container: Container, form: Form, options: DecodeOptions): Payload {
  const { bytes } = form;
  const { limits } = options;
  switch (container) {
    case 'expr': {
      const expr = readExprBytes(bytes, 0, false, '', limits);
      return { ...form, container, exprs: [expr], error: expr.error };
    }
    case 'expr-list': {
      const { tape, error } = readPartialMessage(bytes, 'LogicalExprList', { limits });
      const { exprs, notes } = exprsFromTape(tape);
      const listed = exprs.map((expr, at): PayloadExpr => {
        const span = expr.span ?? { start: 0, end: bytes.length };
        const oddities = tape.oddities.filter(({ offset }) => offset >= span.start && offset < span.end);
        const own = notes.filter(({ offset }) => offset >= span.start && offset < span.end);
        return {
          expr,
          bytes: bytes.subarray(span.start, span.end),
          span,
          escaped: false,
          path: `[${at}]`,
          rebuilt: false,
          tape,
          oddities,
          notes: own,
          error: null,
        };
      });
      return { ...form, container, exprs: listed, tape, error };
    }
    case 'pickle': {
      const pickle = readPickle(bytes, { limits });
      // a broken pickle is still shown opcode by opcode, but no expression is taken out of it
      const { exprs, foreign } = pickle.error === null ? readPickledExprs(pickle, limits) : { exprs: [], foreign: [] };
      // A shared expression is found wherever it stands, and read once.
      const known = new Map<Uint8Array, PayloadExpr>();
      const read = exprs.map(({ proto, span, copied, path, rebuilt }): PayloadExpr => {
        const expr = known.get(proto) ?? readExprBytes(proto, copied ? 0 : span.start, copied, path, limits, span);
        known.set(proto, expr);
        return { ...expr, path, rebuilt };
      });
      const broken = read.find(({ error }) => error !== null)?.error ?? null;
      return { ...form, container, exprs: read, pickle, foreign, error: cutOff(pickle.error) ?? broken };
    }
    case 'frame':
      return { ...form, container, exprs: [], error: null };
    case 'schema':
      try {
        return { ...form, container, exprs: [], schema: readIpcSchema(bytes, { limits }), error: null };
      } catch (error) {
        if (!(error instanceof DfxError)) throw error;
        return { ...form, container, exprs: [], schema: null, error };
      }
    case 'physical-expr':
    case 'logical-plan':
    case 'physical-plan': {
      const message = MESSAGE_OF[container];
      const { tape, error } = readPartialMessage(bytes, message, { limits });
      return { ...form, container, exprs: [], message, tape, error };
    }
  }
}

function cutOff(error: DfxError | null): DfxError | null {
  if (error?.code !== 'PICKLE_TRUNCATED') return error;
  return error.at({ hint: "the payload is cut off; compare its length with the sender's" });
}

const MESSAGE_OF = {
  'physical-expr': 'PhysicalExprNode',
  'logical-plan': 'LogicalPlanNode',
  'physical-plan': 'PhysicalPlanNode',
} as const;

function readExprBytes(
  bytes: Uint8Array,
  base: number,
  escaped: boolean,
  path: string,
  limits: Partial<Limits> | undefined,
  span: Span = { start: base, end: base + bytes.length },
): PayloadExpr {
  const { tape, error } = readPartialMessage(bytes, 'LogicalExprNode', { limits, base });
  const { expr, oddities, notes } = exprFromTape(tape);
  return { expr, bytes, span, escaped, path, rebuilt: false, tape, oddities, notes, error };
}
