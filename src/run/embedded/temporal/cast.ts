/** CAST and TRY_CAST where one side is a date, time, timestamp, duration or interval. */

import { DfxError } from '../../../wire/errors.ts';
import type { CastFamily } from '../cast/define.ts';

export const TEMPORAL_CASTS: CastFamily = {
  can: () => false,
  mayFail: () => true,
  cast: (column, to) => {
    throw new DfxError('DEFECT', `a cast from ${column.type.kind} to ${to.kind}`);
  },
};
