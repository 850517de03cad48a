import type { Span } from '../limits.ts';
import {
  type ClassShape,
  codeOf,
  type FunctionShape,
  indexStates,
  itemsOf,
  makerOf,
  methodFunction,
  pairsOf,
  readClass,
  readFunction,
  type StateIndex,
} from './cloudpickle-shapes.ts';
import type { CodeFacts } from './code-object.ts';
import { argumentsOf, cloudpickleName, displayName, nameOf, textOf } from './names.ts';
import { previewOf, typeNameOf } from './preview.ts';
import type { PickleReading } from './read.ts';
import { SharingBudget } from './sharing.ts';
import type { UdfFamily } from './source-udf.ts';
import { readSourceUdf, type SourceUdf } from './source-udf-read.ts';
import { type CallValue, eachValue, type PicklePair, type PickleValue } from './value.ts';

export type CallableKind =
  | 'function'
  | 'lambda'
  | 'method'
  | 'partial'
  | 'class'
  | 'instance'
  | 'builtin'
  | 'by-reference'
  | 'source'
  | 'unknown';

/** A value that travels inside the callable. */
export interface CapturedValue {
  readonly name: string;
  readonly type: string;
  /** One line, cut, with control characters escaped. */
  readonly preview: string;
  /** How many bytes of the pickle it takes. A value shared with others counts where it is first written. */
  readonly bytes: number;
  readonly span: Span;
  readonly value: PickleValue;
}

/** Something that the receiver must be able to import. `name` is empty for the module itself. */
export interface ImportReference {
  readonly module: string;
  readonly name: string;
  readonly span: Span;
  /** `builder`: cloudpickle's own machinery and what comes with every Python; `body`: an import statement inside the code. */
  readonly origin: 'reference' | 'builder' | 'body';
}

export interface MethodFacts {
  readonly name: string;
  readonly how: 'method' | 'classmethod' | 'staticmethod' | 'property';
  readonly code: CodeFacts | null;
}

export interface CallableReport {
  readonly kind: CallableKind;
  readonly qualname: string | null;
  readonly module: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly doc: string | null;
  readonly code: CodeFacts | null;
  /** Closure variables; a partial's or method's bound arguments; an instance's attributes; a source UDF's captures. */
  readonly captures: readonly CapturedValue[];
  /** Module globals that the body uses and that travel with it. */
  readonly globals: readonly CapturedValue[];
  readonly defaults: readonly CapturedValue[];
  readonly keywordDefaults: readonly CapturedValue[];
  /** A class's own attributes that are no methods. */
  readonly attributes: readonly CapturedValue[];
  readonly bases: readonly string[];
  readonly methods: readonly MethodFacts[];
  /** Of the callable and all that it reaches. Empty in the reports inside `nested`. */
  readonly imports: readonly ImportReference[];
  /** Every other function and class reached (captured, in globals, wrapped, a base or a method's owner), flat, in order. */
  readonly nested: readonly CallableReport[];
  /** Code objects inside the constants of all the code reached: inner functions and comprehensions, flat. */
  readonly nestedCode: readonly CodeFacts[];
  readonly source: SourceUdf | null;
  readonly span: Span;
}

type Facts = Omit<CallableReport, 'imports' | 'nested' | 'nestedCode' | 'span'>;

const NOTHING: Facts = {
  kind: 'unknown',
  qualname: null,
  module: null,
  file: null,
  line: null,
  doc: null,
  code: null,
  captures: [],
  globals: [],
  defaults: [],
  keywordDefaults: [],
  attributes: [],
  bases: [],
  methods: [],
  source: null,
};

/**
 * Says what a callable in a pickle is, without building it. `value` is any value of `reading`, usually a UDF's callable, and
 * `family` the family of the frame around it, where there is one.
 */
export function describeCallable(value: PickleValue, reading: PickleReading, family?: UdfFamily): CallableReport {
  const states = indexStates(reading);
  const source = readSourceUdf(reading, family);
  if (source !== null && source.callable === value) return sourceReport(source, value);
  const nested: CallableReport[] = [];
  const nestedCode: CodeFacts[] = [];
  const imports: ImportReference[] = [];
  const mine = new Set<PickleValue>();
  const budget = new SharingBudget(reading);
  eachReached(value, states, (reached) => {
    const reference = importOf(reached);
    if (reference !== null) imports.push(reference);
    // What a shared part would make longer than the pickle is left out: see SharingBudget.
    if (reached !== value && reached.kind === 'call' && !budget.take(reached, states)) return false;
    const code = codeOf(reached);
    if (code !== null) {
      for (const module of code.imports) imports.push({ module, name: '', span: code.span, origin: 'body' });
      if (!mine.has(reached)) nestedCode.push(code);
    }
    const facts = reached === value ? null : factsOfMade(reached, states);
    if (reached.kind === 'call')
      for (const part of argumentsOf(reached)) if (facts !== null || reached === value) mine.add(part);
    if (facts !== null) nested.push({ ...facts, imports: [], nested: [], nestedCode: [], span: reached.span });
    return reference === null;
  });
  return { ...factsOf(value, states), imports: distinct(imports), nested, nestedCode, span: value.span };
}

