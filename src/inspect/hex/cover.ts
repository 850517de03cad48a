/** How annotated bytes are put together: each byte once, in order, whatever the annotators say. */
import { DfxError } from '../../wire/errors.ts';

/** What a line's bytes are, for colours. */
export type HexKind = 'structure' | 'name' | 'value' | 'opcode' | 'frame' | 'padding' | 'unread';

export interface HexLine {
  /** The bytes `[offset, end)` of the payload. Never empty. */
  readonly offset: number;
  readonly end: number;
  /** How deep in structures inside structures. */
  readonly depth: number;
  readonly kind: HexKind;
  /** The field, header part or opcode. */
  readonly label: string;
  /** What stands there, cut; names in it come from the payload and keep their control characters. */
  readonly value: string;
  /** From here on the bytes are not to be shown (`redact`); null: all may be. */
  readonly hiddenFrom: number | null;
}

/** A stretch of bytes that an annotator of its own takes over. What it leaves out is told as `gap`. */
export interface HexRegion {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly gap: { readonly kind: 'padding' | 'unread'; readonly label: string };
  readonly hideGaps: boolean;
  readonly parts: Iterable<HexLine | HexRegion>;
}

interface Open {
  readonly region: HexRegion;
  readonly parts: Iterator<HexLine | HexRegion>;
  readonly end: number;
}

/**
 * The lines of a region, contiguous from its start to its end: gaps are filled, overlaps are cut. An annotator that meets broken bytes
 * throws a DfxError, which then stands beside the rest of its region. Regions nest on a stack of their own.
 */
export function* coverRegion(root: HexRegion): Generator<HexLine, void, void> {
  let at = root.start;
  const stack: Open[] = [{ region: root, parts: root.parts[Symbol.iterator](), end: root.end }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { region, end } = top;
    let next: IteratorResult<HexLine | HexRegion>;
    let broken = '';
    try {
      next = top.parts.next();
    } catch (error) {
      if (!(error instanceof DfxError)) throw error;
      broken = error.message;
      next = { done: true, value: undefined };
    }
    if (next.done === true) {
      if (at < end) {
        yield gapLine(region, at, end, broken);
        at = end;
      }
      stack.pop();
      continue;
    }
    const part = next.value;
    const start = 'parts' in part ? part.start : part.offset;
    const from = Math.min(start, end);
    if (from > at) {
      yield gapLine(region, at, from, '');
      at = from;
    }
    if ('parts' in part) {
      stack.push({ region: part, parts: part.parts[Symbol.iterator](), end: Math.min(part.end, end) });
    } else {
      const to = Math.min(part.end, end);
      if (to <= at) continue;
      yield { ...part, offset: at, end: to };
      at = to;
    }
  }
}

function gapLine({ depth, gap, hideGaps }: HexRegion, offset: number, end: number, broken: string): HexLine {
  const hiddenFrom = hideGaps ? offset : null;
  return broken === ''
    ? { offset, end, depth, kind: gap.kind, label: gap.label, value: '', hiddenFrom }
    : { offset, end, depth, kind: 'unread', label: 'not read', value: broken, hiddenFrom };
}

/** Most characters of a value beside its bytes. */
const VALUE_WIDTH = 60;

/** Text in quotes, cut. Only what is shown is looked at. */
export function quotedText(text: string): string {
  return text.length > VALUE_WIDTH
    ? `${JSON.stringify(text.slice(0, VALUE_WIDTH)).slice(0, -1)}…"`
    : JSON.stringify(text);
}
