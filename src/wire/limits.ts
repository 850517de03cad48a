/** A half-open byte range `[start, end)` in the payload. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What a reader takes from bytes that it does not trust. Each limit is checked before memory is spent on what it bounds. */
export interface Limits {
  /** Longest payload, in bytes. */
  readonly maxBytes: number;
  /** Deepest nesting, in messages for protobuf and in values for pickles and Arrow types. */
  readonly maxDepth: number;
  /** Most nodes: protobuf fields, pickle opcodes and Arrow fields. */
  readonly maxNodes: number;
}

/** Deep and large on purpose: a diagnosis tool must read what a receiver refuses. */
export const DEFAULT_LIMITS: Limits = {
  maxBytes: 1024 * 1024 * 1024,
  maxDepth: 1_000_000,
  maxNodes: 5_000_000,
};

export function withLimits(limits: Partial<Limits> | undefined): Limits {
  return limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...limits };
}
