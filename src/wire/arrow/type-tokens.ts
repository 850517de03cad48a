/** The words of a type's text, each with its offset in UTF-16 units. */
import { DfxError } from '../errors.ts';

export type Token =
  | { readonly kind: 'word' | 'string' | 'mark'; readonly text: string; readonly offset: number }
  | { readonly kind: 'number'; readonly text: string; readonly value: number; readonly offset: number }
  | { readonly kind: 'end'; readonly text: ''; readonly offset: number };

const BLANK = /[ \t\r\n]*/y;
const WORD = /[A-Za-zµμ_][A-Za-z0-9_µμ-]*/y;
const NUMBER = /-?[0-9]+/y;
const MARKS = '(),:{}[]';
const ESCAPES = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['0', '\0'],
  ['\\', '\\'],
  ['"', '"'],
  ["'", "'"],
]);

export function typeNameError(message: string, offset: number): DfxError {
  return new DfxError('TYPE_NAME', message, {
    offset,
    hint: 'write a type as DataFusion displays it, such as Int64, Timestamp(Microsecond, Some("UTC")) or List(Utf8)',
  });
}

export class TypeTokens {
  readonly #text: string;
  #position = 0;
  /** Tokens read and not taken yet: at most two. */
  readonly #ahead: Token[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  peek(distance: 0 | 1 = 0): Token {
    for (;;) {
      const token = this.#ahead[distance];
      if (token !== undefined) return token;
      this.#ahead.push(this.#read());
    }
  }

  next(): Token {
    const token = this.peek();
    this.#ahead.shift();
    return token;
  }

  /** Whether the next tokens are these words or marks. */
  at(first: string, second?: string): boolean {
    return isPlain(this.peek(), first) && (second === undefined || isPlain(this.peek(1), second));
  }

  /** Takes the next token if it is this word or mark. */
  accept(text: string): boolean {
    const found = this.at(text);
    if (found) this.next();
    return found;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`"${text}"`);
  }

  string(what: string): string {
    const token = this.peek();
    if (token.kind !== 'string') throw this.unexpected(`${what} in quotes`);
    return this.next().text;
  }

  integer(what: string, min: number, max: number): number {
    const token = this.peek();
    if (token.kind !== 'number') throw this.unexpected(what);
    if (token.value < min || token.value > max) {
      throw typeNameError(`${what} is ${token.text}, expected ${min} to ${max}`, token.offset);
    }
    this.next();
    return token.value;
  }

  unexpected(expected: string): DfxError {
    const token = this.peek();
    return typeNameError(`found ${describe(token)} in a type name, expected ${expected}`, token.offset);
  }

  #read(): Token {
    BLANK.lastIndex = this.#position;
    BLANK.exec(this.#text);
    const offset = BLANK.lastIndex;
    const char = this.#text[offset];
    if (char === undefined) return { kind: 'end', text: '', offset };
    if (char === '"' || char === "'") return this.#string(char, offset);
    if (MARKS.includes(char)) {
      this.#position = offset + 1;
      return { kind: 'mark', text: char, offset };
    }
    NUMBER.lastIndex = offset;
    const digits = NUMBER.exec(this.#text)?.[0];
    if (digits !== undefined) {
      this.#position = NUMBER.lastIndex;
      return { kind: 'number', text: digits, value: Number(digits), offset };
    }
    WORD.lastIndex = offset;
    const word = WORD.exec(this.#text)?.[0];
    if (word === undefined) {
      throw typeNameError(`found ${JSON.stringify(this.#text.slice(offset, offset + 1))} in a type name`, offset);
    }
    this.#position = WORD.lastIndex;
    return { kind: 'word', text: word, offset };
  }

  #string(quote: string, offset: number): Token {
    const text = this.#text;
    let value = '';
    let at = offset + 1;
    for (;;) {
      const char = text[at];
      if (char === undefined) throw typeNameError('found a string without its closing quote in a type name', offset);
      if (char === quote) break;
      if (char !== '\\') {
        value += char;
        at += 1;
        continue;
      }
      const [escaped, end] = this.#escape(at);
      value += escaped;
      at = end;
    }
    this.#position = at + 1;
    return { kind: 'string', text: value, offset };
  }

  #escape(at: number): readonly [string, number] {
    const simple = ESCAPES.get(this.#text[at + 1] ?? '');
    if (simple !== undefined) return [simple, at + 2];
    const code = /^\\u\{([0-9a-fA-F]{1,6})\}/.exec(this.#text.slice(at, at + 10));
    const point = Number.parseInt(code?.[1] ?? '', 16);
    if (code === null || point > 0x10ffff) throw typeNameError('found an unknown escape in a type name', at);
    return [String.fromCodePoint(point), at + code[0].length];
  }
}

function isPlain(token: Token, text: string): boolean {
  return token.text === text && (token.kind === 'word' || token.kind === 'mark');
}

function describe(token: Token): string {
  return token.kind === 'end' ? 'the end' : JSON.stringify(token.text.slice(0, 40));
}
