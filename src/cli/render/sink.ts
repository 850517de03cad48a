/** Text to stdout and stderr: in big pieces, no faster than the reader takes it. */

import { writeTo } from '../output.ts';

export interface Sink {
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 where it is none. */
  readonly width: number;
  readonly write: (text: string) => Promise<void>;
}

export function sinkOf(stream: NodeJS.WriteStream): Sink {
  return {
    isTerminal: stream.isTTY === true,
    width: stream.isTTY === true ? Math.max(40, stream.columns ?? 80) : 80,
    write: (text) => writeTo(stream, text),
  };
}

const PIECE = 1 << 16;

/** Joins small pieces before they are written. */
export class TextWriter {
  private text: string[] = [];
  private length = 0;

  constructor(private readonly sink: Sink) {}

  add(text: string): Promise<void> | undefined {
    this.text.push(text);
    this.length += text.length;
    return this.length < PIECE ? undefined : this.flush();
  }

  async flush(): Promise<void> {
    const text = this.text.join('');
    this.text = [];
    this.length = 0;
    if (text !== '') await this.sink.write(text);
  }
}
