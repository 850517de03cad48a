/** `dfx env`: the Python environments that the real engine runs in. */
import type { Command } from 'commander';
import { EXIT } from '../../wire/errors.ts';
import { untilEnded } from '../ending.ts';
import { addExamples } from '../help.ts';

interface CreateFlags {
  readonly python: string;
  readonly datafusion: string;
  readonly offline: boolean;
  readonly json: boolean;
}

export function register(program: Command): void {
  const env = program
    .command('env')
    .summary('the Python environments that the real engine runs in')
    .description('Lists, creates and removes the Python environments that `dfx run` finds by itself.');

  addExamples(env, [
    ['dfx env create', 'for the python3 on PATH'],
    ['dfx env create --python python3.12', 'for payloads that Python 3.12 made'],
    ['dfx env list', 'what is there, the preferred one first'],
  ]);

  const list = env
    .command('list', { isDefault: true })
    .description('show the environments, the preferred one first')
    .option('--json', 'one JSON document (dfx.env/1)', false)
    .action(async (flags: { readonly json: boolean }) => {
      const { listEnvironments, environmentsFolder } = await import('../../run/env/environments.ts');
      const environments = await listEnvironments();
      if (flags.json) print(documentOf(environments));
      else if (environments.length === 0) {
        process.stderr.write(`no environments in ${environmentsFolder()}; \`dfx env create\` makes one\n`);
      } else for (const environment of environments) print(`${environment.name}\t${environment.interpreter}`);
    });

  addExamples(list, [
    ['dfx env list', 'name and interpreter of each'],
    ["dfx env list --json | jq '.environments[0]'", 'the one that is tried first'],
  ]);

  const create = env
    .command('create')
    .description('download the pinned packages into a new environment')
    .option('--python <path>', 'the interpreter to make it from: a path, or a command such as python3.12', 'python3')
    .option('--datafusion <version>', 'the version of the datafusion package', '55.0.0')
    .option('--offline', 'download nothing: fail where something would be', false)
    .option('--json', 'one JSON document (dfx.env/1)', false)
    .action(async (flags: CreateFlags) => {
      const { createEnvironment } = await import('../../run/env/environments.ts');
      process.exitCode = await untilEnded(async (signal) => {
        const environment = await createEnvironment({
          python: flags.python,
          datafusion: flags.datafusion,
          offline: flags.offline,
          onLine: (line) => process.stderr.write(`${line}\n`),
          signal,
        });
        print(flags.json ? documentOf([environment]) : `${environment.name}\t${environment.interpreter}`);
        return EXIT.ok;
      });
    });

  addExamples(create, [
    ['dfx env create', 'for the python3 on PATH'],
    ['dfx env create --python python3.12 --datafusion 54.1.0', 'for a receiver of that kind'],
  ]);

  const remove = env
    .command('remove')
    .description('delete an environment')
    .argument('<name>', 'as `dfx env list` shows it')
    .option('--json', 'one JSON document (dfx.env/1)', false)
    .action(async (name: string, flags: { readonly json: boolean }) => {
      const { removeEnvironment } = await import('../../run/env/environments.ts');
      const removed = await removeEnvironment(name);
      if (flags.json) print(documentOf(removed));
      else for (const environment of removed) process.stderr.write(`removed ${environment.folder}\n`);
    });
  addExamples(remove, [['dfx env remove NAME', 'NAME as `dfx env list` shows it']]);
}

interface Shown {
  readonly name: string;
  readonly interpreter: string;
  readonly python: { readonly major: number; readonly minor: number };
  readonly datafusion: string;
}

function documentOf(environments: readonly Shown[]): string {
  return JSON.stringify({
    schema: 'dfx.env/1',
    environments: environments.map(({ name, interpreter, python, datafusion }) => ({
      name,
      interpreter,
      python: `${python.major}.${python.minor}`,
      datafusion,
    })),
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
