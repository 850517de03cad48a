import { DfxError } from '../errors.ts';
import { argumentsOf, calleeName, textOf } from './names.ts';
import type { PickleReading } from './read.ts';
import {
  type SourceImport,
  type SourceUdfInput,
  sourceFile,
  sourceImportText,
  type UdfFamily,
  VOLATILITIES,
  writeSourceUdf,
} from './source-udf.ts';
import type { CallValue, DictValue, PickleValue } from './value.ts';
import type { PyValue } from './write.ts';

export interface SourceUdf extends SourceUdfInput {
  /** The file name in its tracebacks. */
  readonly file: string;
  /** The captures as they stand in the pickle, with their ranges. */
  readonly captureValues: readonly (readonly [name: string, value: PickleValue])[];
  /** The callable's value in the reading. */
  readonly callable: PickleValue;
}

/**
 * Recognises a pickle that `writeSourceUdf` made, without loss: what it gives writes the very same bytes, which is also how it
 * is checked. Null for every other pickle, a tampered one or one that more bytes follow included. `family` is the frame's:
 * scalar and window UDFs have tuples of one shape, so without it a window UDF is told as scalar.
 */
export function readSourceUdf(reading: PickleReading, family?: UdfFamily): SourceUdf | null {
  const { value, trailing } = reading;
  if (value?.kind !== 'tuple' || (value.items.length !== 5 && value.items.length !== 6)) return null;
  if (trailing.end > trailing.start) return null;
  if (family !== undefined && (family === 'aggregate') !== (value.items.length === 6)) return null;
  const [nameValue, callable, input, returns] = value.items;
  const state = value.items.length === 6 ? value.items[4] : undefined;
  const name = textOf(nameValue);
  const volatility = VOLATILITIES.find((word) => word === textOf(value.items.at(-1)));
  if (name === null || volatility === undefined || callable?.kind !== 'call') return null;
  if (calleeName(callable) !== 'operator.getitem') return null;
  const [namespace, entryValue] = argumentsOf(callable);
  const entry = textOf(entryValue);
  const source = sourceOf(reading);
  if (namespace?.kind !== 'dict' || entry === null || source === null) return null;
  if (input?.kind !== 'bytes' || returns?.kind !== 'bytes' || (state !== undefined && state.kind !== 'bytes'))
    return null;
  const globals = readNamespace(namespace);
  if (globals === null) return null;
  const base = {
    name,
    source,
    entry,
    captures: globals.captures,
    imports: globals.imports,
    inputSchema: input.value,
    returnSchema: returns.value,
    volatility,
  };
  const udf: SourceUdfInput =
    state === undefined
      ? { ...base, family: family ?? 'scalar' }
      : { ...base, family: 'aggregate', stateSchema: state.value };
  if (!writesTheSame(udf, reading)) return null;
  return { ...udf, file: sourceFile(name), captureValues: globals.captureValues, callable };
}

function sourceOf(reading: PickleReading): string | null {
  for (const { callee, args } of reading.calls) {
    if (callee.kind === 'global' && callee.module === 'builtins' && callee.name === 'compile')
      return args.kind === 'tuple' ? textOf(args.items[0]) : null;
  }
  return null;
}

function writesTheSame(udf: SourceUdfInput, reading: PickleReading): boolean {
  let written: Uint8Array;
  try {
    written = writeSourceUdf(udf);
  } catch (error) {
    // What the writer refuses it can't have written.
    if (error instanceof DfxError) return false;
    throw error;
  }
  const length = reading.end - reading.offset;
  return written.length === length && written.every((byte, i) => byte === reading.bytes[i]);
}

interface Globals {
  readonly captures: readonly (readonly [string, PyValue])[];
  readonly captureValues: readonly (readonly [string, PickleValue])[];
  readonly imports: readonly string[];
}

