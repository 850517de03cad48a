/**
 * SQL text to tokens, by the rules of sqlparser 0.62 with DataFusion's default dialect (generic): what is a word, a number, a
 * string or an operator there is one here. White space and comments are dropped; a token knows where it starts and ends.
 */

import { syntax, unsupported } from './errors.ts';
import { type Read, readDollarQuoted, readEscapeString, readQuoteDelimited, readQuoted } from './strings.ts';

/** Which literal a string token was written as. Only some have a meaning for the engine's planner. */
export type StringStyle =
  | 'single'
  | 'dollar'
  | 'escape'
  | 'hex'
  | 'byte'
  | 'raw'
  | 'national'
  | 'unicode'
  | 'delimited';

interface Placed {
  readonly start: number;
  readonly end: number;
}

export type Token = Placed &
  (
    | { readonly kind: 'word'; readonly text: string; readonly quote: '' | '"' | '`'; readonly keyword: string }
    | { readonly kind: 'number'; readonly text: string; readonly long: boolean }
    | { readonly kind: 'string'; readonly text: string; readonly style: StringStyle }
    | { readonly kind: 'placeholder'; readonly text: string }
    | { readonly kind: 'op'; readonly text: string }
    | { readonly kind: 'end'; readonly text: '' }
  );

const ALPHABETIC = /^\p{Alphabetic}$/u;
const ALPHANUMERIC = /^[\p{Alphabetic}\p{N}]$/u;
const NUMERIC = /^\p{N}$/u;
const SPACE = /^\p{White_Space}$/u;

/** Longest first, so that the first match is the token. `|>`, `!!`, `|/`, `||/`, `^@` are tokens without a meaning here. */
const OPERATORS: readonly string[] = [
  ...['!~~*', '->>', '#>>', '<=>', '!~~', '!~*', '~~*', '||/'],
  ...['->', '#>', '#-', '<=', '>=', '<>', '!=', '!~', '!!', '~~', '~*', '||', '|/', '|>', '==', '=>', '::', ':='],
  ...['@>', '<@', '@?', '@@', '&&', '^@', '<<', '>>', '//'],
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    '.',
    ';',
    '\\',
    '+',
    '-',
    '*',
    '/',
    '%',
    '=',
    '<',
    '>',
    '!',
    '~',
    '&',
    '|',
    '^',
    ':',
  ],
];

function isDigit(ch: string): boolean {
  return ch >= '0' && ch <= '9' && ch.length === 1;
}

function isStart(ch: string): boolean {
  return ch === '_' || ch === '#' || ch === '@' || ALPHABETIC.test(ch);
}

function isPart(ch: string): boolean {
  return isStart(ch) || isDigit(ch) || ch === '$';
}

class Tokenizer {
  private at = 0;
  private readonly out: Token[] = [];
  private readonly text: string;
  private readonly maxTokens: number;

  constructor(text: string, maxTokens: number) {
    this.text = text;
    this.maxTokens = maxTokens;
  }

  run(tooMany: () => Error): readonly Token[] {
    for (;;) {
      this.skipBlank();
      if (this.at >= this.text.length) break;
      if (this.out.length >= this.maxTokens) throw tooMany();
      this.next();
    }
    this.out.push({ kind: 'end', text: '', start: this.text.length, end: this.text.length });
    return this.out;
  }

  private char(at: number): string {
    const point = this.text.codePointAt(at);
    return point === undefined ? '' : String.fromCodePoint(point);
  }

  private takeWhile(at: number, test: (ch: string) => boolean): number {
    let end = at;
    for (let ch = this.char(end); ch !== '' && test(ch); ch = this.char(end)) end += ch.length;
    return end;
  }

  private skipBlank(): void {
    for (;;) {
      this.at = this.takeWhile(this.at, (ch) => SPACE.test(ch));
      if (this.text.startsWith('--', this.at)) {
        const line = this.text.indexOf('\n', this.at);
        this.at = line < 0 ? this.text.length : line + 1;
      } else if (this.text.startsWith('/*', this.at)) {
        this.skipComment();
      } else {
        return;
      }
    }
  }

  /** Comments nest. `/*!` holds tokens for MySQL, which the generic dialect reads too; nobody means that here. */
  private skipComment(): void {
    const start = this.at;
    if (this.text.startsWith('/*!', start)) throw unsupported('found a /*! hint, which would be read as SQL', start);
    let depth = 0;
    let at = start;
    while (at < this.text.length) {
      if (this.text.startsWith('/*', at)) {
        depth++;
        at += 2;
      } else if (this.text.startsWith('*/', at)) {
        depth--;
        at += 2;
        if (depth === 0) {
          this.at = at;
          return;
        }
      } else {
        at++;
      }
    }
    throw syntax('found a comment without its end, expected */', start);
  }

  private next(): void {
    const start = this.at;
    const ch = this.char(start);
    if (ch === "'") return this.string('single', start, readQuoted(this.text, start, "'"));
    if (ch === '"' || ch === '`') {
      const read = readQuoted(this.text, start, ch);
      this.push({ kind: 'word', text: read.text, quote: ch, keyword: '', start, end: read.end });
      return;
    }
    if (this.prefixedString(ch, start)) return;
    if (isDigit(ch) || ch === '.') return this.numberOrPeriod(start);
    if (ch === '?') {
      const end = this.takeWhile(start + 1, (one) => NUMERIC.test(one));
      return this.push({ kind: 'placeholder', text: this.text.slice(start, end), start, end });
    }
    if (ch === '$') return this.dollar(start);
    if (ch === '#' || ch === '@') return this.hashOrAt(ch, start);
    if (isStart(ch)) return this.word(start, start + ch.length);
    for (const operator of OPERATORS) {
      // `<+` and `<=+` are two operators each; no other pair of ours is read apart.
      if (this.text.startsWith(operator, start)) return this.op(operator, start);
    }
    throw syntax(`found ${JSON.stringify(ch)}, which starts no token`, start);
  }

