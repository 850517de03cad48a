import type { DfxError } from '../errors.ts';
import type { Span } from '../limits.ts';
import type { PickleCursor } from './cursor.ts';
import { displayName } from './names.ts';
import type { CallValue, DictValue, MakingHow, PicklePair, PickleValue } from './value.ts';

export type CallHow = MakingHow | 'build' | 'append' | 'setitem' | 'additem';

/** Something that loading the pickle would do to or with an object, in the order that it would happen. */
export interface PickleCall {
  /** `build`, `append`, `setitem` and `additem` act on `callee`; the others call it. */
  readonly how: CallHow;
  readonly callee: PickleValue;
  /** The arguments as written; for `build` the state; for the others a tuple of what is put in. */
  readonly args: PickleValue;
  readonly kwargs: PickleValue | null;
  /** What stands on the stack afterwards. */
  readonly result: PickleValue;
  /** Where the opcode is. */
  readonly offset: number;
  readonly span: Span;
}

/** An import that loading the pickle would make. */
export interface PickleGlobal {
  readonly opcode: 'GLOBAL' | 'STACK_GLOBAL' | 'INST' | 'EXT1' | 'EXT2' | 'EXT4';
  /** Null where it is computed, or comes from the extension registry. */
  readonly module: string | null;
  readonly name: string | null;
  readonly value: PickleValue;
  readonly span: Span;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The machine alone makes values, and it alone fills them while it reads; outside they are readonly. */
function open<T>(value: T): Mutable<T> {
  return value as Mutable<T>;
}

const NO_ITEMS: readonly PickleValue[] = Object.freeze([]);
const NO_PAIRS: readonly PicklePair[] = Object.freeze([]);

/**
 * The stack, the marks and the memo of the pickle machine over symbolic values. Marks stand apart from the values, and no
 * opcode reaches below the topmost mark, as in CPython's own machine.
 */
export class PickleMachine {
  readonly cursor: PickleCursor;
  readonly maxDepth: number;
  readonly stack: PickleValue[] = [];
  /** Where each stack entry begins, in step with `stack`. */
  readonly starts: number[] = [];
  /** How many levels of values each stack entry holds, in step with `stack`. */
  readonly depths: number[] = [];
  readonly marks: number[] = [];
  readonly markStarts: number[] = [];
  private fence = 0;
  private readonly memo: PickleValue[] = [];
  private readonly memoDepths: number[] = [];
  private readonly sparseMemo = new Map<number, { readonly value: PickleValue; readonly depth: number }>();
  private memoCount = 0;
  readonly globals: PickleGlobal[] = [];
  readonly calls: PickleCall[] = [];
  buffers = 0;
  opcodes = 0;
  /** What PROTO says. */
  protocol = 0;
  /** The highest protocol among the opcodes read while PROTO hasn't said one. */
  impliedProtocol = 0;

  constructor(cursor: PickleCursor, maxDepth: number) {
    this.cursor = cursor;
    this.maxDepth = maxDepth;
  }

  private underflow(needed: number): DfxError {
    const held = this.stack.length - this.fence;
    const where = this.marks.length > 0 ? 'above the mark' : 'on the stack';
    return this.cursor.bad(`needs ${needed} ${needed === 1 ? 'value' : 'values'} ${where}, found ${held}`);
  }

  need(count: number): void {
    if (this.stack.length - this.fence < count) throw this.underflow(count);
  }

  /** The span of the opcode being read. */
  here(): Span {
    const base = this.cursor.base;
    return { start: base + this.cursor.start, end: base + this.cursor.pos };
  }

  spanFrom(start: number): Span {
    const base = this.cursor.base;
    return { start: base + start, end: base + this.cursor.pos };
  }

  push(value: PickleValue, start: number, depth: number): void {
    if (depth > this.maxDepth)
      throw this.cursor.fail('LIMIT', `values are nested more than ${this.maxDepth} levels deep`);
    this.stack.push(value);
    this.starts.push(start);
    this.depths.push(depth);
  }

  pushLeaf(value: PickleValue): void {
    this.push(value, this.cursor.start, 1);
  }

  pop(): PickleValue {
    const value = this.stack.length > this.fence ? this.stack.pop() : undefined;
    if (value === undefined) throw this.underflow(1);
    this.starts.pop();
    this.depths.pop();
    return value;
  }

