/**
 * Judges templates from the command line:
 * `node --import tsx test/run/embedded/judge-templates.ts [--seed 1] [--cases 300] [--aggregate | --window] [--pieces 3] [--batches 3] 'substr({str}, {int})' …`
 */
import { type Case, differences, judge, summary } from './judge.ts';
import { Random } from './random-sql.ts';
import { fill, typedTable } from './templates.ts';

const args = process.argv.slice(2);

function option(name: string, fallback: number): number {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(args.splice(at, 2)[1]);
}

function flag(name: string): boolean {
  const at = args.indexOf(`--${name}`);
  if (at >= 0) args.splice(at, 1);
  return at >= 0;
}

const random = new Random(option('seed', 1));
const count = option('cases', 300);
const pieces = option('pieces', 1);
const batches = option('batches', 1);
const kind = flag('aggregate') ? 'aggregate' : flag('window') ? 'window' : 'row';
const tables = new Map([
  ['nulls', typedTable(random, 60)],
  ['full', typedTable(random, 20, false)],
  ['empty', typedTable(random, 0)],
]);
const cases = Array.from(
  { length: count },
  (_, i): Case => ({
    table: random.pick(['nulls', 'nulls', 'nulls', 'full', 'empty']),
    kind,
    sql: fill(args[i % args.length] ?? 'NULL', random),
  }),
);
process.env['DFX_REASONS'] ??= '1';
const outcomes = await judge(tables, cases, { pieces, batches, relative: kind !== 'row' ? 1e-12 : 0 });
console.log(differences(cases, outcomes));
console.log(summary(outcomes).join('\n'));
