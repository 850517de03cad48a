/**
 * The seccomp filter of a worker, as the kernel takes it (linux/filter.h, linux/seccomp.h): a list of what is allowed, and conditions on the
 * arguments of some calls. It needs no Landlock to keep workers from the network, from other processes and from new ones.
 */
import { ALLOWED, CHECKED, NEWEST } from './syscalls.ts';

export type Machine = 'x64' | 'arm64';

export interface Filter {
  /** Instructions of 8 bytes. */
  readonly program: Uint8Array;
  /** Offsets in `program` of 32-bit words that must become the pid of the process that loads it. */
  readonly pidAt: readonly number[];
}

/** linux/audit.h */
const AUDIT_ARCH: Record<Machine, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };
/** Numbers of the x32 ABI have this bit: the same calls under other numbers. */
const X32_BIT = 0x40000000;

const LOAD = 0x20;
const AND = 0x54;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_AT_LEAST = 0x35;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const EPERM = 0x00050001;
const EACCES = 0x0005000d;
const ENOSYS = 0x00050026;

/** struct seccomp_data */
const NUMBER = 0;
const ARCHITECTURE = 4;
const low = (argument: number): number => 16 + 8 * argument;
const high = (argument: number): number => low(argument) + 4;

const O_ACCMODE = 3;
const O_TRUNC = 0x200;
/** CLONE_THREAD | CLONE_VM: a thread. */
const THREAD = 0x10100;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: none of them with namespaces of its own. */
const NAMESPACES = 0x7e020000;
/**
 * F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY: who gets a signal when a descriptor is ready. F_SETLK, F_SETLKW, F_OFD_SETLK,
 * F_OFD_SETLKW: locks, which a file that is open for reading takes, too.
 */
const FCNTLS_ON_OTHERS = [8, 10, 15, 1024, 1026, 6, 7, 37, 38];
/** TCGETS, TCGETS2, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX */
const HARMLESS_IOCTLS = [0x5401, 0x802c542a, 0x5413, 0x541b, 0x5421, 0x5450, 0x5451];
/** PR_SET_NAME, PR_GET_NAME, PR_SET_VMA */
const HARMLESS_PRCTLS = [15, 16, 0x53564d41];
const AF_UNIX = 1;

interface Instruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly k: number;
  readonly isPid?: boolean;
}

const load = (offset: number): Instruction => ({ code: LOAD, jumpTrue: 0, jumpFalse: 0, k: offset });
const and = (mask: number): Instruction => ({ code: AND, jumpTrue: 0, jumpFalse: 0, k: mask });
const give = (action: number): Instruction => ({ code: RETURN, jumpTrue: 0, jumpFalse: 0, k: action });
/** Passes over so many instructions unless the value fits. */
const unless = (code: number, k: number, over: number): Instruction => ({ code, jumpTrue: 0, jumpFalse: over, k });

/** `execPath`: the address of the one path that may be executed; null for none. */
export function seccompFilter(machine: Machine, execPath: bigint | null): Filter {
  const column = machine === 'x64' ? 0 : 1;
  const checked = (name: keyof typeof CHECKED, rule: readonly Instruction[]): readonly Instruction[] => {
    const number = CHECKED[name][column];
    return number === null ? [] : [unless(JUMP_EQUAL, number, rule.length), ...rule];
  };
  const instructions: readonly Instruction[] = [
    load(ARCHITECTURE),
    { code: JUMP_EQUAL, jumpTrue: 1, jumpFalse: 0, k: AUDIT_ARCH[machine] },
    give(KILL_PROCESS),
    load(NUMBER),
    ...(machine === 'x64' ? [unless(JUMP_AT_LEAST, X32_BIT, 1), give(KILL_PROCESS)] : []),
    ...runsOf(ALLOWED.flatMap((call) => call[column === 0 ? 1 : 2] ?? [])).flatMap(allowRun),
    ...checked('open', opening(1)),
    ...checked('openat', opening(2)),
    // libc takes other calls where the kernel doesn't know these, whose arguments a filter can't see.
    ...checked('openat2', [give(ENOSYS)]),
    ...checked('clone3', [give(ENOSYS)]),
    ...checked('clone', [
      load(low(0)),
      and(THREAD | NAMESPACES),
      unless(JUMP_EQUAL, THREAD, 1),
      give(ALLOW),
      give(EPERM),
    ]),
    ...checked('kill', [load(low(0)), { ...unless(JUMP_EQUAL, 0, 1), isPid: true }, give(ALLOW), give(EPERM)]),
    ...checked('tgkill', [load(low(0)), { ...unless(JUMP_EQUAL, 0, 1), isPid: true }, give(ALLOW), give(EPERM)]),
    ...checked('fcntl', noneOf(1, FCNTLS_ON_OTHERS)),
    ...checked('ioctl', oneOf(1, HARMLESS_IOCTLS)),
    ...checked('prctl', [...dyingWithParent(), ...oneOf(0, HARMLESS_PRCTLS)]),
    // 0 is the caller.
    ...checked('prlimit64', oneOf(0, [0])),
    ...checked('sched_setaffinity', oneOf(0, [0])),
    ...checked('socketpair', oneOf(0, [AF_UNIX])),
    // Without an address: through a socket that is connected.
    ...checked('sendto', isAddress(4, 0n)),
    ...(execPath === null ? [] : checked('execve', isAddress(0, execPath))),
    unless(JUMP_GREATER, NEWEST, 1),
    give(ENOSYS),
    give(EPERM),
  ];
  return encode(instructions);
}

