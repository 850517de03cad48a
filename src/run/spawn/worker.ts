/**
 * One worker process: started, spoken to over descriptors 3 and 4, and never left behind.
 *
 * A worker leads a process group of its own, so that Ctrl-C on the terminal reaches dfx alone and what a UDF starts dies with
 * the worker. It ends by itself when the parent goes: its end of the pipe closes (docs/worker-protocol.md, "Life").
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { DfxError } from '../../wire/errors.ts';
import { encodeFrameHead, FrameReader } from '../transport/frames.ts';
import { type FromWorker, type Hello, PROTOCOL, readMessage, type ToWorker } from '../transport/messages.ts';
import { StderrTail } from './stderr-tail.ts';

/** How to start a worker of an engine. */
export interface WorkerCommand {
  /** `Python worker`, for messages. */
  readonly title: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface WorkerOptions {
  /** The first cause ends the run: the worker is killed and every wait on it throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Lines of the worker's stderr, in which a UDF's prints are too. */
  readonly onStderrLine: (line: string) => void;
}

/** How long a worker may take to leave after `stop` or after its pipe has closed. */
const LEAVE_MS = 2000;

/** How long the pipes of a worker that is gone may stay open: its last words may still be on their way. */
const EXIT_GRACE_MS = 500;

const live = new Set<Worker>();
let exitHook = false;

export class Worker {
  readonly command: WorkerCommand;
  readonly #child: ChildProcess;
  readonly #toWorker: Writable;
  readonly #fromWorker: Readable;
  readonly #frames = new FrameReader();
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #tail: StderrTail;
  readonly #signal: AbortSignal;
  readonly #exit: Promise<ExitStatus>;
  readonly #onAbort = () => this.kill();

  private constructor(command: WorkerCommand, child: ChildProcess, options: WorkerOptions) {
    this.command = command;
    this.#child = child;
    this.#signal = options.signal;
    this.#tail = new StderrTail(options.onStderrLine);
    // The stdio option below makes both pipes.
    this.#toWorker = child.stdio[3] as Writable;
    this.#fromWorker = child.stdio[4] as Readable;
    this.#chunks = this.#fromWorker[Symbol.asyncIterator]();
    // A write to a dead worker fails here; the exit status says why.
    this.#toWorker.on('error', () => undefined);
    child.stderr?.on('data', (chunk: Uint8Array) => this.#tail.push(chunk));
    this.#exit = new Promise((resolve) => {
      child.on('error', (cause) => resolve({ kind: 'not-started', cause }));
      // 'close' comes after stderr's last bytes, unless a process that the UDF started holds it open: 'exit' starts a clock.
      child.on('exit', (code, signal) => {
        const status: ExitStatus = signal === null ? { kind: 'code', code: code ?? 0 } : { kind: 'signal', signal };
        this.#killGroup();
        const late = setTimeout(() => {
          // Whatever still holds the pipes open isn't the worker: a process that a UDF forked and detached.
          this.#fromWorker.destroy();
          resolve(status);
        }, EXIT_GRACE_MS);
        child.on('close', () => {
          clearTimeout(late);
          this.#tail.end();
          resolve(status);
        });
      });
    });
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    live.add(this);
  }

  static start(command: WorkerCommand, options: WorkerOptions): Worker {
    options.signal.throwIfAborted();
    if (!exitHook) {
      exitHook = true;
      process.on('exit', () => {
        for (const worker of live) worker.kill();
      });
    }
    const child = spawn(command.file, command.args, {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      env: command.env,
      detached: true,
      windowsHide: true,
    });
    return new Worker(command, child, options);
  }

