import { DfxError } from '../errors.ts';
import type { PickleReading } from './read.ts';
import type { UdfFamily } from './source-udf.ts';
import type { BytesValue, PickleValue, StrValue } from './value.ts';

/** The tuple in an inline frame, as DataFusion's Python codec lays it out. Ranges are absolute, in each value's span. */
export interface UdfTuple {
  readonly name: StrValue;
  /** The function (scalar), or what makes an accumulator or a window evaluator. */
  readonly callable: PickleValue;
  readonly inputSchema: BytesValue;
  readonly returnSchema: BytesValue;
  /** Aggregates only. */
  readonly stateSchema: BytesValue | null;
  readonly volatility: StrValue;
}

/**
 * Takes the body of a frame apart. Throws the reading's error where the pickle is broken, and FRAME_BODY where the value isn't
 * the tuple of the family.
 */
export function readUdfTuple(reading: PickleReading, family: UdfFamily): UdfTuple {
  if (reading.error !== null) throw reading.error;
  const { value } = reading;
  const expected = family === 'aggregate' ? 6 : 5;
  if (value?.kind !== 'tuple' || value.items.length !== expected) {
    const found =
      value?.kind === 'tuple' ? `a tuple of ${value.items.length}` : `a ${value?.kind ?? 'pickle without value'}`;
    throw new DfxError(
      'FRAME_BODY',
      `the body of the ${family} frame holds ${found}, expected a tuple of ${expected}`,
      {
        offset: value?.span.start ?? reading.offset,
      },
    );
  }
  const text = (index: number, what: string): StrValue => {
    const item = value.items[index];
    if (item?.kind === 'str') return item;
    throw wrong(item, what, 'text');
  };
  const schema = (index: number, what: string): BytesValue => {
    const item = value.items[index];
    if (item?.kind === 'bytes') return item;
    throw wrong(item, what, 'bytes');
  };
  const wrong = (item: PickleValue | undefined, what: string, expectation: string): DfxError =>
    new DfxError(
      'FRAME_BODY',
      `the ${what} of the ${family} frame is a ${item?.kind ?? 'nothing'}, expected ${expectation}`,
      {
        offset: item?.span.start ?? value.span.start,
      },
    );
  const callable = value.items[1];
  if (callable === undefined) throw wrong(callable, 'callable', 'a value');
  return {
    name: text(0, 'name'),
    callable,
    inputSchema: schema(2, 'input schema'),
    returnSchema: schema(3, 'return schema'),
    stateSchema: family === 'aggregate' ? schema(4, 'state schema') : null,
    volatility: text(expected - 1, 'volatility'),
  };
}
