/** Payloads that are large in one way each. The real package checks those that it is timed on. */

import type { Expr } from '../src/expr/model.ts';
import { exprToProto } from '../src/expr/proto/index.ts';
import { ProtoWriter } from '../src/wire/protobuf/index.ts';

const column: Expr = { kind: 'column', name: 'a', relation: null };

/** `a + a + …` as the one node in which a chain of an operator travels. */
export function chain(operands: number): Uint8Array {
  return exprToProto({ kind: 'binary', op: 'Plus', operands: new Array<Expr>(operands).fill(column) });
}

/** `a IN (0, 1, 2, …)` */
export function inList(literals: number): Uint8Array {
  const list = Array.from(
    { length: literals },
    (_, value): Expr => ({ kind: 'literal', value: { kind: 'Int64', value } }),
  );
  return exprToProto({ kind: 'in_list', expr: column, list, negated: false });
}

/** `NOT NOT NOT … a` */
export function nesting(levels: number): Uint8Array {
  let expr: Expr = column;
  for (let at = 0; at < levels; at++) expr = { kind: 'not', expr };
  return exprToProto(expr);
}

/** A scalar UDF whose frame holds `size` bytes of a captured value. */
export function largeFrame(size: number): Uint8Array {
  const head = new TextEncoder().encode('DFPYUDF');
  // PROTO 4, BINBYTES of the length, STOP
  const pickle = [0x80, 4, 0x42, size & 0xff, (size >> 8) & 0xff, (size >> 16) & 0xff, (size >> 24) & 0xff];
  const frame = new Uint8Array(head.length + 3 + pickle.length + size + 1);
  frame.set([...head, 1, 3, 11, ...pickle]);
  frame[frame.length - 1] = 0x2e;
  return ProtoWriter.encode((w) =>
    w.message(20, () => {
      w.string(1, 'large');
      w.bytes(3, frame);
    }),
  );
}
