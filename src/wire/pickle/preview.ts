import { argumentsOf, calleeName, cutName, displayName, dotted, nameOf } from './names.ts';
import type { PicklePair, PickleValue } from './value.ts';

/** How deep a preview looks; deeper levels are an ellipsis. */
const MAX_DEPTH = 4;
const MAX_ITEMS = 20;

/** Callables that pickled objects of well-known types are rebuilt by, and the type that they give. */
const REBUILDERS: ReadonlyMap<string, string> = new Map([
  ['numpy._core.multiarray._reconstruct', 'numpy.ndarray'],
  ['numpy.core.multiarray._reconstruct', 'numpy.ndarray'],
  ['numpy._core.multiarray.scalar', 'numpy scalar'],
  ['numpy.core.multiarray.scalar', 'numpy scalar'],
  ['numpy._core.numeric._frombuffer', 'numpy.ndarray'],
  ['numpy.core.numeric._frombuffer', 'numpy.ndarray'],
  ['pyarrow.lib._restore_array', 'pyarrow.Array'],
  ['pyarrow.lib.chunked_array', 'pyarrow.ChunkedArray'],
  ['pyarrow.lib._reconstruct_table', 'pyarrow.Table'],
  ['pyarrow.lib.type_for_alias', 'pyarrow.DataType'],
  ['re._compile', 're.Pattern'],
  ['_codecs.encode', 'bytes'],
  ['cloudpickle.cloudpickle.subimport', 'module'],
  ['cloudpickle.cloudpickle_fast.subimport', 'module'],
  ['cloudpickle.cloudpickle.dynamic_subimport', 'module'],
  ['cloudpickle.cloudpickle._make_function', 'function'],
  ['cloudpickle.cloudpickle._make_skel_func', 'function'],
  ['cloudpickle.cloudpickle._make_skeleton_class', 'type'],
  ['cloudpickle.cloudpickle._make_skeleton_enum', 'type'],
  ['cloudpickle.cloudpickle._make_typevar', 'typing.TypeVar'],
  ['cloudpickle.cloudpickle._make_cell', 'cell'],
  ['cloudpickle.cloudpickle._make_empty_cell', 'cell'],
  ['cloudpickle.cloudpickle._make_dict_keys', 'dict_keys'],
  ['cloudpickle.cloudpickle._make_dict_values', 'dict_values'],
  ['cloudpickle.cloudpickle._make_dict_items', 'dict_items'],
]);

/** The Python type of a value, as far as looking tells. */
export function typeNameOf(value: PickleValue): string {
  switch (value.kind) {
    case 'none':
      return 'None';
    case 'bool':
    case 'int':
    case 'float':
    case 'str':
    case 'bytes':
    case 'bytearray':
    case 'list':
    case 'tuple':
    case 'dict':
    case 'set':
    case 'frozenset':
      return value.kind;
    case 'global':
      return 'by reference';
    case 'buffer':
      return 'buffer';
    case 'computed-global':
    case 'persistent-id':
    case 'extension':
      return 'unknown';
    case 'call': {
      const name = calleeName(value);
      const rebuilt = name === null ? undefined : REBUILDERS.get(name);
      if (rebuilt !== undefined) return rebuilt;
      const [first] = argumentsOf(value);
      if ((name === 'copyreg._reconstructor' || name === 'copyreg.__newobj__') && first !== undefined)
        return className(first);
      if (nameOf(value) !== null) return 'by reference';
      return className(value.callee);
    }
  }
}

function className(value: PickleValue): string {
  const name = nameOf(value);
  if (name !== null) return name.module === 'builtins' ? name.name : dotted(name);
  const [, written] = value.kind === 'call' ? argumentsOf(value) : [];
  return written?.kind === 'str' ? cutName(written.value) : 'unknown';
}

/** The value as Python would print it, cut to `max` characters. Control characters are escaped; the text is one line. */
export function previewOf(value: PickleValue, max = 80): string {
  const text = render(value, max, 0);
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}

function render(value: PickleValue, max: number, depth: number): string {
  if (depth >= MAX_DEPTH) return '…';
  switch (value.kind) {
    case 'none':
      return 'None';
    case 'bool':
      return value.value ? 'True' : 'False';
    case 'int':
      return integerText(value.value);
    case 'float':
      return floatText(value.value);
    case 'str':
      return quoted(value.value, max);
    case 'bytes':
      return `b${quotedBytes(value.value, max)}`;
    case 'bytearray':
      return `bytearray(b${quotedBytes(value.value, max)})`;
    case 'list':
      return `[${rendered(value.items, max, depth)}]`;
    case 'tuple':
      return value.items.length === 1
        ? `(${rendered(value.items, max, depth)},)`
        : `(${rendered(value.items, max, depth)})`;
    case 'set':
      return value.items.length === 0 ? 'set()' : `{${rendered(value.items, max, depth)}}`;
    case 'frozenset':
      return `frozenset({${rendered(value.items, max, depth)}})`;
    case 'dict':
      return `{${renderedPairs(value.pairs, max, depth)}}`;
    case 'buffer':
      return `out-of-band buffer ${value.index}`;
    case 'global':
    case 'computed-global':
    case 'persistent-id':
    case 'extension':
      return escaped(displayName(value));
    case 'call':
      return renderCall(value, max, depth);
  }
}

