/** Literals of the payload as columns of one row. */

import type { Scalar } from '../../expr/model.ts';
import type { Column } from '../../io/column.ts';
import { kindOf } from './coerce.ts';
import { Refusal } from './refusal.ts';
import { constantColumn } from './vector.ts';

export function scalarColumn(scalar: Scalar): Column {
  switch (scalar.kind) {
    case 'Null': {
      const kind = kindOf(scalar.type);
      if (kind === null) throw new Refusal('literal', `the type ${scalar.type.kind} isn't supported`);
      return constantColumn(kind, null);
    }
    case 'Boolean':
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'Int64':
    case 'UInt8':
    case 'UInt16':
    case 'UInt32':
    case 'UInt64':
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
      return constantColumn(scalar.kind, scalar.value);
    case 'Float32':
    case 'Float64': {
      const column = constantColumn(scalar.kind, scalar.value);
      if (column.layout === 'numeric' && Number.isNaN(scalar.value)) {
        // The canonical NaN is positive and quiet; JavaScript doesn't promise the bits of its own.
        const digits = scalar.kind === 'Float64' ? 16 : 8;
        const bits = (scalar.bits ?? (scalar.kind === 'Float64' ? '7ff8000000000000' : '7fc00000')).padStart(
          digits,
          '0',
        );
        const view = new DataView(column.values.buffer);
        if (scalar.kind === 'Float64') view.setBigUint64(0, BigInt(`0x${bits}`), true);
        else view.setUint32(0, Number.parseInt(bits, 16), true);
      }
      return column;
    }
    default:
      throw new Refusal('literal', `the type ${scalar.kind} isn't supported`);
  }
}
