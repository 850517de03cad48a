/**
 * Runs the steps of a regular expression over UTF-8, in time that grows with the text alone: whether there is a match by a table of
 * states that is filled as they come up, and where it is by carrying all ways along at once (Pike's machine).
 */
import { Context, classAt, looksRight, Op, type Program } from './regex-program.ts';
import { pointAt, widthOf } from './strings-rows.ts';

const UNKNOWN = -1;
const DEAD = -2;
const FOUND = -3;
/** States are thrown away and found again beyond so many cells of the table, or so many steps that they hold together. */
const MAX_CELLS = 2_000_000;
const MAX_HELD = 4_000_000;

interface State {
  readonly before: number;
  readonly steps: readonly number[];
}

export class Matcher {
  private readonly width: number;
  private states: State[] = [];
  private ids = new Map<string, number>();
  private table = new Int32Array(0);
  private held = 0;
  private readonly threads: readonly [Threads, Threads];
  private readonly stack: number[] = [];

  constructor(readonly program: Program) {
    this.width = program.classes + 1;
    this.threads = [new Threads(program), new Threads(program)];
    this.clear();
  }

  private clear(): void {
    this.states = [];
    this.held = 0;
    this.ids = new Map();
    this.table = new Int32Array(64 * this.width).fill(UNKNOWN);
    this.stateId({ before: Context.Edge, steps: [] });
  }

  private classOf(data: Uint8Array, at: number): number {
    const byte = data[at] ?? 0;
    const { program } = this;
    if (byte < 0x80) return program.asciiClass[byte] ?? 0;
    return classAt(program.bounds, program.boundClass, pointAt(data, at));
  }

  /** Whether `data[from, to)` holds a match. */
  isMatch(data: Uint8Array, from: number, to: number): boolean {
    const { width } = this;
    const { asciiClass, bounds, boundClass } = this.program;
    let { table } = this;
    let state = 0;
    let at = from;
    while (at < to) {
      const byte = data[at] ?? 0;
      let cls: number;
      if (byte < 0x80) {
        cls = asciiClass[byte] ?? 0;
        at++;
      } else {
        cls = classAt(bounds, boundClass, pointAt(data, at));
        at += widthOf(byte);
      }
      let next = table[state * width + cls] ?? UNKNOWN;
      if (next < 0) {
        if (next === UNKNOWN) {
          next = this.move(state, cls);
          table = this.table;
        }
        if (next < 0) return next === FOUND;
      }
      state = next;
    }
    let last = table[state * width + width - 1] ?? UNKNOWN;
    if (last === UNKNOWN) last = this.move(state, width - 1);
    return last === FOUND;
  }

