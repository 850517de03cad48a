/** Which workers of a run are shut off: all of an engine as soon as one of its payloads carries code, since they are used for any. */
import { realpathSync } from 'node:fs';
import type { EngineName } from '../plan/engine.ts';
import type { JobGroup } from '../plan/groups.ts';
import { carriesCode, type Policy } from '../plan/policy.ts';
import type { WorkerCommand } from '../spawn/worker.ts';
import { allowedModules } from './modules.ts';
import { sandboxedNode } from './node-worker.ts';
import { sandboxedPython, trustedPython } from './python-worker.ts';

/** Paths of what workers read themselves. */
interface Files {
  readonly input: string | null;
  readonly register: string | null;
}

/** `input`: the file that workers read themselves; `register`: the user's module. */
export function confine(
  groups: readonly JobGroup[],
  policy: Policy,
  input: string | undefined,
  register: string | undefined,
): readonly JobGroup[] {
  const engines = new Set(groups.filter(hasCode).map(({ engine }) => engine));
  if (engines.size === 0) return groups;
  const files: Files = { input: existing(input), register: existing(register) };
  const commands = new Map<string, WorkerCommand>();
  return groups.map((group) => {
    if (!engines.has(group.engine)) return group;
    const key = `${group.engine} ${group.command.file}`;
    const command = commands.get(key) ?? confined(group.engine, group.command, policy, files);
    commands.set(key, command);
    return { ...group, command };
  });
}

function hasCode({ entries, filter }: JobGroup): boolean {
  return [...entries, ...(filter === null ? [] : [filter])].some(({ payload }) => carriesCode(payload.code));
}

function confined(
  engine: EngineName,
  command: WorkerCommand,
  { sandbox, allowModules }: Policy,
  { input, register }: Files,
): WorkerCommand {
  const readable = input === null ? [] : [input];
  if (engine === 'embedded') return sandbox === 'off' ? command : sandboxedNode(command, readable);
  const modules = allowModules === undefined ? null : allowedModules(allowModules);
  return sandbox === 'off' ? trustedPython(command, modules) : sandboxedPython(command, readable, modules, register);
}

/** The path as the kernel will know it. What comes through a pipe has none. */
function existing(path: string | undefined): string | null {
  try {
    return path === undefined ? null : realpathSync(path);
  } catch {
    return null;
  }
}
