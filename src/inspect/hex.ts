/** Every byte of a payload once, in order, with what it means. */
import type { Payload } from '../expr/payload.ts';
import { looksLikeIpc, streamRegion } from './hex/arrow-lines.ts';
import { coverRegion, type HexLine, type HexRegion } from './hex/cover.ts';
import { definitionRegion } from './hex/frame-lines.ts';
import { type MessagesAt, pickleRegion } from './hex/pickle-lines.ts';
import { type HexOptions, protobufRegion } from './hex/protobuf-lines.ts';

export type { HexKind, HexLine } from './hex/cover.ts';

export interface HexLinesOptions {
  /** Hides the bytes of literals and captured values. */
  readonly redact?: boolean | undefined;
}

/**
 * The payload's bytes as lines, lazily: contiguous, from the first byte to the last, also where the payload is broken. Offsets count
 * without base64 or hex, as all offsets do.
 */
export function hexLines(payload: Payload, { redact = false }: HexLinesOptions = {}): Generator<HexLine, void, void> {
  return coverRegion(regionOf(payload, { redact }));
}

function regionOf(payload: Payload, options: HexOptions): HexRegion {
  const { bytes } = payload;
  const whole = { start: 0, end: bytes.length, depth: 0 };
  switch (payload.container) {
    case 'expr':
      return protobufRegion(payload.exprs[0].tape, payload.error, 0, options);
    case 'expr-list':
    case 'physical-expr':
    case 'logical-plan':
    case 'physical-plan':
      return protobufRegion(payload.tape, payload.error, 0, options);
    case 'pickle':
      return pickleRegion(payload.pickle, 0, options, messagesOf(payload));
    case 'frame':
      return definitionRegion(bytes, whole, options);
    case 'schema':
      if (looksLikeIpc(bytes)) return streamRegion(bytes, whole);
      return { ...whole, gap: { kind: 'unread', label: 'not read' }, hideGaps: false, parts: [] };
  }
}

/** Expressions whose bytes stand in the pickle as they are. */
function messagesOf({ exprs }: Extract<Payload, { container: 'pickle' }>): MessagesAt {
  return new Map(exprs.flatMap(({ escaped, span, tape, error }) => (escaped ? [] : [[span.start, { tape, error }]])));
}
