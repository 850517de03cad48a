/**
 * The forking parent of Python workers (python/dfx_worker/zygote.py): one process imports the engine, and each worker is a fork of it,
 * which takes milliseconds. A running process can't be handed descriptors from here, so that it gets those of its workers when
 * it starts: two socket pairs for each, a slot. A slot serves one worker. What is written to it before the worker is there waits in the
 * socket.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { zygoteStdio } from '../../../bin/worker-settings.cjs';
import { encodeFrameHead, type Frame, FrameReader } from '../transport/frames.ts';
import { HeaderReader } from '../transport/header-reader.ts';
import { StderrTail } from './stderr-tail.ts';
import { type ExitStatus, exitText, killTree, type WorkerProcess } from './worker-process.ts';

export interface ZygoteCommand {
  readonly file: string;
  /** With the number of slots behind them. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const CONTROL = 3;
const FIRST_SLOT = 4;

type ToZygote =
  /** `scratch`: a folder that it removes where dfx is killed before it can. */
  | { readonly type: 'fork'; readonly slot: number; readonly scratch: string | null }
  /** The end of the channel isn't the end of dfx. */
  | { readonly type: 'end' };

/** How long it may take to end its workers and itself. */
const LEAVE_MS = 2000;

/** Starts the process only: `new Zygote` speaks to it. The launcher does the same (bin/early-zygote.cjs). */
export function startZygote(command: ZygoteCommand, slots: number): ChildProcess {
  return spawn(command.file, [...command.args, String(slots)], {
    stdio: zygoteStdio(slots),
    env: command.env,
    // Ctrl-C on the terminal is for dfx alone.
    detached: true,
    windowsHide: true,
  });
}

export class Zygote {
  readonly file: string;
  readonly #child: ChildProcess;
  readonly #control: Duplex;
  readonly #frames = new FrameReader();
  readonly #workers = new Map<number, Forked>();
  readonly #slots: number;
  readonly #gone: Promise<void>;
  #used = 0;
  #started = false;
  #lost: ExitStatus | null = null;

  constructor(file: string, child: ChildProcess, onStderrLine: (line: string) => void) {
    this.file = file;
    this.#child = child;
    this.#slots = (child.stdio.length - FIRST_SLOT) / 2;
    this.#control = duplex(child, CONTROL);
    const tail = new StderrTail(onStderrLine);
    this.#control.on('data', (chunk: Uint8Array) => this.#take(chunk));
    // It shows as the end of the process.
    this.#control.on('error', () => undefined);
    child.stderr?.on('data', (chunk: Uint8Array) => tail.push(chunk));
    this.#gone = new Promise((resolve) => {
      child.on('error', (cause) => {
        this.#lose({ kind: 'not-started', cause });
        resolve();
      });
      child.on('exit', (code, signal) => {
        tail.end();
        // One that left by itself has ended its workers before.
        if (code === 0) this.#lose({ kind: 'signal', signal: 'SIGKILL' });
        const said = tail.telling === null ? '' : `: ${tail.telling}`;
        this.#lose({ kind: 'parent-lost', how: `${exitText(code, signal)}${said}` });
        resolve();
      });
    });
  }

  /** Whether it can be asked for another worker. */
  get hasRoom(): boolean {
    return this.#lost === null && this.#used < this.#slots;
  }

  /** A new worker, in a slot that is free. `scratch`: where it makes files, gone with dfx. */
  fork(scratch: string | null = null): WorkerProcess {
    const slot = this.#used++;
    const forked = new Forked(
      duplex(this.#child, FIRST_SLOT + 2 * slot),
      duplex(this.#child, FIRST_SLOT + 2 * slot + 1),
    );
    if (this.#lost === null) {
      this.#workers.set(slot, forked);
      this.#send({ type: 'fork', slot, scratch });
    } else {
      forked.ended(this.#lost);
    }
    return forked;
  }

  /** Ends it with every worker and whatever they started, and waits until no process is left. */
  async close(): Promise<void> {
    // Before the first fork there is nothing that it would have to end.
    if (!this.#started) this.#child.kill('SIGKILL');
    this.#send({ type: 'end' });
    this.#control.end();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), LEAVE_MS);
    await this.#gone;
    clearTimeout(late);
    for (const stream of this.#child.stdio) stream?.destroy();
  }

  #send(message: ToZygote): void {
    if (!this.#control.destroyed) this.#control.write(encodeFrameHead(message, 0));
  }

  #take(chunk: Uint8Array): void {
    this.#frames.push(chunk);
    for (let frame = this.#frames.next(); frame !== null; frame = this.#frames.next()) this.#tell(frame);
  }

  #tell(frame: Frame): void {
    const header = new HeaderReader(frame.header);
    const slot = header.natural('slot');
    const worker = this.#workers.get(slot);
    if (worker === undefined) return;
    if (frame.header.type === 'started') {
      this.#started = true;
      worker.started(header.natural('pid'));
    } else {
      this.#workers.delete(slot);
      const signal = header.textOrNull('signal');
      const code = header.naturalOrNull('code');
      worker.ended(signal === null ? { kind: 'code', code: code ?? 0 } : { kind: 'signal', signal });
    }
  }

  #lose(status: ExitStatus): void {
    this.#lost ??= status;
    for (const worker of this.#workers.values()) worker.ended(status);
    this.#workers.clear();
  }
}

/** `startZygote` makes them: one end of a socket pair each. */
function duplex(child: ChildProcess, descriptor: number): Duplex {
  return child.stdio[descriptor as 3] as Duplex;
}

class Forked implements WorkerProcess {
  readonly toWorker: Duplex;
  readonly fromWorker: Duplex;
  readonly stderr: Duplex;
  readonly exited: Promise<ExitStatus>;
  readonly isForked = true;
  #pid = 0;
  #isOver = false;
  #isDoomed = false;
  #resolve: (status: ExitStatus) => void = () => undefined;

  constructor(channel: Duplex, stderr: Duplex) {
    this.toWorker = channel;
    this.fromWorker = channel;
    this.stderr = stderr;
    this.exited = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get pid(): number {
    return this.#pid;
  }

  started(pid: number): void {
    this.#pid = pid;
    if (this.#isDoomed) this.kill();
  }

  ended(status: ExitStatus): void {
    // The forking parent has ended its group, unless it was lost itself.
    if (status.kind === 'parent-lost' && this.#pid !== 0) killTree(this.#pid);
    this.#isOver = true;
    this.#resolve(status);
  }

  kill(): void {
    this.#isDoomed = true;
    if (!this.#isOver && this.#pid !== 0) killTree(this.#pid);
  }
}
