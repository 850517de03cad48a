/** Back to bytes: what was decoded, built or read from `expr.json`, in the container and encoding asked for. */
import { toBase64, toHex } from '../wire/encoding.ts';
import { DfxError } from '../wire/errors.ts';
import { HIGHEST_PROTOCOL, writePickledExpr } from '../wire/pickle/index.ts';
import { ExprBuilder } from './builder.ts';
import type { JsonPayload } from './json/index.ts';
import type { Expr } from './model.ts';
import { type Payload, readPayload } from './payload.ts';
import { exprToProto } from './proto/index.ts';

/** `expr`: the bare protobuf that `Expr.from_bytes` takes; `pickle`: what `pickle.loads` makes an `Expr` of. */
export type PayloadFormat = 'expr' | 'pickle';

export interface EncodeOptions {
  /** Default: the container that the payload has; `expr` for an expression. */
  readonly format?: PayloadFormat | undefined;
  /** Pickle protocol, 0 to 5. Default: the payload's own, else 4, which is what Python writes by default. */
  readonly protocol?: number | undefined;
}

export type Encodable = Expr | ExprBuilder | Payload | JsonPayload;

/** `pickle.DEFAULT_PROTOCOL` since Python 3.8. */
const DEFAULT_PROTOCOL = 4;

/**
 * Gives the payload's bytes, or their text with `encoding: 'base64'` or `'hex'`. Without a `format`, what was decoded gives its own bytes.
 *
 * @throws DfxError USAGE for a protocol that there isn't, UNSUPPORTED where the format asked for can't hold the payload.
 */
export function encodePayload(
  source: Encodable,
  options?: EncodeOptions & { readonly encoding?: 'raw' | undefined },
): Uint8Array;
export function encodePayload(
  source: Encodable,
  options: EncodeOptions & { readonly encoding: 'base64' | 'hex' },
): string;
export function encodePayload(
  source: Encodable,
  options?: EncodeOptions & { readonly encoding?: 'raw' | 'base64' | 'hex' | undefined },
): Uint8Array | string;
export function encodePayload(
  source: Encodable,
  options: EncodeOptions & { readonly encoding?: 'raw' | 'base64' | 'hex' | undefined } = {},
): Uint8Array | string {
  const bytes = payloadBytes(source, options);
  switch (options.encoding ?? 'raw') {
    case 'raw':
      return bytes;
    case 'base64':
      return toBase64(bytes);
    case 'hex':
      return toHex(bytes);
  }
}

function payloadBytes(source: Encodable, { format, protocol }: EncodeOptions): Uint8Array {
  if (
    protocol !== undefined &&
    (format === 'expr' || !Number.isInteger(protocol) || protocol < 0 || protocol > HIGHEST_PROTOCOL)
  ) {
    throw new DfxError(
      'USAGE',
      `found the pickle protocol ${protocol}, expected 0 to ${HIGHEST_PROTOCOL} for a pickle`,
      {
        hint: 'a protocol goes with the format pickle only',
      },
    );
  }
  if (source instanceof ExprBuilder || !('container' in source)) {
    const proto = exprToProto(source instanceof ExprBuilder ? source.expr : source);
    return format === 'pickle' ? writePickledExpr(proto, { protocol: protocol ?? DEFAULT_PROTOCOL }) : proto;
  }
  const same = format === undefined || format === source.container;
  if (same && (protocol === undefined || (source.container === 'pickle' && protocol === protocolOf(source)))) {
    return source.bytes;
  }
  if (same && source.container !== 'pickle') {
    throw new DfxError('USAGE', `found a pickle protocol for the container ${source.container}, expected a pickle`, {
      hint: 'ask for the format pickle too',
    });
  }
  const proto = onlyExpr(source);
  return format === 'expr' ? proto : writePickledExpr(proto, { protocol: protocol ?? DEFAULT_PROTOCOL });
}

function protocolOf(source: Payload | JsonPayload): number | null {
  if ('protocol' in source) return source.protocol;
  return source.container === 'pickle' ? source.pickle.protocol : null;
}

/** The protobuf of a payload that is nothing but one expression. */
function onlyExpr(source: Payload | JsonPayload): Uint8Array {
  const payload = 'encoding' in source ? source : readPayload(source.bytes, { as: source.container, encoding: 'raw' });
  if (payload.error !== null) throw payload.error;
  const [only, ...others] = payload.exprs;
  const foreign = payload.container === 'pickle' ? payload.foreign.length : 0;
  // Only the protobuf is taken: what cloudpickle sends to rebuild the expression stays behind.
  const alone = only !== undefined && others.length === 0 && only.path === '';
  if (alone && (foreign === 0 || only.rebuilt)) return only.bytes;
  const found = payload.exprs.length === 0 ? 'no expression' : `${payload.exprs.length} expressions in a collection`;
  throw new DfxError('UNSUPPORTED', `found ${found} in the container ${payload.container}, expected one expression`, {
    hint: 'leave the format away to keep the container',
  });
}
