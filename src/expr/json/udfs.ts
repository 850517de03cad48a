/** UDF definitions in `expr.json`: they stand once, by name, beside the tree. Writing and reading side by side. */
import { writeIpcSchema } from '../../wire/arrow/index.ts';
import type { Field } from '../../wire/arrow/types.ts';
import { toBase64 } from '../../wire/encoding.ts';
import { DfxError } from '../../wire/errors.ts';
import { type PythonVersion, pythonText, writeChain, writePythonFrame } from '../../wire/frame.ts';
import { type JsUdf, type JsValue, writeJsUdf } from '../../wire/js-udf.ts';
import type { PyValue } from '../../wire/pickle/index.ts';
import { readSourceUdf, writeSourceUdf } from '../../wire/pickle/index.ts';
import { sameBytes } from '../../wire/same-bytes.ts';
import { type JsonNode, jsonArray, jsonObject, jsonString } from '../json-text.ts';
import type { Definition, UdfFamily } from '../model.ts';
import { readUdf, type UdfReading, type UdfSignature, type Volatility } from '../udf.ts';
import type { Members } from './forms.ts';
import { jsValueJson, jsValueOf } from './js-values.ts';
import { byRow, ofRow, PLAIN_NAME } from './python-rows.ts';
import { pyValueJson, pyValueOf } from './python-values.ts';
import { arrayOf, ObjectReader, shapeError, stringOf } from './shape.ts';
import { fieldJson, fieldOf } from './types.ts';

export type DefinitionFamily = UdfFamily | 'higher_order';

/** What a `module:name` UDF asks of whoever has a Python at hand. */
export interface PickleRequest {
  readonly family: UdfFamily;
  readonly name: string;
  /** `package.module:attribute` */
  readonly reference: string;
  /** The code travels too, for receivers that haven't got the module. */
  readonly byValue: boolean;
  readonly inputSchema: Uint8Array;
  readonly returnSchema: Uint8Array;
  readonly stateSchema: Uint8Array | null;
  readonly volatility: Volatility;
}

export interface UdfOptions {
  /** The Python that frames made from source are stamped for. */
  readonly targetPython?: PythonVersion | undefined;
  /** UDFs travel by name: the receiver must have them registered. */
  readonly strict?: boolean | undefined;
  /** Pickles `module:name` with a local Python's cloudpickle: the frame, stamp included. */
  readonly pickleModule?:
    | ((request: PickleRequest) => { readonly python: PythonVersion; readonly body: Uint8Array })
    | undefined;
}

// writing

interface Interned {
  readonly family: DefinitionFamily;
  readonly definition: Uint8Array;
  readonly id: string;
  readonly name: string;
  readonly node: JsonNode;
}

/** Gathers the definitions that the tree refers to. */
export class UdfList {
  private readonly entries: Interned[] = [];
  /** By family and {@link fingerprint}: a payload may hold a hundred thousand definitions. */
  private readonly known = new Map<string, Interned[]>();
  /** Ids in use, each with the number to try next where it is asked for again. */
  private readonly ids = new Map<string, number>();

  /** The id under which the definition stands, and the name that it gives to calls that don't say one. */
  add(
    family: DefinitionFamily,
    outerName: string,
    definition: Uint8Array,
  ): { readonly id: string; readonly name: string } {
    const key = `${family} ${fingerprint(definition)}`;
    const alike = this.known.get(key) ?? [];
    const known = alike.find((entry) => sameBytes(entry.definition, definition));
    if (known !== undefined) return known;
    const reading = readUdf(definition);
    const name = reading.signature?.name ?? outerName;
    const id = this.freeId(name);
    const members: Members = [
      ['name', jsonString(name)],
      ['family', jsonString(family)],
    ];
    if (id !== name) members.unshift(['id', jsonString(id)]);
    members.push(...definitionMembers(family, definition, reading));
    const entry = { family, definition, id, name, node: jsonObject(members) };
    this.entries.push(entry);
    this.known.set(key, [...alike, entry]);
    return entry;
  }