function readNamespace(namespace: DictValue): Globals | null {
  const captures: (readonly [string, PyValue])[] = [];
  const captureValues: (readonly [string, PickleValue])[] = [];
  const imports: string[] = [];
  const seen = new Set<PickleValue>();
  for (const [key, value] of namespace.pairs.slice(1)) {
    const name = textOf(key);
    if (name === null) return null;
    const imported = value.kind === 'call' ? readImport(name, value) : null;
    if (imported !== null) {
      imports.push(sourceImportText(imported));
      continue;
    }
    const captured = toPyValue(value, seen);
    if (captured === undefined) return null;
    captures.push([name, captured]);
    captureValues.push([name, value]);
  }
  return { captures, captureValues, imports };
}

function readImport(binding: string, call: CallValue): SourceImport | null {
  const [first, second] = argumentsOf(call);
  const maker = calleeName(call);
  if (maker === 'builtins.getattr') {
    const inner = first?.kind === 'call' ? readImport('', first) : null;
    const name = textOf(second);
    return inner === null || name === null ? null : { module: inner.module, name, binding, isRoot: false };
  }
  const module = textOf(first);
  if (module === null) return null;
  if (maker === 'builtins.__import__') return { module, name: null, binding, isRoot: true };
  return maker === 'importlib.import_module' ? { module, name: null, binding, isRoot: false } : null;
}

/**
 * A symbolic value as one that can be written, undefined where it is none. The writer shares nothing, so a value that is met
 * twice (in `seen`) is not its work: it would grow on the way. Children are made before their parents, without recursion.
 */
function toPyValue(root: PickleValue, seen: Set<PickleValue>): PyValue | undefined {
  if (seen.has(root)) return undefined;
  seen.add(root);
  const done = new Map<PickleValue, PyValue>();
  const opened = new Set<PickleValue>();
  const stack: PickleValue[] = [root];
  for (let value = stack.at(-1); value !== undefined; value = stack.at(-1)) {
    const children = writableChildren(value);
    if (children === null) return undefined;
    if (!opened.has(value)) {
      opened.add(value);
      for (const child of children) {
        if (seen.has(child)) return undefined;
        seen.add(child);
        stack.push(child);
      }
      continue;
    }
    const made: PyValue[] = [];
    for (const child of children) {
      const item = done.get(child);
      if (item === undefined) return undefined;
      made.push(item);
    }
    done.set(value, assembled(value, made));
    stack.pop();
  }
  return done.get(root);
}

const NO_CHILDREN: readonly PickleValue[] = [];

function writableChildren(value: PickleValue): readonly PickleValue[] | null {
  switch (value.kind) {
    case 'none':
    case 'bool':
    case 'int':
    case 'float':
    case 'str':
    case 'bytes':
    case 'global':
      return NO_CHILDREN;
    case 'list':
    case 'tuple':
      return value.items;
    case 'dict':
      return value.pairs.flat();
    case 'call':
      return value.args.kind === 'tuple' && value.how === 'reduce' ? [value.callee, ...value.args.items] : null;
    case 'bytearray':
    case 'set':
    case 'frozenset':
    case 'computed-global':
    case 'persistent-id':
    case 'extension':
    case 'buffer':
      return null;
  }
}

function assembled(value: PickleValue, children: readonly PyValue[]): PyValue {
  switch (value.kind) {
    case 'none':
      return null;
    case 'bool':
    case 'int':
    case 'str':
    case 'bytes':
      return value.value;
    case 'float':
      return Number.isSafeInteger(value.value) && !Object.is(value.value, -0) ? { float: value.value } : value.value;
    case 'global':
      return { global: [value.module, value.name] };
    case 'tuple':
      return { tuple: children };
    case 'dict': {
      const pairs: [PyValue, PyValue][] = [];
      for (let i = 0; i + 1 < children.length; i += 2) pairs.push([children[i] ?? null, children[i + 1] ?? null]);
      return new Map(pairs);
    }
    case 'call':
      return { call: children[0] ?? null, args: children.slice(1) };
    default:
      return children;
  }
}
