/** What follows an operand without an operator: `.name`, `[1]`, `[1:2]`. */
import { PRECEDENCE } from '../operators.ts';
import type { Cursor } from './cursor.ts';
import { SqlRefusal, unsupported } from './errors.ts';
import { parseExpr, parseSubexpr } from './parse.ts';
import type { Access, Ident, Syntax } from './syntax.ts';

/** After the period. */
function dotName(cursor: Cursor): Ident {
  const token = cursor.peek();
  if (token.kind === 'placeholder') {
    cursor.next();
    return { text: token.text, quote: '' };
  }
  if (token.kind === 'word' && ['NULL', 'TRUE', 'FALSE'].includes(token.keyword)) {
    throw unsupported(`found .${token.text}, expected the name of a field`, token.start);
  }
  return cursor.ident('the name of a field');
}

function subscript(cursor: Cursor): Access {
  let lower: Syntax | null = null;
  if (!cursor.takeOp(':')) {
    lower = parseSubexpr(cursor, PRECEDENCE.pipe);
    if (cursor.takeOp(']')) return { kind: 'index', index: lower };
    cursor.expectOp(':');
  }
  if (cursor.takeOp(']')) return { kind: 'slice', lower, upper: null, stride: null };
  const upper = parseSubexpr(cursor, PRECEDENCE.pipe);
  if (cursor.takeOp(']')) return { kind: 'slice', lower, upper, stride: null };
  cursor.expectOp(':');
  if (cursor.takeOp(']')) return { kind: 'slice', lower, upper, stride: null };
  const stride = parseExpr(cursor);
  cursor.expectOp(']');
  return { kind: 'slice', lower, upper, stride };
}

export function parseSuffixes(cursor: Cursor, root: Syntax): Syntax {
  const chain: Access[] = [];
  for (;;) {
    if (cursor.isOp('.') && !cursor.isOp('*', 1)) {
      cursor.next();
      const start = cursor.peek().start;
      const name = dotName(cursor);
      if (cursor.isOp('(') && root.kind === 'ident') {
        const dotted = [root.ident, ...chain.map((access) => (access.kind === 'dot' ? access.name : null)), name];
        const text = dotted.map((part) => part?.text ?? '[]').join('.');
        throw new SqlRefusal('UNKNOWN_FUNCTION', `found the function ${text}, expected one without a schema`, start);
      }
      chain.push({ kind: 'dot', name });
    } else if (cursor.takeOp('[')) {
      chain.push(subscript(cursor));
    } else {
      break;
    }
  }
  return chain.length === 0 ? root : { kind: 'access', root, chain, start: root.start };
}
