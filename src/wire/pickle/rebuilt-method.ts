import { type FunctionShape, indexStates, makerOf, readFunction, type StateIndex } from './cloudpickle-shapes.ts';
import { argumentsOf, cloudpickleName, isGlobal, isPlain } from './names.ts';
import type { PickleReading } from './read.ts';
import type { PickleValue } from './value.ts';

/**
 * Recognises `Expr._reconstruct` as cloudpickle writes it: `MethodType(function, Expr)`, the function built from its code
 * object, since cloudpickle can't import a bound classmethod by name (seen on cloudpickle 3 with datafusion 54 and 55). The
 * function must have that method's names and hand its argument to `from_bytes` with nothing else in reach; whether its
 * bytecode does more can't be told by looking, so such a pickle is for looking at, never for loading.
 */
export class RebuiltMethods {
  private readonly reading: PickleReading;
  private states: StateIndex | null = null;
  /** A pickle of many expressions builds the function once: its code is read once. */
  private readonly known = new Map<PickleValue, boolean>();

  constructor(reading: PickleReading) {
    this.reading = reading;
  }

  has(method: PickleValue): boolean {
    if (method.kind !== 'call' || !isPlain(method) || makerOf(method) !== 'types.MethodType') return false;
    const [target, owner, ...more] = argumentsOf(method);
    if (target === undefined || more.length > 0 || !isGlobal(owner, 'datafusion.expr', 'Expr')) return false;
    const known = this.known.get(target);
    if (known !== undefined) return known;
    this.states ??= indexStates(this.reading);
    const isOne = this.isReconstruct(target, this.states);
    this.known.set(target, isOne);
    return isOne;
  }

  private isReconstruct(target: PickleValue, states: StateIndex): boolean {
    if (target.kind !== 'call' || cloudpickleName(target.callee) !== '_make_function' || !isPlain(target)) return false;
    const shape = readFunction(target, states);
    return shape !== null && hasItsNames(shape) && hasItsBody(shape);
  }
}

function hasItsNames({ qualname, module, name, code }: FunctionShape): boolean {
  return (
    qualname === 'Expr._reconstruct' &&
    module === 'datafusion.expr' &&
    name === '_reconstruct' &&
    code?.name === '_reconstruct' &&
    // Code objects have a qualified name since Python 3.11.
    (code.qualname === null || code.qualname === 'Expr._reconstruct')
  );
}

function hasItsBody({ code, globals, cells, defaults, keywordDefaults, attributes }: FunctionShape): boolean {
  if (code === null || globals.length + cells.length + defaults.length + keywordDefaults.length > 0) return false;
  return (
    attributes.length === 0 &&
    code.arguments.length === 2 &&
    code.locals.length === 2 &&
    code.keywordOnly === 0 &&
    code.freeVariables.length === 0 &&
    code.names.length === 1 &&
    code.names[0] === 'from_bytes' &&
    code.constants.every(({ kind }) => kind === 'none' || kind === 'str')
  );
}