/** A file that is open for reading only must not be cut, which Landlock doesn't see; access mode 3 it doesn't see at all. */
function opening(flags: number): readonly Instruction[] {
  return [
    load(low(flags)),
    and(O_ACCMODE | O_TRUNC),
    unless(JUMP_EQUAL, O_TRUNC, 1),
    give(EACCES),
    and(O_ACCMODE),
    unless(JUMP_EQUAL, O_ACCMODE, 1),
    give(EACCES),
    give(ALLOW),
  ];
}

/** PR_SET_PDEATHSIG with SIGKILL: a worker may ask for it, and code of a payload can't take it back. */
function dyingWithParent(): readonly Instruction[] {
  return [load(low(0)), unless(JUMP_EQUAL, 1, 4), load(low(1)), unless(JUMP_EQUAL, 9, 1), give(ALLOW), give(EPERM)];
}

/** The kernel takes these arguments as 32 bits. */
function oneOf(argument: number, values: readonly number[]): readonly Instruction[] {
  return [load(low(argument)), ...values.flatMap((k) => [unless(JUMP_EQUAL, k, 1), give(ALLOW)]), give(EPERM)];
}

function noneOf(argument: number, values: readonly number[]): readonly Instruction[] {
  return [load(low(argument)), ...values.flatMap((k) => [unless(JUMP_EQUAL, k, 1), give(EPERM)]), give(ALLOW)];
}

function isAddress(argument: number, address: bigint): readonly Instruction[] {
  return [
    load(low(argument)),
    unless(JUMP_EQUAL, Number(address & 0xffffffffn), 3),
    load(high(argument)),
    unless(JUMP_EQUAL, Number(address >> 32n), 1),
    give(ALLOW),
    give(EPERM),
  ];
}

interface Run {
  readonly first: number;
  readonly last: number;
}

function runsOf(numbers: readonly number[]): readonly Run[] {
  const runs: { first: number; last: number }[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run.last + 1 === number) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs;
}

function allowRun({ first, last }: Run): readonly Instruction[] {
  if (first === last) return [unless(JUMP_EQUAL, first, 1), give(ALLOW)];
  return [unless(JUMP_AT_LEAST, first, 2), { code: JUMP_GREATER, jumpTrue: 1, jumpFalse: 0, k: last }, give(ALLOW)];
}

function encode(instructions: readonly Instruction[]): Filter {
  const program = new Uint8Array(8 * instructions.length);
  const view = new DataView(program.buffer);
  const pidAt: number[] = [];
  instructions.forEach(({ code, jumpTrue, jumpFalse, k, isPid }, at) => {
    view.setUint16(8 * at, code, true);
    view.setUint8(8 * at + 2, jumpTrue);
    view.setUint8(8 * at + 3, jumpFalse);
    view.setUint32(8 * at + 4, k, true);
    if (isPid === true) pidAt.push(8 * at + 4);
  });
  return { program, pidAt };
}