  top(): PickleValue {
    const value = this.stack.length > this.fence ? this.stack[this.stack.length - 1] : undefined;
    if (value === undefined) throw this.underflow(1);
    return value;
  }

  mark(): void {
    if (this.marks.length >= this.maxDepth)
      throw this.cursor.fail('LIMIT', `marks are nested more than ${this.maxDepth} levels deep`);
    this.marks.push(this.stack.length);
    this.markStarts.push(this.cursor.start);
    this.fence = this.stack.length;
  }

  /** Closes the topmost mark: the index of the first value above it. */
  closeMark(): number {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.cursor.bad('needs a mark, none is open');
    this.fence = this.marks[this.marks.length - 1] ?? 0;
    return mark;
  }

  /** POP: a mark if one is on top, else a value. */
  popAny(): void {
    if (this.marks.length > 0 && this.marks[this.marks.length - 1] === this.stack.length) {
      this.closeMark();
      this.markStarts.pop();
    } else this.pop();
  }

  popMark(): void {
    this.truncate(this.closeMark());
    this.markStarts.pop();
  }

  private truncate(length: number): void {
    this.stack.length = length;
    this.starts.length = length;
    this.depths.length = length;
  }

  private deepest(from: number): number {
    let depth = 0;
    for (let i = from; i < this.depths.length; i++) depth = Math.max(depth, this.depths[i] ?? 0);
    return depth;
  }

  /** Takes what stands above the topmost mark. */
  takeMarked(): { items: PickleValue[]; start: number; depth: number } {
    const from = this.closeMark();
    const start = this.markStarts.pop() ?? this.cursor.start;
    const depth = this.deepest(from);
    const items = this.stack.slice(from);
    this.truncate(from);
    return { items, start, depth };
  }

  /** TUPLE1 to TUPLE3. */
  tuple(count: number): void {
    this.need(count);
    const from = this.stack.length - count;
    const start = this.starts[from] ?? this.cursor.start;
    const depth = this.deepest(from) + 1;
    const items = this.stack.slice(from);
    this.truncate(from);
    this.push({ kind: 'tuple', items, span: this.spanFrom(start) }, start, depth);
  }

  pairs(items: readonly PickleValue[]): PicklePair[] {
    if (items.length % 2 !== 0) throw this.cursor.bad(`needs keys and values in pairs, found ${items.length} values`);
    const pairs: PicklePair[] = [];
    for (let i = 0; i + 1 < items.length; i += 2) {
      const key = items[i];
      const value = items[i + 1];
      if (key !== undefined && value !== undefined) pairs.push([key, value]);
    }
    return pairs;
  }

  /** What an APPENDS, ADDITEMS or SETITEMS fills, seen through the mark that it closed. */
  private grown(target: PickleValue, depth: number): void {
    const index = this.stack.length - 1;
    // A value fetched from the memo is written elsewhere: what is put in here doesn't stretch its range to here.
    if (this.cursor.base + (this.starts[index] ?? 0) === target.span.start)
      open(target).span = { start: target.span.start, end: this.cursor.base + this.cursor.pos };
    const deeper = Math.max(this.depths[index] ?? 1, depth + 1);
    if (deeper > this.maxDepth)
      throw this.cursor.fail('LIMIT', `values are nested more than ${this.maxDepth} levels deep`);
    this.depths[index] = deeper;
  }

  private record(how: CallHow, target: PickleValue, items: readonly PickleValue[], start: number): void {
    const span = this.spanFrom(start);
    const args: PickleValue = { kind: 'tuple', items, span };
    const offset = this.cursor.base + this.cursor.start;
    this.calls.push({ how, callee: target, args, kwargs: null, result: target, offset, span });
  }

  extend(how: 'append' | 'additem', items: readonly PickleValue[], start: number, depth: number): void {
    const target = this.top();
    if (items.length === 0) return;
    const native = how === 'append' ? target.kind === 'list' : target.kind === 'set';
    if (native || target.kind === 'call') {
      const into = target as Mutable<CallValue>;
      if (into.items === NO_ITEMS) into.items = [];
      const list = into.items as PickleValue[];
      for (const item of items) list.push(item);
    } else if (!isObject(target)) throw this.cursor.bad(`puts items into ${displayName(target)}`);
    this.grown(target, depth);
    if (!native) this.record(how, target, items, start);
  }