  private push(token: Token): void {
    this.out.push(token);
    this.at = token.end;
  }

  private op(text: string, start: number): void {
    this.push({ kind: 'op', text, start, end: start + text.length });
  }

  private string(style: StringStyle, start: number, read: Read): void {
    this.push({ kind: 'string', text: read.text, style, start, end: read.end });
  }

  private word(start: number, from: number): void {
    const end = this.takeWhile(from, isPart);
    const text = this.text.slice(start, end);
    this.push({ kind: 'word', text, quote: '', keyword: text.toUpperCase(), start, end });
  }

  /** E'', X'', B'', R'', N'', Q'', NQ'' and U&''. False where the letter starts an ordinary word. */
  private prefixedString(ch: string, start: number): boolean {
    const next = this.text[start + 1];
    const letter = ch.toUpperCase();
    if (next === "'") {
      const at = start + 1;
      if (letter === 'E') this.string('escape', start, readEscapeString(this.text, at));
      else if (letter === 'X') this.string('hex', start, readQuoted(this.text, at, "'", true));
      else if (letter === 'B') this.string('byte', start, readQuoted(this.text, at, "'"));
      else if (letter === 'R') this.string('raw', start, readQuoted(this.text, at, "'"));
      else if (letter === 'N') this.string('national', start, readQuoted(this.text, at, "'"));
      else if (letter === 'Q') this.string('delimited', start, readQuoteDelimited(this.text, at));
      else return false;
      return true;
    }
    if (next === '"' && (letter === 'B' || letter === 'R')) {
      this.string(letter === 'B' ? 'byte' : 'raw', start, readQuoted(this.text, start + 1, '"'));
      return true;
    }
    if (letter === 'N' && next?.toUpperCase() === 'Q' && this.text[start + 2] === "'") {
      this.string('delimited', start, readQuoteDelimited(this.text, start + 2));
      return true;
    }
    if (letter === 'U' && this.text.startsWith("&'", start + 1)) {
      this.string('unicode', start, readQuoted(this.text, start + 2, "'"));
      return true;
    }
    return false;
  }

  private numberOrPeriod(start: number): void {
    if (this.text.startsWith('._', start)) {
      if (this.out[this.out.length - 1]?.kind === 'word') return this.op('.', start);
      throw syntax("found '_' after '.', expected a digit", start + 1);
    }
    let end = this.takeWhile(start, isDigit);
    if (this.text.slice(start, end) === '0' && this.text[end] === 'x') {
      const digits = this.takeWhile(end + 1, (ch) => /^[0-9a-fA-F]$/.test(ch));
      return this.push({ kind: 'string', text: this.text.slice(end + 1, digits), style: 'hex', start, end: digits });
    }
    if (this.text[end] === '.') end = this.takeWhile(end + 1, isDigit);
    if (end === start + 1 && this.text[start] === '.') return this.op('.', start);
    const exponent = /^[eE][+-]?[0-9]+/.exec(this.text.slice(end, end + 64));
    if (exponent !== null) end = this.takeWhile(end + exponent[0].length, isDigit);
    const text = this.text.slice(start, end);
    const long = this.text[end] === 'L';
    this.push({ kind: 'number', text, long, start, end: long ? end + 1 : end });
  }

  /** `$1`, `$name`, `$$text$$` and `$tag$text$tag$`. */
  private dollar(start: number): void {
    if (this.text[start + 1] === '$') return this.string('dollar', start, readDollarQuoted(this.text, start, ''));
    const end = this.takeWhile(start + 1, (ch) => ch === '_' || ALPHANUMERIC.test(ch));
    if (this.text[end] === '$') {
      const tag = this.text.slice(start + 1, end);
      return this.string('dollar', start, readDollarQuoted(this.text, start, tag));
    }
    this.push({ kind: 'placeholder', text: this.text.slice(start, end), start, end });
  }

  /** After `#` and `@`, whatever is no operator and no blank belongs to a word that starts with them. */
  private hashOrAt(ch: string, start: number): void {
    const rest = this.text.slice(start, start + 3);
    const known = ch === '#' ? ['#>>', '#>', '#-'] : ['@>', '@?'];
    for (const operator of known) if (rest.startsWith(operator)) return this.op(operator, start);
    if (rest.startsWith('@@')) {
      const third = this.char(start + 2);
      if (third === '' || third === ' ') return this.op('@@', start);
      return this.word(start, start + 2 + third.length);
    }
    const second = this.char(start + 1);
    if (second === '' || second === ' ' || (ch === '@' && ["'", '"', '`'].includes(second))) return this.op(ch, start);
    this.word(start, start + 1 + second.length);
  }
}

/** Tokens of the text, the last of kind `end`. `tooMany` makes the error for more than `maxTokens`. */
export function tokenize(text: string, maxTokens: number, tooMany: () => Error): readonly Token[] {
  return new Tokenizer(text, maxTokens).run(tooMany);
}

/** A token as a message quotes it. */
export function describeToken(token: Token): string {
  if (token.kind === 'end') return 'the end of the text';
  if (token.kind === 'string') return `the string ${JSON.stringify(token.text)}`;
  return `'${token.text}'`;
}
