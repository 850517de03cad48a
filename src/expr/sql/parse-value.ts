/** Literals. */
import type { Cursor } from './cursor.ts';
import type { Value } from './syntax.ts';

/** What the engine calls a value: a number, a string of any style, a placeholder, TRUE, FALSE or NULL. */
export function parseValue(cursor: Cursor): Value {
  const token = cursor.next();
  switch (token.kind) {
    case 'number':
      return { kind: 'number', text: token.text, long: token.long };
    case 'string':
      return { kind: 'string', text: token.text, style: token.style };
    case 'placeholder':
      return { kind: 'placeholder', text: token.text };
    case 'word':
      if (token.keyword === 'TRUE' || token.keyword === 'FALSE') {
        return { kind: 'boolean', value: token.keyword === 'TRUE' };
      }
      if (token.keyword === 'NULL') return { kind: 'null' };
      if (token.quote === '"') return { kind: 'string', text: token.text, style: 'double' };
      throw cursor.fail('a value', token);
    case 'op': {
      // `:name` and `@1`, without a blank between.
      const next = cursor.peek();
      if ((token.text === ':' || token.text === '@') && next.start === token.end) {
        const named = next.kind === 'word' || (next.kind === 'number' && !next.long);
        if (named) {
          cursor.next();
          return { kind: 'placeholder', text: token.text + next.text };
        }
      }
      throw cursor.fail('a value', token);
    }
    case 'end':
      throw cursor.fail('a value', token);
  }
}
