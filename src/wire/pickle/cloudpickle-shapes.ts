import type { Span } from '../limits.ts';
import { type CodeFacts, readCodeObject } from './code-object.ts';
import type { PickleCall } from './machine.ts';
import { argumentsOf, cloudpickleName, nameOf, textOf } from './names.ts';
import type { PickleReading } from './read.ts';
import type { CallValue, PicklePair, PickleValue } from './value.ts';

/** What cloudpickle writes for functions, classes and cells (versions 1 to 3), picked out of the symbolic values. */
export interface FunctionShape {
  readonly call: CallValue;
  readonly code: CodeFacts | null;
  /** Pairs of `__globals__`: the globals that the body uses, with their values. */
  readonly globals: readonly PicklePair[];
  /** One cell's value for each free variable; null for an empty cell. */
  readonly cells: readonly (PickleValue | null)[];
  readonly defaults: readonly PickleValue[];
  readonly keywordDefaults: readonly PicklePair[];
  /** `__name__`, `__qualname__`, `__module__` and `__doc__`, where the state gives them. */
  readonly name: string | null;
  readonly qualname: string | null;
  readonly module: string | null;
  readonly doc: string | null;
  /** Attributes of the function object. */
  readonly attributes: readonly PicklePair[];
  /** Where the state was written, after the function itself. */
  readonly stateSpan: Span | null;
}

export interface ClassShape {
  readonly call: CallValue;
  readonly name: string;
  readonly module: string | null;
  readonly qualname: string | null;
  readonly doc: string | null;
  readonly bases: readonly PickleValue[];
  readonly isEnum: boolean;
  /** The class body: methods, constants and properties by name. */
  readonly body: readonly PicklePair[];
  readonly stateSpan: Span | null;
}

/** The states that cloudpickle sets by a call of its own, after the object is made and in the memo. */
export type StateIndex = ReadonlyMap<PickleValue, PickleCall>;

const STATE_SETTERS: ReadonlySet<string> = new Set(['_function_setstate', '_class_setstate', '_fill_function']);

export function indexStates(reading: PickleReading): StateIndex {
  const states = new Map<PickleValue, PickleCall>();
  for (const call of reading.calls) {
    const setter = cloudpickleName(call.callee);
    if (setter === null || !STATE_SETTERS.has(setter) || call.args.kind !== 'tuple') continue;
    const target = call.args.items[0];
    if (target !== undefined) states.set(target, call);
  }
  return states;
}

/** The states of a value that aren't inside it: walk them too, or what a function captured is missed. */
export function stateOf(value: PickleValue, states: StateIndex): PickleValue | undefined {
  const call = states.get(value);
  return call?.args.kind === 'tuple' ? call.args.items[1] : undefined;
}

/**
 * The globals that travel with the functions of a pickle, each dict once: code inside code takes them from the function
 * around it, so a name alone doesn't tell whose they are.
 */
export function travellingGlobals(states: StateIndex): readonly (readonly PicklePair[])[] {
  const seen = new Set<readonly PicklePair[]>();
  const found = new Set<readonly PicklePair[]>();
  for (const target of states.keys()) {
    const state = stateOf(target, states);
    const slots = state?.kind === 'tuple' ? pairsOf(state.items[1]) : pairsOf(state);
    if (seen.has(slots)) continue;
    seen.add(slots);
    found.add(pairsOf(lookup(slots, '__globals__') ?? lookup(slots, 'globals')));
  }
  return [...found];
}

export function pairsOf(value: PickleValue | undefined): readonly PicklePair[] {
  return value?.kind === 'dict' ? value.pairs : [];
}

export function itemsOf(value: PickleValue | undefined): readonly PickleValue[] {
  return value?.kind === 'tuple' || value?.kind === 'list' ? value.items : [];
}

function lookup(pairs: readonly PicklePair[], key: string): PickleValue | undefined {
  for (let i = pairs.length - 1; i >= 0; i--) {
    const pair = pairs[i];
    if (pair !== undefined && textOf(pair[0]) === key) return pair[1];
  }
  return undefined;
}

/** What makes the value, in one word: a builder of cloudpickle or a name such as `types.CodeType`. */
export function makerOf(call: CallValue): string | null {
  const builder = cloudpickleName(call.callee);
  if (builder !== null) return builder;
  const name = nameOf(call.callee);
  return name === null ? null : `${name.module}.${name.name}`;
}

