/**
 * The launcher: a program of a few kilobytes that shuts itself off and becomes another one. Node can't ask the kernel for Landlock and seccomp, and
 * a shell can't either; the kernel keeps both over execve. It holds paths and settings of dfx only, nothing of a payload.
 *
 * It does what python/dfx_worker/sandbox.py does in Python workers, in the same order.
 */
import { type Filter, type Machine, seccompFilter } from '../filter.ts';
import { CHECKED, ENTERING } from '../syscalls.ts';
import { DataSegment, executable } from './elf.ts';
import { ASSEMBLERS, type Assembler, type Code } from './machine.ts';

export interface ReadRule {
  readonly path: string;
  readonly isFolder: boolean;
  /** Whether it may be executed, once: as what the launcher becomes. */
  readonly execute?: boolean;
  readonly write?: boolean;
}

export interface Launch {
  readonly rules: readonly ReadRule[];
  /** What it becomes; null: nothing. It tries what it must not be able to do, and leaves with 0. */
  readonly target: { readonly file: string; readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv } | null;
}

/** The exit code of a launcher that got no further than that. */
export const STEPS = {
  capabilities: 101,
  privileges: 102,
  noLandlock: 103,
  landlockRule: 104,
  landlockHold: 105,
  descriptors: 106,
  noSeccomp: 107,
  exec: 108,
  filesOpen: 109,
  networkOpen: 110,
} as const;

/** linux/landlock.h: what each version can keep from a process, the newest first: files, TCP, scopes, and how many bytes of them it takes. */
const RULESETS: readonly {
  readonly files: number;
  readonly net: number;
  readonly scope: number;
  readonly size: number;
}[] = [
  { files: 0xffff, net: 3, scope: 3, size: 24 },
  { files: 0xffff, net: 3, scope: 0, size: 16 },
  { files: 0x7fff, net: 3, scope: 0, size: 16 },
  { files: 0x7fff, net: 0, scope: 0, size: 8 },
  { files: 0x3fff, net: 0, scope: 0, size: 8 },
  { files: 0x1fff, net: 0, scope: 0, size: 8 },
];
const EXECUTE = 1;
const WRITE_FILE = 2;
const READ_FILE = 4;
const READ_DIR = 8;
const PATH_BENEATH = 1;

const AT_FDCWD = -100;
/** O_PATH | O_CLOEXEC */
const O_PATH = 0x280000;
const RLIMIT_CORE = 4;
const PR_SET_PDEATHSIG = 1;
const PR_SET_SECCOMP = 22;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_MODE_FILTER = 2;
const SIGKILL = 9;
const CAPABILITY_VERSION_3 = 0x20080522;
/** CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: root goes on reading files of others, which Landlock bounds. */
const KEPT_CAPABILITIES = 6;
/** Standard streams and the two pipes (docs/worker-protocol.md). */
const LAST_DESCRIPTOR = 4;
const SOCKET = { x64: 41, arm64: 198 } as const;
const CAPGET = { x64: 125, arm64: 90 } as const;

export function launcher(machine: Machine, { rules, target }: Launch): Uint8Array {
  const { call, keep, failed, succeeded, store, mask } = ASSEMBLERS[machine];
  const column = machine === 'x64' ? 0 : 1;
  const number = (name: keyof typeof ENTERING): number => ENTERING[name][column];
  const checkedNumber = (name: 'openat' | 'prctl' | 'prlimit64' | 'execve'): number => CHECKED[name][column];
  const data = new DataSegment();
  const leave = (code: number): Code => call(number('exit_group'), code);
  const orLeave = (code: number): Code => failed(leave(code));

  // First, so that its address doesn't depend on anything: the filter lets this path through and no other.
  const path = data.text(target?.file ?? '/');
  const filter = seccompFilter(machine, target === null ? null : path);
  const program = data.add(filter.program);
  const fprog = data.words(BigInt(filter.program.length / 8), program);
  const zeros = data.words(0n, 0n);
  const capabilityHeader = data.words(BigInt(CAPABILITY_VERSION_3));
  const capabilities = data.words(0n, 0n, 0n);
  const rule = data.words(0n, 0n);

  const code: Code = [
    ...call(checkedNumber('prlimit64'), 0, RLIMIT_CORE, zeros, 0),
    ...call(checkedNumber('prctl'), PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0),
    ...call(CAPGET[machine], capabilityHeader, capabilities),
    ...orLeave(STEPS.capabilities),
    ...mask(capabilities, KEPT_CAPABILITIES),
    ...mask(capabilities + 4n, KEPT_CAPABILITIES),
    ...[8n, 12n, 16n, 20n].flatMap((at) => store(capabilities + at, 0)),
    ...call(number('capset'), capabilityHeader, capabilities),
    ...orLeave(STEPS.capabilities),
    ...call(checkedNumber('prctl'), PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
    ...orLeave(STEPS.privileges),
    ...rulesets(data, number('landlock_create_ruleset'), call, failed),
    ...orLeave(STEPS.noLandlock),
    ...keep('ruleset'),
    ...rules.flatMap(({ path: readable, isFolder, execute = false, write = false }) => {
      const rights = READ_FILE | (isFolder ? READ_DIR : 0) | (execute ? EXECUTE : 0) | (write ? WRITE_FILE : 0);
      return [
        ...call(checkedNumber('openat'), AT_FDCWD, data.text(readable), O_PATH, 0),
        // What is gone by now needs no rule.
        ...succeeded([
          ...keep('opened'),
          // struct landlock_path_beneath_attr is packed: 8 bytes of rights, 4 of the descriptor.
          ...store(rule + 8n, 'result'),
          ...store(rule, rights),
          ...call(number('landlock_add_rule'), 'ruleset', PATH_BENEATH, rule, 0),
          ...orLeave(STEPS.landlockRule),
          ...call(number('close'), 'opened'),
        ]),
      ];
    }),
    ...call(number('landlock_restrict_self'), 'ruleset', 0),
    ...orLeave(STEPS.landlockHold),
    ...call(number('close_range'), LAST_DESCRIPTOR + 1, 0xffffffff, 0),
    ...orLeave(STEPS.descriptors),
    ...call(number('getpid')),
    ...pidStores(filter, program, store),
    ...call(checkedNumber('prctl'), PR_SET_SECCOMP, SECCOMP_MODE_FILTER, fprog, 0, 0),
    ...orLeave(STEPS.noSeccomp),
    ...(target === null
      ? [
          ...call(checkedNumber('openat'), AT_FDCWD, data.text('/'), 0, 0),
          ...succeeded(leave(STEPS.filesOpen)),
          ...call(SOCKET[machine], 2, 1, 0),
          ...succeeded(leave(STEPS.networkOpen)),
          ...leave(0),
        ]
      : [
          ...call(
            checkedNumber('execve'),
            path,
            data.texts([target.file, ...target.args]),
            data.texts(variables(target.env)),
          ),
          ...leave(STEPS.exec),
        ]),
  ];
  return executable(machine, code, data);
}

/** A kernel takes what it knows: from the newest to the oldest. */
function rulesets(data: DataSegment, number: number, call: Assembler['call'], failed: Assembler['failed']): Code {
  return [...RULESETS].reverse().reduce<Code>((older, { files, net, scope, size }) => {
    const attributes = data.words(BigInt(files), BigInt(net), BigInt(scope));
    return [...call(number, attributes, size, 0), ...failed(older)];
  }, []);
}

function pidStores(filter: Filter, program: bigint, store: Assembler['store']): Code {
  return filter.pidAt.flatMap((at) => store(program + BigInt(at), 'result'));
}

function variables(env: NodeJS.ProcessEnv): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}
