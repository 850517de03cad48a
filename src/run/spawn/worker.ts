/**
 * One worker process: spoken to over its channel, and never left behind.
 *
 * A worker leads a process group of its own, so that Ctrl-C on the terminal reaches dfx alone and what a UDF starts dies with
 * the worker. It ends by itself when the parent goes: its end of the pipe closes (docs/worker-protocol.md, "Life").
 */
import type { ChildProcess } from 'node:child_process';
import type { Split } from '../../io/split.ts';
import { DfxError } from '../../wire/errors.ts';
import { milliseconds } from '../clock.ts';
import { encodeFrameHead, FrameReader } from '../transport/frames.ts';
import { type Failed, type FromWorker, type Hello, PROTOCOL, type ToWorker } from '../transport/messages.ts';
import { readMessage } from '../transport/read-messages.ts';
import { isWorkerCode } from '../transport/worker-codes.ts';
import { spawnedProcess } from './spawned-process.ts';
import { startProcess } from './start-process.ts';
import { StderrTail } from './stderr-tail.ts';
import { type ExitStatus, exitText, type WorkerProcess } from './worker-process.ts';

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
  /** How its forking parent is started, where it has one: its args, the number of slots comes behind them. */
  readonly forkArgs?: readonly string[] | undefined;
  /** A folder that it writes to, which is gone with dfx. */
  readonly scratch?: string | undefined;
  /** What it is told before anything else, where it waits for that: how its sandbox is to be. */
  readonly start?: { readonly sandbox: unknown } | undefined;
}

/** What a worker is busy with, for messages. */
export interface WorkerTask {
  readonly job: number;
  /** What it reads; null: what came with the job. */
  readonly split: Split | null;
  /** Rows of the input before it, where they are known. */
  readonly before: number | null;
  /** Rows of the result that it has sent. */
  rows: number;
}

