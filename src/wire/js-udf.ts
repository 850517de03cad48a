/**
 * Inline JavaScript UDFs: the body of the frames `DFJSUDF` (scalar), `DFJSUDA` (aggregate) and `DFJSUDW` (window), version 1.
 * `docs/wire-format.md` has the byte table. Nothing here runs the source.
 */
import { readIpcSchema, writeIpcSchema } from './arrow/index.ts';
import type { Field, Schema } from './arrow/types.ts';
import { DfxError } from './errors.ts';
import { FRAME_VERSION, type FrameFamily, MAGIC_LENGTH, magicOf, readDefinition } from './frame.ts';
import { FrameCursor } from './frame-cursor.ts';
import { FrameBytes, type JsValue, readJsValue, writeJsValue } from './js-value.ts';
import { type Limits, type Span, withLimits } from './limits.ts';

export type { JsMap, JsValue } from './js-value.ts';

/** Numbers on the wire are the places in these lists. */
const MODES = ['row', 'batch'] as const;
const VOLATILITIES = ['immutable', 'stable', 'volatile'] as const;

/** `row`: the entry takes the values of one row. `batch`: it takes columns and gives a column. */
export type JsMode = (typeof MODES)[number];
export type JsVolatility = (typeof VOLATILITIES)[number];

export interface JsUdf {
  readonly family: FrameFamily;
  /** The name in expressions. Not empty. */
  readonly name: string;
  /** What `source` defines: the function (scalar), or the class or function that makes an accumulator or evaluator. Not empty. */
  readonly entry: string;
  readonly source: string;
  /** Values that `source` finds defined, in order; names are unique. */
  readonly captures: readonly (readonly [name: string, value: JsValue])[];
  readonly inputs: readonly Field[];
  readonly returns: Field;
  /** The fields of the partial state of an aggregate; null for the other families. */
  readonly state: readonly Field[] | null;
  readonly volatility: JsVolatility;
  readonly mode: JsMode;
}

export interface JsUdfPart {
  /** `magic`, `version`, `mode`, `volatility`, `name`, `entry`, `source`, `captures`, `inputs`, `returns` or `state`. */
  readonly name: string;
  /** In the payload, with the part's length prefix. */
  readonly span: Span;
}

export interface JsUdfReading extends JsUdf {
  /** Every byte of the frame, in order. */
  readonly parts: readonly JsUdfPart[];
}

