/** How a Python worker is started. */
import { join } from 'node:path';
import { packageRoot } from '../env/package-root.ts';
import type { WorkerCommand } from '../spawn/worker.ts';

/**
 * The engine plans a streamed result on threads of its own, whose 2 MiB end at a chain of 3,000 operators: a payload of 20 KB that
 * its `collect`, on the main thread, evaluates.
 */
const STACK_BYTES = 64 * 1024 * 1024;

/** `fork`: a process that has read nothing and has one thread is safe to fork on Linux; elsewhere system libraries aren't. */
export function pythonCommand(interpreter: string, fork = process.platform === 'linux'): WorkerCommand {
  // -u: what a UDF prints shows at once. faulthandler: a crash in native code says where.
  const args = ['-u', '-X', 'faulthandler', join(packageRoot(), 'python', 'dfx_worker', '__main__.py')];
  return {
    title: 'the Python worker',
    language: 'Python',
    file: interpreter,
    args,
    forkArgs: fork ? [...args, 'fork'] : undefined,
    // A thread of pyarrow's allocator would be there before the fork, and not after it.
    env: { RUST_MIN_STACK: String(STACK_BYTES), JE_ARROW_MALLOC_CONF: 'background_thread:false', ...process.env },
    expendable: false,
    start: { sandbox: null },
  };
}
