/**
 * Makes and checks the tables of DataFusion's protobuf messages (`src/wire/proto/tables-logical.ts` and `tables-physical.ts`).
 *
 *   node --import tsx scripts/proto-tables.ts --generate   writes them from every major of the crates
 *   node --import tsx scripts/proto-tables.ts --check      holds them against the crates that the Python packages are built from
 *
 * Both fetch single crates with cargo where the registry folder doesn't have them yet.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CHECKED_VERSIONS, majorOf, readVersion, VERSIONS } from './proto-tables/crates.ts';
import { mergeVersions } from './proto-tables/merge.ts';
import { LOGICAL_ROOTS, PHYSICAL_ROOTS, reachable, tableSource, tableText } from './proto-tables/write.ts';

function generate(): void {
  const merged = mergeVersions(VERSIONS.map((version) => ({ major: majorOf(version), schema: readVersion(version) })));
  const logical = reachable(merged, LOGICAL_ROOTS);
  const physical = reachable(merged, PHYSICAL_ROOTS);
  for (const name of logical) physical.delete(name);
  const write = (file: string, source: string): void => {
    writeFileSync(fileURLToPath(new URL(`../src/wire/proto/${file}`, import.meta.url)), source);
  };
  write(
    'tables-logical.ts',
    tableSource('LOGICAL_TABLE', 'Expressions, logical plans and what they are made of.', tableText(merged, logical)),
  );
  write(
    'tables-physical.ts',
    tableSource(
      'PHYSICAL_TABLE',
      'Physical expressions and plans, beyond what logical ones use too.',
      tableText(merged, physical),
    ),
  );
}

async function check(): Promise<number> {
  // Only here: it reads the tables, which --generate must be able to make from nothing.
  const { checkVersion } = await import('./proto-tables/check.ts');
  let differences = 0;
  for (const version of CHECKED_VERSIONS) {
    const found = checkVersion(version);
    for (const line of found.differences) console.error(`datafusion-proto ${version}: ${line}`);
    differences += found.differences.length;
    console.log(`datafusion-proto ${version}: ${found.rows} rows compared, ${found.differences.length} differences`);
  }
  return differences === 0 ? 0 : 1;
}

const mode = process.argv[2];
if (mode === '--generate') generate();
else if (mode === '--check') process.exitCode = await check();
else {
  console.error('usage: proto-tables.ts --generate | --check');
  process.exitCode = 2;
}
