/** Text to stdout and stderr: in big pieces, no faster than the reader takes it. */

import { ReaderGone } from '../output.ts';

export interface Sink {
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 where it is none. */
  readonly width: number;
  readonly write: (text: string) => Promise<void>;
}

export function sinkOf(stream: NodeJS.WriteStream): Sink {
  let gone: Error | null = null;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    gone = error.code === 'EPIPE' ? new ReaderGone() : error;
  });
  return {
    isTerminal: stream.isTTY === true,
    width: stream.isTTY === true ? Math.max(40, stream.columns ?? 80) : 80,
    write: async (text) => {
      if (gone !== null) throw gone;
      if (stream.write(text)) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          stream.off('drain', done);
          stream.off('error', done);
          stream.off('close', done);
          resolve();
        };
        stream.on('drain', done).on('error', done).on('close', done);
      });
      if (gone !== null) throw gone;
    },
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
