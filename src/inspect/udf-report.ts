/** Every UDF of a payload: those whose code is in the bytes, and those that the receiver must know by name. */
import { findFunction } from '../expr/functions.ts';
import { readUdf, type UdfReading } from '../expr/udf.ts';
import { formatDataType } from '../wire/arrow/type-text.ts';
import type { Field } from '../wire/arrow/types.ts';
import type { DfxError } from '../wire/errors.ts';
import { pythonText, readDefinition } from '../wire/frame.ts';
import type { Limits } from '../wire/limits.ts';
import { describeCallable, findRisks, type PickleReading } from '../wire/pickle/index.ts';
import { sameBytes } from '../wire/same-bytes.ts';
import { type CallFamily, type CallSite, callSites, FieldPaths } from './call-sites.ts';
import { callableDocument, javascriptDocument, type Showing } from './callable-report.ts';
import type { CallableDocument, ErrorFacts, FieldReport, ImportReport, RiskReport, UdfReport } from './model.ts';
import type { TapePlace } from './places.ts';

export interface UdfOptions extends Showing {
  readonly limits: Partial<Limits> | undefined;
}

/** A UDF's report with the readings behind it, for warnings, hex and disassembly. */
export interface UdfFinding {
  readonly report: UdfReport;
  /** The family that the call around needs; null for a bare frame. */
  readonly callFamily: CallFamily | null;
  /** The definition, all envelopes included; null for a call without one. */
  readonly definition: Uint8Array | null;
  readonly definitionOffset: number;
  readonly reading: UdfReading | null;
  readonly error: DfxError | null;
}

/** Identical calls count once; the order is that of their first bytes. */
export function udfFindings(places: readonly TapePlace[], options: UdfOptions): readonly UdfFinding[] {
  const groups = new Map<string, { readonly site: CallSite; readonly path: string; readonly offsets: number[] }[]>();
  const order: { readonly site: CallSite; readonly path: string; readonly offsets: number[] }[] = [];
  for (const { tape, prefix } of places) {
    const paths = new FieldPaths(tape);
    for (const site of callSites(tape)) {
      if (site.definition === null && findFunction(site.name, site.family) !== undefined) continue;
      const offset = site.definition === null ? site.offset : site.definitionOffset;
      const key = `${site.family} ${site.definition === null ? '-' : fingerprint(site.definition)} ${site.name}`;
      let group = groups.get(key);
      if (group === undefined) {
        group = [];
        groups.set(key, group);
      }
      const same = group.find((other) => sameDefinition(other.site.definition, site.definition));
      if (same !== undefined) {
        same.offsets.push(offset);
        continue;
      }
      const path = paths.pathOf(site.entry);
      const found = { site, path: [prefix, path].filter((part) => part !== '').join('.'), offsets: [offset] };
      group.push(found);
      order.push(found);
    }
  }
  return order.map(({ site, path, offsets }) => findingOf(site, path, offsets, options));
}

/** The UDF of a bare frame or envelope. */
export function frameFinding(bytes: Uint8Array, options: UdfOptions): UdfFinding {
  return inlineFinding(bytes, 0, { outerName: null, callFamily: null, path: '', offsets: [0] }, options);
}

