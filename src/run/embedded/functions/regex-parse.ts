/**
 * Rust's regular expressions (regex-syntax 0.8) as a tree. Taken: literals, `.`, escapes, classes with ranges, POSIX names, `\d \s \w` and
 * general categories, groups with and without names, the flags i, m, s and U, greedy and lazy repetition, `^ $ \A \z \b \B`.
 * Refused, though Rust takes them: sets within sets and `&& -- ~~`, the flags x, R and -u, scripts and other properties, `\b{…}`, `\<`,
 * `\>`. What Rust itself refuses (backreferences, lookaround, a `{` that repeats nothing) is refused too.
 */
import { asciiClass, complement, folded, perlClass, type Ranges, unicodeClass, union } from './regex-ranges.ts';

export type Look = 'start' | 'end' | 'lineStart' | 'lineEnd' | 'word' | 'notWord';

export type Regex =
  /** `flags`: nothing but a change of flags, which can't be repeated. */
  | { readonly kind: 'empty' | 'flags'; readonly depth: number }
  | { readonly kind: 'set'; readonly depth: number; readonly ranges: Ranges }
  | { readonly kind: 'look'; readonly depth: number; readonly look: Look }
  | {
      readonly kind: 'repeat';
      readonly depth: number;
      readonly min: number;
      /** Null: without end. */
      readonly max: number | null;
      readonly greedy: boolean;
      readonly node: Regex;
    }
  | { readonly kind: 'group'; readonly depth: number; readonly index: number; readonly node: Regex }
  | { readonly kind: 'concat' | 'alternate'; readonly depth: number; readonly items: readonly Regex[] };

export interface ParsedRegex {
  readonly root: Regex;
  /** Groups, the whole match among them. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  /** A backslash is looked for as itself. */
  readonly backslash: boolean;
}

/** Why a pattern isn't taken: words that follow "its pattern". */
export class PatternError extends Error {}

interface Flags {
  readonly insensitive: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
  readonly swapGreed: boolean;
}

interface Frame {
  readonly alternatives: Regex[];
  items: Regex[];
  /** Of the group that the frame is: null for one that captures nothing. */
  readonly index: number | null;
  /** What holds again after the group. */
  readonly outer: Flags;
}

type Primitive =
  | { readonly kind: 'char'; readonly point: number }
  | { readonly kind: 'class'; readonly ranges: Ranges }
  | { readonly kind: 'look'; readonly look: Look };

/** Rust's own limit is 250; nodes of the tree call each other. */
const MAX_DEPTH = 100;
const MAX_PATTERN = 20_000;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;

export function parseRegex(pattern: string): ParsedRegex {
  if (pattern.length > MAX_PATTERN) throw new PatternError(`is longer than ${MAX_PATTERN} characters`);
  return new Parser(Array.from(pattern)).parse();
}

class Parser {
  private at = 0;
  private flags: Flags = { insensitive: false, multiLine: false, dotAll: false, swapGreed: false };
  private frames: Frame[] = [];
  private groups = 1;
  private readonly names = new Map<string, number>();
  private backslash = false;

  constructor(private readonly chars: readonly string[]) {}

  parse(): ParsedRegex {
    let frame = this.open(null);
    while (this.at < this.chars.length) {
      const char = this.chars[this.at] ?? '';
      switch (char) {
        case '(':
          frame = this.group(frame);
          break;
        case ')':
          frame = this.close(frame);
          break;
        case '|':
          this.at++;
          frame.alternatives.push(concat(frame.items));
          frame.items = [];
          break;
        case '[':
          frame.items.push(set(this.bracket()));
          break;
        case '?':
        case '*':
        case '+':
          this.at++;
          this.repeat(frame, char === '+' ? 1 : 0, char === '?' ? 1 : null);
          break;
        case '{':
          this.counted(frame);
          break;
        default:
          frame.items.push(this.primitive());
      }
    }
    if (this.frames.length > 1) throw new PatternError('has a group without its end');
    return { root: alternate(frame), groups: this.groups, names: this.names, backslash: this.backslash };
  }