function sourceReport(source: SourceUdf, value: PickleValue): CallableReport {
  return {
    ...NOTHING,
    kind: 'source',
    qualname: source.entry,
    file: source.file,
    line: 1,
    captures: source.captureValues.map(([name, captured]) => capture(name, captured, null)),
    imports: source.imports.map((text) => ({ ...parsedImport(text), span: value.span, origin: 'reference' as const })),
    source,
    nested: [],
    nestedCode: [],
    span: value.span,
  };
}

function parsedImport(text: string): { readonly module: string; readonly name: string } {
  const [path = ''] = text.split(' as ');
  const [module = '', name = ''] = path.split(':');
  return { module, name };
}

/** Visits what a value reaches, the states that cloudpickle sets from outside included. */
function eachReached(root: PickleValue, states: StateIndex, visit: (value: PickleValue) => boolean): void {
  const seen = new Set<PickleValue>();
  const queue: PickleValue[] = [root];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    eachValue(
      [next],
      (value) => {
        const state = states.get(value);
        if (state !== undefined) queue.push(state.callee, state.args);
        return visit(value);
      },
      seen,
    );
  }
}

/** What the receiver imports for this value; for a module by reference the module itself. */
function importOf(value: PickleValue): ImportReference | null {
  const name = value.kind === 'global' ? nameOf(value) : null;
  if (name !== null) {
    const { module } = name;
    const builder = cloudpickleName(value) !== null || module === 'builtins' || module === 'copyreg';
    return { ...name, span: value.span, origin: builder ? 'builder' : 'reference' };
  }
  if (value.kind === 'call' && cloudpickleName(value.callee) === 'subimport') {
    const subimport = nameOf(value);
    if (subimport !== null) return { ...subimport, span: value.span, origin: 'reference' };
  }
  return null;
}

