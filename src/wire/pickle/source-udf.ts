import { DfxError } from '../errors.ts';
import { encodeUtf8 } from './text.ts';
import { PickleWriter, type PyValue } from './write.ts';

export type UdfFamily = 'scalar' | 'aggregate' | 'window';
export const VOLATILITIES = ['immutable', 'stable', 'volatile'] as const;
export type Volatility = (typeof VOLATILITIES)[number];

/** A Python UDF as source text. The receiver compiles it, so it fits any Python that the source fits. */
export interface SourceUdfInput {
  readonly family: UdfFamily;
  /** The UDF's name in expressions, and in tracebacks as the file `<dfx NAME>`. */
  readonly name: string;
  readonly source: string;
  /** The global that `source` defines: the function (scalar), or what makes an accumulator or evaluator: a class or function. */
  readonly entry: string;
  /** Globals that `source` finds defined, as pickled values: they are never part of any code text. */
  readonly captures: readonly (readonly [name: string, value: PyValue])[];
  /** `module`, `module as alias`, `module:name` or `module:name as alias`: globals that the receiver imports. */
  readonly imports: readonly string[];
  /** Arrow IPC streams of a schema alone. */
  readonly inputSchema: Uint8Array;
  readonly returnSchema: Uint8Array;
  /** Aggregates only. */
  readonly stateSchema?: Uint8Array | undefined;
  readonly volatility: Volatility;
}

/** No importable module, so that cloudpickle on the receiver pickles what the source defines by value again. */
export const SOURCE_MODULE = 'dfx_udf';
/** The lowest protocol with framing and dotted globals, read by every Python that DataFusion supports. */
export const SOURCE_PROTOCOL = 4;

export function sourceFile(name: string): string {
  return `<dfx ${name}>`;
}

export interface SourceImport {
  readonly module: string;
  readonly name: string | null;
  /** The global that it becomes. */
  readonly binding: string;
  /** Whether `binding` is the root package of a dotted module, as in `import a.b`. */
  readonly isRoot: boolean;
}

const IMPORT = /^([^\s:]+)(?::([^\s:]+))?(?:\s+as\s+(\S+))?$/u;

/** The pattern is made when it is needed: its classes take a millisecond. */
function isIdentifier(text: string): boolean {
  return /^[\p{XID_Start}_][\p{XID_Continue}]*$/u.test(text);
}

export function readSourceImport(text: string): SourceImport {
  const match = IMPORT.exec(text.trim());
  const module = match?.[1] ?? '';
  const name = match?.[2] ?? null;
  const alias = match?.[3] ?? null;
  const parts = module.split('.');
  if (
    ![...parts, ...(name === null ? [] : [name]), ...(alias === null ? [] : [alias])].every((part) =>
      isIdentifier(part),
    )
  )
    throw new DfxError('BAD_VALUE', `import ${JSON.stringify(text)} is no module name`, {
      hint: 'write "module", "module as alias", "module:name" or "module:name as alias"',
    });
  const isRoot = alias === null && name === null && parts.length > 1;
  return { module, name, binding: alias ?? name ?? (isRoot ? (parts[0] ?? module) : module), isRoot };
}

/** The shortest text that reads as this import. */
export function sourceImportText({ module, name, binding, isRoot }: SourceImport): string {
  const path = name === null ? module : `${module}:${name}`;
  return isRoot || binding === (name ?? module) ? path : `${path} as ${binding}`;
}

/**
 * The body of an inline frame whose callable is compiled on the receiver: a pickle (protocol 4) of datafusion's tuple, in
 * which opcodes make a fresh namespace with captures and imports, give the source to `linecache` so that tracebacks show
 * its lines, compile it, run it in the namespace and take the entry out. Names and values are data throughout. The same
 * UDF gives the same bytes.
 */