  private open(index: number | null): Frame {
    if (this.frames.length >= MAX_DEPTH) throw new PatternError(`nests deeper than ${MAX_DEPTH} levels`);
    const frame: Frame = { alternatives: [], items: [], index, outer: this.flags };
    this.frames.push(frame);
    return frame;
  }

  private close(frame: Frame): Frame {
    this.at++;
    this.frames.pop();
    const outside = this.frames[this.frames.length - 1];
    if (outside === undefined) throw new PatternError('ends a group that it never began');
    this.flags = frame.outer;
    const inner = alternate(frame);
    if (frame.index === null) {
      // A group that holds nothing but a change of flags can be repeated.
      outside.items.push(inner.kind === 'flags' ? { kind: 'concat', depth: 2, items: [inner] } : inner);
    } else {
      outside.items.push(checked({ kind: 'group', depth: inner.depth + 1, index: frame.index, node: inner }));
    }
    return outside;
  }

  /** From the `(`: the frame of the group, or the same one where only flags are set. */
  private group(frame: Frame): Frame {
    this.at++;
    const ahead = this.chars.slice(this.at, this.at + 3).join('');
    if (/^\?(=|!|<=|<!)/.test(ahead)) throw new PatternError('looks around, which Rust has not');
    if (ahead === '?P<' || ahead.startsWith('?<')) {
      this.at += ahead === '?P<' ? 3 : 2;
      const name = this.until('>');
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new PatternError(`has a group named ${JSON.stringify(name)}`);
      if (this.names.has(name)) throw new PatternError(`names two groups ${JSON.stringify(name)}`);
      this.names.set(name, this.groups);
      return this.open(this.groups++);
    }
    if (!ahead.startsWith('?')) return this.open(this.groups++);
    this.at++;
    const { flags, end } = this.flagsAhead();
    if (end === ')') {
      this.flags = flags;
      frame.items.push({ kind: 'flags', depth: 1 });
      return frame;
    }
    const opened = this.open(null);
    this.flags = flags;
    return opened;
  }

  private flagsAhead(): { readonly flags: Flags; readonly end: string } {
    const text: string[] = [];
    let end = this.chars[this.at++];
    while (end !== ')' && end !== ':') {
      if (end === undefined) throw new PatternError('has a group without its end');
      text.push(end);
      end = this.chars[this.at++];
    }
    if (end === ')' && text.length === 0) throw new PatternError('sets no flags with (?)');
    const dash = text.indexOf('-');
    const letters = text.filter((letter) => letter !== '-');
    if (letters.length < text.length - 1 || dash === text.length - 1 || new Set(letters).size < letters.length) {
      if (text.length > 0) throw new PatternError(`sets the flags ${JSON.stringify(text.join(''))}`);
    }
    let { flags } = this;
    text.forEach((letter, i) => {
      const on = dash < 0 || i < dash;
      if (letter === 'i') flags = { ...flags, insensitive: on };
      else if (letter === 'm') flags = { ...flags, multiLine: on };
      else if (letter === 's') flags = { ...flags, dotAll: on };
      else if (letter === 'U') flags = { ...flags, swapGreed: on };
      else if (letter !== '-' && !(letter === 'u' && on)) throw new PatternError(`sets the flag ${letter}`);
    });
    return { flags, end };
  }

  private until(stop: string): string {
    const start = this.at;
    while (this.chars[this.at] !== stop) {
      if (++this.at >= this.chars.length) throw new PatternError(`misses a ${stop}`);
    }
    return this.chars.slice(start, this.at++).join('');
  }

  private repeat(frame: Frame, min: number, max: number | null): void {
    const node = frame.items.pop();
    if (node === undefined || node.kind === 'flags') throw new PatternError('repeats nothing');
    let greedy = !this.flags.swapGreed;
    if (this.chars[this.at] === '?') {
      this.at++;
      greedy = !greedy;
    }
    frame.items.push(checked({ kind: 'repeat', depth: node.depth + 1, min, max, greedy, node }));
  }

