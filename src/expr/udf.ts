/** What a UDF definition says of itself: its framing and, for an inline UDF, the signature inside. */
import { readIpcSchema } from '../wire/arrow/index.ts';
import type { Field } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { type Definition, type FrameFamily, readDefinition } from '../wire/frame.ts';
import { type JsUdf, readJsUdf } from '../wire/js-udf.ts';
import type { Limits } from '../wire/limits.ts';
import { bytesIn, type PickleReading, type PickleValue, readPickle } from '../wire/pickle/index.ts';

export type Volatility = 'immutable' | 'stable' | 'volatile';

export interface UdfSignature {
  /** The name inside the frame: the one that the receiver uses, whatever the node around says. */
  readonly name: string;
  readonly family: FrameFamily;
  readonly inputs: readonly Field[];
  readonly returns: Field | null;
  /** The fields of an aggregate's partial state; null for the other families. */
  readonly state: readonly Field[] | null;
  /** As written; one of `Volatility` in frames that a receiver takes. */
  readonly volatility: string;
}

export interface UdfReading {
  readonly framing: Definition;
  readonly signature: UdfSignature | null;
  /** The body of a Python frame. */
  readonly pickle: PickleReading | null;
  /** The callable inside the body's tuple. */
  readonly callable: PickleValue | null;
  readonly javascript: JsUdf | null;
  /** Why there is no signature although there is a frame. */
  readonly error: DfxError | null;
}

export interface ReadUdfOptions {
  readonly limits?: Partial<Limits> | undefined;
  /** Where the definition starts in the payload. */
  readonly offset?: number | undefined;
}

/** Reads a definition and what is inside, without importing or calling anything. Never throws for what is in the bytes. */
export function readUdf(definition: Uint8Array, options: ReadUdfOptions = {}): UdfReading {
  const framing = readDefinition(definition, options.offset ?? 0);
  const nothing = { framing, signature: null, pickle: null, callable: null, javascript: null, error: null };
  if (framing.outcome === 'malformed') return { ...nothing, error: framing.error };
  if (framing.outcome !== 'frame') return nothing;
  if (framing.language === 'javascript') {
    try {
      const javascript = readJsUdf(definition, { offset: options.offset ?? 0 });
      return { ...nothing, javascript, signature: javascript };
    } catch (error) {
      if (!(error instanceof DfxError)) throw error;
      return { ...nothing, error };
    }
  }
  const pickle = readPickle(framing.body, { limits: options.limits, offset: framing.bodyOffset });
  if (pickle.error !== null || pickle.value === null) return { ...nothing, pickle, error: pickle.error };
  try {
    const { signature, callable } = readTuple(pickle.value, framing.family, framing.bodyOffset, framing.body);
    return { ...nothing, pickle, callable, signature };
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    return { ...nothing, pickle, error };
  }
}

const SHAPES: Readonly<Record<FrameFamily, string>> = {
  scalar: '(name, callable, input schema, return schema, volatility)',
  aggregate: '(name, accumulator factory, input schema, return schema, state schema, volatility)',
  window: '(name, evaluator factory, input schema, return schema, volatility)',
};

/** The tuple that datafusion-python pickles (`codec.rs`, one shape a family). */
function readTuple(
  value: PickleValue,
  family: FrameFamily,
  offset: number,
  body: Uint8Array,
): { readonly signature: UdfSignature; readonly callable: PickleValue } {
  const size = family === 'aggregate' ? 6 : 5;
  if (value.kind !== 'tuple' || value.items.length < size) {
    const found = value.kind === 'tuple' ? `a tuple of ${value.items.length}` : `a ${value.kind}`;
    throw new DfxError('FRAME_BODY', `found ${found} in the ${family} UDF frame, expected ${SHAPES[family]}`, {
      offset: value.span.start,
      hint: 'the frame was not written by datafusion-python 54 or 55; compare the versions of sender and receiver',
    });
  }
  const [name, callable, inputs, returns, fifth, sixth] = value.items;
  const volatility = family === 'aggregate' ? sixth : fifth;
  if (name?.kind !== 'str' || volatility?.kind !== 'str' || callable === undefined) {
    throw new DfxError(
      'FRAME_BODY',
      `found no text for the name or the volatility of the ${family} UDF frame, expected ${SHAPES[family]}`,
      {
        offset: value.span.start,
        hint: 'the frame was not written by datafusion-python 54 or 55; compare the versions of sender and receiver',
      },
    );
  }
  const returned = schemaOf(returns, 'return', family, offset, body);
  return {
    callable,
    signature: {
      name: name.value,
      family,
      inputs: schemaOf(inputs, 'input', family, offset, body),
      returns: returned[0] ?? null,
      state: family === 'aggregate' ? schemaOf(fifth, 'state', family, offset, body) : null,
      volatility: volatility.value,
    },
  };
}

function schemaOf(
  value: PickleValue | undefined,
  what: string,
  family: FrameFamily,
  offset: number,
  body: Uint8Array,
): readonly Field[] {
  const bytes = value === undefined ? null : bytesIn(value);
  if (value === undefined || bytes === null) {
    throw new DfxError(
      'FRAME_BODY',
      `found no bytes for the ${what} schema of the ${family} UDF frame, expected an Arrow IPC stream`,
      {
        offset: value?.span.start ?? offset,
        hint: 'the frame was not written by datafusion-python 54 or 55; compare the versions of sender and receiver',
      },
    );
  }
  // the bytes are a view into the frame, so that errors and spans can say where in the payload they are
  const within = bytes.buffer === body.buffer ? offset + bytes.byteOffset - body.byteOffset : value.span.start;
  try {
    return readIpcSchema(bytes).schema.fields;
  } catch (error) {
    // the reader counts from the start of its bytes
    if (!(error instanceof DfxError)) throw error;
    throw new DfxError(error.code, error.message, {
      offset: within + (error.offset ?? 0),
      hint: error.hint,
      cause: error,
    });
  }
}
