/** Every place in a message where a function is called, found in the fields themselves: also where the model has no eyes. */
import type { UdfFamily } from '../expr/model.ts';
import { compiledByIndex, type Tape } from '../wire/protobuf/index.ts';

export type CallFamily = UdfFamily | 'higher_order';

export interface CallSite {
  readonly tape: Tape;
  /** Tape entry of the call's message. */
  readonly entry: number;
  readonly family: CallFamily;
  readonly name: string;
  /** Of the call's message in the payload. */
  readonly offset: number;
  /** The `fun_definition` bytes, empty ones included; null where there are none. */
  readonly definition: Uint8Array | null;
  readonly definitionOffset: number;
}

/** Messages that call a function by name, and the field that names it for each family. */
const CALLS: ReadonlyMap<string, readonly (readonly [field: string, family: CallFamily])[]> = new Map([
  ['ScalarUDFExprNode', [['fun_name', 'scalar']]],
  ['HigherOrderUDFExprNode', [['fun_name', 'higher_order']]],
  ['AggregateUDFExprNode', [['fun_name', 'aggregate']]],
  [
    'WindowExprNode',
    [
      ['udaf', 'aggregate'],
      ['udwf', 'window'],
    ],
  ],
  ['PhysicalScalarUdfNode', [['name', 'scalar']]],
  ['PhysicalHigherOrderUdfNode', [['name', 'higher_order']]],
  ['PhysicalAggregateExprNode', [['user_defined_aggr_function', 'aggregate']]],
  [
    'PhysicalWindowExprNode',
    [
      ['user_defined_aggr_function', 'aggregate'],
      ['user_defined_window_function', 'window'],
    ],
  ],
]);

/** The family of a call whose own name is absent or comes first: proto3 leaves out an empty name. */
type Names = readonly (readonly [field: string, family: CallFamily])[];

/** The calls of a message, in the order of their bytes. Takes time in proportion to the message's fields. */
export function* callSites(tape: Tape): Generator<CallSite, void, void> {
  const namesOf: (Names | null | undefined)[] = [];
  for (let entry = 0; entry < tape.length; entry++) {
    const message = tape.message(entry);
    if (message < 0) continue;
    let names = namesOf[message];
    if (names === undefined) {
      names = CALLS.get(compiledByIndex(message).def.name) ?? null;
      namesOf[message] = names;
    }
    if (names === null) continue;
    yield siteOf(tape, entry, names);
  }
}

function siteOf(tape: Tape, entry: number, names: Names): CallSite {
  let family: CallFamily = names[0]?.[1] ?? 'scalar';
  let name = '';
  let definition: Uint8Array | null = null;
  let definitionOffset = tape.base + tape.start(entry);
  for (let at = entry + 1; at < tape.next(entry); at = tape.next(at)) {
    const field = tape.field(at);
    if (field === null) continue;
    if (field.def.name === 'fun_definition') {
      definition = tape.raw(at);
      definitionOffset = tape.base + tape.start(at);
      continue;
    }
    const named = names.find(([known]) => known === field.def.name);
    if (named === undefined) continue;
    name = tape.string(at);
    family = named[1];
  }
  return { tape, entry, family, name, offset: tape.base + tape.start(entry), definition, definitionOffset };
}

/** Deepest path that is written out. */
const MAX_STEPS = 40;

/**
 * The fields that lead to an entry, such as `aggregate_udf_expr.args[0].scalar_udf_expr`. Entries must be asked for in rising order: the
 * place among its siblings is counted on from the last one, so that all paths together take time in proportion to the message.
 */
export class FieldPaths {
  private readonly counted = new Map<number, { at: number; readonly numbers: Map<number, number> }>();

  constructor(private readonly tape: Tape) {}

  pathOf(entry: number): string {
    const steps: string[] = [];
    const { tape } = this;
    let at = entry;
    while (at > 0 && steps.length < MAX_STEPS) {
      const field = tape.field(at);
      const name = field?.def.name ?? String(tape.number(at));
      steps.push(field?.def.repeated === true ? `${name}[${this.placeOf(at)}]` : name);
      at = tape.parent(at);
    }
    if (at > 0) steps.push('…');
    return steps.reverse().join('.');
  }

  private placeOf(entry: number): number {
    const { tape } = this;
    const parent = tape.parent(entry);
    let state = this.counted.get(parent);
    if (state === undefined || state.at > entry) {
      state = { at: parent + 1, numbers: new Map() };
      this.counted.set(parent, state);
    }
    for (; state.at < entry; state.at = tape.next(state.at)) {
      const number = tape.number(state.at);
      state.numbers.set(number, (state.numbers.get(number) ?? 0) + 1);
    }
    return state.numbers.get(tape.number(entry)) ?? 0;
  }
}
