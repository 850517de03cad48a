/** The real package in a process of its own (`peer.py`), asked a line at a time. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LineProcess } from './line-process.ts';

export interface Versions {
  readonly python: string;
  readonly datafusion: string;
  readonly pyarrow: string;
}

type Request =
  | { readonly do: 'versions' }
  | { readonly do: 'make'; readonly size: number }
  | { readonly do: 'check'; readonly payload: string }
  | { readonly do: 'time'; readonly calls: number };

/** The interpreter with the real package: DFX_PYTHON, or the checkout's own environment. */
export function peerPython(): string {
  const { DFX_PYTHON } = process.env;
  const python = DFX_PYTHON ?? fileURLToPath(new URL('../.venv/bin/python', import.meta.url));
  if (!existsSync(python)) {
    throw new Error(`no Python at ${python}: run npm run setup, or set DFX_PYTHON to one that has datafusion`);
  }
  return python;
}

export class Peer {
  private readonly process: LineProcess;

  constructor(python: string) {
    this.process = new LineProcess(python, fileURLToPath(new URL('peer.py', import.meta.url)));
  }

  versions(): Promise<Versions> {
    return this.ask({ do: 'versions' });
  }

  /** A payload with a UDF, padded by this many bytes of captured text. */
  async make(size: number): Promise<Uint8Array> {
    const { payload } = await this.ask<{ payload: string }>({ do: 'make', size });
    return new Uint8Array(Buffer.from(payload, 'base64'));
  }

  /** Keeps the payload for {@link time}, and says whether the real package gives the same bytes for what it reads. */
  async check(payload: Uint8Array): Promise<boolean> {
    const { same } = await this.ask<{ same: boolean }>({
      do: 'check',
      payload: Buffer.from(payload).toString('base64'),
    });
    return same;
  }

  /** Microseconds of one `Expr.from_bytes`. */
  async time(calls: number): Promise<number> {
    const { us } = await this.ask<{ us: number }>({ do: 'time', calls });
    return us;
  }

  close(): void {
    this.process.close();
  }

  private ask<T>(request: Request): Promise<T> {
    return this.process.ask(request);
  }
}
