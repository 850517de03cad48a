/** What a worker writes to its stderr: passed on line by line, and the telling one kept for the error when it dies. */
const LONGEST_LINE = 4096;

export class StderrTail {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #partial = '';
  #last: string | null = null;
  #fatal: string | null = null;

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

  /** Python's faulthandler names the cause first and lists threads and modules after it; else the last line tells most. */
  get telling(): string | null {
    return this.#fatal ?? this.#last;
  }

  #line(text: string): void {
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (line.startsWith('Fatal Python error')) this.#fatal ??= line;
    if (line !== '') this.#last = line;
    this.#onLine(line);
  }
}