  private freeId(name: string): string {
    let count = this.ids.get(name);
    if (count === undefined) {
      this.ids.set(name, 2);
      return name;
    }
    while (this.ids.has(`${name}#${count}`)) count++;
    const id = `${name}#${count}`;
    this.ids.set(name, count + 1).set(id, 2);
    return id;
  }

  json(): JsonNode | null {
    return this.entries.length === 0 ? null : jsonArray(this.entries.map(({ node }) => node));
  }
}

const SAMPLED = 65_536;

/** Equal for equal bytes. Definitions up to 64 KiB are told apart whole; what is longer can't be many in one payload. */
function fingerprint(definition: Uint8Array): string {
  const sample = definition.length <= SAMPLED ? definition : definition.subarray(definition.length - SAMPLED);
  return `${definition.length} ${toBase64(sample)}`;
}

function definitionMembers(family: DefinitionFamily, definition: Uint8Array, reading: UdfReading): Members {
  const { framing, signature } = reading;
  if (framing.outcome === 'frame' && framing.family === family) {
    if (reading.javascript !== null) {
      const members = jsMembers(reading.javascript);
      if (members !== null && sameBytes(definition, writeJsUdf(reading.javascript))) return members;
    } else if (framing.language === 'python') {
      const source = sourceMembers(reading, framing.python, framing.family);
      if (source !== null) return source;
      const frame: Members = [
        ['python', jsonString(pythonText(framing.python))],
        ['pickle', jsonString(toBase64(framing.body))],
      ];
      const about: Members = signature === null ? [] : [['about', jsonObject(signatureMembers(signature))]];
      return [['frame', jsonObject(frame)], ...about];
    }
  }
  if (framing.outcome === 'chain' && sameBytes(definition, writeChain(framing.codecId, framing.blob))) {
    return [
      [
        'chain',
        jsonObject([
          ['codec', jsonString(framing.codecId)],
          ['blob', jsonString(toBase64(framing.blob))],
        ]),
      ],
    ];
  }
  return [['bytes', jsonString(toBase64(definition))]];
}

function signatureMembers(signature: UdfSignature): Members {
  const members: Members = [['inputs', jsonArray(signature.inputs.map(fieldJson))]];
  if (signature.returns !== null) members.push(['returns', fieldJson(signature.returns)]);
  if (signature.state !== null) members.push(['state', jsonArray(signature.state.map(fieldJson))]);
  members.push(['volatility', jsonString(signature.volatility)]);
  return members;
}

/** The source form, where writing it again gives the same frame. */
function sourceMembers(reading: UdfReading, python: PythonVersion, family: UdfFamily): Members | null {
  const found = reading.pickle === null ? null : readSourceUdf(reading.pickle, family);
  if (found === null || reading.signature === null) return null;
  const rows = ofRow(found, family, found);
  const source = rows ?? found;
  if (!definesEntry(source)) return null;
  const captures: JsonNode[] = [];
  for (const [name, value] of source.captures) {
    const node = pyValueJson(value);
    if (node === null) return null;
    captures.push(jsonArray([jsonString(name), node]));
  }
  const members: Members = [
    ['source', jsonString(source.source)],
    ['entry', jsonString(source.entry)],
  ];
  if (captures.length > 0) members.push(['captures', jsonArray(captures)]);
  if (source.imports.length > 0) members.push(['imports', jsonArray(source.imports.map(jsonString))]);
  if (rows !== null) members.push(['mode', jsonString('row')]);
  members.push(['target', jsonString(pythonText(python))]);
  const written: Members = [...signatureMembers(reading.signature), ['python', jsonObject(members)]];
  // names, nullability or metadata of the schemas that this form has no words for: the pickle stays as it is
  const again = schemasOf(new ObjectReader(jsonObject(written), 'a UDF'), reading.signature.family);
  const same =
    sameBytes(again.inputSchema, source.inputSchema) &&
    sameBytes(again.returnSchema, source.returnSchema) &&
    (again.stateSchema === null ||
      (source.stateSchema !== undefined && sameBytes(again.stateSchema, source.stateSchema)));
  return same ? written : null;
}

