import type { Span } from '../limits.ts';
import { argumentsOf, textOf } from './names.ts';
import type { CallValue, PickleValue } from './value.ts';

/** What a pickled code object says about a function, without its bytecode being run. */
export interface CodeFacts {
  readonly name: string;
  /** Python 3.11 and later. */
  readonly qualname: string | null;
  readonly file: string;
  readonly line: number;
  /** In order: positional-only, positional, `*args` and `**kwargs` with their stars, and keyword-only between them. */
  readonly arguments: readonly string[];
  readonly positionalOnly: number;
  readonly keywordOnly: number;
  readonly locals: readonly string[];
  /** Names of globals, attributes and imports that the body uses. */
  readonly names: readonly string[];
  readonly constants: readonly PickleValue[];
  /** Variables of the enclosing function, in the order of the closure's cells. */
  readonly freeVariables: readonly string[];
  readonly cellVariables: readonly string[];
  readonly flags: number;
  readonly flagNames: readonly string[];
  readonly bytecode: number;
  /** Modules that `import` statements in the body name. Empty where the bytecode's version can't be told. */
  readonly imports: readonly string[];
  /** Which Pythons build a code object from as many arguments. */
  readonly layout: '3.8–3.9' | '3.10' | '3.11+';
  readonly span: Span;
}

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [0x1, 'OPTIMIZED'],
  [0x2, 'NEWLOCALS'],
  [0x4, 'VARARGS'],
  [0x8, 'VARKEYWORDS'],
  [0x10, 'NESTED'],
  [0x20, 'GENERATOR'],
  [0x40, 'NOFREE'],
  [0x80, 'COROUTINE'],
  [0x100, 'ITERABLE_COROUTINE'],
  [0x200, 'ASYNC_GENERATOR'],
  [0x20000, 'FUTURE_DIVISION'],
  [0x1000000, 'FUTURE_ANNOTATIONS'],
  [0x4000000, 'HAS_DOCSTRING'],
  [0x8000000, 'METHOD'],
];

/** Where each fact stands among the arguments of `types.CodeType`. Python 3.11 added qualname and the exception table. */
const LAYOUTS = {
  18: { code: 6, consts: 7, names: 8, locals: 9, file: 10, name: 11, qualname: 12, line: 13, free: 16, cell: 17 },
  16: { code: 6, consts: 7, names: 8, locals: 9, file: 10, name: 11, qualname: -1, line: 12, free: 14, cell: 15 },
} as const;

/** Null where the arguments are not those of a code object. */
export function readCodeObject(call: CallValue): CodeFacts | null {
  const args = argumentsOf(call);
  if (args.length !== 16 && args.length !== 18) return null;
  const layout = LAYOUTS[args.length];
  const name = textOf(args[layout.name]);
  const code = args[layout.code];
  if (name === null || code?.kind !== 'bytes') return null;
  const positional = intOf(args[0]);
  const keywordOnly = intOf(args[2]);
  const flags = intOf(args[5]);
  const locals = textsOf(args[layout.locals]);
  const names = textsOf(args[layout.names]);
  return {
    name,
    qualname: layout.qualname < 0 ? null : textOf(args[layout.qualname]),
    file: textOf(args[layout.file]) ?? '',
    line: intOf(args[layout.line]),
    arguments: signature(locals, positional, keywordOnly, flags),
    positionalOnly: intOf(args[1]),
    keywordOnly,
    locals,
    names,
    constants: itemsOf(args[layout.consts]),
    freeVariables: textsOf(args[layout.free]),
    cellVariables: textsOf(args[layout.cell]),
    flags,
    flagNames: FLAG_NAMES.flatMap(([bit, flag]) => ((flags & bit) === 0 ? [] : [flag])),
    bytecode: code.value.length,
    imports: importedNames(code.value, names, args.length === 18),
    layout: args.length === 18 ? '3.11+' : hasLineTable(args[13], code.value.length) ? '3.10' : '3.8–3.9',
    span: call.span,
  };
}

/** Python 3.10's line table ends each entry's range explicitly: its byte deltas sum to the length of the code. */
function hasLineTable(table: PickleValue | undefined, codeLength: number): boolean {
  if (table?.kind !== 'bytes' || table.value.length === 0 || table.value.length % 2 !== 0) return false;
  let sum = 0;
  for (let i = 0; i < table.value.length; i += 2) sum += table.value[i] ?? 0;
  return sum === codeLength;
}

function signature(
  locals: readonly string[],
  positional: number,
  keywordOnly: number,
  flags: number,
): readonly string[] {
  const result = locals.slice(0, positional);
  let next = positional + keywordOnly;
  if ((flags & 0x4) !== 0) result.push(`*${locals[next++] ?? ''}`);
  result.push(...locals.slice(positional, positional + keywordOnly));
  if ((flags & 0x8) !== 0) result.push(`**${locals[next] ?? ''}`);
  return result;
}

interface ImportOpcodes {
  readonly importName: number;
  readonly extendedArg: number;
}
/** `IMPORT_NAME` and `EXTENDED_ARG` as each Python's `opcode` module numbers them. */
const OPCODES_TO_3_12: ImportOpcodes = { importName: 108, extendedArg: 144 };
const OPCODES_3_13: ImportOpcodes = { importName: 75, extendedArg: 71 };
const RESUME_TO_3_12 = 151;
const RESUME_3_13 = 149;

/** From 3.11 on a body begins with RESUME (after cells are made), whose number tells the version. */
function importOpcodes(code: Uint8Array, hasResume: boolean): ImportOpcodes | null {
  if (!hasResume) return OPCODES_TO_3_12;
  for (let at = 0; at < code.length; at += 2) {
    if (code[at] === RESUME_TO_3_12) return OPCODES_TO_3_12;
    // To 3.12 the same number copies one or more free variables; RESUME at a body's start has argument 0.
    if (code[at] === RESUME_3_13 && code[at + 1] === 0) return OPCODES_3_13;
  }
  return null;
}

function importedNames(code: Uint8Array, names: readonly string[], hasResume: boolean): readonly string[] {
  const opcodes = importOpcodes(code, hasResume);
  if (opcodes === null) return [];
  const found = new Set<string>();
  let extended = 0;
  for (let at = 0; at + 1 < code.length; at += 2) {
    const argument = (extended << 8) | (code[at + 1] ?? 0);
    extended = code[at] === opcodes.extendedArg ? argument : 0;
    const name = code[at] === opcodes.importName ? names[argument] : undefined;
    if (name !== undefined) found.add(name);
  }
  return [...found];
}

function itemsOf(value: PickleValue | undefined): readonly PickleValue[] {
  return value?.kind === 'tuple' || value?.kind === 'list' ? value.items : [];
}

function textsOf(value: PickleValue | undefined): readonly string[] {
  return itemsOf(value).map((item) => textOf(item) ?? '?');
}

function intOf(value: PickleValue | undefined): number {
  return value?.kind === 'int' ? Number(value.value) : 0;
}