  setItems(items: readonly PickleValue[], start: number, depth: number): void {
    const pairs = this.pairs(items);
    const target = this.top();
    if (pairs.length === 0) return;
    if (target.kind === 'dict' || target.kind === 'call') {
      const into = target as Mutable<CallValue | DictValue>;
      if (into.pairs === NO_PAIRS) into.pairs = [];
      const list = into.pairs as PicklePair[];
      for (const pair of pairs) list.push(pair);
    } else if (!isObject(target) && target.kind !== 'list' && target.kind !== 'bytearray')
      throw this.cursor.bad(`puts items into ${displayName(target)}`);
    this.grown(target, depth);
    if (target.kind !== 'dict') this.record('setitem', target, items, start);
  }

  /** A call that makes a value: it takes the place of what it was made from, which began at `start`. */
  call(
    how: MakingHow,
    callee: PickleValue,
    args: PickleValue,
    kwargs: PickleValue | null,
    start: number,
    depth: number,
  ): void {
    const span = this.spanFrom(start);
    const result: PickleValue = {
      kind: 'call',
      how,
      callee,
      args,
      kwargs,
      state: null,
      items: NO_ITEMS,
      pairs: NO_PAIRS,
      span,
    };
    const offset = this.cursor.base + this.cursor.start;
    this.calls.push({ how, callee, args, kwargs, result, offset, span });
    this.push(result, start, depth + 1);
  }

  /** REDUCE, NEWOBJ and NEWOBJ_EX: a callable and its arguments from the stack. */
  callFromStack(how: MakingHow, count: 2 | 3): void {
    this.need(count);
    const from = this.stack.length - count;
    const start = this.starts[from] ?? this.cursor.start;
    const depth = this.deepest(from);
    const kwargs = count === 3 ? this.pop() : null;
    const args = this.pop();
    const callee = this.pop();
    this.call(how, callee, args, kwargs, start, depth);
  }

  build(): void {
    this.need(2);
    const depth = this.depths[this.depths.length - 1] ?? 1;
    const start = this.starts[this.starts.length - 1] ?? this.cursor.start;
    const state = this.pop();
    const target = this.top();
    if (target.kind === 'call') open(target).state = state;
    this.grown(target, depth);
    const offset = this.cursor.base + this.cursor.start;
    const span = this.spanFrom(start);
    this.calls.push({ how: 'build', callee: target, args: state, kwargs: null, result: target, offset, span });
  }

  put(index: number): void {
    const value = this.top();
    const depth = this.depths[this.depths.length - 1] ?? 1;
    if (index <= this.memo.length) {
      if (index === this.memo.length && !this.sparseMemo.delete(index)) this.memoCount++;
      this.memo[index] = value;
      this.memoDepths[index] = depth;
      return;
    }
    // An index far ahead goes to a map, so that one opcode can't make an array of four thousand million slots.
    if (!this.sparseMemo.has(index)) this.memoCount++;
    this.sparseMemo.set(index, { value, depth });
  }

  memoize(): void {
    this.put(this.memoCount);
  }

  get(index: number): void {
    const value = this.memo[index];
    if (value !== undefined) {
      this.push(value, this.cursor.start, this.memoDepths[index] ?? 1);
      return;
    }
    const entry = this.sparseMemo.get(index);
    if (entry === undefined) throw this.cursor.bad(`asks for memo entry ${index}, which was never stored`);
    this.push(entry.value, this.cursor.start, entry.depth);
  }

  global(
    opcode: PickleGlobal['opcode'],
    value: PickleValue,
    names: { readonly module: string; readonly name: string } | null,
  ): void {
    const { module, name } = names ?? { module: null, name: null };
    this.globals.push({ opcode, module, name, value, span: value.span });
  }
}

/** Whether the value may stand for an object with methods of its own, which only a running Python would know. */
function isObject(value: PickleValue): boolean {
  switch (value.kind) {
    case 'global':
    case 'computed-global':
    case 'call':
    case 'persistent-id':
    case 'extension':
    case 'buffer':
      return true;
    case 'none':
    case 'bool':
    case 'int':
    case 'float':
    case 'str':
    case 'bytes':
    case 'bytearray':
    case 'list':
    case 'tuple':
    case 'dict':
    case 'set':
    case 'frozenset':
      return false;
  }
}
