/** The payloads of a run: read from their files, taken out of their containers, and what each asks for. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Expr } from '../../expr/model.ts';
import { exprFromProto } from '../../expr/proto/index.ts';
import { columnsOf, nodesOf } from '../../expr/walk.ts';
import { DfxError } from '../../wire/errors.ts';
import type { Shape } from '../transport/messages.ts';
import { type CarriedCode, carriedCode } from './code.ts';
import { fileError } from './input.ts';
import type { PayloadOperand } from './operands.ts';

export interface Payload {
  readonly label: string;
  /** The file's name for messages. */
  readonly file: string;
  /** The bare protobuf bytes that a worker gets, and their SHA-256. */
  readonly bytes: Uint8Array;
  readonly hash: string;
  readonly expr: Expr;
  readonly shape: Shape;
  readonly code: CarriedCode;
  /** The distinct names of the columns that it reads; null: every one (a wildcard). */
  readonly reads: readonly string[] | null;
  /** The table name that its columns go by, null for none. */
  readonly relation: string | null;
}

/** Reads the file of an operand and every expression in it. */
export async function loadPayloads(operand: PayloadOperand): Promise<readonly Payload[]> {
  const file = operand.path === '-' ? 'stdin' : operand.path;
  try {
    const bytes = await readBytes(operand.path);
    if (bytes.length === 0) throw new DfxError('EMPTY_INPUT', 'the payload is empty');
    return [describe(operand.label, file, bytes, exprFromProto(bytes).expr)];
  } catch (error) {
    throw error instanceof DfxError ? error.at({ file }) : error;
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  if (path === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError(cause, path);
  }
}

function describe(label: string, file: string, bytes: Uint8Array, expr: Expr): Payload {
  const columns = columnsOf(expr);
  const relations = [...new Set(columns.map(({ relation }) => relation).filter((relation) => relation !== null))];
  if (relations.length > 1) {
    throw new DfxError(
      'COLUMN_MISSING',
      `the payload reads columns of ${relations.length} tables (${relations.join(', ')})`,
      {
        hint: 'the input is one table: encode the expression with columns of one',
      },
    );
  }
  let shape: Shape = 'rows';
  let everyColumn = false;
  for (const node of nodesOf(expr)) {
    if (node.kind === 'aggregate_function') shape = 'value';
    if (node.kind === 'wildcard') everyColumn = true;
  }
  return {
    label,
    file,
    bytes,
    hash: createHash('sha256').update(bytes).digest('hex'),
    expr,
    shape,
    code: carriedCode(expr, bytes),
    reads: everyColumn ? null : [...new Set(columns.map(({ name }) => name))],
    relation: relations[0] ?? null,
  };
}
