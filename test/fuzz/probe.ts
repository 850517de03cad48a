/** Everything that dfx does with bytes that it doesn't trust, and what must hold whatever they are. */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { encodePayload } from '../../src/expr/encode.ts';
import { fromJson, toJson } from '../../src/expr/json/index.ts';
import { type Payload, readPayload } from '../../src/expr/payload.ts';
import { exprToProto } from '../../src/expr/proto/index.ts';
import { readProtoJson, writeProtoJson } from '../../src/expr/proto-json.ts';
import { toSql } from '../../src/expr/sql-text.ts';
import { toTree } from '../../src/expr/tree.ts';
import { hexLines } from '../../src/inspect/hex.ts';
import { opcodeLines, pickleListings } from '../../src/inspect/opcodes.ts';
import { inspect } from '../../src/inspect/report.ts';
import { DfxError } from '../../src/wire/errors.ts';

/** What one case may take, in milliseconds, on a machine that is busy with other things too. */
const MOST_TIME = 10_000;

/** Gives the error code or `ok`. Throws where something other than a DfxError came out, or the bytes changed on the way. */
export function probe(bytes: Uint8Array): string {
  const started = performance.now();
  let outcome = 'ok';
  let payload: Payload | null = null;
  try {
    payload = readPayload(bytes);
    outcome = payload.error?.code ?? 'ok';
  } catch (error) {
    outcome = codeOf(error);
  }
  if (payload !== null) examine(payload);
  const inspection = inspect(bytes);
  JSON.stringify(inspection.report);
  for (const { reading } of pickleListings(inspection)) for (const _ of opcodeLines(reading));
  const took = performance.now() - started;
  assert.ok(took < MOST_TIME, `took ${Math.round(took)} ms for ${bytes.length} bytes`);
  return outcome;
}

function examine(payload: Payload): void {
  assertEveryByteOnce(payload);
  for (const { expr, bytes, error } of payload.exprs) {
    allowed(() => toTree(expr));
    allowed(() => toSql(expr));
    if (error !== null || payload.error !== null) continue;
    assert.ok(same(exprToProto(expr), bytes), 'the expression gives other bytes again');
    const json = allowed(() => writeProtoJson(bytes));
    if (json !== undefined) assert.ok(same(readProtoJson(json), bytes), 'proto JSON gives other bytes again');
  }
  if (payload.error !== null) return;
  const json = allowed(() => toJson(payload));
  if (json === undefined) return;
  const again = encodePayload(fromJson(json));
  assert.ok(same(again, payload.bytes), 'expr.json gives other bytes again');
}

function assertEveryByteOnce(payload: Payload): void {
  let at = 0;
  for (const line of hexLines(payload)) {
    assert.equal(line.offset, at, 'the annotated bytes have a gap or say something twice');
    at = line.end;
  }
  assert.equal(at, payload.bytes.length, 'the annotated bytes end early');
}

function allowed<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    codeOf(error);
    return undefined;
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof DfxError)) throw error;
  assert.notEqual(error.code, 'DEFECT', error.message);
  return error.code;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
