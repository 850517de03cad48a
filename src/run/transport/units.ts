/** The parts of the input that a group's workers get, in order: splits of a file, or pieces of whole rows from a pipe. */
import { createReadStream } from 'node:fs';
import type { InputTable } from '../../io/column.ts';
import type { CsvStream } from '../../io/csv.ts';
import { openInput } from '../../io/index.ts';
import { WHOLE } from '../../io/split.ts';
import { DfxError } from '../../wire/errors.ts';
import type { JobGroup } from '../plan/groups.ts';
import type { Plan } from '../plan/plan.ts';
import { arrowPieces } from './arrow-pieces.ts';
import type { SplitUnit } from './conveyor.ts';
import type { InputSpec } from './messages.ts';

export interface Units {
  readonly units: Iterable<SplitUnit> | AsyncIterable<SplitUnit>;
  /** How many, where that is known before they are there. */
  readonly count: number | null;
  /** Ends the wait for the next one. */
  readonly cancel: () => void;
  /** Line ends before the first one. */
  readonly linesBefore: () => number;
}

/** Bytes of rows that one job gets from a pipe. */
const PIECE_BYTES = 4 * 1024 * 1024;

export function unitsOf(plan: Plan, group: JobGroup): Units {
  const { table, source } = plan;
  const pipe = source?.pipe ?? null;
  if (pipe === null) {
    const parts = group.how === 'whole' ? [WHOLE] : plan.splits;
    // Where records start and end in quoted text, the real engine isn't asked: it gets whole ones.
    if (group.engine === 'datafusion' && parts[0]?.kind === 'bytes' && source !== null)
      return csvPieces(plan, source.spec);
    return {
      units: parts.map((split) => ({ split, body: [] })),
      count: parts.length,
      cancel: () => undefined,
      linesBefore: () => 0,
    };
  }
  if (table === null) throw new DfxError('DEFECT', 'a pipe that nobody can read');
  const cancel = (): void => pipe.cancel();
  if (isCsvStream(table)) {
    const { stream } = table;
    // What was looked at for the schema, the table itself keeps.
    pipe.forget();
    const pieces = stream.pieces(PIECE_BYTES);
    return { units: whole(pieces), count: null, cancel, linesBefore: () => stream.headLines() };
  }
  return { units: whole(arrowPieces(pipe.all(), PIECE_BYTES)), count: null, cancel, linesBefore: () => 0 };
}

/** A CSV file as if it came through a pipe. */
function csvPieces({ table }: Plan, { path, csv }: InputSpec): Units {
  const file = createReadStream(path, { highWaterMark: PIECE_BYTES / 4 });
  let headLines = (): number => 0;
  const pieces = async function* (): AsyncGenerator<Uint8Array, void, void> {
    const opened = await openInput(file, { format: 'csv', csv: { ...csv, schema: table?.schema } });
    if (!isCsvStream(opened)) throw new DfxError('DEFECT', 'a CSV stream that gives no pieces');
    headLines = () => opened.stream.headLines();
    yield* opened.stream.pieces(PIECE_BYTES);
  };
  return { units: whole(pieces()), count: null, cancel: () => file.destroy(), linesBefore: () => headLines() };
}

/** Even an input without rows gives one piece: its result has a schema. */
async function* whole(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<SplitUnit, void, void> {
  let any = false;
  for await (const piece of pieces) {
    any = true;
    yield { split: WHOLE, body: [piece] };
  }
  if (!any) yield { split: WHOLE, body: [new Uint8Array(0)] };
}

export function isCsvStream(table: InputTable): table is InputTable & { readonly stream: CsvStream } {
  return 'stream' in table && table.stream !== null;
}
