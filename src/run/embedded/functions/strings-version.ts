/** `version`: what the engine on this machine would say of itself. */
import { constantColumn } from '../build.ts';
import { Refusal } from '../refusal.ts';
import { callNode } from '../simplify.ts';
import { UTF8 } from '../types.ts';
import type { ScalarFunction } from './define.ts';
import { takeArguments } from './strings-types.ts';

/** The crates that DataFusion 55 is built from. */
const CRATES = '55.2.0';

/** Node's names, and Rust's. */
const ARCHITECTURES = new Map([
  ['x64', 'x86_64'],
  ['arm64', 'aarch64'],
]);
const SYSTEMS = new Map([
  ['linux', 'linux'],
  ['darwin', 'macos'],
  ['win32', 'windows'],
]);

export const VERSION: ScalarFunction = {
  name: 'version',
  bind: (args) => {
    takeArguments('version', args, 0);
    const architecture = ARCHITECTURES.get(process.arch);
    const system = SYSTEMS.get(process.platform);
    if (architecture === undefined || system === undefined) {
      throw new Refusal('version', `isn't known for ${process.arch} on ${process.platform}`);
    }
    const column = constantColumn(UTF8, `Apache DataFusion ${CRATES}, ${architecture} on ${system}`);
    const evaluate = () => ({ column, scalar: true });
    return callNode({ name: 'version', type: UTF8, nullable: true, args: [], mayFail: false, evaluate });
  },
};
