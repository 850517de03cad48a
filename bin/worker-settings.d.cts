export const nodeFlags: readonly string[];
export function smallInput(path: string): number;
export function workerEnvironment(): NodeJS.ProcessEnv;
export function pythonArgs(root: string): readonly string[];
export function pythonEnvironment(): NodeJS.ProcessEnv;
export function passedToCode(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
export function sandboxedPythonEnvironment(): NodeJS.ProcessEnv;
export function zygoteStdio(slots: number): ('ignore' | 'pipe')[];