/** Null where a captured value has no JSON. */
function jsMembers(udf: JsUdf): Members | null {
  const members: Members = [
    ['source', jsonString(udf.source)],
    ['entry', jsonString(udf.entry)],
  ];
  const captures: JsonNode[] = [];
  for (const [name, value] of udf.captures) {
    const node = jsValueJson(value);
    if (node === null) return null;
    captures.push(jsonArray([jsonString(name), node]));
  }
  if (captures.length > 0) members.push(['captures', jsonArray(captures)]);
  members.push(['mode', jsonString(udf.mode)]);
  return [...signatureMembers(udf), ['javascript', jsonObject(members)]];
}

// reading

export interface UdfEntry {
  readonly id: string;
  readonly name: string;
  readonly family: DefinitionFamily;
  readonly definition: Definition;
}

export function udfEntryOf(node: JsonNode, options: UdfOptions): UdfEntry {
  const object = ObjectReader.of(node, 'a UDF');
  const name = object.string('name');
  const id = object.optionalString('id') ?? name;
  const family = familyOf(object.required('family'));
  object.optional('about'); // what the frame says of itself, for people; the frame is what counts
  oneBody(object);
  const definition = definitionOf(object, name, family, options);
  object.finish();
  return { id, name, family, definition: options.strict === true ? null : definition };
}

const BODIES = ['bytes', 'chain', 'frame', 'python', 'javascript'] as const;

/** Of two bodies one would go unsent, in silence. */
function oneBody({ node }: ObjectReader): void {
  const [first, second] = node.members.filter(({ key }) => BODIES.some((known) => known === key));
  if (first !== undefined && second !== undefined)
    throw shapeError(second.keyStart, `found "${second.key}" beside "${first.key}" in a UDF`, 'leave one of them');
}

function familyOf(node: JsonNode): DefinitionFamily {
  const text = stringOf(node, 'family');
  if (text === 'scalar' || text === 'aggregate' || text === 'window' || text === 'higher_order') return text;
  throw shapeError(node, `found "${text}" for "family", expected "scalar", "aggregate" or "window"`);
}

function definitionOf(object: ObjectReader, name: string, family: DefinitionFamily, options: UdfOptions): Definition {
  if (object.optional('bytes') !== undefined) return object.bytes('bytes');
  const chain = object.optional('chain');
  if (chain !== undefined) {
    const inner = ObjectReader.of(chain, 'a codec envelope');
    const definition = writeChain(inner.string('codec'), inner.bytes('blob'));
    inner.finish();
    return definition;
  }
  const frame = object.optional('frame');
  const python = object.optional('python');
  const javascript = object.optional('javascript');
  if (family === 'higher_order') {
    if (frame ?? python ?? javascript)
      throw shapeError(object.node, 'found a body for a higher-order function, which no codec carries inline');
    return null;
  }
  if (frame !== undefined) {
    const inner = ObjectReader.of(frame, 'a frame');
    const definition = writePythonFrame(family, versionOf(inner.required('python')), inner.bytes('pickle'));
    inner.finish();
    return definition;
  }
  if (python !== undefined) return pythonOf(object, python, name, family, options);
  if (javascript !== undefined) return javascriptOf(object, javascript, name, family);
  // by name: the signature is for readers, the receiver has its own
  for (const key of ['inputs', 'returns', 'state', 'volatility']) object.optional(key);
  return null;
}

interface Schemas {
  readonly inputs: readonly Field[];
  readonly returns: Field;
  readonly state: readonly Field[] | null;
  readonly inputSchema: Uint8Array;
  readonly returnSchema: Uint8Array;
  readonly stateSchema: Uint8Array | null;
  readonly volatility: Volatility;
}

