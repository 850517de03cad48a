import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disassemble, type PickleArgument, type PickleInstruction } from '../../../src/wire/pickle/index.ts';
import { bytesOf, CORPUS, hexOf, latin1, type Told, tellFloat, tellText } from './corpus.ts';

function ops(lines: Iterable<PickleInstruction>) {
  return [...lines].flatMap((line) => (line.kind === 'op' ? [line] : []));
}

function tellArgument(argument: PickleArgument | null, encoding: string): Told {
  if (argument === null) return null;
  switch (argument.kind) {
    case 'int':
      return ['int', String(argument.value)];
    case 'bool':
      return ['bool', argument.value];
    case 'float':
      return tellFloat(argument.value);
    case 'text':
      return tellText(argument.value);
    case 'bytes':
      return encoding.startsWith('string') ? ['str', argument.value.join()] : ['hex', hexOf(argument.value)];
    case 'pair':
      return ['str', `${argument.module} ${argument.name}`];
  }
}

/** Where pickletools is wrong about what the machine does. */
const EXCEPTIONS: ReadonlySet<string> = new Set([
  // The machine reads INT as C's strtol does, 017 as 15; pickletools reads it in decimal.
  'INT in octal',
]);

test('every pickle of the corpus disassembles as pickletools says', () => {
  for (const entry of CORPUS) {
    if (entry.ops === null || EXCEPTIONS.has(entry.name)) continue;
    assert.deepEqual(
      ops(disassemble(bytesOf(entry.hex))).map(({ offset, opcode, argument }) => [
        offset,
        opcode.name,
        tellArgument(argument, opcode.argument),
      ]),
      entry.ops,
      entry.name,
    );
  }
});

test('the lines cover every byte once, in order', () => {
  for (const entry of CORPUS) {
    const bytes = bytesOf(entry.hex);
    for (const cut of [bytes.length, bytes.length - 1, bytes.length >> 1]) {
      let at = 7;
      for (const line of disassemble(bytes.subarray(0, cut), { offset: 7 })) {
        assert.equal(line.offset, at, entry.name);
        at = line.end;
      }
      assert.equal(at, 7 + cut, entry.name);
    }
  }
});

test('depth, marks, memo and notes', () => {
  const bytes = latin1('\x80\x04(\x8c\x02os\x94\x8c\x06system\x94\x93(h\x00t\x85R0.');
  assert.deepEqual(
    ops(disassemble(bytes, { offset: 100 })).map(({ opcode, depth, mark, memo, note }) => [
      opcode.name,
      depth,
      mark,
      memo,
      note,
    ]),
    [
      ['PROTO', 0, null, null, ''],
      ['MARK', 0, null, null, ''],
      ['SHORT_BINUNICODE', 1, null, null, ''],
      ['MEMOIZE', 1, null, 0, ''],
      ['SHORT_BINUNICODE', 1, null, null, ''],
      ['MEMOIZE', 1, null, 1, ''],
      ['STACK_GLOBAL', 1, null, null, 'imports os.system'],
      ['MARK', 1, null, null, ''],
      ['BINGET', 2, null, 0, 'stored at 107'],
      ['TUPLE', 1, 118, null, ''],
      ['TUPLE1', 1, null, null, ''],
      ['REDUCE', 1, null, null, 'calls os.system'],
      ['POP', 1, null, null, ''],
    ],
  );
});

test('a defect is the last line and names what is left', () => {
  const lines = [...disassemble(latin1('N\xffabc'), { offset: 10 })];
  const last = lines.at(-1);
  assert.ok(last?.kind === 'error');
  assert.deepEqual([last.offset, last.end, last.error.message], [11, 15, '0xff is no pickle opcode']);
  assert.equal(lines.length, 2);
});
