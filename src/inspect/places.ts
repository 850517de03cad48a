import type { Payload } from '../expr/payload.ts';
import type { Tape } from '../wire/protobuf/index.ts';

/** A message of the payload. `prefix` goes before the paths in it, such as the place in a pickled list. */
export interface TapePlace {
  readonly tape: Tape;
  readonly prefix: string;
}

/** The messages of a payload, each once. */
export function placesOf(payload: Payload): readonly TapePlace[] {
  switch (payload.container) {
    case 'expr':
    case 'pickle':
      return payload.exprs.map(({ tape, path }) => ({ tape, prefix: path }));
    case 'expr-list':
    case 'physical-expr':
    case 'logical-plan':
    case 'physical-plan':
      return [{ tape: payload.tape, prefix: '' }];
    case 'frame':
    case 'schema':
      return [];
  }
}
