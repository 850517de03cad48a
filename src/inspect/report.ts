/** The whole report of a payload. */
import type { Expr } from '../expr/model.ts';
import { alternativesOf, type DecodeOptions, type Payload, type PayloadExpr, readPayload } from '../expr/payload.ts';
import { DfxError } from '../wire/errors.ts';
import { displayName } from '../wire/pickle/index.ts';
import { expressionReport, protobufReport } from './expression-report.ts';
import { payloadWarnings } from './findings.ts';
import {
  type ArrowReport,
  INSPECT_SCHEMA,
  type InspectReport,
  type PickleReport,
  type ProtobufReport,
} from './model.ts';
import { placesOf } from './places.ts';
import { redactExpr } from './redact.ts';
import { sha256 } from './sha256.ts';
import { errorFacts, fieldReports, frameFinding, riskReports, type UdfFinding, udfFindings } from './udf-report.ts';

export interface InspectOptions extends DecodeOptions {
  /** What the report calls the payload. */
  readonly file?: string | undefined;
  /** The SHA-256 of the input, where the host has a faster way to it. */
  readonly sha256?: string | undefined;
  /** Hides literals and captured values. */
  readonly redact?: boolean | undefined;
  /** Most characters of a captured value; default 80. */
  readonly valueWidth?: number | undefined;
}

/** A report and what it was made from, for whoever draws the tree, the bytes or the opcodes beside it. */
export interface Inspection {
  readonly report: InspectReport;
  /** Null where not even its text encoding could be read. */
  readonly payload: Payload | null;
  /** The expressions as they may be shown. */
  readonly shown: readonly Expr[];
  readonly udfs: readonly UdfFinding[];
  /** The error of the report, whole. */
  readonly error: DfxError | null;
}

/**
 * Says what a payload is, without importing, calling or evaluating anything in it. Never throws for what is in the bytes: what could
 * be read is in the report, and `error` says what stopped the reading. Takes time and memory in proportion to the payload.
 */
export function inspectPayload(input: Uint8Array, options: InspectOptions = {}): InspectReport {
  return inspect(input, options).report;
}

/** As {@link inspectPayload}, with the readings. */
export function inspect(input: Uint8Array, options: InspectOptions = {}): Inspection {
  const redact = options.redact ?? false;
  let payload: Payload;
  try {
    payload = readPayload(input, options);
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    return { report: unreadable(input, options, error), payload: null, shown: [], udfs: [], error };
  }
  const exprs: readonly PayloadExpr[] = payload.exprs;
  const shown = exprs.map(({ expr }) => (redact ? redactExpr(expr) : expr));
  const expressions = exprs.map((each, at) => expressionReport(each, shown[at] ?? each.expr));
  const [only] = expressions;
  const isOne = expressions.length === 1;
  const showing = { redact, valueWidth: options.valueWidth ?? 80, limits: options.limits };
  const udfs =
    payload.container === 'frame' ? [frameFinding(payload.bytes, showing)] : udfFindings(placesOf(payload), showing);
  const error = payload.error ?? udfs.find((udf) => udf.error !== null)?.error ?? null;
  const alternatives = alternativesOf(payload, options.limits);
  const report: InspectReport = {
    schema: INSPECT_SCHEMA,
    file: options.file ?? null,
    bytes: input.length,
    sha256: options.sha256 ?? sha256(input),
    encoding: payload.encoding,
    payloadBytes: payload.bytes.length,
    container: payload.container,
    alternatives: alternatives.map(({ container, faults }) => ({ container, faults })),
    redacted: redact,
    expression: isOne && only !== undefined ? only : null,
    expressions: isOne ? [] : expressions,
    protobuf: protobufOf(payload),
    pickle: pickleOf(payload),
    arrow: arrowOf(payload),
    udfs: udfs.map((udf) => udf.report),
    warnings: payloadWarnings({
      payload,
      udfs,
      alternatives,
      chosen: options.as !== undefined,
      settled: options.encoding !== undefined,
    }),
    error: error === null ? null : errorFacts(error),
  };
  return { report, payload, shown, udfs, error };
}

function unreadable(input: Uint8Array, options: InspectOptions, error: DfxError): InspectReport {
  return {
    schema: INSPECT_SCHEMA,
    file: options.file ?? null,
    bytes: input.length,
    sha256: options.sha256 ?? sha256(input),
    encoding: options.encoding ?? 'raw',
    payloadBytes: 0,
    container: null,
    alternatives: [],
    redacted: options.redact ?? false,
    expression: null,
    expressions: [],
    protobuf: null,
    pickle: null,
    arrow: null,
    udfs: [],
    warnings: [],
    error: errorFacts(error),
  };
}

function protobufOf(payload: Payload): ProtobufReport | null {
  const places = placesOf(payload);
  if (places.length === 0) return null;
  const message = places[0]?.tape.compiled(0)?.def.name ?? '';
  return protobufReport(
    message,
    places.map(({ tape }) => tape),
  );
}

function pickleOf(payload: Payload): PickleReport | null {
  if (payload.container !== 'pickle') return null;
  const { pickle, foreign } = payload;
  return {
    protocol: pickle.protocol,
    opcodes: pickle.opcodes,
    globals: [...new Set(pickle.globals.map(({ value }) => displayName(value)))],
    foreign: foreign.map(({ what, offset, path }) => ({ what, offset, path })),
    trailing: pickle.trailing.end - pickle.trailing.start,
    risks: riskReports(pickle),
  };
}

function arrowOf(payload: Payload): ArrowReport | null {
  if (payload.container !== 'schema' || payload.schema === null) return null;
  const { form, version, endian, schema } = payload.schema;
  return { form, version, endian, fields: fieldReports(schema.fields), metadata: schema.metadata };
}
