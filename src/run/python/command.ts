/** How a Python worker is started. */
import { join } from 'node:path';
import { packageRoot } from '../env/package-root.ts';
import type { WorkerCommand } from '../spawn/worker.ts';

/**
 * The engine plans a streamed result on threads of its own, whose 2 MiB end at a chain of 3,000 operators: a payload of 20 KB that
 * its `collect`, on the main thread, evaluates.
 */
const STACK_BYTES = 64 * 1024 * 1024;

export function pythonCommand(interpreter: string): WorkerCommand {
  return {
    title: 'the Python worker',
    language: 'Python',
    file: interpreter,
    // -u: what a UDF prints shows at once. faulthandler: a crash in native code says where.
    args: ['-u', '-X', 'faulthandler', join(packageRoot(), 'python', 'dfx_worker', '__main__.py')],
    env: { RUST_MIN_STACK: String(STACK_BYTES), ...process.env },
    expendable: false,
  };
}
