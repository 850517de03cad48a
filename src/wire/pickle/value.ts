import type { Span } from '../limits.ts';

/**
 * What a pickle would build, as symbols. Nothing is imported and nothing is called: a global stays a name and a call stays
 * a call.
 *
 * Values are shared by reference exactly as the pickle's memo shares them, so the whole is a graph: it may have cycles,
 * and written out as a tree it may be exponentially larger than its bytes. Walk it with `eachValue`.
 *
 * `span` is the byte range that wrote the value, from its first opcode (a container's mark included) to the end of the last
 * opcode that put something into it. Offsets are absolute: the reader's `offset` option is added.
 */
export type PickleValue =
  | NoneValue
  | BoolValue
  | IntValue
  | FloatValue
  | StrValue
  | BytesValue
  | ByteArrayValue
  | ListValue
  | TupleValue
  | DictValue
  | SetValue
  | FrozenSetValue
  | GlobalValue
  | ComputedGlobalValue
  | CallValue
  | PersistentIdValue
  | ExtensionValue
  | BufferValue;

export interface NoneValue {
  readonly kind: 'none';
  readonly span: Span;
}
export interface BoolValue {
  readonly kind: 'bool';
  readonly value: boolean;
  readonly span: Span;
}
export interface IntValue {
  readonly kind: 'int';
  /** A bigint beyond 2^53. */
  readonly value: number | bigint;
  readonly span: Span;
}
export interface FloatValue {
  readonly kind: 'float';
  readonly value: number;
  readonly span: Span;
}
export interface StrValue {
  readonly kind: 'str';
  /** Lone surrogates are kept, as Python's `surrogatepass` keeps them. */
  readonly value: string;
  readonly span: Span;
}
/** Also a Python 2 string (`STRING`, `BINSTRING`, `SHORT_BINSTRING`) that isn't ASCII: its text encoding is not in the pickle. */
export interface BytesValue {
  readonly kind: 'bytes';
  /** A view of the payload, not a copy (except for the escaped text of `STRING`). */
  readonly value: Uint8Array;
  readonly span: Span;
}
export interface ByteArrayValue {
  readonly kind: 'bytearray';
  readonly value: Uint8Array;
  readonly span: Span;
}
export interface ListValue {
  readonly kind: 'list';
  readonly items: readonly PickleValue[];
  readonly span: Span;
}
export interface TupleValue {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
  readonly span: Span;
}
export type PicklePair = readonly [key: PickleValue, value: PickleValue];
export interface DictValue {
  readonly kind: 'dict';
  /** In the order written. A key may stand twice: in Python the later one wins. */
  readonly pairs: readonly PicklePair[];
  readonly span: Span;
}
export interface SetValue {
  readonly kind: 'set';
  readonly items: readonly PickleValue[];
  readonly span: Span;
}
export interface FrozenSetValue {
  readonly kind: 'frozenset';
  readonly items: readonly PickleValue[];
  readonly span: Span;
}
/** An import by name. `name` may be dotted from protocol 4 on. */
export interface GlobalValue {
  readonly kind: 'global';
  readonly module: string;
  readonly name: string;
  readonly span: Span;
}
/** A `STACK_GLOBAL` whose module or name only exists once the pickle has run: a call made it. */
export interface ComputedGlobalValue {
  readonly kind: 'computed-global';
  readonly module: PickleValue;
  readonly name: PickleValue;
  readonly span: Span;
}
export type MakingHow = 'reduce' | 'newobj' | 'newobj_ex' | 'inst' | 'obj';
export interface CallValue {
  readonly kind: 'call';
  readonly how: MakingHow;
  readonly callee: PickleValue;
  /** A tuple in every pickle that loads. */
  readonly args: PickleValue;
  /** The keyword arguments of `NEWOBJ_EX`. */
  readonly kwargs: PickleValue | null;
  /** The last state that `BUILD` gave the object. */
  readonly state: PickleValue | null;
  /** What `APPEND(S)` or `ADDITEMS` put into the object, such as a list subclass. */
  readonly items: readonly PickleValue[];
  /** What `SETITEM(S)` put into the object, such as an OrderedDict. */
  readonly pairs: readonly PicklePair[];
  readonly span: Span;
}
export interface PersistentIdValue {
  readonly kind: 'persistent-id';
  readonly id: PickleValue;
  readonly span: Span;
}
export interface ExtensionValue {
  readonly kind: 'extension';
  /** The number in `copyreg`'s extension registry. */
  readonly code: number;
  readonly span: Span;
}
/** An out-of-band buffer of protocol 5, which travels beside the pickle. */
export interface BufferValue {
  readonly kind: 'buffer';
  readonly index: number;
  readonly readonly: boolean;
  readonly span: Span;
}

const NO_VALUES: readonly PickleValue[] = [];

/** The values directly inside a value, in the order that the pickle made them. */
export function childrenOf(value: PickleValue): readonly PickleValue[] {
  switch (value.kind) {
    case 'list':
    case 'tuple':
    case 'set':
    case 'frozenset':
      return value.items;
    case 'dict':
      return value.pairs.flat();
    case 'computed-global':
      return [value.module, value.name];
    case 'persistent-id':
      return [value.id];
    case 'call': {
      const children: PickleValue[] = [value.callee, value.args];
      if (value.kwargs !== null) children.push(value.kwargs);
      for (const item of value.items) children.push(item);
      for (const [key, item] of value.pairs) children.push(key, item);
      if (value.state !== null) children.push(value.state);
      return children;
    }
    case 'none':
    case 'bool':
    case 'int':
    case 'float':
    case 'str':
    case 'bytes':
    case 'bytearray':
    case 'global':
    case 'extension':
    case 'buffer':
      return NO_VALUES;
  }
}

/**
 * Visits each value that the roots reach, once each, a parent before its children and children in order. Shared values and
 * cycles cost nothing extra, so the work is bounded by the number of opcodes. `visit` returns false to stay out of a
 * value's children.
 */
export function eachValue(
  roots: readonly PickleValue[],
  visit: (value: PickleValue) => boolean | undefined,
  seen: Set<PickleValue> = new Set(),
): void {
  const stack: PickleValue[] = [];
  for (let i = roots.length - 1; i >= 0; i--) {
    const root = roots[i];
    if (root !== undefined) stack.push(root);
  }
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (visit(value) === false) continue;
    const children = childrenOf(value);
    for (let i = children.length - 1; i >= 0; i--) {
      const child = children[i];
      if (child !== undefined && !seen.has(child)) stack.push(child);
    }
  }
}
