/** The bytes of a UDF's definition: the frame's header, and what is inside. */
import { CHAIN_MAGIC, type Definition, MAGIC_LENGTH, readDefinition } from '../../wire/frame.ts';
import { type JsUdfPart, type JsUdfReading, readJsUdf } from '../../wire/js-udf.ts';
import { readPickle } from '../../wire/pickle/index.ts';
import { type HexKind, type HexLine, type HexRegion, quotedText } from './cover.ts';
import { pickleRegion } from './pickle-lines.ts';
import type { HexOptions } from './protobuf-lines.ts';

export interface Place {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

export function definitionRegion(bytes: Uint8Array, place: Place, options: HexOptions): HexRegion {
  return {
    ...place,
    gap: { kind: 'unread', label: 'not read' },
    hideGaps: options.redact,
    parts: definitionLines(bytes, place, options),
  };
}

function* definitionLines(
  bytes: Uint8Array,
  place: Place,
  options: HexOptions,
): Generator<HexLine | HexRegion, void, void> {
  const framing = readDefinition(bytes, place.start);
  const part = headerParts(place);
  switch (framing.outcome) {
    case 'empty':
      return;
    case 'other':
      yield part(
        0,
        bytes.length,
        'bytes of another codec',
        quotedText(framing.prefix),
        'value',
        options.redact ? 0 : null,
      );
      return;
    case 'malformed':
      yield* brokenHeader(framing, bytes, part);
      throw framing.error;
    case 'chain':
      yield* chainLines(framing, bytes, place, part, options);
      return;
    case 'frame':
      yield part(
        0,
        MAGIC_LENGTH,
        'magic',
        `"${framing.magic}": inline ${title(framing.language)} ${framing.family} UDF`,
      );
      yield part(MAGIC_LENGTH, MAGIC_LENGTH + 1, 'frame version', String(framing.version));
      if (framing.language === 'javascript') {
        yield* javascriptLines(bytes, place, options);
        return;
      }
      yield part(MAGIC_LENGTH + 1, MAGIC_LENGTH + 2, 'Python major', String(framing.python.major));
      yield part(MAGIC_LENGTH + 2, MAGIC_LENGTH + 3, 'Python minor', String(framing.python.minor));
      yield pickleRegion(readPickle(framing.body, { offset: framing.bodyOffset }), place.depth, options);
  }
}

type Part = (
  from: number,
  to: number,
  label: string,
  value: string,
  kind?: HexKind,
  hiddenFrom?: number | null,
) => HexLine;

function headerParts({ start, depth }: Place): Part {
  return (from, to, label, value, kind = 'frame', hiddenFrom = null) => ({
    offset: start + from,
    end: start + to,
    depth,
    kind,
    label,
    value,
    hiddenFrom: hiddenFrom === null ? null : start + hiddenFrom,
  });
}

function title(language: 'python' | 'javascript'): string {
  return language === 'python' ? 'Python' : 'JavaScript';
}

function* brokenHeader(
  { magic, family, language }: Extract<Definition, { outcome: 'malformed' }>,
  bytes: Uint8Array,
  part: Part,
): Generator<HexLine, void, void> {
  const what =
    magic === CHAIN_MAGIC ? 'extension codec envelope' : `inline ${title(language ?? 'python')} ${family ?? ''} UDF`;
  yield part(0, MAGIC_LENGTH, 'magic', `"${magic}": ${what}`);
  const labels = language === 'python' ? ['frame version', 'Python major', 'Python minor'] : ['version'];
  for (const [at, label] of labels.entries()) {
    const value = bytes[MAGIC_LENGTH + at];
    if (value !== undefined) yield part(MAGIC_LENGTH + at, MAGIC_LENGTH + at + 1, label, String(value));
  }
}

function* chainLines(
  framing: Extract<Definition, { outcome: 'chain' }>,
  bytes: Uint8Array,
  place: Place,
  part: Part,
  options: HexOptions,
): Generator<HexLine | HexRegion, void, void> {
  const idAt = MAGIC_LENGTH + 5;
  const blobAt = framing.blobOffset - place.start;
  yield part(0, MAGIC_LENGTH, 'magic', `"${CHAIN_MAGIC}": extension codec envelope`);
  yield part(MAGIC_LENGTH, MAGIC_LENGTH + 1, 'envelope version', String(framing.version));
  yield part(MAGIC_LENGTH + 1, idAt, 'length of the codec id', String(blobAt - idAt));
  yield part(idAt, blobAt, 'codec id', quotedText(framing.codecId), 'name');
  if (framing.blob.length > 0) {
    yield definitionRegion(
      framing.blob,
      { start: framing.blobOffset, end: place.start + bytes.length, depth: place.depth + 1 },
      options,
    );
  }
}

function* javascriptLines(bytes: Uint8Array, place: Place, options: HexOptions): Generator<HexLine, void, void> {
  const udf = readJsUdf(bytes, { offset: place.start });
  for (const each of udf.parts) {
    const { start, end } = each.span;
    const hide = options.redact && (each.name === 'source' || each.name === 'captures');
    yield {
      offset: start,
      end,
      depth: place.depth,
      kind: each.name === 'magic' || each.name === 'version' ? 'frame' : 'value',
      label: each.name,
      value: hide ? 'redacted' : partText(udf, each),
      hiddenFrom: hide ? start : null,
    };
  }
}

function partText(udf: JsUdfReading, { name }: JsUdfPart): string {
  switch (name) {
    case 'mode':
      return udf.mode;
    case 'volatility':
      return udf.volatility;
    case 'name':
      return quotedText(udf.name);
    case 'entry':
      return quotedText(udf.entry);
    case 'source':
      return quotedText(udf.source);
    case 'captures':
      return udf.captures.map(([captured]) => captured).join(', ');
    case 'inputs':
      return `schema of ${udf.inputs.map((field) => field.name).join(', ')}`;
    case 'returns':
      return `schema of ${udf.returns.name}`;
    case 'state':
      return udf.state === null ? 'none' : `schema of ${udf.state.map((field) => field.name).join(', ')}`;
    default:
      return '';
  }
}
