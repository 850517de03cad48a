/** The sandbox of workers that run code of payloads: what this machine can keep, and commands that keep it (docs/security.md). */
export { confine } from './confine.ts';
export { probe, type Verdict } from './probe.ts';
export { type PythonSandbox, trustedPython } from './python-worker.ts';
