/** What the fields of a message alone tell: versions, limits, encodings that no DataFusion writes, code in odd places. */
import { findFunction } from '../expr/functions.ts';
import { CHAIN_MAGIC, FRAME_MAGICS, MAGIC_LENGTH, readDefinition } from '../wire/frame.ts';
import type { FieldDef } from '../wire/proto/schema.ts';
import { enumDef } from '../wire/proto/tables.ts';
import type { OddityKind, Tape } from '../wire/protobuf/index.ts';
import { callSites } from './call-sites.ts';
import type { Warning } from './model.ts';
import type { UdfFinding } from './udf-report.ts';
import { warning } from './warnings.ts';

/** prost stops at 100 messages inside each other, the root included (`DecodeContext`, RECURSION_LIMIT). */
export const RECEIVER_DEPTH = 100;
const OLDER_MAJOR = 54;

const ODDITIES: Record<Exclude<OddityKind, 'unknown_field'>, string> = {
  overlong_varint: 'varints longer than their value needs',
  field_order: 'fields out of the order of their numbers',
  duplicate_field: 'fields that stand twice',
  explicit_default: 'default values that a writer leaves out',
  wide_value: "values wider than their field's type",
  unpacked: 'numbers one by one that a writer packs',
  empty_packed: 'empty lists that a writer leaves out',
};

/** Bytes that only another codec can read. */
const OPAQUE: ReadonlySet<string> = new Set([
  'LogicalExtensionNode.node',
  'PhysicalExtensionNode.node',
  'PhysicalExtensionExprNode.expr',
  'CustomTableScanNode.custom_table_data',
  'CopyToNode.file_type',
]);

export function protobufFindings(tape: Tape, udfs: readonly UdfFinding[], found: Warning[]): void {
  if (tape.depth > RECEIVER_DEPTH) {
    found.push(
      warning(
        'RECURSION_LIMIT',
        `${tape.depth} messages stand inside each other, and receivers stop at ${RECEIVER_DEPTH} ("recursion limit reached")`,
        tape.base,
      ),
    );
  }
  oddityFindings(tape, found);
  fieldFindings(tape, found);
  functionFindings(tape, found);
  hiddenFrames(tape, udfs, found);
}

function oddityFindings(tape: Tape, found: Warning[]): void {
  const first = new Map<OddityKind, { count: number; readonly offset: number; readonly entry: number }>();
  for (const { kind, entry, offset } of tape.oddities) {
    const known = first.get(kind);
    if (known === undefined) first.set(kind, { count: 1, offset, entry });
    else known.count++;
  }
  const uncounted = tape.oddityCount - tape.oddities.length;
  for (const [kind, { count, offset, entry }] of first) {
    const many = uncounted > 0 ? `at least ${count}` : String(count);
    if (kind === 'unknown_field') {
      const message = tape.compiled(tape.parent(entry))?.def.name ?? 'the message';
      const more = count > 1 ? ` (and ${many} such fields in all)` : '';
      found.push(
        warning(
          'UNKNOWN_FIELD',
          `${message} has the field ${tape.number(entry)}, which DataFusion 55 doesn't know${more}`,
          offset,
        ),
      );
    } else found.push(warning('ODD_ENCODING', `found ${ODDITIES[kind]} (${many})`, offset));
  }
}

/** Each field and enum value is told once, where it stands first. */
function fieldFindings(tape: Tape, found: Warning[]): void {
  const seen = new Set<FieldDef | string>();
  for (let entry = 1; entry < tape.length; entry++) {
    const def = tape.field(entry)?.def;
    if (def === undefined) continue;
    if (def.type === 'enum' && !def.repeated) enumFinding(tape, entry, def, seen, found);
    if (seen.has(def)) continue;
    seen.add(def);
    const name = `${tape.compiled(tape.parent(entry))?.def.name ?? ''}.${def.name}`;
    const offset = tape.base + tape.tag(entry);
    if (def.until !== null) {
      found.push(
        warning(
          'RETIRED_FIELD',
          `${name} was retired in DataFusion ${def.until}: newer receivers skip or misread it`,
          offset,
        ),
      );
    } else if (def.since > OLDER_MAJOR) {
      const effect = def.oneof === null ? 'skips it in silence' : 'finds nothing there and refuses it';
      found.push(
        warning('NEWER_THAN_54', `${name} came with DataFusion ${def.since}: an older receiver ${effect}`, offset),
      );
    }
    if (OPAQUE.has(name)) {
      const bytes = tape.end(entry) - tape.start(entry);
      found.push(warning('OPAQUE_BYTES', `${name} holds ${bytes} bytes of an extension codec`, offset));
    }
  }
}

function enumFinding(tape: Tape, entry: number, def: FieldDef, seen: Set<FieldDef | string>, found: Warning[]): void {
  const value = enumDef(def.ref ?? '').byNumber.get(tape.int32(entry));
  const key = `${def.ref}.${value?.name}`;
  if (value === undefined || value.since <= OLDER_MAJOR || seen.has(key)) return;
  seen.add(key);
  found.push(
    warning(
      'NEWER_THAN_54',
      `${key} came with DataFusion ${value.since}: an older receiver refuses it`,
      tape.base + tape.tag(entry),
    ),
  );
}

function functionFindings(tape: Tape, found: Warning[]): void {
  const told = new Set<string>();
  for (const { name, family, definition, offset } of callSites(tape)) {
    if (definition !== null || told.has(name)) continue;
    if (findFunction(name, family)?.since !== '55.0.0') continue;
    told.add(name);
    found.push(
      warning(
        'NEWER_THAN_54',
        `the function ${name} came with DataFusion 55: an older receiver doesn't know it`,
        offset,
      ),
    );
  }
}

/** Looks for frames where no UDF's definition is: in the bytes of another codec, in unknown fields, in literals. */
function hiddenFrames(tape: Tape, udfs: readonly UdfFinding[], found: Warning[]): void {
  const known: (readonly [start: number, end: number])[] = [];
  for (const { definition, definitionOffset, report } of udfs) {
    if (definition === null) continue;
    const shift = definitionOffset - (report.offsets[0] ?? definitionOffset);
    for (const offset of report.offsets)
      known.push([offset + shift - tape.base, offset + shift - tape.base + definition.length]);
  }
  known.sort(([a], [b]) => a - b);
  const { bytes } = tape;
  let next = 0;
  for (let at = bytes.indexOf(0x44); at !== -1; at = bytes.indexOf(0x44, at + 1)) {
    while (next < known.length && (known[next]?.[1] ?? 0) <= at) next++;
    const range = known[next];
    if (range !== undefined && at >= range[0]) {
      at = range[1] - 1;
      continue;
    }
    if (bytes[at + 1] !== 0x46 || !isMagic(bytes, at)) continue;
    const { outcome } = readDefinition(bytes.subarray(at), tape.base + at);
    if (outcome === 'frame' || outcome === 'chain') {
      found.push(warning('HIDDEN_FRAME', 'an inline UDF frame stands where no function definition is', tape.base + at));
    }
  }
}

function isMagic(bytes: Uint8Array, at: number): boolean {
  const text = String.fromCharCode(...bytes.subarray(at, at + MAGIC_LENGTH));
  return text === CHAIN_MAGIC || FRAME_MAGICS.some(({ magic }) => magic === text);
}
