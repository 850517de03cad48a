/** How a Python worker is started. */
import { join } from 'node:path';
import { packageRoot } from '../env/package-root.ts';
import type { WorkerCommand } from '../spawn/worker.ts';

export function pythonCommand(interpreter: string): WorkerCommand {
  return {
    title: 'the Python worker',
    file: interpreter,
    // -u: what a UDF prints shows at once. faulthandler: a crash in native code says where.
    args: ['-u', '-X', 'faulthandler', join(packageRoot(), 'python', 'dfx_worker', '__main__.py')],
    env: process.env,
  };
}
