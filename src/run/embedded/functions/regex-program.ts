/**
 * From the tree of a regular expression to the steps of an automaton, built as regex-automata builds its own: the order of the ways out
 * of a split is what leftmost-first means, and loops over what may be empty are unrolled once.
 */

import { type Look, type ParsedRegex, PatternError, type Regex } from './regex-parse.ts';
import { holds, type Ranges } from './regex-ranges.ts';
import { wordRanges } from './unicode.ts';

export const Op = { Set: 0, Split: 1, Look: 2, Save: 3, Match: 4 } as const;

const LOOKS: readonly Look[] = ['start', 'end', 'lineStart', 'lineEnd', 'word', 'notWord'];

/** What a character is to a `Look`. */
export const Context = { Word: 1, Newline: 2, Edge: 4 } as const;

/** Steps as columns: `first` is the set, look or slot; `out` and `other` the next steps, `out` the preferred one. */
export interface Program {
  readonly ops: Uint8Array;
  readonly args: Int32Array;
  readonly out: Int32Array;
  readonly other: Int32Array;
  readonly start: number;
  readonly slots: number;
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  /** Character classes: characters of one class are in the same sets. */
  readonly classes: number;
  readonly asciiClass: Uint16Array;
  readonly bounds: Int32Array;
  readonly boundClass: Uint16Array;
  /** Whether set s holds class c: `members[s * classes + c]`. */
  readonly members: Uint8Array;
  readonly context: Uint8Array;
  readonly looks: boolean;
  /** Every match starts where the text does. */
  readonly anchored: boolean;
}

/**
 * Rust refuses programs beyond 10 MB. Its sets are automata over bytes, of a few states for every range: patterns that come anywhere near
 * are refused, whatever Rust would say.
 */
const MAX_SIZE = 1_500_000;
const STEP_SIZE = 100;
const RANGE_SIZE = 64;
const MAX_CLASSES = 4000;
/** Every pair of a set and a place where one starts or ends is looked at. */
const MAX_SETS = 500;

class Builder {
  readonly ops: number[] = [];
  readonly args: number[] = [];
  readonly out: number[] = [];
  readonly other: number[] = [];
  readonly sets: Ranges[] = [];
  private readonly setIds = new Map<string, number>();
  looks = false;
  private size = 0;

  step(op: number, arg: number, out: number, other: number): number {
    this.size += STEP_SIZE;
    if (this.size > MAX_SIZE) throw new PatternError('makes a large program, which Rust may refuse');
    this.ops.push(op);
    this.args.push(arg);
    this.out.push(out);
    this.other.push(other);
    return this.ops.length - 1;
  }

  private set(ranges: Ranges, next: number): number {
    this.size += (ranges.length >> 1) * RANGE_SIZE;
    const key = ranges.join(' ');
    let id = this.setIds.get(key);
    if (id === undefined) {
      id = this.sets.length;
      if (id >= MAX_SETS) throw new PatternError(`looks for more than ${MAX_SETS} different characters`);
      this.sets.push(ranges);
      this.setIds.set(key, id);
    }
    return this.step(Op.Set, id, next, -1);
  }

  private split(greedy: boolean, body: number, next: number): number {
    return greedy ? this.step(Op.Split, 0, body, next) : this.step(Op.Split, 0, next, body);
  }

  private patch(at: number, greedy: boolean, body: number, next: number): void {
    this.out[at] = greedy ? body : next;
    this.other[at] = greedy ? next : body;
  }

  /** The first step of `node`, after which `next` comes. Calls itself as deep as the tree, whose depth the parser bounds. */
  add(node: Regex, next: number): number {
    switch (node.kind) {
      case 'empty':
      case 'flags':
        return next;
      case 'set':
        return this.set(node.ranges, next);
      case 'look':
        this.looks = true;
        return this.step(Op.Look, LOOKS.indexOf(node.look), next, -1);
      case 'group': {
        const end = this.step(Op.Save, node.index * 2 + 1, next, -1);
        return this.step(Op.Save, node.index * 2, this.add(node.node, end), -1);
      }
      case 'concat': {
        let first = next;
        for (let i = node.items.length - 1; i >= 0; i--) {
          const item = node.items[i];
          if (item !== undefined) first = this.add(item, first);
        }
        return first;
      }
      case 'alternate': {
        const starts = node.items.map((item) => this.add(item, next));
        return starts.reduceRight((rest, start) => this.step(Op.Split, 0, start, rest));
      }
      case 'repeat':
        return this.repeat(node, next);
    }
  }