  /** Where the character of a class leads from a state. The last class is the end of the text. */
  private move(from: number, cls: number): number {
    const { program, stack } = this;
    const { ops, args, out, other, members, classes, context } = program;
    const state = this.states[from];
    if (state === undefined) return DEAD;
    const end = cls === this.width - 1;
    const after = end ? Context.Edge : (context[cls] ?? 0);
    const seen = new Set<number>();
    const next = new Set<number>();
    let found = false;
    for (const first of [...state.steps, program.start]) {
      stack.push(first);
      for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
        if (seen.has(step)) continue;
        seen.add(step);
        switch (ops[step]) {
          case Op.Set:
            if (!end && members[(args[step] ?? 0) * classes + cls] === 1) next.add(out[step] ?? 0);
            break;
          case Op.Split:
            stack.push(other[step] ?? 0, out[step] ?? 0);
            break;
          case Op.Look:
            if (looksRight(args[step] ?? 0, state.before, after)) stack.push(out[step] ?? 0);
            break;
          case Op.Save:
            stack.push(out[step] ?? 0);
            break;
          default:
            found = true;
        }
      }
    }
    let target: number;
    if (found) target = FOUND;
    else if (end || (next.size === 0 && program.anchored)) target = DEAD;
    else {
      if (this.states.length * this.width > MAX_CELLS || this.held > MAX_HELD) {
        // The state that it comes from is gone with the others: its place in the table is not to be filled.
        this.clear();
        return this.stateId(this.stateOf(after, next));
      }
      target = this.stateId(this.stateOf(after, next));
    }
    this.table[from * this.width + cls] = target;
    return target;
  }

  private stateOf(after: number, steps: ReadonlySet<number>): State {
    return { before: this.program.looks ? after : 0, steps: [...steps].sort((a, b) => a - b) };
  }

  private stateId(state: State): number {
    const key = `${state.before} ${state.steps.join(' ')}`;
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.states.length;
      this.states.push(state);
      this.held += state.steps.length;
      this.ids.set(key, id);
      if ((id + 1) * this.width > this.table.length) {
        const grown = new Int32Array(this.table.length * 2).fill(UNKNOWN);
        grown.set(this.table);
        this.table = grown;
      }
    }
    return id;
  }

  /**
   * The leftmost match, and of those the first in the order of the pattern, that starts at `start` or later in the text
   * `data[from, to)`: the ends of its groups as offsets into `data`, -1 for one that took no part. Null where there is none. The array
   * is used again by the next search.
   */
  search(data: Uint8Array, from: number, to: number, start: number): Int32Array | null {
    const { program } = this;
    const { ops, args, out, members, classes, context, anchored } = program;
    let [current, next] = this.threads;
    current.size = 0;
    let matched: Int32Array | null = null;
    let before: number = Context.Edge;
    if (start > from) {
      let previous = start - 1;
      while (previous > from && ((data[previous] ?? 0) & 0xc0) === 0x80) previous--;
      before = context[this.classOf(data, previous)] ?? 0;
    }
    let at = start;
    let cls = at < to ? this.classOf(data, at) : -1;
    let after = cls < 0 ? Context.Edge : (context[cls] ?? 0);
    for (;;) {
      if (current.size === 0 && (matched !== null || (anchored && at > from))) return matched;
      if (matched === null) {
        current.spare.fill(-1);
        this.follow(current, program.start, at, before, after);
      }
      const width = cls < 0 ? 0 : widthOf(data[at] ?? 0);
      const after2At = at + width;
      const nextClass = after2At < to && cls >= 0 ? this.classOf(data, after2At) : -1;
      const beyond = nextClass < 0 ? Context.Edge : (context[nextClass] ?? 0);
      next.size = 0;
      for (let i = 0; i < current.size; i++) {
        const step = current.dense[i] ?? 0;
        const op = ops[step];
        if (op === Op.Set) {
          if (cls >= 0 && members[(args[step] ?? 0) * classes + cls] === 1) {
            next.spare.set(current.slotsOf(step));
            this.follow(next, out[step] ?? 0, after2At, after, beyond);
          }
        } else if (op === Op.Match) {
          matched ??= new Int32Array(program.slots);
          matched.set(current.slotsOf(step));
          // Ways of less preference are given up.
          break;
        }
      }
      if (cls < 0) return matched;
      [current, next] = [next, current];
      before = after;
      after = beyond;
      at = after2At;
      cls = nextClass;
    }
  }

  /** Adds what can be reached from `step` without a character, in order of preference, with the slots of `threads.spare`. */
  private follow(threads: Threads, step: number, at: number, before: number, after: number): void {
    const { ops, args, out, other } = this.program;
    const { stack } = this;
    const { spare } = threads;
    // Steps to take, or -1 - slot above the value that the slot gets back.
    stack.push(step);
    for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
      if (item < 0) {
        spare[-1 - item] = stack.pop() ?? -1;
        continue;
      }
      let here = item;
      for (;;) {
        if (!threads.add(here)) break;
        const op = ops[here];
        if (op === Op.Split) {
          stack.push(other[here] ?? 0);
          here = out[here] ?? 0;
        } else if (op === Op.Save) {
          const slot = args[here] ?? 0;
          stack.push(spare[slot] ?? -1, -1 - slot);
          spare[slot] = at;
          here = out[here] ?? 0;
        } else if (op === Op.Look) {
          if (!looksRight(args[here] ?? 0, before, after)) break;
          here = out[here] ?? 0;
        } else {
          threads.keep(here);
          break;
        }
      }
    }
  }
}

/** The steps that are reached at one place, in order of preference, each with its slots. */
class Threads {
  readonly dense: Int32Array;
  private readonly sparse: Int32Array;
  private readonly slots: Int32Array;
  private readonly width: number;
  readonly spare: Int32Array;
  size = 0;

  constructor({ ops, slots }: Program) {
    this.dense = new Int32Array(ops.length);
    this.sparse = new Int32Array(ops.length);
    this.width = slots;
    this.slots = new Int32Array(ops.length * slots);
    this.spare = new Int32Array(slots);
  }

  /** False where the step is there already. */
  add(step: number): boolean {
    const place = this.sparse[step] ?? 0;
    if (place < this.size && this.dense[place] === step) return false;
    this.sparse[step] = this.size;
    this.dense[this.size++] = step;
    return true;
  }

  keep(step: number): void {
    this.slots.set(this.spare, step * this.width);
  }

  slotsOf(step: number): Int32Array {
    return this.slots.subarray(step * this.width, (step + 1) * this.width);
  }
}
