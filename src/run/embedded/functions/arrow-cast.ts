/** `arrow_cast` and `arrow_try_cast`: a cast to the type that a text names. */
import { parseDataType } from '../../../wire/arrow/index.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { type Node, plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { castNode } from '../simplify.ts';
import { MAX_TYPE_DEPTH, typeDepth } from '../types.ts';
import type { ScalarFunction } from './define.ts';

function typeOf(name: string, node: Node | undefined): DataType {
  const text = node === undefined ? undefined : plainValue(node);
  if (typeof text !== 'string') throw new Refusal(name, 'names its type by a constant text');
  try {
    const type = parseDataType(text);
    if (typeDepth(type) <= MAX_TYPE_DEPTH) return type;
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    throw new Refusal(name, `names no type: ${error.message}`);
  }
  throw new Refusal(name, 'names a type that nests too deep');
}

function caster(name: string, safe: boolean): ScalarFunction {
  return {
    name,
    bind: ([operand, type, ...others]) => {
      if (operand === undefined || others.length > 0) throw new Refusal(name, 'takes a value and the name of a type');
      return castNode(operand, typeOf(name, type), safe);
    },
  };
}

export const ARROW_CASTS: readonly ScalarFunction[] = [caster('arrow_cast', false), caster('arrow_try_cast', true)];
