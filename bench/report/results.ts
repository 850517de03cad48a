/** The files that a run of the benchmark leaves: `latest` has each section as it was measured last, on this kind of machine. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Section } from '../section.ts';
import { type Facts, resultsPage } from './page.ts';

export interface Results {
  /** ISO 8601: of the last run. */
  readonly date: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly sections: readonly Section[];
}

/**
 * What was measured before stays where it wasn't measured anew: each section says when it was. Figures of another machine, or of other versions, go.
 * The order is that of the old ones, and new ones behind them.
 */
export function merged(before: Results | null, now: Results): Results {
  const dated = now.sections.map((section) => ({ ...section, measured: now.date }));
  if (before === null || JSON.stringify(before.machine) !== JSON.stringify(now.machine))
    return { ...now, sections: dated };
  const kept = before.sections.map(
    (section) =>
      dated.find(({ title }) => title === section.title) ?? { ...section, measured: section.measured ?? before.date },
  );
  return { ...now, sections: [...kept, ...dated.filter((section) => !kept.includes(section))] };
}

/** `isFull`: whether sections were measured as they are by default; others don't go into `latest`. */
export function writeResults(folder: URL, facts: Facts, sections: readonly Section[], isFull: boolean): void {
  mkdirSync(folder, { recursive: true });
  const date = new Date().toISOString();
  const now: Results = { date, machine: Object.fromEntries(facts), sections };
  writeFiles(folder, date.replaceAll(':', '-'), facts, now);
  if (!isFull) return;
  const latest = new URL('latest.json', folder);
  const before: Results | null = existsSync(latest) ? JSON.parse(readFileSync(latest, 'utf8')) : null;
  writeFiles(folder, 'latest', facts, merged(before, now));
}

function writeFiles(folder: URL, name: string, facts: Facts, results: Results): void {
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(new URL(`${name}.html`, folder), resultsPage(facts, results.date, results.sections));
}
