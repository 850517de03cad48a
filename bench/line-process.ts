/** A process that answers each JSON line with one. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';

export class LineProcess {
  private readonly input: Writable;
  private readonly lines: AsyncIterator<string>;
  private readonly errors: string | null;

  /** `errors`: a file for what it writes to stderr, shown where it ends too early; without it, that goes to this process's own. */
  constructor(python: string, script: string, args: readonly string[] = [], errors: string | null = null) {
    const file = errors === null ? null : openSync(errors, 'w');
    const child = spawn(python, ['-B', script, ...args], { stdio: ['pipe', 'pipe', file ?? 'inherit'] });
    if (file !== null) closeSync(file);
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error('a process without pipes');
    this.input = stdin;
    this.errors = errors;
    this.lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async ask<T>(request: object): Promise<T> {
    this.input.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.lines.next();
    if (done === true) {
      const words = this.errors === null ? 'are above' : `were:\n${readFileSync(this.errors, 'utf8').slice(-2000)}`;
      throw new Error(`the process ended; its last words ${words}`);
    }
    return JSON.parse(value);
  }

  close(): void {
    this.input.end();
  }
}