export function codeOf(value: PickleValue | undefined): CodeFacts | null {
  return value?.kind === 'call' && makerOf(value) === 'types.CodeType' ? readCodeObject(value) : null;
}

export function readFunction(value: PickleValue, states: StateIndex): FunctionShape | null {
  if (value.kind !== 'call') return null;
  const maker = makerOf(value);
  if (!FUNCTION_MAKERS.has(maker)) return null;
  const args = argumentsOf(value);
  const setter = states.get(value);
  const state = stateOf(value, states) ?? value.state ?? undefined;
  // cloudpickle 1 keeps everything in one dict, later versions in a pair of the function's own dict and its slots.
  const slots = state?.kind === 'tuple' ? pairsOf(state.items[1]) : pairsOf(state);
  const own = state?.kind === 'tuple' ? pairsOf(state.items[0]) : pairsOf(lookup(slots, 'dict'));
  const slot = (now: string, before: string): PickleValue | undefined => lookup(slots, now) ?? lookup(slots, before);
  const globals = slot('__globals__', 'globals');
  const closure = slot('__closure__', 'closure_values');
  return {
    call: value,
    code: codeOf(args[0]),
    globals: globals === undefined ? [] : pairsOf(globals),
    cells: itemsOf(closure ?? args[4]).map(cellContents),
    defaults: itemsOf(slot('__defaults__', 'defaults') ?? args[3]),
    keywordDefaults: pairsOf(slot('__kwdefaults__', 'kwdefaults')),
    name: textOf(slot('__name__', 'name')) ?? textOf(args[2]),
    qualname: textOf(slot('__qualname__', 'qualname')),
    module: textOf(slot('__module__', 'module')) ?? textOf(lookup(pairsOf(args[1]), '__name__')),
    doc: textOf(slot('__doc__', 'doc')),
    attributes: own,
    stateSpan: setter?.span ?? value.state?.span ?? null,
  };
}

function cellContents(cell: PickleValue): PickleValue | null {
  if (cell.kind !== 'call') return cell;
  switch (makerOf(cell)) {
    case '_make_empty_cell':
      return null;
    case '_make_cell':
    case 'types.CellType':
      return argumentsOf(cell)[0] ?? null;
    default:
      return cell;
  }
}

export function readClass(value: PickleValue, states: StateIndex): ClassShape | null {
  if (value.kind !== 'call') return null;
  const maker = makerOf(value);
  const isEnum = maker === '_make_skeleton_enum';
  if (maker !== '_make_skeleton_class' && !isEnum) return null;
  const args = argumentsOf(value);
  const state = stateOf(value, states);
  const body = state?.kind === 'tuple' ? pairsOf(state.items[0]) : pairsOf(state);
  const members = isEnum ? pairsOf(args[3]) : [];
  return {
    call: value,
    name: textOf(args[1]) ?? '?',
    module: isEnum
      ? textOf(args[4])
      : (textOf(lookup(body, '__module__')) ?? textOf(lookup(pairsOf(args[3]), '__module__'))),
    qualname: isEnum ? textOf(args[2]) : textOf(lookup(body, '__qualname__')),
    doc: textOf(lookup(body, '__doc__')),
    bases: itemsOf(args[isEnum ? 0 : 2]),
    isEnum,
    body: [...members, ...body],
    stateSpan: states.get(value)?.span ?? null,
  };
}

const FUNCTION_MAKERS: ReadonlySet<string | null> = new Set([
  '_make_function',
  '_make_skel_func',
  'types.FunctionType',
]);
const METHOD_WRAPPERS: ReadonlySet<string | null> = new Set([
  'builtins.classmethod',
  'builtins.staticmethod',
  'builtins.property',
]);

/** A method as it stands in a class body: a function, or the one inside a classmethod, staticmethod or property. */
export function methodFunction(value: PickleValue): PickleValue | null {
  if (value.kind !== 'call') return null;
  const wrapped = METHOD_WRAPPERS.has(makerOf(value)) ? argumentsOf(value)[0] : value;
  return wrapped?.kind === 'call' && FUNCTION_MAKERS.has(makerOf(wrapped)) ? wrapped : null;
}
