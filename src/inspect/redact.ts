/** Hides what a payload says and keeps how it is built, for sharing: names and types stay, literals and captured values go. */
import type { Expr, Scalar } from '../expr/model.ts';
import { typeOfScalar } from '../expr/scalar-type.ts';

export const REDACTED = 'redacted';

/**
 * The expression with a placeholder such as `$Int64` or `$Utf8_12_bytes` for each literal. Works on the plain data of the model, with
 * a stack of its own: no kind of node can be forgotten and no depth overflows.
 */
export function redactExpr(root: Expr): Expr {
  const holder: unknown[] = [root];
  const made = new Map<object, unknown>();
  const pending: {
    readonly target: unknown[] | Record<string, unknown>;
    readonly key: number | string;
    readonly value: unknown;
  }[] = [{ target: holder, key: 0, value: root }];
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    const { target, key, value } = step;
    const put = (result: unknown): void => {
      // keys are property names of our own model, never names from the payload
      (target as Record<number | string, unknown>)[key] = result;
    };
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) {
      put(value);
      continue;
    }
    const known = made.get(value);
    if (known !== undefined) {
      put(known);
      continue;
    }
    if (Array.isArray(value)) {
      const copy: unknown[] = new Array(value.length);
      made.set(value, copy);
      put(copy);
      value.forEach((item: unknown, at) => {
        pending.push({ target: copy, key: at, value: item });
      });
      continue;
    }
    const hidden = hiddenForm(value);
    if (hidden !== null) {
      made.set(value, hidden);
      put(hidden);
      continue;
    }
    const copy: Record<string, unknown> = {};
    made.set(value, copy);
    put(copy);
    for (const [name, item] of Object.entries(value)) {
      // metadata is a list of pairs: its values are data
      const kept = name === 'metadata' && Array.isArray(item) ? item.map(([pairKey]) => [pairKey, '…']) : item;
      if (name !== 'raw') pending.push({ target: copy, key: name, value: kept });
      // a node that is nothing but bytes stays one, without them
      else if ('kind' in value && value.kind === 'opaque') put({ ...value, raw: new Uint8Array(0) });
    }
  }
  // the copy has the shape of the original, with other nodes for literals
  return holder[0] as Expr;
}

function hiddenForm(value: object): object | null {
  if (!('kind' in value)) return null;
  if (value.kind === 'literal' && 'value' in value)
    return placeholder(value.value as Scalar, 'span' in value ? value.span : undefined);
  if ((value.kind === 'PRECEDING' || value.kind === 'FOLLOWING') && 'value' in value && value.value !== null) {
    const bound = value.value as Scalar;
    return bound.kind === 'Null' ? null : { kind: value.kind, value: { kind: 'Utf8', value: '…' } };
  }
  return null;
}

function placeholder(scalar: Scalar, span: unknown): object {
  const size = sizeOf(scalar);
  const type = typeOfScalar(scalar).kind;
  const id = `$${scalar.kind === 'Null' ? `Null_${type}` : type}${size === null ? '' : `_${size}_bytes`}`;
  return { kind: 'placeholder', id, type: null, nullable: null, metadata: [], span };
}

function sizeOf(scalar: Scalar): number | null {
  switch (scalar.kind) {
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
      return new TextEncoder().encode(scalar.value).length;
    case 'Binary':
    case 'LargeBinary':
    case 'BinaryView':
    case 'FixedSizeBinary':
      return scalar.value.length;
    default:
      return null;
  }
}