  private repeat({ node, min, max, greedy }: Regex & { readonly kind: 'repeat' }, next: number): number {
    let first = next;
    let copies = min;
    if (max !== null) {
      for (let i = min; i < max; i++) first = this.split(greedy, this.add(node, first), next);
    } else if (min === 0 && !mayBeEmpty(node)) {
      const loop = this.step(Op.Split, 0, -1, -1);
      this.patch(loop, greedy, this.add(node, loop), next);
      return loop;
    } else {
      const loop = this.step(Op.Split, 0, -1, -1);
      const body = this.add(node, loop);
      this.patch(loop, greedy, body, next);
      if (min === 0) return this.split(greedy, body, next);
      first = body;
      copies = min - 1;
    }
    for (let i = 0; i < copies; i++) first = this.add(node, first);
    return first;
  }
}

function mayBeEmpty(node: Regex): boolean {
  switch (node.kind) {
    case 'set':
      return node.ranges.length === 0;
    case 'empty':
    case 'flags':
    case 'look':
      return true;
    case 'group':
      return mayBeEmpty(node.node);
    case 'repeat':
      return node.min === 0 || mayBeEmpty(node.node);
    case 'concat':
      return node.items.every(mayBeEmpty);
    case 'alternate':
      return node.items.some(mayBeEmpty);
  }
}

export function compileRegex({ root, groups, names }: ParsedRegex): Program {
  const builder = new Builder();
  const end = builder.step(Op.Save, 1, builder.step(Op.Match, 0, -1, -1), -1);
  const first = builder.add(root, end);
  const start = builder.step(Op.Save, 0, first, -1);
  const classes = classify(builder.sets, builder.looks);
  return {
    ops: Uint8Array.from(builder.ops),
    args: Int32Array.from(builder.args),
    out: Int32Array.from(builder.out),
    other: Int32Array.from(builder.other),
    start,
    slots: groups * 2,
    groups,
    names,
    looks: builder.looks,
    anchored: builder.ops[first] === Op.Look && builder.args[first] === LOOKS.indexOf('start'),
    ...classes,
  };
}

type Classes = Pick<Program, 'classes' | 'asciiClass' | 'bounds' | 'boundClass' | 'members' | 'context'>;

/** Cuts all characters where some set starts or ends, and takes for one class what is in the same sets. */
function classify(sets: readonly Ranges[], looks: boolean): Classes {
  const word = looks ? wordRanges() : [];
  const newline = looks ? [0x0a, 0x0a] : [];
  const all = [...sets, word, newline];
  const cuts = new Set<number>([0]);
  for (const ranges of all) {
    for (let i = 0; i < ranges.length; i += 2) {
      cuts.add(ranges[i] ?? 0);
      cuts.add((ranges[i + 1] ?? 0) + 1);
    }
  }
  const bounds = Int32Array.from(cuts).sort();
  const ids = new Map<string, number>();
  const kept: number[] = [];
  const boundClass = new Uint16Array(bounds.length);
  bounds.forEach((from, i) => {
    const key = all.map((ranges) => (holds(ranges, from) ? '1' : '0')).join('');
    let id = ids.get(key);
    if (id === undefined) {
      id = ids.size;
      ids.set(key, id);
      kept.push(from);
    }
    boundClass[i] = id;
  });
  const classes = ids.size;
  if (classes > MAX_CLASSES) throw new PatternError('tells too many kinds of characters apart');
  const members = new Uint8Array(sets.length * classes);
  const context = new Uint8Array(classes);
  kept.forEach((point, id) => {
    sets.forEach((ranges, s) => {
      if (holds(ranges, point)) members[s * classes + id] = 1;
    });
    context[id] = (holds(word, point) ? Context.Word : 0) | (holds(newline, point) ? Context.Newline : 0);
  });
  const asciiClass = Uint16Array.from({ length: 128 }, (_, point) => classAt(bounds, boundClass, point));
  return { classes, asciiClass, bounds, boundClass, members, context };
}

export function classAt(bounds: Int32Array, boundClass: Uint16Array, point: number): number {
  let low = 0;
  let high = bounds.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((bounds[middle] ?? 0) <= point) low = middle;
    else high = middle - 1;
  }
  return boundClass[low] ?? 0;
}

/** Whether a look is right between two characters, each given as its `Context`. */
export function looksRight(look: number, before: number, after: number): boolean {
  switch (look) {
    case 0:
      return (before & Context.Edge) !== 0;
    case 1:
      return (after & Context.Edge) !== 0;
    case 2:
      return (before & (Context.Edge | Context.Newline)) !== 0;
    case 3:
      return (after & (Context.Edge | Context.Newline)) !== 0;
    case 4:
      return ((before ^ after) & Context.Word) !== 0;
    default:
      return ((before ^ after) & Context.Word) === 0;
  }
}
