/**
 * `--allow-modules`: what the code of a payload may take from where. It is checked here, by looking at the pickle, and once more in the worker
 * (python/dfx_worker/allowed.py), which is told the same names.
 */
import { DfxError } from '../../wire/errors.ts';
import {
  describeCallable,
  displayName,
  dotted,
  nameOf,
  type PickleReading,
  readPickle,
  readSourceUdf,
  readUdfTuple,
  type UdfFamily,
} from '../../wire/pickle/index.ts';
import type { CarriedCode, CarriedDefinition } from '../plan/code.ts';

/** What cloudpickle builds functions and classes with, and what plain values are made of: nothing that reaches outside by itself. */
const MACHINERY: ReadonlyMap<string, string> = new Map([
  [
    'cloudpickle.cloudpickle',
    'subimport dynamic_subimport _builtin_type _make_function _function_setstate _make_empty_cell _make_cell _make_skeleton_class ' +
      '_make_skeleton_enum _class_setstate _make_typevar _get_bases _make_dict_keys _make_dict_values _make_dict_items',
  ],
  [
    'builtins',
    'object type int float complex str bytes bytearray bool list tuple dict set frozenset slice range property staticmethod ' +
      'classmethod super Ellipsis NotImplemented',
  ],
  ['__builtin__', 'object int float complex str list tuple dict set frozenset slice'],
  ['_codecs', 'encode'],
  ['copyreg', '_reconstructor __newobj__'],
  ['copy_reg', '_reconstructor'],
  ['abc', 'ABCMeta abstractmethod'],
  ['collections', 'OrderedDict defaultdict deque Counter'],
  ['types', 'MappingProxyType'],
  ['datafusion.user_defined', 'Accumulator WindowEvaluator'],
]);

/** What goes to the worker: `module.name` of the machinery, and the modules of the list. */
export interface AllowedModules {
  readonly listed: readonly string[];
  readonly machinery: readonly string[];
}

export function allowedModules(listed: readonly string[]): AllowedModules {
  const machinery = [...MACHINERY].flatMap(([module, names]) => names.split(' ').map((name) => `${module}.${name}`));
  return { listed, machinery };
}

/** Whether the list has the module, or one that it lies in. */
function isListed(module: string, listed: readonly string[]): boolean {
  return listed.some((each) => module === each || module.startsWith(`${each}.`));
}

/** Throws the first thing of the payload's code that lies outside of the list. */
export function checkModules(code: CarriedCode, listed: readonly string[]): void {
  const machinery = new Set(allowedModules(listed).machinery);
  for (const carried of code.definitions) {
    const { definition } = carried;
    if (definition.outcome !== 'frame' || definition.language !== 'python') continue;
    const reading = readPickle(definition.body, { offset: definition.bodyOffset });
    if (reading.error !== null) throw reading.error;
    if (readSourceUdf(reading, definition.family) !== null) {
      throw new DfxError(
        'MODULE_REFUSED',
        `the ${carried.family} UDF ${JSON.stringify(carried.name)} is source text, which may take anything as it runs`,
        { offset: definition.bodyOffset, hint: 'run it without --allow-modules; the sandbox holds it all the same' },
      );
    }
    checkGlobals(carried, reading, listed, machinery);
    checkImports(carried, reading, definition.family, listed);
  }
  const hidden = code.hidden.find(({ language }) => language === 'python');
  if (hidden === undefined) return;
  throw new DfxError(
    'MODULE_REFUSED',
    `what may be an inline UDF (${hidden.magic}) stands where dfx can't look at it, and --allow-modules asks for that`,
    { offset: hidden.offset, hint: 'look at it with `dfx inspect`, or run it without --allow-modules' },
  );
}

/** Whatever loading the pickle takes from a module. */
function checkGlobals(
  carried: CarriedDefinition,
  { globals }: PickleReading,
  listed: readonly string[],
  machinery: ReadonlySet<string>,
): void {
  for (const { module, name, value, span } of globals) {
    if (module === null || name === null) throw outside(carried, displayName(value), null, span.start);
    // With a dot it would be another name of a module: `cloudpickle` and `cloudpickle.subimport`.
    if ((!name.includes('.') && machinery.has(`${module}.${name}`)) || isListed(module, listed)) continue;
    throw outside(carried, dotted({ module, name }), module, span.start);
  }
}

/** Modules that cloudpickle hands to the code, and those that import statements in the code name. */
function checkImports(
  carried: CarriedDefinition,
  reading: PickleReading,
  family: UdfFamily,
  listed: readonly string[],
): void {
  for (const { callee, args, result, offset } of reading.calls) {
    if (callee.kind !== 'global' || callee.name !== 'subimport') continue;
    const named = nameOf(result);
    if (named !== null && isListed(named.module, listed)) continue;
    const shown = named === null ? `a module whose name is ${displayName(args)}` : named.module;
    throw outside(carried, shown, named?.module ?? null, offset);
  }
  const { imports } = describeCallable(readUdfTuple(reading, family).callable, reading, family);
  for (const { module, span, origin } of imports) {
    if (origin === 'body' && !isListed(module, listed)) throw outside(carried, module, module, span.start);
  }
}

function outside({ name, family }: CarriedDefinition, what: string, module: string | null, offset: number): DfxError {
  return new DfxError(
    'MODULE_REFUSED',
    `the ${family} UDF ${JSON.stringify(name)} takes ${what}, which --allow-modules doesn't list`,
    {
      offset,
      hint: module === null ? 'have the sender leave it out' : `add ${module} to the list if it may have that`,
    },
  );
}