export interface ReadJsUdfOptions {
  /** Where the frame starts in the payload, for spans and errors. */
  readonly offset?: number | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

/** The frame of a UDF. The same UDF gives the same bytes. */
export function writeJsUdf(udf: JsUdf): Uint8Array {
  if (udf.name === '') throw new DfxError('BAD_VALUE', 'a JavaScript UDF needs a name');
  if (udf.entry === '') throw new DfxError('BAD_VALUE', `the JavaScript UDF ${udf.name} needs an entry`);
  if ((udf.state !== null) !== (udf.family === 'aggregate')) {
    throw new DfxError(
      'BAD_VALUE',
      `the JavaScript ${udf.family} UDF ${udf.name} ${udf.state === null ? 'needs' : 'takes no'} state fields`,
    );
  }
  const out = new FrameBytes();
  out.raw(new TextEncoder().encode(magicOf('javascript', udf.family)));
  out.u8(FRAME_VERSION.current);
  out.u8(numberOf(udf.mode, MODES, 'mode'));
  out.u8(numberOf(udf.volatility, VOLATILITIES, 'volatility'));
  out.text(udf.name, 'the name');
  out.text(udf.entry, 'the entry');
  out.text(udf.source, 'the source');
  out.u32(udf.captures.length, 'the captured values');
  const names = new Set<string>();
  for (const [name, value] of udf.captures) {
    if (names.has(name)) throw new DfxError('BAD_VALUE', `the captured value ${JSON.stringify(name)} stands twice`);
    names.add(name);
    out.text(name, 'the name of a captured value');
    writeJsValue(out, value, `the captured value ${JSON.stringify(name)}`);
  }
  out.block(schemaBytes(udf.inputs), 'the input schema');
  out.block(schemaBytes([udf.returns]), 'the return schema');
  out.block(udf.state === null ? new Uint8Array(0) : schemaBytes(udf.state), 'the state schema');
  return out.concat();
}

/** Callers without types may pass anything. */
function numberOf(value: string, values: readonly string[], what: string): number {
  const number = values.indexOf(value);
  if (number < 0) {
    throw new DfxError('BAD_VALUE', `found the ${what} ${JSON.stringify(value)}, expected one of ${values.join(', ')}`);
  }
  return number;
}

function schemaBytes(fields: readonly Field[]): Uint8Array {
  return writeIpcSchema({ fields, metadata: [] });
}

/**
 * Reads a frame from its magic to its end.
 * @throws DfxError FRAME_TRUNCATED (naming the missing part), FRAME_VERSION, FRAME_BODY (a part that no writer makes), ARROW,
 * LIMIT; UNSUPPORTED where the bytes are no JavaScript frame.
 */
export function readJsUdf(bytes: Uint8Array, options: ReadJsUdfOptions = {}): JsUdfReading {
  const base = options.offset ?? 0;
  const limits = withLimits(options.limits);
  const framing = readDefinition(bytes, base);
  if (framing.outcome === 'malformed') throw framing.error;
  if (framing.outcome !== 'frame' || framing.language !== 'javascript') {
    throw new DfxError('UNSUPPORTED', 'the definition is no inline JavaScript UDF frame', { offset: base });
  }
  if (bytes.length > limits.maxBytes) {
    throw new DfxError('LIMIT', `${bytes.length} bytes, more than the limit of ${limits.maxBytes}`, { offset: base });
  }
  const { family } = framing;
  const cursor = new FrameCursor(bytes, MAGIC_LENGTH + 1, base, limits, `inline JavaScript ${family} UDF frame`);
  const parts: JsUdfPart[] = [
    { name: 'magic', span: { start: base, end: base + MAGIC_LENGTH } },
    { name: 'version', span: { start: base + MAGIC_LENGTH, end: base + MAGIC_LENGTH + 1 } },
  ];
  const part = <T>(name: string, read: () => T): T => {
    const start = base + cursor.position;
    const value = read();
    parts.push({ name, span: { start, end: base + cursor.position } });
    return value;
  };
  const mode = part('mode', () => choice(cursor, 'mode', MODES));
  const volatility = part('volatility', () => choice(cursor, 'volatility', VOLATILITIES));
  const name = part('name', () => filled(cursor, 'the name'));
  const entry = part('entry', () => filled(cursor, 'the entry'));
  const source = part('source', () => cursor.text('the source'));
  const captures = part('captures', () => readCaptures(cursor));
  const schema = (what: string): { readonly fields: readonly Field[]; readonly at: number } => {
    const block = cursor.block(`the ${what} schema`);
    const at = cursor.position - block.length;
    return { fields: block.length === 0 ? [] : readSchema(block, base + at, what, cursor, at, limits).fields, at };
  };
  const inputs = part('inputs', () => required(schema('input'), 'input', cursor));
  const returns = part('returns', () => {
    const { fields, at } = schema('return');
    const [field] = fields;
    if (field === undefined || fields.length !== 1) {
      throw cursor.bad(at, `found ${fields.length} fields in the return schema, expected 1,`);
    }
    return field;
  });
  const state = part('state', () => readState(schema('state'), family, cursor));
  if (cursor.remaining > 0) {
    const left = cursor.remaining === 1 ? '1 byte' : `${cursor.remaining} bytes`;
    throw cursor.bad(cursor.position, `found ${left} after the state schema, expected the end`);
  }
  return { family, name, entry, source, captures, inputs, returns, state, volatility, mode, parts };
}

function choice<const T extends readonly string[]>(cursor: FrameCursor, what: string, values: T): T[number] {
  const at = cursor.position;
  const found = cursor.u8(`the ${what} byte`);
  const value = values[found];
  if (value === undefined) {
    throw cursor.bad(at, `found ${found} as the ${what}, expected 0 to ${values.length - 1},`);
  }
  return value;
}

function filled(cursor: FrameCursor, what: string): string {
  const at = cursor.position;
  const text = cursor.text(what);
  if (text === '') throw cursor.bad(at, `found nothing as ${what}`);
  return text;
}

function readCaptures(cursor: FrameCursor): readonly (readonly [string, JsValue])[] {
  // Each takes at least the length of its name and a tag.
  const count = cursor.count('the captured values', 5);
  const names = new Set<string>();
  const captures: (readonly [string, JsValue])[] = [];
  for (let index = 0; index < count; index++) {
    const at = cursor.position;
    const name = cursor.text(`the name of captured value ${index + 1}`);
    if (names.has(name)) throw cursor.bad(at, `found the captured value ${JSON.stringify(name)} twice`);
    names.add(name);
    captures.push([name, readJsValue(cursor, `the captured value ${JSON.stringify(name)}`)]);
  }
  return captures;
}

function readSchema(
  block: Uint8Array,
  offset: number,
  what: string,
  cursor: FrameCursor,
  at: number,
  limits: Limits,
): Schema {
  let reading: ReturnType<typeof readIpcSchema>;
  try {
    reading = readIpcSchema(block, { limits });
  } catch (error) {
    // The reader counts from the start of its bytes.
    if (!(error instanceof DfxError)) throw error;
    throw new DfxError(error.code, error.message, {
      offset: offset + (error.offset ?? 0),
      hint: error.hint,
      cause: error,
    });
  }
  if (reading.form !== 'stream' || !reading.hasEos || reading.end !== block.length) {
    throw cursor.bad(at, `found other bytes than one Arrow IPC stream with its end marker as the ${what} schema`);
  }
  return reading.schema;
}

interface PlacedFields {
  readonly fields: readonly Field[];
  readonly at: number;
}

/** A UDF without arguments has a schema without fields, not an empty block. */
function required({ fields, at }: PlacedFields, what: string, cursor: FrameCursor): readonly Field[] {
  if (at === cursor.position) throw cursor.bad(at, `found nothing as the ${what} schema`);
  return fields;
}

function readState(found: PlacedFields, family: FrameFamily, cursor: FrameCursor): readonly Field[] | null {
  if (family === 'aggregate') return required(found, 'state', cursor);
  if (found.at !== cursor.position) throw cursor.bad(found.at, 'found a state schema in the body');
  return null;
}
