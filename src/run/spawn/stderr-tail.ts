/** What a worker writes to its stderr: passed on line by line, and the last lines kept for the error when it dies. */
const KEPT_LINES = 20;
const LONGEST_LINE = 4096;

/** Everything that could move the cursor, change colours or ring: C0 without tab, DEL, and C1. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Control characters as visible escapes, so that no payload writes control sequences to a terminal. */
export function withoutControls(text: string): string {
  return text.replace(CONTROL, (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

export class StderrTail {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  readonly #lines: string[] = [];
  #partial = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    this.#partial += this.#decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let at = this.#partial.indexOf('\n'); at !== -1; at = this.#partial.indexOf('\n', from)) {
      this.#line(this.#partial.slice(from, at));
      from = at + 1;
    }
    this.#partial = this.#partial.slice(from);
    // A UDF that never ends its line must not fill the memory of the parent.
    while (this.#partial.length > LONGEST_LINE) {
      this.#line(this.#partial.slice(0, LONGEST_LINE));
      this.#partial = this.#partial.slice(LONGEST_LINE);
    }
  }

  /** Call at the end of the stream: gives out a last line that has no newline. */
  end(): void {
    this.#partial += this.#decoder.decode();
    if (this.#partial !== '') this.#line(this.#partial);
    this.#partial = '';
  }

  get lastLines(): readonly string[] {
    return this.#lines;
  }

  #line(text: string): void {
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    this.#onLine(line);
  }
}