/** Where in the input the rows start that came with the job, where that is known. */
export function placeText({ split, before }: WorkerTask): string | null {
  return split === null && before !== null ? `over rows of the input from row ${before + 1} on` : null;
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

/** Of an unknown error code, in a message. */
const LONGEST_CODE = 40;

const live = new Set<Worker>();
let exitHook = false;

export class Worker {
  readonly command: WorkerCommand;
  /** The payloads that it knows, by their hash. */
  readonly payloads = new Set<string>();
  /** Null until it has come. */
  hello: Hello | null = null;
  readonly #process: WorkerProcess;
  readonly #frames = new FrameReader();
  readonly #tail: StderrTail;
  readonly #exit: Promise<ExitStatus>;
  #listener: WorkerListener | null = null;
  #waiting: FromWorker[] = [];
  #lost: DfxError | null = null;
  #verdict: DfxError | null = null;
  #leaving = false;
  #isPaused = false;
  /** It was given code of a payload or of the user's: what comes from its process need not come from the worker. */
  #ranCode = false;
  /** Jobs that it hasn't answered, the one at hand first. */
  readonly #tasks: WorkerTask[] = [];
  #heard = 0;

  constructor(command: WorkerCommand, worker: WorkerProcess, onStderrLine: (line: string) => void) {
    this.command = command;
    this.#process = worker;
    this.#tail = new StderrTail(onStderrLine);
    const { toWorker, fromWorker, stderr, exited } = worker;
    // A write to a dead worker fails here; the exit status says why.
    toWorker.on('error', () => undefined);
    fromWorker.on('error', () => undefined);
    stderr.on('error', () => undefined);
    stderr.on('data', (chunk: Uint8Array) => this.#tail.push(chunk));
    // The pipes end after the worker's last bytes, unless a process that the UDF started holds them open.
    const ends = [fromWorker, stderr].map((pipe) => new Promise<void>((resolve) => pipe.on('close', resolve)));
    this.#exit = exited.then(async (status) => {
      // A pipe that nobody reads never ends.
      const closed = this.#leaving ? ends.slice(1) : ends;
      await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, EXIT_GRACE_MS).unref())]);
      this.#tail.end();
      fromWorker.destroy();
      return status;
    });
    fromWorker.on('data', (chunk: Uint8Array) => this.#take(chunk));
    fromWorker.on('close', () => void this.#ended());
    live.add(this);
    if (!exitHook) {
      exitHook = true;
      process.on('exit', () => {
        for (const worker of live) worker.kill();
      });
    }
    if (command.start !== undefined) this.send({ type: 'start', ...command.start });
  }

  static start(command: WorkerCommand, onStderrLine: (line: string) => void): Worker {
    return Worker.around(command, startProcess(command), onStderrLine);
  }

  /** Of a process that `startProcess` made. */
  static around(command: WorkerCommand, child: ChildProcess, onStderrLine: (line: string) => void): Worker {
    return new Worker(command, spawnedProcess(child), onStderrLine);
  }

  /** 0 when the process could not be started, or not yet. */
  get pid(): number {
    return this.hello?.pid ?? this.#process.pid;
  }

  /** Whether it can't be used any more, as far as is known yet. */
  get isLost(): boolean {
    return this.#lost !== null;
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
    const { toWorker } = this.#process;
    if (toWorker.destroyed) return;
    if (header.type === 'job' || header.type === 'plan') {
      this.#ranCode ||= header.inlineCode || header.register !== null;
    }
    if (header.type === 'job') {
      if (this.#tasks.length === 0) this.#heard = milliseconds();
      const { job, inBody, split, before } = header;
      this.#tasks.push({ job, split: inBody ? null : split, before: before?.rows ?? null, rows: 0 });
    }
    const length = bodies.reduce((sum, body) => sum + body.length, 0);
    toWorker.cork();
    toWorker.write(encodeFrameHead(header, length));
    for (const body of bodies) if (body.length > 0) toWorker.write(body);
    toWorker.uncork();
  }

  /** Reads nothing more until `resume`: the worker waits when the pipe is full. */
  pause(): void {
    this.#isPaused = true;
    this.#process.fromWorker.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#heard = milliseconds();
    this.#process.fromWorker.resume();
  }

  /** What it is busy with, null where it waits for work. */
  get task(): WorkerTask | null {
    return this.#tasks[0] ?? null;
  }

  /** For how long it has had something to do and said nothing, in milliseconds. Its start doesn't count. */
  get silence(): number {
    const isWaitedFor = this.hello !== null && this.#tasks.length > 0 && !this.#isPaused && this.#lost === null;
    return isWaitedFor ? milliseconds() - this.#heard : 0;
  }

  /** When it was last heard, to tell one silence from the next. */
  get lastHeard(): number {
    return this.#heard;
  }

  /** Kills it: `error` is what its listener hears. */
  condemn(error: DfxError): void {
    this.#verdict ??= error;
    this.#process.kill();
  }

  /**
   * Asks the worker to leave and waits until it is gone; one that stays is killed. `isLast`: the forking parent ends at the same time, and all
   * of its workers with it. What they printed is on its way already.
   */
  async stop(isLast = false): Promise<void> {
    if (this.command.expendable) return this.killed();
    if (isLast && this.#process.isForked) {
      this.#leaving = true;
      this.#process.fromWorker.destroy();
      await this.#exit;
      return this.#forget();
    }
    this.#leaving = true;
    const { toWorker, fromWorker } = this.#process;
    if (!toWorker.destroyed) {
      this.send({ type: 'stop' });
      toWorker.end();
    }
    // Nothing reads results any more: a worker that still writes must see the end of its pipe.
    fromWorker.destroy();
    const late = setTimeout(() => this.kill(), LEAVE_MS);
    await this.#exit;
    clearTimeout(late);
    this.#forget();
  }

  /** Kills the worker and whatever it started. Safe to call at any time, more than once. */
  kill(): void {
    this.#leaving = true;
    this.#process.kill();
  }

  /** Kills the worker and waits until the process is gone. */
  async killed(): Promise<void> {
    this.kill();
    // Without code of others it has no last words. Its pipes are closed in the time that it takes to die.
    if (this.command.expendable && !this.#ranCode) this.#closePipes();
    await this.#exit;
    this.#forget();
  }

  #take(chunk: Uint8Array): void {
    this.#heard = milliseconds();
    try {
      this.#frames.push(chunk);
      for (let message = this.#next(); message !== null; message = this.#next()) this.#tell(message);
    } catch (error) {
      this.#lose(error instanceof DfxError ? error : new DfxError('DEFECT', String(error), { cause: error }));
      this.kill();
    }
  }

  /** Code in the worker's process can write to its descriptors: nonsense is the end of that worker, and no more. */
  #next(): FromWorker | null {
    try {
      const frame = this.#frames.next();
      return frame === null ? null : readMessage(frame);
    } catch (error) {
      throw this.#nonsense(error instanceof DfxError ? error.message : String(error), error);
    }
  }

  #nonsense(told: string, cause?: unknown): DfxError {
    return new DfxError('WORKER_DIED', `${this.command.title} ${this.pid} wrote no frames to its channel: ${told}`, {
      cause,
      hint: 'a UDF that writes to descriptors which it did not open, or that forks, can do that',
    });
  }

  /** Frames that are well-formed, and that no worker sends at that point: without any code in its process, dfx itself is wrong. */
  outOfTurn(told: string): DfxError {
    return this.#ranCode ? this.#nonsense(told) : new DfxError('DEFECT', told);
  }

  #checkCode({ code, message }: Failed): void {
    const { language } = this.command;
    if (!isWorkerCode(language, code)) {
      throw this.outOfTurn(`found a failure with the code ${JSON.stringify(code.slice(0, LONGEST_CODE))}`);
    }
    // The embedded engine's own are told as they are: code in JavaScript has to break out to reach the channel.
    if (code === 'DEFECT' && language === 'Python') throw this.outOfTurn(`found a defect: ${message}`);
  }

  #tell(message: FromWorker): void {
    if (this.#lost !== null || this.#leaving) return;
    if (this.hello !== null && (message.type === 'hello' || message.type === 'unready')) {
      throw this.outOfTurn(`found ${message.type === 'hello' ? 'a second hello' : 'an unready'} frame`);
    }
    if (message.type === 'failed') this.#checkCode(message);
    if (message.type === 'unready') {
      if (message.code === 'SANDBOX_UNAVAILABLE') {
        throw new DfxError('SANDBOX_UNAVAILABLE', `${this.command.title} can't enter its sandbox: ${message.message}`, {
          hint: 'run it on a Linux that has Landlock and seccomp; or, if you trust who made it, with --sandbox off',
        });
      }
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
    const [task] = this.#tasks;
    if (message.type === 'result' && task !== undefined) task.rows += message.rows;
    const isAnswer = message.type === 'done' || message.type === 'failed';
    if (isAnswer && message.job === task?.job) this.#tasks.shift();
    if (this.#listener === null) this.#waiting.push(message);
    else this.#listener.onMessage(message);
  }

  #lose(error: DfxError): void {
    if (this.#lost !== null || this.#leaving) return;
    this.#lost = error;
    this.#listener?.onLost(error);
  }

  #forget(): void {
    live.delete(this);
    this.#closePipes();
  }

  #closePipes(): void {
    const { toWorker, fromWorker, stderr } = this.#process;
    for (const pipe of [toWorker, fromWorker, stderr]) pipe.destroy();
  }

  /** The pipe closed before the process went, or a UDF closed it: either way nothing more can come from it. */
  async #ended(): Promise<void> {
    const late = setTimeout(() => this.#process.kill(), LEAVE_MS);
    const status = await this.#exit;
    clearTimeout(late);
    this.#forget();
    if (!this.#leaving) this.#lose(this.#verdict ?? this.#death(status));
  }

  #death(status: ExitStatus): DfxError {
    if (status.kind === 'not-started') {
      return new DfxError('ENVIRONMENT', `${this.command.file} can't be started: ${status.cause.message}`, {
        cause: status.cause,
        hint: 'name another Python with --python, or make one with `dfx env create`',
      });
    }
    const { telling } = this.#tail;
    const { title } = this.command;
    const said = telling === null ? '' : `: ${telling}`;
    const hint = 'a UDF, or a lack of memory, may have ended the process; what it wrote is on stderr';
    if (status.kind === 'parent-lost') {
      return new DfxError('WORKER_DIED', `the forking parent of ${title} ${status.how}`, { hint });
    }
    const how = status.kind === 'signal' ? exitText(null, status.signal) : exitText(status.code, null);
    const [task] = this.#tasks;
    const place = task === undefined ? null : placeText(task);
    const during = place === null ? '' : `, ${place}`;
    return new DfxError('WORKER_DIED', `${title} ${this.pid} ${how} in the middle of its work${during}${said}`, {
      hint,
    });
  }
}
