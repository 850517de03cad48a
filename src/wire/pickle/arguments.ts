import type { PickleMachine } from './machine.ts';
import { displayName } from './names.ts';
import { decodeStringEscape, decodeUtf8, parseFloatText, parseInteger } from './text.ts';
import type { PickleValue } from './value.ts';

export function integer(m: PickleMachine, value: number | bigint): void {
  m.pushLeaf({ kind: 'int', value, span: m.here() });
}

export function bytesValue(m: PickleMachine, length: number): void {
  const c = m.cursor;
  const start = c.block(length);
  m.pushLeaf({ kind: 'bytes', value: c.bytes.subarray(start, c.pos), span: m.here() });
}

export function text(m: PickleMachine, length: number): void {
  const c = m.cursor;
  const start = c.block(length);
  const value = decodeUtf8(c.bytes, start, c.pos);
  if (value === null) throw c.bad('holds text that is not UTF-8');
  m.pushLeaf({ kind: 'str', value, span: m.here() });
}

/** A Python 2 string: text where it is ASCII (as CPython reads it by default), else its bytes. */
export function oldString(
  m: PickleMachine,
  start: number,
  raw: Uint8Array = m.cursor.bytes.subarray(start, m.cursor.pos),
): void {
  const span = m.here();
  const ascii = raw.every((byte) => byte < 0x80) ? decodeUtf8(raw, 0, raw.length) : null;
  m.pushLeaf(ascii === null ? { kind: 'bytes', value: raw, span } : { kind: 'str', value: ascii, span });
}

export function quotedString(m: PickleMachine): void {
  const c = m.cursor;
  let start = c.pos;
  let end = c.line();
  while (end > start && isSpace(c.bytes[end - 1])) end--;
  while (end > start && isSpace(c.bytes[start])) start++;
  const quote = c.bytes[start];
  if (end - start < 2 || (quote !== 0x22 && quote !== 0x27) || c.bytes[end - 1] !== quote)
    throw c.bad('needs a string in quotes');
  const raw = decodeStringEscape(c.bytes, start + 1, end - 1);
  if (raw === null) throw c.bad('holds a broken escape');
  oldString(m, start, raw);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);
}

export function lineText(m: PickleMachine): string {
  const c = m.cursor;
  const start = c.pos;
  const value = decodeUtf8(c.bytes, start, c.line());
  if (value === null) throw c.bad('holds text that is not UTF-8');
  return value;
}

export function integerText(m: PickleMachine, isInt: boolean): void {
  const c = m.cursor;
  const length = c.bytes.indexOf(0x0a, c.pos) - c.pos;
  if (length > 0) c.checkIntegerSize(length);
  let digits = lineText(m);
  // INT writes booleans as exactly 00 and 01.
  if (isInt && (digits === '00' || digits === '01')) {
    m.pushLeaf({ kind: 'bool', value: digits === '01', span: m.here() });
    return;
  }
  if (!isInt && digits.endsWith('L')) digits = digits.slice(0, -1);
  const value = parseInteger(digits, isInt);
  if (value === null) throw c.bad('holds a line that is no integer');
  integer(m, value);
}

export function floatText(m: PickleMachine): void {
  const value = parseFloatText(lineText(m));
  if (value === null) throw m.cursor.bad('holds a line that is no number');
  m.pushLeaf({ kind: 'float', value, span: m.here() });
}

export function memoIndex(m: PickleMachine): number {
  const index = parseInteger(lineText(m), false);
  if (typeof index !== 'number' || index < 0) throw m.cursor.bad('needs a memo index of 0 or more');
  return index;
}

export function instance(m: PickleMachine): void {
  const names = { module: lineText(m), name: lineText(m) };
  const callee: PickleValue = { kind: 'global', ...names, span: m.here() };
  m.global('INST', callee, names);
  const { items, start, depth } = m.takeMarked();
  const args: PickleValue = { kind: 'tuple', items, span: m.spanFrom(start) };
  m.call('inst', callee, args, null, start, depth);
}

export function extension(m: PickleMachine, opcode: 'EXT1' | 'EXT2' | 'EXT4', code: number): void {
  if (code <= 0) throw m.cursor.bad(`says extension ${code}, expected 1 or more`);
  const value: PickleValue = { kind: 'extension', code, span: m.here() };
  m.global(opcode, value, null);
  m.pushLeaf(value);
}

/** What only a running pickle could turn into text. */
function isComputed(value: PickleValue): boolean {
  return (
    value.kind === 'call' || value.kind === 'persistent-id' || value.kind === 'extension' || value.kind === 'global'
  );
}

export function stackGlobal(m: PickleMachine): void {
  const c = m.cursor;
  m.need(2);
  const start = m.starts[m.starts.length - 2] ?? c.start;
  const depth = Math.max(m.depths[m.depths.length - 1] ?? 1, m.depths[m.depths.length - 2] ?? 1);
  const name = m.pop();
  const module = m.pop();
  const span = m.spanFrom(start);
  if (module.kind === 'str' && name.kind === 'str') {
    const names = { module: module.value, name: name.value };
    const value: PickleValue = { kind: 'global', ...names, span };
    m.global('STACK_GLOBAL', value, names);
    m.push(value, start, 1);
    return;
  }
  for (const part of [module, name]) {
    if (part.kind !== 'str' && !isComputed(part) && part.kind !== 'computed-global')
      throw c.bad(`needs a module and a name as text, found ${displayName(part)}`);
  }
  const value: PickleValue = { kind: 'computed-global', module, name, span };
  m.global('STACK_GLOBAL', value, null);
  m.push(value, start, depth + 1);
}
