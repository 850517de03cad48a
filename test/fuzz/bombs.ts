/** Small payloads that ask for much: each is about as long as asked, and as bad as its kind gets. */

import type { Expr } from '../../src/expr/model.ts';
import { exprToProto } from '../../src/expr/proto/index.ts';

const column: Expr = { kind: 'column', name: 'a', relation: null };

export const BOMBS: Readonly<Record<string, (bytes: number) => Uint8Array>> = {
  'empty messages': (bytes) =>
    repeated([0x12, 0x00], bytes, (body) => message(14, [...[0x0a, 0x05, 0x0a, 0x03, 0x0a, 0x01, 0x61]], body)),
  'unknown fields': (bytes) => repeated([0xa8, 0x3e, 0x00], bytes, (body) => body),
  'unknown fields in a message': (bytes) => repeated([0xa8, 0x3e, 0x00], bytes, (body) => message(4, [], body)),
  'open groups': (bytes) => new Uint8Array(bytes).fill(0x0b),
  literals: (bytes) => {
    const list = Array.from(
      { length: bytes >> 3 },
      (_, value): Expr => ({ kind: 'literal', value: { kind: 'Int64', value } }),
    );
    return exprToProto({ kind: 'in_list', expr: column, list, negated: false });
  },
  'one-letter columns': (bytes) =>
    exprToProto({ kind: 'binary', op: 'Or', operands: new Array<Expr>(Math.floor(bytes / 7)).fill(column) }),
  'deep messages': (bytes) => {
    let expr: Expr = column;
    for (let at = 0; at < bytes / 7.5; at++) expr = { kind: 'not', expr };
    return exprToProto(expr);
  },
  'one field many times': (bytes) => repeated([0x0a, 0x00], bytes, (body) => message(1, [], body)),
  'pickle marks': (bytes) => pickle(new Uint8Array(bytes).fill(0x28)),
  'pickle lists in lists': (bytes) => {
    const body = new Uint8Array(bytes).fill(0x5d);
    body.fill(0x61, bytes >> 1, bytes - 1);
    return pickle(body);
  },
  'pickle doubling': (bytes) => {
    const body: number[] = [0x5d, 0x94]; // [], memoized
    for (let at = 0; at < Math.min(200, bytes / 5); at++) body.push(0x68, at, 0x68, at, 0x86, 0x94); // a pair of what was made last
    return pickle(Uint8Array.from(body));
  },
  'pickle copies': (bytes) => pickle(new Uint8Array(bytes).fill(0x32, 1).fill(0x4e, 0, 1)),
  'pickle long decimal': (bytes) => pickle(surrounded('I', '9', bytes, '\n')),
  'pickle long text number': (bytes) => pickle(surrounded('L', '7', bytes, 'L\n')),
  'pickle calls': (bytes) => {
    const body = new Uint8Array(bytes).fill(0x52);
    for (let at = 0; at + 2 < bytes; at += 2) body[at] = 0x29; // an empty tuple, then a call with it
    return pickle(new Uint8Array([...new TextEncoder().encode('cos\nsystem\n'), ...body]));
  },
  'text that is hex and base64': (bytes) => new Uint8Array(bytes).fill(0x61),
};

function repeated(unit: readonly number[], bytes: number, wrap: (body: Uint8Array) => Uint8Array): Uint8Array {
  const body = new Uint8Array(Math.floor(bytes / unit.length) * unit.length);
  for (let at = 0; at < body.length; at++) body[at] = unit[at % unit.length] ?? 0;
  return wrap(body);
}

function message(number: number, before: readonly number[], body: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = before.length + body.length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) length.push((rest % 0x80) | 0x80);
  const head = [number * 8 + 2, ...length, rest, ...before];
  const result = new Uint8Array(head.length + body.length);
  result.set(head);
  result.set(body, head.length);
  return result;
}

function pickle(body: Uint8Array): Uint8Array {
  const result = new Uint8Array(body.length + 3);
  result.set([0x80, 0x04]);
  result.set(body, 2);
  result[result.length - 1] = 0x2e;
  return result;
}

function surrounded(before: string, unit: string, count: number, after: string): Uint8Array {
  return new TextEncoder().encode(before + unit.repeat(count) + after);
}