  /** 0 when the process could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits for the worker's first frame. */
  async hello(): Promise<Hello> {
    const message = await this.receive();
    if (message.type === 'unready') {
      throw new DfxError('ENVIRONMENT', `${this.command.title} ${this.command.file} can't start: ${message.message}`, {
        hint: 'name another Python with --python, or make one with `dfx env create`',
      });
    }
    if (message.type !== 'hello') throw new DfxError('DEFECT', `a worker began with a ${message.type} frame`);
    if (message.protocol !== PROTOCOL) {
      throw new DfxError('DEFECT', `a worker speaks version ${message.protocol} of the protocol, expected ${PROTOCOL}`);
    }
    return message;
  }

  /** Writes one frame; resolves when the pipe takes more. A worker that is gone shows in `receive`. */
  async send(header: ToWorker, body?: Uint8Array): Promise<void> {
    this.#signal.throwIfAborted();
    const head = encodeFrameHead(header, body?.length ?? 0);
    this.#toWorker.cork();
    let room = this.#toWorker.write(head);
    if (body !== undefined && body.length > 0) room = this.#toWorker.write(body);
    this.#toWorker.uncork();
    if (!room && !this.#toWorker.destroyed) {
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#toWorker.off('drain', done).off('close', done);
          resolve();
        };
        this.#toWorker.on('drain', done).on('close', done);
      });
    }
  }

  /** The next message. Throws WORKER_DIED when the process ends first, and the signal's reason when the run was ended. */
  async receive(): Promise<FromWorker> {
    for (;;) {
      this.#signal.throwIfAborted();
      const frame = this.#frames.next();
      if (frame !== null) return readMessage(frame);
      const chunk = await this.#chunks.next().catch(() => ({ done: true as const, value: undefined }));
      this.#signal.throwIfAborted();
      if (chunk.done === true) throw await this.#death();
      this.#frames.push(chunk.value);
    }
  }

  /** Asks the worker to leave and waits until it is gone; one that stays is killed. */
  async stop(): Promise<void> {
    if (!this.#toWorker.destroyed) {
      this.#toWorker.write(encodeFrameHead({ type: 'stop' }, 0));
      this.#toWorker.end();
    }
    // Nothing reads results any more: a worker that still writes must see the end of its pipe.
    this.#fromWorker.destroy();
    const late = setTimeout(() => this.kill(), LEAVE_MS);
    await this.#exit;
    clearTimeout(late);
    this.#forget();
  }

  /** Kills the worker and whatever it started. Safe to call at any time, more than once. */
  kill(): void {
    this.#child.kill('SIGKILL');
    this.#killGroup();
  }

  /** Kills the worker and waits until the process is gone. */
  async killed(): Promise<void> {
    this.kill();
    await this.#exit;
    this.#forget();
  }

  #killGroup(): void {
    if (this.#child.pid === undefined || process.platform === 'win32') return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // The group is empty: nothing is left to kill.
    }
  }

  #forget(): void {
    live.delete(this);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#toWorker.destroy();
    this.#fromWorker.destroy();
    this.#child.stderr?.destroy();
  }

  async #death(): Promise<DfxError> {
    // The pipe closed before the process went, or a UDF closed it: either way nothing more can come from it.
    const late = setTimeout(() => this.kill(), LEAVE_MS);
    const status = await this.#exit;
    clearTimeout(late);
    this.#forget();
    this.#signal.throwIfAborted();
    if (status.kind === 'not-started') {
      return new DfxError('ENVIRONMENT', `${this.command.file} can't be started: ${status.cause.message}`, {
        cause: status.cause,
        hint: 'name another Python with --python, or make one with `dfx env create`',
      });
    }
    const how = status.kind === 'signal' ? `was ended by ${status.signal}` : `left with exit code ${status.code}`;
    const { telling } = this.#tail;
    return new DfxError(
      'WORKER_DIED',
      `${this.command.title} ${this.pid} ${how} in the middle of its work${telling === null ? '' : `: ${telling}`}`,
      { hint: 'a UDF may have ended the process; what it wrote is on stderr' },
    );
  }
}

type ExitStatus =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'not-started'; readonly cause: Error };
