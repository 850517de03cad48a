/** Which payloads are evaluated together, over one pass of the input, by the same workers. */
import { DfxError } from '../../wire/errors.ts';
import type { How } from '../report.ts';
import type { WorkerCommand } from '../spawn/worker.ts';
import type { EngineName } from './engine.ts';
import type { PlannedPayload } from './plan.ts';

export interface JobGroup {
  readonly engine: EngineName;
  readonly command: WorkerCommand;
  readonly entries: readonly PlannedPayload[];
  /** Of all its payloads. */
  readonly how: How;
  /** Rows for which it isn't true are dropped. */
  readonly filter: PlannedPayload | null;
  /** Columns of the input that go before the results. */
  readonly keep: readonly string[];
}

export interface Grouping {
  readonly shape: 'rows' | 'value';
  readonly planned: readonly PlannedPayload[];
  readonly filter: PlannedPayload | null;
  readonly keep: readonly string[];
  /** Whether the input has several splits. */
  readonly split: boolean;
  readonly workers: number;
}

export function groupPayloads(grouping: Grouping): readonly JobGroup[] {
  const groups = grouping.shape === 'value' ? valueGroups(grouping) : rowGroups(grouping);
  for (const group of groups) refuseTables(group);
  return groups;
}

/**
 * The embedded engine takes all of one kind together. So does the real one where rows are dealt out to workers; where each payload needs
 * all rows, it has a process of its own.
 */
function valueGroups({ planned, filter }: Grouping): readonly JobGroup[] {
  const embedded = (how: How): readonly JobGroup[] => {
    const entries = planned.filter((entry) => entry.engine === 'embedded' && entry.how === how);
    return entries.length === 0 ? [] : [groupOf(entries, how, filter, [])];
  };
  const real = planned.filter(({ engine }) => engine === 'datafusion');
  const tables = new Map<string | null, PlannedPayload[]>();
  for (const entry of real.filter(({ how }) => how === 'partial')) {
    const { relation } = entry.payload;
    tables.set(relation, [...(tables.get(relation) ?? []), entry]);
  }
  return [
    ...embedded('partial'),
    ...embedded('whole'),
    ...[...tables.values()].map((entries) => groupOf(entries, 'partial', filter, [])),
    ...real.filter(({ how }) => how !== 'partial').map((entry) => groupOf([entry], entry.how, filter, [])),
  ];
}

/**
 * Row-wise results are columns of one table, put side by side split by split. Neighbours of one engine and one table go together. Where the
 * input is one piece and payloads outnumber workers, the real engine's are dealt out to processes that work side by side.
 */
function rowGroups({ planned, filter, keep, split, workers }: Grouping): readonly JobGroup[] {
  const whole = planned.some(({ how }) => how === 'whole');
  const how: How = whole ? 'whole' : 'rows';
  if (planned.length === 0) return filter === null ? [] : [groupOf([], how, filter, keep)];
  const count = Math.min(workers, planned.length);
  const groups: { entries: PlannedPayload[]; relation: string | null; part: number }[] = [];
  planned.forEach((entry, at) => {
    const { engine } = entry;
    const part = engine === 'embedded' || (split && !whole) ? 0 : Math.floor((at * count) / planned.length);
    const relation = engine === 'embedded' ? null : entry.payload.relation;
    const last = groups.at(-1);
    const together =
      last !== undefined &&
      last.part === part &&
      last.entries[0]?.engine === engine &&
      // Windows give their rows at the end, the others as they come.
      (engine === 'datafusion' || last.entries[0].payload.windows === entry.payload.windows) &&
      (last.relation === relation || last.relation === null || relation === null);
    if (together) {
      last.entries.push(entry);
      last.relation ??= relation;
    } else {
      groups.push({ entries: [entry], relation, part });
    }
  });
  const [first] = planned;
  if (keep.length > 0 && first?.engine === 'embedded' && first.payload.windows) {
    // What is kept comes as it is read, too: beside windows it has a job of its own.
    const kept: JobGroup = { engine: first.engine, command: first.command, entries: [], how, filter, keep };
    return [kept, ...groups.map(({ entries }) => groupOf(entries, how, filter, []))];
  }
  return groups.map(({ entries }, at) => groupOf(entries, how, filter, at === 0 ? keep : []));
}

function groupOf(
  entries: readonly PlannedPayload[],
  how: How,
  filter: PlannedPayload | null,
  keep: readonly string[],
): JobGroup {
  const first = entries[0] ?? filter;
  if (first === null) throw new DfxError('DEFECT', 'a job without an expression');
  return { engine: first.engine, command: first.command, entries, how, filter, keep };
}

/** The real engine gives its input one name. */
function refuseTables({ engine, entries, filter }: JobGroup): void {
  if (engine === 'embedded' || filter === null || filter.payload.relation === null) return;
  const other = entries.find(
    ({ payload }) => payload.relation !== null && payload.relation !== filter.payload.relation,
  );
  if (other === undefined) return;
  throw new DfxError(
    'UNSUPPORTED',
    `the filter reads columns of the table ${filter.payload.relation}, and ${other.payload.label} those of ${other.payload.relation}`,
    { file: filter.payload.file, hint: 'encode both with columns of one table' },
  );
}
