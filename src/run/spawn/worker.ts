/**
 * One worker process: started, spoken to over descriptors 3 and 4, and never left behind.
 *
 * A worker leads a process group of its own, so that Ctrl-C on the terminal reaches dfx alone and what a UDF starts dies with
 * the worker. It ends by itself when the parent goes: its end of the pipe closes (docs/worker-protocol.md, "Life").
 */
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { DfxError } from '../../wire/errors.ts';
import { encodeFrameHead, FrameReader } from '../transport/frames.ts';
import { type FromWorker, type Hello, PROTOCOL, type ToWorker } from '../transport/messages.ts';
import { readMessage } from '../transport/read-messages.ts';
import { startProcess } from './start-process.ts';
import { StderrTail } from './stderr-tail.ts';

/** How to start a worker of an engine. */
export interface WorkerCommand {
  /** `Python worker`, for messages. */
  readonly title: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** `Python`, for messages. */
  readonly language: string;
  /** Whether it can be killed at any time: it runs no code of a payload that would want to end in order. */
  readonly expendable: boolean;
}

/** Who hears what a worker says. Calls come one at a time, never from within a method of the worker. */
export interface WorkerListener {
  readonly onMessage: (message: FromWorker) => void;
  /** It can't be used any more: it died, it couldn't be started, or it spoke no sense. Comes once, after its last message. */
  readonly onLost: (error: DfxError) => void;
}

/** How long a worker may take to leave after `stop` or after its pipe has closed. */
const LEAVE_MS = 2000;

/** How long the pipes of a worker that is gone may stay open: its last words may still be on their way. */
const EXIT_GRACE_MS = 500;

const live = new Set<Worker>();
let exitHook = false;

export class Worker {
  readonly command: WorkerCommand;
  /** The payloads that it knows, by their hash. */
  readonly payloads = new Set<string>();
  /** Null until it has come. */
  hello: Hello | null = null;
  readonly #child: ChildProcess;
  readonly #toWorker: Writable;
  readonly #fromWorker: Readable;
  readonly #frames = new FrameReader();
  readonly #tail: StderrTail;
  readonly #exit: Promise<ExitStatus>;
  #listener: WorkerListener | null = null;
  #waiting: FromWorker[] = [];
  #lost: DfxError | null = null;
  #leaving = false;

  /** `child` has its pipes on descriptors 3 and 4, and its standard error on a pipe. */
  constructor(command: WorkerCommand, child: ChildProcess, onStderrLine: (line: string) => void) {
    this.command = command;
    this.#child = child;
    this.#tail = new StderrTail(onStderrLine);
    // `startProcess` makes both pipes.
    this.#toWorker = child.stdio[3] as Writable;
    this.#fromWorker = child.stdio[4] as Readable;
    // A write to a dead worker fails here; the exit status says why.
    this.#toWorker.on('error', () => undefined);
    this.#fromWorker.on('error', () => undefined);
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
    this.#fromWorker.on('data', (chunk: Uint8Array) => this.#take(chunk));
    this.#fromWorker.on('close', () => void this.#ended());
    live.add(this);
    if (!exitHook) {
      exitHook = true;
      process.on('exit', () => {
        for (const worker of live) worker.kill();
      });
    }
  }

  static start(command: WorkerCommand, onStderrLine: (line: string) => void): Worker {
    return new Worker(command, startProcess(command), onStderrLine);
  }

  /** 0 when the process could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What came before is told at once. */
  listen(listener: WorkerListener | null): void {
    this.#listener = listener;
    if (listener === null) return;
    for (const message of this.#waiting.splice(0)) listener.onMessage(message);
    if (this.#lost !== null) listener.onLost(this.#lost);
  }

  /** Writes one frame. A worker that is gone shows as lost. */
  send(header: ToWorker, bodies: readonly Uint8Array[] = []): void {
    if (this.#toWorker.destroyed) return;
    const length = bodies.reduce((sum, body) => sum + body.length, 0);
    this.#toWorker.cork();
    this.#toWorker.write(encodeFrameHead(header, length));
    for (const body of bodies) if (body.length > 0) this.#toWorker.write(body);
    this.#toWorker.uncork();
  }

  /** Reads nothing more until `resume`: the worker waits when the pipe is full. */
  pause(): void {
    this.#fromWorker.pause();
  }

  resume(): void {
    this.#fromWorker.resume();
  }

  /** Asks the worker to leave and waits until it is gone; one that stays is killed. */
  async stop(): Promise<void> {
    if (this.command.expendable) return this.killed();
    this.#leaving = true;
    if (!this.#toWorker.destroyed) {
      this.send({ type: 'stop' });
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
    this.#leaving = true;
    this.#child.kill('SIGKILL');
    this.#killGroup();
  }

  /** Kills the worker and waits until the process is gone. */
  async killed(): Promise<void> {
    this.kill();
    await this.#exit;
    this.#forget();
  }

  #take(chunk: Uint8Array): void {
    try {
      this.#frames.push(chunk);
      for (let frame = this.#frames.next(); frame !== null; frame = this.#frames.next()) this.#tell(readMessage(frame));
    } catch (error) {
      this.#lose(error instanceof DfxError ? error : new DfxError('DEFECT', String(error), { cause: error }));
      this.kill();
    }
  }

  #tell(message: FromWorker): void {
    if (this.#lost !== null || this.#leaving) return;
    if (message.type === 'unready') {
      throw new DfxError('ENVIRONMENT', `${this.command.title} ${this.command.file} can't start: ${message.message}`, {
        hint: 'name another Python with --python, or make one with `dfx env create`',
      });
    }
    if (message.type === 'hello') {
      if (message.protocol !== PROTOCOL) {
        throw new DfxError(
          'DEFECT',
          `a worker speaks version ${message.protocol} of the protocol, expected ${PROTOCOL}`,
        );
      }
      this.hello = message;
    } else if (this.hello === null) {
      throw new DfxError('DEFECT', `a worker began with a ${message.type} frame`);
    }
    if (this.#listener === null) this.#waiting.push(message);
    else this.#listener.onMessage(message);
  }

  #lose(error: DfxError): void {
    if (this.#lost !== null || this.#leaving) return;
    this.#lost = error;
    this.#listener?.onLost(error);
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
    this.#toWorker.destroy();
    this.#fromWorker.destroy();
    this.#child.stderr?.destroy();
  }

  /** The pipe closed before the process went, or a UDF closed it: either way nothing more can come from it. */
  async #ended(): Promise<void> {
    const late = setTimeout(() => this.#child.kill('SIGKILL'), LEAVE_MS);
    const status = await this.#exit;
    clearTimeout(late);
    this.#forget();
    this.#lose(this.#death(status));
  }

  #death(status: ExitStatus): DfxError {
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
      { hint: 'a UDF, or a lack of memory, may have ended the process; what it wrote is on stderr' },
    );
  }
}

type ExitStatus =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'not-started'; readonly cause: Error };