  private counted(frame: Frame): void {
    this.at++;
    const text = this.until('}');
    const found = /^(\d+)(?:(,)(\d*))?$/.exec(text);
    if (found === null || text.length > 9) throw new PatternError(`repeats {${text}}`);
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === '' ? null : Number(found[3]);
    if (max !== null && max < min) throw new PatternError(`repeats {${text}}`);
    const node = frame.items[frame.items.length - 1];
    if (max === 0 && node !== undefined && hasGroup(node)) throw new PatternError('repeats a group no times');
    this.repeat(frame, min, max);
  }

  private primitive(): Regex {
    const char = this.chars[this.at] ?? '';
    if (char === '\\') {
      const made = this.escape();
      if (made.kind === 'look') return { kind: 'look', depth: 1, look: made.look };
      return made.kind === 'class' ? set(made.ranges) : this.literal(made.point);
    }
    this.at++;
    switch (char) {
      case '.':
        return set(this.flags.dotAll ? complement([]) : complement([NEWLINE, NEWLINE]));
      case '^':
        return { kind: 'look', depth: 1, look: this.flags.multiLine ? 'lineStart' : 'start' };
      case '$':
        return { kind: 'look', depth: 1, look: this.flags.multiLine ? 'lineEnd' : 'end' };
      default:
        return this.literal(char.codePointAt(0) ?? 0);
    }
  }

  private literal(point: number): Regex {
    if (point === BACKSLASH) this.backslash = true;
    const ranges = [point, point];
    return set(this.flags.insensitive ? folded(ranges) : ranges);
  }

  /** From the backslash on. */
  private escape(): Primitive {
    const letter = this.chars[this.at + 1];
    this.at += 2;
    switch (letter) {
      case undefined:
        throw new PatternError('ends in a backslash');
      case 'd':
      case 's':
      case 'w':
        return { kind: 'class', ranges: perlClass(letter) };
      case 'D':
      case 'S':
      case 'W':
        return { kind: 'class', ranges: complement(perlClass(letter.toLowerCase())) };
      case 'p':
      case 'P':
        return { kind: 'class', ranges: this.property(letter === 'P') };
      case 'x':
      case 'u':
      case 'U':
        return { kind: 'char', point: this.hexadecimal(letter === 'x' ? 2 : letter === 'u' ? 4 : 8) };
      case 'a':
        return { kind: 'char', point: 7 };
      case 'f':
        return { kind: 'char', point: 12 };
      case 't':
        return { kind: 'char', point: 9 };
      case 'n':
        return { kind: 'char', point: NEWLINE };
      case 'r':
        return { kind: 'char', point: 13 };
      case 'v':
        return { kind: 'char', point: 11 };
      case 'A':
        return { kind: 'look', look: 'start' };
      case 'z':
        return { kind: 'look', look: 'end' };
      case 'b':
      case 'B':
        if (this.chars[this.at] === '{') throw new PatternError(`has \\${letter}{`);
        return { kind: 'look', look: letter === 'b' ? 'word' : 'notWord' };
      default: {
        const point = letter.codePointAt(0) ?? 0;
        if (point >= 0x80 || /[A-Za-z0-9<>]/.test(letter)) throw new PatternError(`has \\${letter}`);
        return { kind: 'char', point };
      }
    }
  }

  private hexadecimal(digits: number): number {
    let text: string;
    if (this.chars[this.at] === '{') {
      this.at++;
      text = this.until('}');
    } else {
      text = this.chars.slice(this.at, this.at + digits).join('');
      this.at += digits;
      if (text.length !== digits) throw new PatternError('has too few hexadecimal digits');
    }
    const point = /^[0-9A-Fa-f]{1,8}$/.test(text) ? Number.parseInt(text, 16) : -1;
    if (point < 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      throw new PatternError(`has the character number ${JSON.stringify(text)}`);
    }
    return point;
  }

  /** After `\p` or `\P`. */
  private property(negated: boolean): Ranges {
    const first = this.chars[this.at++];
    const name = first === '{' ? this.until('}') : (first ?? '');
    const ranges = unicodeClass(name);
    if (ranges === null) throw new PatternError(`has the property ${JSON.stringify(name)}`);
    return this.finishedClass(ranges, negated);
  }

