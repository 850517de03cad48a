/** Literals of the payload as columns of one row. */
import type { Scalar } from '../../expr/model.ts';
import { typeOfScalar } from '../../expr/scalar-type.ts';
import type { Column } from '../../io/column.ts';
import { readNested } from '../../wire/arrow/index.ts';
import type { ArrowValue } from '../../wire/arrow/value-model.ts';
import { constantColumn } from './build.ts';
import { Refusal } from './refusal.ts';
import { layoutOf, MAX_TYPE_DEPTH, typeDepth } from './types.ts';

export function scalarColumn(scalar: Scalar): Column {
  const type = typeOfScalar(scalar);
  if (layoutOf(type) === null) throw new Refusal('literal', `the type ${type.kind} isn't supported`);
  if (typeDepth(type) > MAX_TYPE_DEPTH)
    throw new Refusal('literal', `its type nests deeper than ${MAX_TYPE_DEPTH} levels`);
  return constantColumn(type, arrowValueOf(scalar));
}

function arrowValueOf(given: Scalar): ArrowValue {
  let scalar = given;
  while (scalar.kind === 'Dictionary') scalar = scalar.value;
  switch (scalar.kind) {
    case 'Null':
      return null;
    case 'Float32':
    case 'Float64':
      return scalar.bits === undefined ? scalar.value : { kind: 'nan', bits: scalar.bits };
    case 'IntervalYearMonth':
      return scalar.months;
    case 'IntervalDayTime':
      return { kind: 'dayTime', days: scalar.days, milliseconds: scalar.milliseconds };
    case 'IntervalMonthDayNano':
      return { kind: 'monthDayNano', months: scalar.months, days: scalar.days, nanos: scalar.nanos };
    case 'List':
    case 'LargeList':
    case 'FixedSizeList':
    case 'ListView':
    case 'LargeListView':
    case 'Struct':
    case 'Map':
      return readNested(scalar.nested);
    case 'Union':
      return scalar.value === null ? null : { kind: 'union', id: scalar.typeId, value: arrowValueOf(scalar.value) };
    case 'RunEndEncoded':
      throw new Refusal('literal', `the type ${scalar.kind} isn't supported`);
    default:
      return scalar.value;
  }
}
