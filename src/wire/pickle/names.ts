import type { CallValue, PickleValue } from './value.ts';

/** A module and what is taken from it, found by looking alone. `name` is empty for the module itself. */
export interface QualifiedName {
  readonly module: string;
  readonly name: string;
}

export function dotted({ module, name }: QualifiedName): string {
  return name === '' ? module : `${module}.${name}`;
}

/** Python 2 names that protocols 0 to 2 still write; loading maps them, and so does looking. */
const OLD_MODULES: ReadonlyMap<string, string> = new Map([
  ['__builtin__', 'builtins'],
  ['copy_reg', 'copyreg'],
  ['Queue', 'queue'],
  ['cPickle', 'pickle'],
  ['commands', 'subprocess'],
  ['urllib2', 'urllib.request'],
  ['SocketServer', 'socketserver'],
  ['ConfigParser', 'configparser'],
  ['UserDict', 'collections'],
  ['__main__', '__main__'],
]);

/** No module or function that exists has a longer name, and one text in the memo may name a hundred thousand things. */
const MAX_NAME = 200;

/** The name, or its beginning where it is too long to be one. */
export function cutName(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
}

export function currentModule(module: string): string {
  return OLD_MODULES.get(module) ?? module;
}

/** The names under which one function is reached are as many as the steps of the chain, which no real program makes long. */
const MAX_STEPS = 64;

const IMPORTERS: ReadonlySet<string> = new Set([
  'builtins.__import__',
  'importlib.import_module',
  'importlib.__import__',
  'importlib._bootstrap._gcd_import',
]);

/** Where cloudpickle's builders live: its own package and the copies that ship inside others. */
const CLOUDPICKLE: ReadonlySet<string> = new Set(
  ['cloudpickle', 'ray.cloudpickle', 'pyspark.cloudpickle', 'joblib.externals.cloudpickle', 'dask.cloudpickle'].flatMap(
    (home) => [home, `${home}.cloudpickle`, `${home}.cloudpickle_fast`],
  ),
);

/** The name of cloudpickle's builder that a value is, such as `_make_function`; null for anything else. */
export function cloudpickleName(value: PickleValue): string | null {
  return value.kind === 'global' && CLOUDPICKLE.has(value.module) ? value.name : null;
}

export function textOf(value: PickleValue | undefined): string | null {
  return value?.kind === 'str' ? value.value : null;
}

export function argumentsOf(call: CallValue): readonly PickleValue[] {
  return call.args.kind === 'tuple' || call.args.kind === 'list' ? call.args.items : [];
}

export function isGlobal(value: PickleValue | undefined, module: string, name: string): boolean {
  return value?.kind === 'global' && currentModule(value.module) === module && value.name === name;
}

/** A call by REDUCE to whose result nothing was done afterwards. */
export function isPlain(call: CallValue): boolean {
  return call.how === 'reduce' && call.state === null && call.items.length === 0 && call.pairs.length === 0;
}

/**
 * What a value is the name of, seen through attribute access and imports that the pickle would do as it loads:
 * `getattr(importlib.import_module("os"), "system")` is `os.system`. Null where that can't be told.
 */
export function nameOf(value: PickleValue): QualifiedName | null {
  const attributes: string[] = [];
  let at = value;
  for (let step = 0; step < MAX_STEPS; step++) {
    if (at.kind === 'global') return joined(currentModule(at.module), [at.name, ...attributes.reverse()]);
    if (at.kind !== 'call') return null;
    const callee = calleeName(at);
    if (callee === null) return null;
    const [first, second] = argumentsOf(at);
    if (callee === 'builtins.getattr' || callee === 'builtins.object.__getattribute__') {
      const attribute = textOf(second);
      if (first === undefined || attribute === null) return null;
      attributes.push(attribute);
      at = first;
    } else if (cloudpickleName(at.callee) === '_builtin_type') {
      const type = textOf(first);
      return type === null ? null : joined('types', [type, ...attributes.reverse()]);
    } else if (IMPORTERS.has(callee) || cloudpickleName(at.callee) === 'subimport') {
      const module = textOf(first);
      return module === null ? null : joined(module, attributes.reverse());
    } else return null;
  }
  return null;
}

function joined(module: string, parts: readonly string[]): QualifiedName {
  const name = parts.filter((part) => part !== '').map(cutName);
  return { module: cutName(module), name: name.length === 1 ? (name[0] ?? '') : cutName(name.join('.')) };
}

/** The dotted name of what a call calls, if that is a plain global or `operator.attrgetter` and its like are not between. */
export function calleeName(call: CallValue): string | null {
  return call.callee.kind === 'global' ? dotted(joined(currentModule(call.callee.module), [call.callee.name])) : null;
}

/** The calls that a name is shown through: what is called deeper than so is told by its kind. */
const MAX_SHOWN_CALLS = 8;

/** A short name for people: what is imported or called, or what kind of thing it is. */
export function displayName(value: PickleValue): string {
  const name = nameOf(value);
  if (name !== null) return dotted(name);
  let at = value;
  let calls = 0;
  while (at.kind === 'call' && calls < MAX_SHOWN_CALLS) {
    calls++;
    at = at.callee;
    const inner = nameOf(at);
    if (inner !== null) return `${dotted(inner)}${'(…)'.repeat(calls)}`;
  }
  switch (at.kind) {
    case 'extension':
      return `extension ${at.code}`;
    case 'computed-global':
      return 'a global whose name is computed';
    case 'persistent-id':
      return 'a persistent object';
    default:
      return at.kind === 'int' ? `an ${at.kind}` : `a ${at.kind}`;
  }
}