/** Types or fields; a type gets the name that datafusion-python gives: `arg_0`, `result`. */
function schemasOf(object: ObjectReader, family: UdfFamily): Schemas {
  const inputs = arrayOf(object.required('inputs'), 'inputs').map((node, at) => fieldOf(node, 'inputs', `arg_${at}`));
  const returns = fieldOf(object.required('returns'), 'returns', family === 'scalar' ? 'value' : 'result');
  const stateNode = object.optional('state');
  if (family === 'aggregate' && stateNode === undefined) {
    throw shapeError(
      object.node,
      'found no "state" in an aggregate UDF',
      'list the types of what its state() gives: "state": ["Int64"]',
    );
  }
  if (family !== 'aggregate' && stateNode !== undefined) {
    throw shapeError(stateNode, `found "state" in a ${family} UDF, which has none`, 'take it away');
  }
  const state =
    stateNode === undefined
      ? null
      : arrayOf(stateNode, 'state').map((node, at) => fieldOf(node, 'state', `state_${at}`));
  const volatilityNode = object.optional('volatility');
  const volatility = volatilityNode === undefined ? 'volatile' : volatilityOf(volatilityNode);
  return {
    inputs,
    returns,
    state,
    inputSchema: writeIpcSchema({ fields: inputs, metadata: [] }),
    returnSchema: writeIpcSchema({ fields: [returns], metadata: [] }),
    stateSchema: state === null ? null : writeIpcSchema({ fields: state, metadata: [] }),
    volatility,
  };
}

function volatilityOf(node: JsonNode): Volatility {
  const text = stringOf(node, 'volatility');
  if (text === 'immutable' || text === 'stable' || text === 'volatile') return text;
  throw shapeError(node, `found "${text}" for "volatility", expected "immutable", "stable" or "volatile"`);
}

/** `3.11` */
export function versionOf(node: JsonNode): PythonVersion {
  const text = stringOf(node, 'python');
  const version = parsePythonVersion(text);
  if (version === null)
    throw shapeError(node, `found ${JSON.stringify(text)} for a Python version, expected one such as "3.11"`);
  return version;
}

export function parsePythonVersion(text: string): PythonVersion | null {
  const [, major = '', minor = ''] = /^(\d{1,3})\.(\d{1,3})$/.exec(text) ?? [];
  const version = { major: Number(major), minor: Number(minor) };
  return major === '' || version.major > 255 || version.minor > 255 ? null : version;
}

/** How the function is called: with arrays, or with the values of one row after another. */
function modeOf(inner: ObjectReader, family: UdfFamily, entry: string): 'row' | 'batch' {
  const node = inner.optional('mode');
  const mode = node === undefined ? 'batch' : stringOf(node, 'mode');
  if (node === undefined || mode === 'batch') return 'batch';
  if (mode !== 'row') throw shapeError(node, `found "${mode}" for "mode", expected "row" or "batch"`);
  if (family === 'window')
    throw shapeError(
      node,
      'found "row" for the "mode" of a window UDF, expected "batch"',
      'its rows come as one array',
    );
  if (!PLAIN_NAME.test(entry))
    throw shapeError(
      node,
      `found the entry ${JSON.stringify(entry)} of a UDF that is called row by row, expected a name that doesn't begin with dfx_`,
    );
  return 'row';
}

const MODULE_REFERENCE = /^[^\s:]+:[^\s:]+$/u;