function distinct(imports: readonly ImportReference[]): readonly ImportReference[] {
  const seen = new Set<string>();
  return imports.filter(({ module, name, origin }) => {
    const key = `${origin} ${module}\n${name}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function factsOf(value: PickleValue, states: StateIndex): Facts {
  const made = factsOfMade(value, states);
  if (made !== null) return made;
  const name = nameOf(value);
  if (name !== null) {
    const kind = name.module === 'builtins' || name.module.startsWith('_') ? 'builtin' : 'by-reference';
    return { ...NOTHING, kind, module: name.module, qualname: name.name };
  }
  if (value.kind !== 'call') return NOTHING;
  return instanceFacts(value, states);
}

/** Functions, classes, partials and bound methods; null for everything else. */
function factsOfMade(value: PickleValue, states: StateIndex): Facts | null {
  if (value.kind !== 'call') return null;
  const asFunction = readFunction(value, states);
  if (asFunction !== null) return functionFacts(asFunction, states);
  const asClass = readClass(value, states);
  if (asClass !== null) return classFacts(asClass, states);
  switch (makerOf(value)) {
    case 'functools.partial':
      return partialFacts(value, states);
    case 'types.MethodType': {
      const [method, self] = argumentsOf(value);
      const inner = method === undefined ? null : readFunction(method, states);
      const facts = inner === null ? NOTHING : functionFacts(inner, states);
      const bound = self === undefined ? [] : [capture('__self__', self, states)];
      return { ...facts, kind: 'method', captures: [...bound, ...facts.captures] };
    }
    default:
      return null;
  }
}

function functionFacts(shape: FunctionShape, states: StateIndex): Facts {
  const { code } = shape;
  const qualname = shape.qualname ?? code?.qualname ?? shape.name ?? code?.name ?? null;
  const free = code?.freeVariables ?? [];
  const defaulted = code?.arguments.filter((name) => !name.startsWith('*')) ?? [];
  const positional = defaulted.slice(0, defaulted.length - (code?.keywordOnly ?? 0));
  const firstDefault = positional.length - shape.defaults.length;
  return {
    ...NOTHING,
    kind: (shape.name ?? code?.name) === '<lambda>' ? 'lambda' : 'function',
    qualname,
    module: shape.module,
    file: code?.file ?? null,
    line: code?.line ?? null,
    doc: shape.doc,
    code,
    captures: shape.cells.flatMap((cell, i) => (cell === null ? [] : [capture(free[i] ?? `cell ${i}`, cell, states)])),
    globals: named(shape.globals, states),
    defaults: shape.defaults.map((item, i) => capture(positional[firstDefault + i] ?? `default ${i}`, item, states)),
    keywordDefaults: named(shape.keywordDefaults, states),
    attributes: named(shape.attributes, states),
  };
}

function classFacts(shape: ClassShape, states: StateIndex): Facts {
  const methods: MethodFacts[] = [];
  const attributes: CapturedValue[] = [];
  // Methods that a decorator, dataclass or namedtuple made are at home elsewhere, and say so in their qualified names.
  let first: CodeFacts | null = null;
  for (const [key, value] of shape.body) {
    const name = textOf(key) ?? previewOf(key);
    const method = methodFunction(value);
    if (method === null) {
      if (!name.startsWith('__')) attributes.push(capture(name, value, states));
      continue;
    }
    const code = readFunction(method, states)?.code ?? null;
    const isOwn = code?.qualname == null || `.${code.qualname}`.endsWith(`.${shape.name}.${code.name}`);
    if (code !== null && isOwn && (first === null || code.line < first.line)) first = code;
    methods.push({ name, how: howOf(value), code });
  }
  return {
    ...NOTHING,
    kind: 'class',
    // A class doesn't carry its own qualified name before Python 3.13: its methods do.
    qualname: shape.qualname ?? first?.qualname?.replace(/\.[^.]*$/, '') ?? shape.name,
    module: shape.module,
    file: first?.file ?? null,
    line: first?.line ?? null,
    doc: shape.doc,
    bases: shape.bases.map((base) => readClass(base, states)?.name ?? displayName(base)),
    methods,
    attributes,
  };
}

function howOf(value: PickleValue): MethodFacts['how'] {
  switch (value.kind === 'call' ? makerOf(value) : null) {
    case 'builtins.classmethod':
      return 'classmethod';
    case 'builtins.staticmethod':
      return 'staticmethod';
    case 'builtins.property':
      return 'property';
    default:
      return 'method';
  }
}

/** `functools.partial` writes its function as the argument and function, arguments, keywords and attributes as the state. */
function partialFacts(value: CallValue, states: StateIndex): Facts {
  const state = itemsOf(value.state ?? undefined);
  const target = state[0] ?? argumentsOf(value)[0];
  const inner = target === undefined ? null : readFunction(target, states);
  const name = target === undefined ? null : nameOf(target);
  const asClass = target === undefined ? null : readClass(target, states);
  const facts =
    inner !== null ? functionFacts(inner, states) : asClass !== null ? classFacts(asClass, states) : NOTHING;
  const bound = state.length === 0 ? argumentsOf(value).slice(1) : itemsOf(state[1]);
  const names = inner?.code?.arguments ?? [];
  return {
    ...facts,
    kind: 'partial',
    qualname: facts.qualname ?? name?.name ?? null,
    module: facts.module ?? name?.module ?? null,
    captures: [
      ...bound.map((item, i) => capture(names[i] ?? `argument ${i}`, item, states)),
      ...named(pairsOf(state[2]), states),
      ...facts.captures,
    ],
  };
}

/** An object of a class that travels along, or of one that is imported. */
function instanceFacts(value: CallValue, states: StateIndex): Facts {
  const maker = makerOf(value);
  const rebuilt = maker === 'copyreg._reconstructor' || maker === 'copyreg.__newobj__';
  const type = rebuilt ? argumentsOf(value)[0] : value.callee;
  const shape = type === undefined ? null : readClass(type, states);
  const name = type === undefined ? null : nameOf(type);
  if (shape === null && name === null) return NOTHING;
  const facts = shape === null ? NOTHING : classFacts(shape, states);
  const state = value.state;
  const slots = state?.kind === 'tuple' ? state.items.flatMap((part) => pairsOf(part)) : pairsOf(state ?? undefined);
  const args = rebuilt ? [] : argumentsOf(value).map((item, i) => capture(`argument ${i}`, item, states));
  return {
    ...facts,
    kind: 'instance',
    qualname: facts.qualname ?? name?.name ?? null,
    module: facts.module ?? name?.module ?? null,
    captures: [...args, ...named(slots, states)],
  };
}

function named(pairs: readonly PicklePair[], states: StateIndex): readonly CapturedValue[] {
  return pairs.map(([key, value]) => capture(textOf(key) ?? previewOf(key), value, states));
}

function capture(name: string, value: PickleValue, states: StateIndex | null): CapturedValue {
  const { span } = value;
  const state = states?.get(value)?.span;
  const bytes = span.end - span.start + (state === undefined ? 0 : state.end - state.start);
  return { name, type: typeNameOf(value), preview: captureText(value, states), bytes, span, value };
}

function captureText(value: PickleValue, states: StateIndex | null): string {
  const shape = states === null ? null : readFunction(value, states);
  if (shape === null) return previewOf(value);
  const name = shape.qualname ?? shape.code?.name ?? '?';
  return previewOf({ kind: 'global', module: 'function', name, span: value.span }).replace('function.', 'function ');
}
