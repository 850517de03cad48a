/** Functions that ask for types: `arrow_typeof`, and casts to the type that another argument has. */
import { displayDataType } from '../../../wire/arrow/index.ts';
import { constantColumn } from '../build.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castNode } from '../simplify.ts';
import { UTF8 } from '../types.ts';
import type { ScalarFunction } from './define.ts';

function castLike(name: string, safe: boolean): ScalarFunction {
  return {
    name,
    bind: ([operand, reference, ...others]) => {
      if (operand === undefined || reference === undefined || others.length > 0) {
        throw new Refusal(name, 'takes a value and another whose type it gets');
      }
      // The optimizer makes a cast of it: the reference isn't computed.
      return castNode(operand, reference.type, safe);
    },
  };
}

/** The operand is computed, and may fail. */
function typeOf(args: readonly Node[]): Node {
  const [operand, ...others] = args;
  if (operand === undefined || others.length > 0) throw new Refusal('arrow_typeof', 'takes one argument');
  const column = constantColumn(UTF8, displayDataType(operand.type));
  return callNode({
    name: 'arrow_typeof',
    type: UTF8,
    nullable: operand.nullable,
    args: [operand],
    mayFail: false,
    evaluate: () => ({ column, scalar: true }),
  });
}

export const TYPE_FUNCTIONS: readonly ScalarFunction[] = [
  { name: 'arrow_typeof', bind: typeOf },
  castLike('cast_to_type', false),
  castLike('try_cast_to_type', true),
];