/** FNV-1a over the length and the bytes: a collision costs a comparison, nothing else. */
function fingerprint(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${bytes.length}:${hash >>> 0}`;
}

function sameDefinition(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : sameBytes(a, b);
}

interface Around {
  readonly outerName: string | null;
  readonly callFamily: CallFamily | null;
  readonly path: string;
  readonly offsets: readonly number[];
}

function findingOf(site: CallSite, path: string, offsets: readonly number[], options: UdfOptions): UdfFinding {
  const around = { outerName: site.name, callFamily: site.family, path, offsets };
  if (site.definition !== null && site.definition.length > 0) {
    const { outcome } = readDefinition(site.definition, site.definitionOffset);
    if (outcome !== 'other') return inlineFinding(site.definition, site.definitionOffset, around, options);
  }
  return {
    report: {
      name: site.name,
      family: site.family,
      transport: 'by-name',
      ...nothing(around),
      offset: site.offset,
      offsets: site.definition === null ? offsets : [site.offset],
    },
    callFamily: site.family,
    definition: site.definition,
    definitionOffset: site.definitionOffset,
    reading: null,
    error: null,
  };
}

function nothing({ outerName, path, offsets }: Around): Omit<UdfReport, 'name' | 'family' | 'transport' | 'offset'> {
  return {
    outerName,
    language: null,
    codec: null,
    magic: null,
    version: null,
    python: null,
    bytes: null,
    path,
    uses: offsets.length,
    offsets,
    volatility: null,
    inputs: null,
    returns: null,
    state: null,
    callable: null,
    imports: [],
    risks: [],
    error: null,
  };
}

/** Envelopes inside envelopes that are followed. */
const MAX_ENVELOPES = 16;

function inlineFinding(bytes: Uint8Array, offset: number, around: Around, options: UdfOptions): UdfFinding {
  let inner = bytes;
  let innerOffset = offset;
  let codec: UdfReport['codec'] = null;
  let reading = readUdf(inner, { limits: options.limits, offset: innerOffset });
  for (let depth = 0; depth < MAX_ENVELOPES && reading.framing.outcome === 'chain'; depth++) {
    const { codecId, portable, blob, blobOffset } = reading.framing;
    codec ??= { id: codecId, portable };
    const within = readDefinition(blob, blobOffset).outcome;
    if (within === 'empty' || within === 'other') break;
    inner = blob;
    innerOffset = blobOffset;
    reading = readUdf(inner, { limits: options.limits, offset: innerOffset });
  }
  const { framing, signature, pickle, javascript, error } = reading;
  const frame = framing.outcome === 'frame' || framing.outcome === 'malformed' ? framing : null;
  const python =
    framing.outcome === 'frame' && framing.language === 'python'
      ? framing.python
      : framing.outcome === 'malformed'
        ? framing.python
        : null;
  const name = signature?.name ?? around.outerName;
  const document = callableOf(reading, options);
  const report: UdfReport = {
    name,
    family: frame?.family ?? around.callFamily,
    transport: 'inline',
    ...nothing(around),
    language: frame?.language ?? null,
    codec,
    magic: framing.outcome === 'chain' ? 'DFPYCHN' : (frame?.magic ?? null),
    version: framing.outcome === 'chain' ? framing.version : (frame?.version ?? null),
    python: python === null ? null : pythonText(python),
    offset: innerOffset,
    bytes: inner.length,
    offsets: around.offsets.map((each) => each + innerOffset - offset),
    volatility: signature?.volatility ?? null,
    inputs: signature === null ? null : fieldReports(signature.inputs),
    returns: signature === null ? null : fieldReports(signature.returns === null ? [] : [signature.returns]),
    state: signature?.state == null ? null : fieldReports(signature.state),
    callable: document?.callable ?? (javascript === null ? null : javascriptDocument(javascript, options)),
    imports: document?.imports ?? [],
    risks: pickle === null ? [] : riskReports(pickle),
    error: error === null ? null : errorFacts(error),
  };
  return { report, callFamily: around.callFamily, definition: bytes, definitionOffset: offset, reading, error };
}

function callableOf(
  { pickle, callable, framing }: UdfReading,
  options: UdfOptions,
): { readonly callable: CallableDocument; readonly imports: readonly ImportReport[] } | null {
  if (pickle === null || callable === null) return null;
  const described = describeCallable(callable, pickle, framing.outcome === 'frame' ? framing.family : undefined);
  return {
    callable: callableDocument(described, options),
    imports: described.imports.map(({ module, name, origin }) => ({ module, name, origin })),
  };
}

export function riskReports(pickle: PickleReading): readonly RiskReport[] {
  return findRisks(pickle).map(({ code, severity, onLoad, what, message, offset }) => ({
    code,
    severity,
    onLoad,
    what,
    message,
    offset,
  }));
}

export function fieldReports(fields: readonly Field[]): readonly FieldReport[] {
  return fields.map(({ name, type, nullable, metadata }) => {
    const field = { name, type: formatDataType(type), nullable };
    return metadata.length === 0 ? field : { ...field, metadata };
  });
}

export function errorFacts(error: DfxError): ErrorFacts {
  return { code: error.code, message: error.message, offset: error.offset ?? null, hint: error.hint ?? null };
}
