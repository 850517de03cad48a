/** Calls of inline JavaScript UDFs as typed nodes. Binding reads the frame and runs nothing: the source is loaded when the first batch comes. */
import { formatDataType } from '../../../wire/arrow/index.ts';
import type { Field } from '../../../wire/arrow/types.ts';
import { type FrameFamily, readDefinition } from '../../../wire/frame.ts';
import { type JsUdf, readJsUdf } from '../../../wire/js-udf.ts';
import type { BoundAggregate } from '../aggregates/define.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import { accumulatorOf } from './aggregate.ts';
import { scalarEvaluation } from './scalar.ts';
import { isReadable, isWritable } from './values.ts';

/**
 * The call of a scalar UDF, whose definition came with the expression. It is never computed ahead, whatever its volatility says: its code runs in
 * a worker or not at all.
 */
export function bindJsScalar(name: string, definition: Uint8Array, args: readonly Node[]): Node {
  const udf = udfOf(name, definition, 'scalar');
  return {
    op: 'call',
    name: udf.name,
    type: udf.returns.type,
    nullable: true,
    args: castArguments(udf, args),
    // What it throws ends the run. The real engine, which may skip rows, has no say: it doesn't run these.
    mayFail: false,
    evaluate: scalarEvaluation(udf),
  };
}

export function bindJsAggregate(name: string, definition: Uint8Array, args: readonly Node[]): BoundAggregate {
  const udf = udfOf(name, definition, 'aggregate');
  for (const field of udf.state ?? []) refuseType(udf, field, isWritable, 'a state field');
  return {
    type: udf.returns.type,
    nullable: true,
    operands: castArguments(udf, args),
    state: (udf.state ?? []).map(({ type }) => type),
    create: () => accumulatorOf(udf),
  };
}

/** Throws what a malformed frame gives, and a Refusal for code of another language or family. */
function udfOf(name: string, definition: Uint8Array, family: FrameFamily): JsUdf {
  const framing = readDefinition(definition);
  if (framing.outcome === 'malformed') throw framing.error;
  if (framing.outcome !== 'frame' || framing.language !== 'javascript') {
    throw new Refusal(name, 'brings a definition that only the real engine may open');
  }
  const udf = readJsUdf(definition);
  if (udf.family !== family)
    throw new Refusal(name, `is a JavaScript ${udf.family} UDF in the place of a ${family} function`);
  refuseType(udf, udf.returns, isWritable, 'the result');
  return udf;
}

/** Arguments are cast to the declared types, as for an exact signature of DataFusion. */
function castArguments(udf: JsUdf, args: readonly Node[]): readonly Node[] {
  if (args.length !== udf.inputs.length) {
    throw new Refusal(udf.name, `takes ${udf.inputs.length} arguments, found ${args.length}`);
  }
  return udf.inputs.map((field, i) => {
    refuseType(udf, field, isReadable, `argument ${i + 1}`);
    const arg = args[i];
    if (arg === undefined) throw new Refusal(udf.name, `has no argument ${i + 1}`);
    return castTo(arg, field.type);
  });
}

function refuseType(udf: JsUdf, { type }: Field, holds: (type: Field['type']) => boolean, what: string): void {
  if (!holds(type))
    throw new Refusal(udf.name, `has the type ${formatDataType(type)} for ${what}, which JavaScript UDFs don't take`);
}