function renderCall(value: Extract<PickleValue, { kind: 'call' }>, max: number, depth: number): string {
  const type = typeNameOf(value);
  const args = argumentsOf(value);
  if (type === 'module' || type === 'type') {
    const name = args[type === 'module' ? 0 : 1];
    return name?.kind === 'str' ? `${type} ${escaped(cutName(name.value))}` : type;
  }
  if (type === 'function') return 'function';
  if (type === 'by reference') return escaped(displayName(value));
  if (type === 'numpy.ndarray' && value.state?.kind === 'tuple') {
    const shape = value.state.items[1];
    return shape === undefined ? type : `${type} ${render(shape, max, depth + 1)}`;
  }
  let inside = rendered(args, max, depth);
  // what the width cuts off anyway is not rendered: an object that holds itself many times over would cost time
  const add = (part: string): void => {
    inside += inside === '' || part === '' ? part : `, ${part}`;
  };
  if (inside.length <= max) add(renderedState(value.state, max, depth));
  if (inside.length <= max && value.items.length > 0) add(`[${rendered(value.items, max, depth)}]`);
  if (inside.length <= max && value.pairs.length > 0) add(`{${renderedPairs(value.pairs, max, depth)}}`);
  return `${escaped(type)}(${inside})`;
}

/** The attributes that BUILD gives an object: a dict, or a pair of dicts where the class has slots (copyreg, PEP 307). */
function renderedState(state: PickleValue | null, max: number, depth: number): string {
  const dicts = state?.kind === 'tuple' && state.items.length === 2 ? state.items : [state];
  const parts: string[] = [];
  let length = 0;
  for (const dict of dicts) {
    if (dict?.kind !== 'dict') continue;
    for (const [key, item] of dict.pairs.slice(0, MAX_ITEMS)) {
      if (length > max) return `${parts.join(', ')}, …`;
      const name = key.kind === 'str' ? escaped(cutName(key.value)) : render(key, max, depth + 1);
      const part = `${name}=${render(item, max, depth + 1)}`;
      length += part.length + 2;
      parts.push(part);
    }
  }
  return parts.join(', ');
}

function rendered(items: readonly PickleValue[], max: number, depth: number): string {
  const parts: string[] = [];
  let length = 0;
  for (const item of items.slice(0, MAX_ITEMS)) {
    if (length > max) break;
    const part = render(item, max, depth + 1);
    length += part.length + 2;
    parts.push(part);
  }
  return parts.length < items.length ? `${parts.join(', ')}, …` : parts.join(', ');
}

function renderedPairs(pairs: readonly PicklePair[], max: number, depth: number): string {
  const parts: string[] = [];
  let length = 0;
  for (const [key, item] of pairs.slice(0, MAX_ITEMS)) {
    if (length > max) break;
    const part = `${render(key, max, depth + 1)}: ${render(item, max, depth + 1)}`;
    length += part.length + 2;
    parts.push(part);
  }
  return parts.length < pairs.length ? `${parts.join(', ')}, …` : parts.join(', ');
}

/** Decimal text takes time that grows faster than the number: very long integers are shown by size. */
function integerText(value: number | bigint): string {
  if (typeof value === 'bigint' && (value > 10n ** 80n || value < -(10n ** 80n)))
    return 'an integer of more than 80 digits';
  return String(value);
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function quoted(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  const quote = cut.includes("'") && !cut.includes('"') ? '"' : "'";
  return quote + escaped(cut.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)) + quote;
}

/** Control, format, separator and lone surrogate characters as escapes: a preview can't drive a terminal. */
function escaped(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => {
    if (char === '\n') return '\\n';
    if (char === '\t') return '\\t';
    if (char === '\r') return '\\r';
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

function quotedBytes(bytes: Uint8Array, max: number): string {
  let text = '';
  for (const byte of bytes.subarray(0, max)) {
    if (byte === 0x5c || byte === 0x27) text += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `'${text}${bytes.length > max ? '…' : ''}'`;
}
