/** The members of a frame's header, each read as what it must be. Names in it are never keys of a plain object. */
import { DfxError } from '../../wire/errors.ts';

export class HeaderReader {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(value: object) {
    this.#values = new Map(Object.entries(value));
  }

  number(key: string): number {
    const value = this.#values.get(key);
    return typeof value === 'number' ? value : this.wrong(key, 'a number');
  }

  /** A count: of bytes, of rows. */
  natural(key: string): number {
    const value = this.number(key);
    return Number.isSafeInteger(value) && value >= 0 ? value : this.wrong(key, 'a whole number');
  }

  naturalOrNull(key: string): number | null {
    return this.#isNull(key) ? null : this.natural(key);
  }

  text(key: string): string {
    const value = this.#values.get(key);
    return typeof value === 'string' ? value : this.wrong(key, 'a text');
  }

  textOrNull(key: string): string | null {
    return this.#isNull(key) ? null : this.text(key);
  }

  oneOf<T extends string>(key: string, known: readonly T[]): T {
    const text = this.text(key);
    return known.find((name) => name === text) ?? this.wrong(key, `one of ${known.join(', ')}`);
  }

  flag(key: string): boolean {
    const value = this.#values.get(key);
    return typeof value === 'boolean' ? value : this.wrong(key, 'true or false');
  }

  list(key: string): readonly HeaderReader[] {
    return this.#array(key).map((item) =>
      typeof item === 'object' && item !== null ? new HeaderReader(item) : this.wrong(key, 'a list of objects'),
    );
  }

  /** An empty list where the member isn't there. */
  texts(key: string): readonly string[] {
    if (this.#isNull(key)) return [];
    return this.#array(key).map((item) => (typeof item === 'string' ? item : this.wrong(key, 'a list of texts')));
  }

  object(key: string): HeaderReader {
    return this.optional(key) ?? this.wrong(key, 'an object');
  }

  optional(key: string): HeaderReader | null {
    if (this.#isNull(key)) return null;
    const value = this.#values.get(key);
    return typeof value === 'object' && value !== null ? new HeaderReader(value) : this.wrong(key, 'an object');
  }

  wrong(key: string, expected: string): never {
    throw new DfxError('DEFECT', `found a frame whose ${key} isn't ${expected}`);
  }

  #isNull(key: string): boolean {
    const value = this.#values.get(key);
    return value === undefined || value === null;
  }

  #array(key: string): readonly unknown[] {
    const value = this.#values.get(key);
    return Array.isArray(value) ? value : this.wrong(key, 'a list');
  }
}
