/** Which payloads one worker evaluates together: row-wise results are columns of one table, read in step from all workers. */
import type { Plan, PlannedPayload } from '../plan/plan.ts';

export interface JobGroup {
  readonly entries: readonly PlannedPayload[];
  /** One table name a job: the input goes by it. */
  readonly relation: string | null;
}

/**
 * Neighbouring payloads share a worker where there are fewer workers than payloads. Payloads of another engine or of another
 * table need a worker of their own, even beyond `workers`: all results are read at the same time.
 */
export function splitColumns(plan: Plan): readonly JobGroup[] {
  const { planned, workers } = plan;
  const count = Math.min(workers, planned.length);
  const groups: { entries: PlannedPayload[]; relation: string | null; part: number }[] = [];
  planned.forEach((entry, at) => {
    const part = Math.floor((at * count) / planned.length);
    const last = groups.at(-1);
    const relation = entry.payload.relation;
    const together =
      last !== undefined &&
      last.part === part &&
      last.entries[0]?.command.file === entry.command.file &&
      (last.relation === relation || last.relation === null || relation === null);
    if (together) {
      last.entries.push(entry);
      last.relation ??= relation;
    } else {
      groups.push({ entries: [entry], relation, part });
    }
  });
  return groups;
}
