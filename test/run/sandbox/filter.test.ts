/** The seccomp filter, run as the kernel runs it (Linux, Documentation/userspace-api/seccomp_filter): every rule, on both machines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Machine, seccompFilter } from '../../../src/run/sandbox/filter.ts';

const EXEC = 0x5a_0100_0000n;
const PID = 4242;
const ARCHITECTURES = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const VERDICTS = new Map([
  [0x7fff0000, 'allow'],
  [0x80000000, 'kill'],
  [0x00050001, 'EPERM'],
  [0x0005000d, 'EACCES'],
  [0x00050026, 'ENOSYS'],
]);

/** What the filter says of a call. */
function verdict(
  machine: Machine,
  number: number,
  args: readonly (number | bigint)[] = [],
  architecture?: number,
): string {
  const { program, pidAt } = seccompFilter(machine, EXEC);
  const code = new DataView(program.slice().buffer);
  for (const at of pidAt) code.setUint32(at, PID, true);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, architecture ?? ARCHITECTURES[machine], true);
  for (const [at, value] of args.entries()) data.setBigUint64(16 + 8 * at, BigInt.asUintN(64, BigInt(value)), true);
  let accumulator = 0;
  for (let at = 0; at < code.byteLength; at += 8) {
    const k = code.getUint32(at + 4, true);
    const jump = (holds: boolean): number => 8 * code.getUint8(at + (holds ? 2 : 3));
    switch (code.getUint16(at, true)) {
      case 0x20:
        accumulator = data.getUint32(k, true);
        break;
      case 0x54:
        accumulator = (accumulator & k) >>> 0;
        break;
      case 0x15:
        at += jump(accumulator === k);
        break;
      case 0x25:
        at += jump(accumulator > k);
        break;
      case 0x35:
        at += jump(accumulator >= k);
        break;
      case 0x06:
        return VERDICTS.get(k) ?? String(k);
      default:
        assert.fail('an instruction that is none');
    }
  }
  assert.fail('the filter has no end');
}

type Case = readonly [
  what: string,
  x64: number | null,
  arm64: number | null,
  args: readonly (number | bigint)[],
  string,
];

