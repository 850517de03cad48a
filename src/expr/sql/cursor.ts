/** A place in the tokens, with the look-ahead, the refusals and the limits that every part of the parser shares. */
import { SqlRefusal, syntax } from './errors.ts';
import type { Ident } from './syntax.ts';
import { describeToken, type Token } from './tokens.ts';

export interface SqlLimits {
  /** Longest text, in UTF-16 units. */
  readonly maxLength: number;
  /** Deepest nesting of parentheses, calls and prefix operators. Chains of infix operators don't nest. */
  readonly maxDepth: number;
  /** Most tokens, and so the longest chain. */
  readonly maxTokens: number;
}

/**
 * `maxDepth` keeps the recursion of the parser and the planner well within half of a 1 MB stack; the engine's own parser stops
 * at 50.
 */
export const DEFAULT_SQL_LIMITS: SqlLimits = { maxLength: 16 * 1024 * 1024, maxDepth: 150, maxTokens: 2_000_000 };

const END: Token = { kind: 'end', text: '', start: 0, end: 0 };

export class Cursor {
  private at = 0;
  private depth = 0;
  private steps = 0;
  private readonly tokens: readonly Token[];
  private readonly maxDepth: number;
  private readonly maxSteps: number;

  constructor(tokens: readonly Token[], limits: SqlLimits) {
    this.tokens = tokens;
    this.maxDepth = limits.maxDepth;
    // Taking a reading back and trying another doubles work where readings nest; text that needs more than this is no SQL.
    this.maxSteps = tokens.length * 64 + 10_000;
  }

  peek(ahead = 0): Token {
    return this.tokens[this.at + ahead] ?? this.tokens[this.tokens.length - 1] ?? END;
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.at++;
    return token;
  }

  position(): number {
    return this.at;
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.steps > this.maxSteps) {
      throw new SqlRefusal('LIMIT', 'found text that can be read in too many ways', this.peek().start);
    }
    if (this.depth >= this.maxDepth) {
      const at = this.peek().start;
      throw new SqlRefusal('LIMIT', `found more than ${this.maxDepth} levels of nesting (maxDepth)`, at);
    }
    this.depth++;
    try {
      return parse();
    } finally {
      this.depth--;
    }
  }

  /** What `parse` gives; where it finds a syntax error, undefined and the old place. */
  attempt<T>(parse: () => T): T | undefined {
    const at = this.at;
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof SqlRefusal) || error.code !== 'SQL_SYNTAX') throw error;
      this.at = at;
      return undefined;
    }
  }

  /** What `first` gives; where it finds a syntax error, what `second` gives; the error of the first where both fail. */
  either<T>(first: () => T, second: () => T): T {
    const at = this.at;
    try {
      return first();
    } catch (error) {
      if (!(error instanceof SqlRefusal) || error.code !== 'SQL_SYNTAX') throw error;
      this.at = at;
      const other = this.attempt(second);
      if (other === undefined) throw error;
      return other;
    }
  }

  fail(expected: string, token: Token = this.peek()): SqlRefusal {
    return syntax(`found ${describeToken(token)}, expected ${expected}`, token.start);
  }

  isOp(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'op' && token.text === text;
  }

  takeOp(text: string): boolean {
    if (!this.isOp(text)) return false;
    this.at++;
    return true;
  }

  expectOp(text: string): void {
    if (!this.takeOp(text)) throw this.fail(`'${text}'`);
  }

  /** The keyword of an unquoted word, upper case; '' for anything else. */
  keyword(ahead = 0): string {
    const token = this.peek(ahead);
    return token.kind === 'word' ? token.keyword : '';
  }

  /** Takes these keywords if all of them follow. */
  takeWords(...words: readonly string[]): boolean {
    for (const [i, word] of words.entries()) if (this.keyword(i) !== word) return false;
    this.at += words.length;
    return true;
  }

  takeOneOf(words: readonly string[]): string | null {
    const word = this.keyword();
    if (word === '' || !words.includes(word)) return null;
    this.at++;
    return word;
  }

  expectWords(...words: readonly string[]): void {
    if (!this.takeWords(...words)) throw this.fail(words.join(' '));
  }

  /** A word in any quotes, or a string: what the engine takes as a name. */
  ident(expected = 'an identifier'): Ident {
    const token = this.next();
    if (token.kind === 'word') return { text: token.text, quote: token.quote };
    if (token.kind === 'string' && token.style === 'single') return { text: token.text, quote: "'" };
    throw this.fail(expected, token);
  }

  wholeNumber(): number {
    const token = this.next();
    if (token.kind !== 'number' || !/^[0-9]{1,15}$/.test(token.text)) throw this.fail('a whole number', token);
    return Number(token.text);
  }

  list<T>(item: () => T): T[] {
    const out = [item()];
    while (this.takeOp(',')) out.push(item());
    return out;
  }
}
