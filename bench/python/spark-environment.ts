/** A Python with PySpark, made when it is asked for and kept in the user's cache. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outputOf } from '../processes.ts';

const requirements = fileURLToPath(new URL('requirements-spark.txt', import.meta.url));

/** Spark 4 wants Java 17. */
const OLDEST_JAVA = 17;

/** Written last: what an environment was made of. One without it was never finished. */
const MARK = 'made-of.txt';

/** The interpreter of the environment, made by `python`, so that both sides run the same one. */
export function sparkPython(python: string): string {
  const wanted = readFileSync(requirements, 'utf8');
  const folder = join(
    cacheFolder(),
    `spark-${outputOf({ file: python, args: ['-c', 'import platform; print(platform.python_version())'] }).trim()}`,
  );
  const mark = join(folder, MARK);
  const interpreter = join(folder, 'bin', 'python');
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== wanted) {
    process.stderr.write(`making ${folder}: pip downloads PySpark and its needs, about 530 MB\n`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    outputOf({ file: python, args: ['-m', 'venv', folder] });
    outputOf({ file: interpreter, args: ['-m', 'pip', 'install', '--quiet', '-r', requirements] });
    writeFileSync(mark, wanted);
  }
  return interpreter;
}

/** XDG Base Directory Specification. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME = '' } = process.env;
  return join(XDG_CACHE_HOME === '' ? join(homedir(), '.cache') : XDG_CACHE_HOME, 'dfx', 'bench');
}

/** `17.0.15`; throws where there is none, or one that Spark doesn't take. */
export function javaVersion(): string {
  const { JAVA_HOME = '' } = process.env;
  const java = JAVA_HOME === '' ? 'java' : join(JAVA_HOME, 'bin', 'java');
  const { stderr, error } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const version = /version "([^"]+)"/.exec(stderr ?? '')?.[1];
  if (error !== undefined || version === undefined || Number.parseInt(version, 10) < OLDEST_JAVA) {
    throw new Error(
      `found ${version === undefined ? 'no Java' : `Java ${version}`}, Spark needs ${OLDEST_JAVA} or later: set JAVA_HOME`,
    );
  }
  return version;
}