// Numbers are those of asm/unistd_64.h and asm-generic/unistd.h, arguments those of the manual pages.
const CASES: readonly Case[] = [
  ['read', 0, 63, [3], 'allow'],
  ['write', 1, 64, [4], 'allow'],
  ['exit_group', 231, 94, [0], 'allow'],
  ['open for reading', 2, null, [0, 0], 'allow'],
  ['open, cut for reading', 2, null, [0, 0o1000], 'EACCES'],
  ['open with access mode 3', 2, null, [0, 3], 'EACCES'],
  ['openat for reading', 257, 56, [-100, 0, 0o2000000], 'allow'],
  ['openat for writing, cut', 257, 56, [-100, 0, 0o1101], 'allow'],
  ['openat, cut for reading', 257, 56, [-100, 0, 0o1000], 'EACCES'],
  ['openat with access mode 3', 257, 56, [-100, 0, 0o3], 'EACCES'],
  ['openat with access mode 3, cut', 257, 56, [-100, 0, 0o1003], 'EACCES'],
  ['openat2', 437, 437, [], 'ENOSYS'],
  ['clone3', 435, 435, [], 'ENOSYS'],
  ['clone of a thread by glibc', 56, 220, [0x3d0f00], 'allow'],
  ['clone of a process', 56, 220, [17], 'EPERM'],
  ['vfork by clone', 56, 220, [0x4111], 'EPERM'],
  ['clone of a thread in a network of its own', 56, 220, [0x403d0f00], 'EPERM'],
  ['fork', 57, null, [], 'EPERM'],
  ['vfork', 58, null, [], 'EPERM'],
  ['execve of the one path', 59, 221, [EXEC], 'allow'],
  ['execve of another path', 59, 221, [EXEC + 1n], 'EPERM'],
  ['execve of a path whose low half is the same', 59, 221, [EXEC + (1n << 32n)], 'EPERM'],
  ['execveat', 322, 281, [], 'EPERM'],
  ['kill of itself', 62, 129, [PID, 6], 'allow'],
  ['kill of another', 62, 129, [PID + 1, 0], 'EPERM'],
  ['kill of its group', 62, 129, [0, 9], 'EPERM'],
  ['kill of a group', 62, 129, [-PID, 9], 'EPERM'],
  ['kill of everybody', 62, 129, [-1, 9], 'EPERM'],
  ['tgkill of itself', 234, 131, [PID, PID, 6], 'allow'],
  ['tgkill of another', 234, 131, [1, 1, 0], 'EPERM'],
  ['tkill', 200, 130, [PID, 0], 'EPERM'],
  ['rt_sigqueueinfo', 129, 138, [PID], 'EPERM'],
  ['pidfd_send_signal', 424, 424, [], 'EPERM'],
  ['ptrace', 101, 117, [], 'EPERM'],
  ['process_vm_readv', 310, 270, [], 'EPERM'],
  ['socket', 41, 198, [2, 1, 0], 'EPERM'],
  ['connect', 42, 203, [], 'EPERM'],
  ['sendmsg', 46, 211, [], 'EPERM'],
  ['socketpair of Unix sockets', 53, 199, [1, 1, 0], 'allow'],
  ['socketpair of another kind', 53, 199, [16, 1, 0], 'EPERM'],
  ['sendto where it is connected', 44, 206, [3, 0, 0, 0, 0n], 'allow'],
  ['sendto an address', 44, 206, [3, 0, 0, 0, 0x7fff_0000_0000n], 'EPERM'],
  ['fcntl F_DUPFD_CLOEXEC', 72, 25, [3, 1030], 'allow'],
  ['fcntl F_SETOWN', 72, 25, [3, 8, 1], 'EPERM'],
  ['fcntl F_SETSIG', 72, 25, [3, 10, 9], 'EPERM'],
  ['fcntl F_SETOWN_EX', 72, 25, [3, 15], 'EPERM'],
  ['fcntl F_SETLK', 72, 25, [3, 6], 'EPERM'],
  ['fcntl F_OFD_SETLKW', 72, 25, [3, 38], 'EPERM'],
  ['flock', 73, 32, [3, 2], 'EPERM'],
  ['ioctl TCGETS', 16, 29, [2, 0x5401], 'allow'],
  ['ioctl TIOCSTI', 16, 29, [2, 0x5412], 'EPERM'],
  ['ioctl FIOSETOWN', 16, 29, [2, 0x8901], 'EPERM'],
  ['prctl PR_SET_NAME', 157, 167, [15], 'allow'],
  ['prctl PR_SET_PDEATHSIG, SIGKILL', 157, 167, [1, 9], 'allow'],
  ['prctl PR_SET_PDEATHSIG, none', 157, 167, [1, 0], 'EPERM'],
  ['prctl PR_SET_DUMPABLE', 157, 167, [4, 1], 'EPERM'],
  ['prlimit64 of itself', 302, 261, [0], 'allow'],
  ['prlimit64 of another', 302, 261, [1], 'EPERM'],
  ['sched_setaffinity of itself', 203, 122, [0], 'allow'],
  ['sched_setaffinity of another', 203, 122, [1], 'EPERM'],
  ['truncate', 76, 45, [], 'EPERM'],
  ['chmod by fchmodat', 268, 53, [], 'EPERM'],
  ['chown by fchownat', 260, 54, [], 'EPERM'],
  ['utimensat', 280, 88, [], 'EPERM'],
  ['setxattr', 188, 5, [], 'EPERM'],
  ['mount', 165, 40, [], 'EPERM'],
  ['unshare', 272, 97, [], 'EPERM'],
  ['io_uring_setup', 425, 425, [], 'EPERM'],
  ['bpf', 321, 280, [], 'EPERM'],
  ['a call that is newer than all that is known', 500, 500, [], 'ENOSYS'],
];

for (const [what, x64, arm64, args, expected] of CASES) {
  test(`${what}: ${expected}`, () => {
    if (x64 !== null) assert.equal(verdict('x64', x64, args), expected);
    if (arm64 !== null) assert.equal(verdict('arm64', arm64, args), expected);
  });
}

test('calls of another architecture, or by numbers of x32, end the process', () => {
  assert.equal(verdict('x64', 0, [], 0x40000003), 'kill');
  assert.equal(verdict('x64', 0x40000000), 'kill');
  assert.equal(verdict('arm64', 63, [], 0x40000028), 'kill');
});

test('without a path nothing is executed', () => {
  const { program } = seccompFilter('x64', null);
  assert.ok(program.length < seccompFilter('x64', EXEC).program.length);
});