function pythonOf(
  object: ObjectReader,
  node: JsonNode,
  name: string,
  family: UdfFamily,
  options: UdfOptions,
): Definition {
  const inner = ObjectReader.of(node, 'the "python" of a UDF');
  const schemas = schemasOf(object, family);
  const module = inner.optionalString('module');
  if (module !== undefined) {
    const byValue = inner.boolean('by_value', false);
    inner.finish();
    if (!MODULE_REFERENCE.test(module)) {
      throw shapeError(
        inner.required('module'),
        `found ${JSON.stringify(module)} for "module", expected "package.module:name"`,
      );
    }
    if (options.strict === true) return null;
    if (options.pickleModule === undefined) {
      throw new DfxError(
        'UNSUPPORTED',
        `found the UDF "${name}" from the module "${module}", which takes a Python to pickle`,
        {
          offset: node.start,
          hint: 'encode it on the command line, where --python names an interpreter, or give its source',
        },
      );
    }
    const { python, body } = options.pickleModule({ family, name, reference: module, byValue, ...schemas });
    return writePythonFrame(family, python, body);
  }
  const target = inner.optional('target');
  const stated = target === undefined ? undefined : versionOf(target);
  const version = options.targetPython ?? stated;
  const captures = inner.array('captures').map((pair): readonly [string, PyValue] => {
    const [key, value, ...more] = arrayOf(pair, 'captures');
    if (key === undefined || value === undefined || more.length > 0)
      throw shapeError(pair, 'found no [name, value] pair in "captures"');
    return [stringOf(key, 'captures'), pyValueOf(value)];
  });
  const code = {
    source: inner.string('source'),
    entry: inner.string('entry'),
    captures,
    imports: inner.array('imports').map((item) => stringOf(item, 'imports')),
  };
  const body = inPlace(node, () =>
    writeSourceUdf({
      family,
      name,
      imports: code.imports,
      ...(modeOf(inner, family, code.entry) === 'row' ? byRow(code, family, schemas) : code),
      inputSchema: schemas.inputSchema,
      returnSchema: schemas.returnSchema,
      stateSchema: schemas.stateSchema ?? undefined,
      volatility: schemas.volatility,
    }),
  );
  if (!definesEntry(code)) {
    throw shapeError(
      inner.required('entry'),
      `found the entry "${code.entry}", which the source doesn't name`,
      'name the function or class that the source defines',
    );
  }
  inner.finish();
  if (options.strict === true) return null;
  if (version === undefined) {
    throw new DfxError('USAGE', `found the UDF "${name}" as source, and no Python version to stamp its frame with`, {
      offset: node.start < 0 ? undefined : node.start,
      hint: 'name the receiver\'s: --target-python 3.11, or "target": "3.11" beside the source',
    });
  }
  return writePythonFrame(family, version, body);
}

/** Errors of the pickle's writer know no place in the document. */
function inPlace<T>(node: JsonNode, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof DfxError) throw error.at({ offset: node.start < 0 ? undefined : node.start });
    throw error;
  }
}

interface SourceCode {
  readonly source: string;
  readonly entry: string;
  readonly captures: readonly (readonly [string, unknown])[];
  readonly imports: readonly string[];
}

/** Whether the entry can be there once the source has run. Python normalises identifiers to NFKC (its reference, 2.3). */
function definesEntry({ source, entry, captures, imports }: SourceCode): boolean {
  const name = entry.normalize('NFKC');
  const words: readonly string[] = source.normalize('NFKC').match(/[\p{XID_Continue}_]+/gu) ?? [];
  return (
    words.includes(name) ||
    captures.some(([capture]) => capture === entry) ||
    imports.some((text) => text.endsWith(entry))
  );
}

function javascriptOf(object: ObjectReader, node: JsonNode, name: string, family: UdfFamily): Uint8Array {
  const inner = ObjectReader.of(node, 'the "javascript" of a UDF');
  const { inputs, returns, state, volatility } = schemasOf(object, family);
  const mode = inner.optionalString('mode') ?? 'row';
  if (mode !== 'row' && mode !== 'batch')
    throw shapeError(node, `found "${mode}" for "mode", expected "row" or "batch"`);
  const udf = {
    family,
    name,
    source: inner.string('source'),
    entry: inner.string('entry'),
    captures: inner.array('captures').map((pair): readonly [string, JsValue] => {
      const [key, value, ...more] = arrayOf(pair, 'captures');
      if (key === undefined || value === undefined || more.length > 0)
        throw shapeError(pair, 'found no [name, value] pair in "captures"');
      return [stringOf(key, 'captures'), jsValueOf(value)];
    }),
    inputs,
    returns,
    state,
    volatility,
    mode,
  } as const;
  inner.finish();
  return writeJsUdf(udf);
}
