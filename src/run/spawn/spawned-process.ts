/** A worker that is a child process of dfx itself, with its pipes on descriptors 3 and 4. */
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type ExitStatus, killTree, type WorkerProcess } from './worker-process.ts';

/** `child` comes from `startProcess`, which makes all three pipes. */
export function spawnedProcess(child: ChildProcess): WorkerProcess {
  const { pid } = child;
  let isGone = false;
  let isKilled = false;
  const exited = new Promise<ExitStatus>((resolve) => {
    child.on('error', (cause) => resolve({ kind: 'not-started', cause }));
    child.on('exit', (code, signal) => {
      isGone = true;
      // What the worker started is still in its group, which keeps the number from being given away. Linux has killed it with the worker.
      if (pid !== undefined && !(isKilled && process.platform === 'linux')) killTree(pid);
      resolve(signal === null ? { kind: 'code', code: code ?? 0 } : { kind: 'signal', signal });
    });
  });
  return {
    pid: pid ?? 0,
    toWorker: child.stdio[3] as Writable,
    fromWorker: child.stdio[4] as Readable,
    stderr: child.stderr as Readable,
    exited,
    isForked: false,
    kill: () => {
      // The number may be another's.
      if (isGone || pid === undefined) return;
      isKilled = true;
      killTree(pid);
    },
  };
}