export function writeSourceUdf(udf: SourceUdfInput): Uint8Array {
  const imports = checked(udf);
  const file = sourceFile(udf.name);
  const w = new PickleWriter({ protocol: SOURCE_PROTOCOL, memo: false });
  w.op(0x28); // MARK
  w.str(udf.name);

  const namespace = writeNamespace(w, udf.captures, imports);
  w.op(0x30); // POP: the namespace stays in the memo
  w.str(udf.source);
  const source = w.memoize(true);
  w.op(0x30);
  w.str(file);
  const fileText = w.memoize(true);
  w.op(0x30);

  // linecache.cache[file] = (size, None, lines, file): without a time, linecache never looks for such a file.
  w.global('linecache', 'cache');
  w.fetch(fileText);
  w.openTuple(4);
  w.int(encodeUtf8(udf.source).length);
  w.none();
  w.global('builtins', 'list');
  w.global('io', 'StringIO');
  w.fetch(source);
  w.none();
  w.closeTuple(2);
  w.op(0x52); // REDUCE
  w.closeTuple(1);
  w.op(0x52);
  w.fetch(fileText);
  w.closeTuple(4);
  w.op(0x73); // SETITEM
  w.op(0x30);

  // exec(compile(source, file, "exec", 0, True), namespace): True keeps the caller's __future__ flags out.
  w.global('builtins', 'exec');
  w.global('builtins', 'compile');
  w.openTuple(5);
  w.fetch(source);
  w.fetch(fileText);
  w.str('exec');
  w.int(0);
  w.bool(true);
  w.closeTuple(5);
  w.op(0x52);
  w.fetch(namespace);
  w.closeTuple(2);
  w.op(0x52);
  w.op(0x30);

  w.global('operator', 'getitem');
  w.fetch(namespace);
  w.str(udf.entry);
  w.closeTuple(2);
  w.op(0x52);

  w.bytes(udf.inputSchema);
  w.bytes(udf.returnSchema);
  if (udf.stateSchema !== undefined) w.bytes(udf.stateSchema);
  w.str(udf.volatility);
  w.closeTuple(udf.stateSchema === undefined ? 5 : 6);
  return w.finish();
}

function writeNamespace(
  w: PickleWriter,
  captures: SourceUdfInput['captures'],
  imports: readonly SourceImport[],
): number {
  w.op(0x7d); // EMPTY_DICT
  const namespace = w.memoize(true);
  w.op(0x28);
  w.str('__name__');
  w.str(SOURCE_MODULE);
  for (const [name, value] of captures) {
    w.str(name);
    w.value(value);
  }
  for (const { module, name, binding, isRoot } of imports) {
    w.str(binding);
    const load: PyValue = {
      call: { global: isRoot ? ['builtins', '__import__'] : ['importlib', 'import_module'] },
      args: [module],
    };
    w.value(name === null ? load : { call: { global: ['builtins', 'getattr'] }, args: [load, name] });
  }
  w.op(0x75); // SETITEMS
  return namespace;
}

/** What the receiver would refuse is refused here, in words. */
function checked(udf: SourceUdfInput): readonly SourceImport[] {
  const bad = (message: string, hint?: string): DfxError => new DfxError('BAD_VALUE', message, { hint });
  for (const [what, text] of [
    ['name', udf.name],
    ['source', udf.source],
    ['entry', udf.entry],
  ] as const) {
    if (text === '') throw bad(`a source UDF needs its ${what}`);
    if (/\0/.test(text)) throw bad(`the ${what} of a source UDF holds a NUL character, which Python's compile refuses`);
    if (/\p{Cs}/u.test(text))
      throw bad(`the ${what} of a source UDF holds a lone surrogate, which Python's compile refuses`);
  }
  if (!isIdentifier(udf.entry)) throw bad(`entry ${JSON.stringify(udf.entry)} is no Python name`);
  if (!VOLATILITIES.includes(udf.volatility))
    throw bad(`volatility ${JSON.stringify(udf.volatility)}, expected ${VOLATILITIES.join(', ')}`);
  if (udf.family === 'aggregate' && udf.stateSchema === undefined) throw bad('an aggregate UDF needs a state schema');
  if (udf.family !== 'aggregate' && udf.stateSchema !== undefined) throw bad(`a ${udf.family} UDF has no state schema`);
  const imports = udf.imports.map(readSourceImport);
  const names = new Set(['__name__', '__builtins__']);
  for (const name of [...udf.captures.map(([name]) => name), ...imports.map(({ binding }) => binding)]) {
    if (!isIdentifier(name)) throw bad(`captured name ${JSON.stringify(name)} is no Python name`);
    // `import a.b` and `import a.c` both bind a.
    if (
      names.has(name) &&
      !imports.some((item) => item.isRoot && item.binding === name && !udf.captures.some(([n]) => n === name))
    )
      throw bad(`the global ${JSON.stringify(name)} of a source UDF is defined twice`);
    names.add(name);
  }
  return imports;
}