  private finishedClass(ranges: Ranges, negated: boolean): Ranges {
    const whole = this.flags.insensitive ? folded(ranges) : union(ranges);
    return negated ? complement(whole) : whole;
  }

  /** From the `[` on. */
  private bracket(): Ranges {
    this.at++;
    const negated = this.chars[this.at] === '^';
    if (negated) this.at++;
    const ranges: number[] = [];
    const start = this.at;
    for (; this.chars[this.at] === '-'; this.at++) ranges.push(0x2d, 0x2d);
    if (this.at === start && this.chars[this.at] === ']') {
      this.at++;
      ranges.push(0x5d, 0x5d);
    }
    for (;;) {
      const char = this.chars[this.at];
      if (char === undefined) throw new PatternError('has a class without its end');
      if (char === ']') break;
      if (char === '[') {
        ranges.push(...this.posix());
      } else if ('&-~'.includes(char) && this.chars[this.at + 1] === char) {
        throw new PatternError(`has ${char}${char} in a class`);
      } else {
        ranges.push(...this.classItem());
      }
    }
    this.at++;
    if (ranges.length === 2 && ranges[0] === BACKSLASH && ranges[1] === BACKSLASH) this.backslash = true;
    return this.finishedClass(union(ranges), negated);
  }

  private posix(): Ranges {
    const rest = this.chars.slice(this.at, this.at + 12).join('');
    const found = /^\[:(\^?)([a-z]+):\]/.exec(rest);
    const ranges = found === null ? null : asciiClass(found[2] ?? '');
    if (found === null || ranges === null) throw new PatternError('has a class within a class');
    this.at += found[0].length;
    return this.finishedClass(ranges, found[1] === '^');
  }

  private classItem(): Ranges {
    const from = this.classChar();
    const next = this.chars[this.at + 1];
    if (this.chars[this.at] !== '-' || next === ']' || next === '-') {
      return from.kind === 'char' ? [from.point, from.point] : from.ranges;
    }
    this.at++;
    if (this.at >= this.chars.length) throw new PatternError('has a class without its end');
    const to = this.classChar();
    if (from.kind !== 'char' || to.kind !== 'char') throw new PatternError('has a range of a class');
    if (from.point > to.point) throw new PatternError('has a range that ends before it starts');
    return [from.point, to.point];
  }

  private classChar(): Exclude<Primitive, { readonly kind: 'look' }> {
    const char = this.chars[this.at] ?? '';
    if (char !== '\\') {
      this.at++;
      return { kind: 'char', point: char.codePointAt(0) ?? 0 };
    }
    const made = this.escape();
    if (made.kind === 'look') throw new PatternError('has an assertion in a class');
    return made;
  }
}

function checked(node: Regex): Regex {
  if (node.depth > MAX_DEPTH) throw new PatternError(`nests deeper than ${MAX_DEPTH} levels`);
  return node;
}

function set(ranges: Ranges): Regex {
  return { kind: 'set', depth: 1, ranges };
}

function deepest(items: readonly Regex[]): number {
  return items.reduce((depth, item) => Math.max(depth, item.depth), 0);
}

function concat(items: readonly Regex[]): Regex {
  const [first] = items;
  if (first === undefined) return { kind: 'empty', depth: 1 };
  return items.length === 1 ? first : checked({ kind: 'concat', depth: deepest(items) + 1, items });
}

function alternate(frame: Frame): Regex {
  const last = concat(frame.items);
  if (frame.alternatives.length === 0) return last;
  const items = [...frame.alternatives, last];
  return checked({ kind: 'alternate', depth: deepest(items) + 1, items });
}

function hasGroup(node: Regex): boolean {
  switch (node.kind) {
    case 'group':
      return true;
    case 'repeat':
      return hasGroup(node.node);
    case 'concat':
    case 'alternate':
      return node.items.some(hasGroup);
    default:
      return false;
  }
}
