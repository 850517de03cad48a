/** The payloads of a run: read from their files, taken out of their containers, and what each asks for. */
import { createHash } from 'node:crypto';
import type { Expr } from '../../expr/model.ts';
import { decodePayload, type PayloadExpr } from '../../expr/payload.ts';
import { columnsOf, nodesOf } from '../../expr/walk.ts';
import type { Container } from '../../wire/detect.ts';
import type { Encoding } from '../../wire/encoding.ts';
import { DfxError } from '../../wire/errors.ts';
import type { ForeignPart } from '../../wire/pickle/index.ts';
import type { Shape } from '../transport/messages.ts';
import { type CarriedCode, carriedCode } from './code.ts';
import { type OutwardNode, outwardNodes } from './outward.ts';

export interface Payload {
  readonly label: string;
  /** The file's name for messages. */
  readonly file: string;
  /** The bare protobuf bytes that a worker gets, and their SHA-256, which is computed when it is asked for. */
  readonly bytes: Uint8Array;
  readonly hash: string;
  /** What workers know it by. Equal bytes have equal names. */
  readonly key: string;
  readonly expr: Expr;
  readonly shape: Shape;
  /** Window functions: they need the whole input, and the engine gives their rows in another order. */
  readonly windows: boolean;
  readonly code: CarriedCode;
  /** Plan nodes of subqueries that read or write beyond the input. */
  readonly outward: readonly OutwardNode[];
  /** The distinct names of the columns that it reads; null: every one (a wildcard). */
  readonly reads: readonly string[] | null;
  /** Names of the scalar functions that it calls, in lower case. */
  readonly functions: readonly string[];
  /** The table name that its columns go by, null for none. */
  readonly relation: string | null;
}

/** Payloads of so few bytes are named by them: a hash would load Node's crypto. */
const SHORT = 256;

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export interface LoadOptions {
  readonly as?: Container | undefined;
  readonly encoding?: Encoding | undefined;
}

/**
 * Every expression of a payload; several, in a list or a pickled collection, are labelled by their place. A pickle is taken apart
 * by dfx's own reader and loaded by nobody: one that holds anything but expressions is refused. Errors name `file`.
 */
export function loadPayloads(
  label: string,
  file: string,
  bytes: Uint8Array,
  options: LoadOptions = {},
): readonly Payload[] {
  try {
    const payload = decodePayload(bytes, options);
    if (payload.container === 'pickle') refuseForeign(payload.foreign, payload.exprs);
    const { exprs } = payload;
    if (exprs.length === 0) {
      throw new DfxError('UNSUPPORTED', `found the container ${payload.container}, expected expressions`, {
        hint: 'run takes expr, expr-list and pickle; look at this one with `dfx inspect`',
      });
    }
    return exprs.map((found) => describe(exprs.length === 1 ? label : `${label}${found.path}`, file, found));
  } catch (error) {
    throw error instanceof DfxError ? error.at({ file }) : error;
  }
}

/** A pickle shows at most so many of its foreign parts in one line. */
const SHOWN_PARTS = 3;

function refuseForeign(foreign: readonly ForeignPart[], exprs: readonly PayloadExpr[]): void {
  const [part] = foreign;
  if (part === undefined) return;
  const shown = foreign.slice(0, SHOWN_PARTS).map(({ what, offset }) => `${what} (byte ${offset})`);
  const more = foreign.length > SHOWN_PARTS ? ` and ${foreign.length - SHOWN_PARTS} more` : '';
  throw new DfxError(
    'PICKLE_REFUSED',
    `the pickle holds ${shown.join(', ')}${more}, expected nothing but expressions`,
    {
      offset: part.offset,
      hint: pickleHint(exprs),
    },
  );
}

function pickleHint(exprs: readonly PayloadExpr[]): string {
  const [only, ...others] = exprs;
  if (only === undefined || !exprs.some(({ rebuilt }) => rebuilt))
    return 'dfx loads no pickle: have the expressions pickled alone, in lists, tuples or dicts';
  // cloudpickle sends the code of `Expr._reconstruct` along, which would run; the expression can be taken out without it.
  const remedy = 'pickled by cloudpickle, whose code dfx does not run: send pickle.dumps(expr)';
  const alone = others.length === 0 && only.path === '';
  return alone ? `${remedy}, or take the expression out: dfx decode FILE | dfx encode --format expr -` : remedy;
}

function describe(label: string, file: string, found: PayloadExpr): Payload {
  const { expr, bytes } = found;
  const base = found.escaped ? 0 : found.span.start;
  const columns = columnsOf(expr);
  const relations = [...new Set(columns.map(({ relation }) => relation).filter((relation) => relation !== null))];
  if (relations.length > 1) {
    throw new DfxError(
      'COLUMN_MISSING',
      `the payload reads columns of ${relations.length} tables (${relations.join(', ')})`,
      { hint: 'the input is one table: encode the expression with columns of one' },
    );
  }
  let shape: Shape = 'rows';
  let everyColumn = false;
  let windows = false;
  const functions = new Set<string>();
  for (const node of nodesOf(expr)) {
    if (node.kind === 'scalar_function') functions.add(node.name.toLowerCase());
    if (node.kind === 'aggregate_function') shape = 'value';
    if (node.kind === 'window_function') windows = true;
    if (node.kind === 'wildcard') everyColumn = true;
  }
  return {
    label,
    file,
    bytes,
    get hash() {
      return sha256(bytes);
    },
    key: bytes.length <= SHORT ? Buffer.from(bytes).toString('base64url') : sha256(bytes),
    expr,
    shape,
    windows,
    code: carriedCode(expr, bytes, base),
    outward: outwardNodes(found.tape, base, base + bytes.length),
    reads: everyColumn ? null : [...new Set(columns.map(({ name }) => name))],
    functions: [...functions],
    relation: relations[0] ?? null,
  };
}
