/**
 * `module:name` UDFs, pickled by a local Python's cloudpickle in a child process. It imports the modules that the user's own
 * document names; nothing of a payload gets there.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { PickleRequest } from '../expr/json/index.ts';
import type { JsonNode } from '../expr/json-text.ts';
import { chooseInterpreter, noInterpreter, sameVersion } from '../run/env/choose.ts';
import { packageRoot } from '../run/env/package-root.ts';
import { fromBase64, toBase64 } from '../wire/encoding.ts';
import { DfxError } from '../wire/errors.ts';
import { type PythonVersion, pythonText } from '../wire/frame.ts';

export type PickleModule = (request: PickleRequest) => { readonly python: PythonVersion; readonly body: Uint8Array };

/** Whether an `expr.json` names UDFs that take a Python to pickle. */
export function asksForPython(root: JsonNode): boolean {
  const list = member(root, 'udfs');
  if (list?.kind !== 'array') return false;
  return list.items.some((udf) => {
    const python = member(udf, 'python');
    return python !== undefined && member(python, 'module') !== undefined;
  });
}

function member(node: JsonNode, name: string): JsonNode | undefined {
  return node.kind === 'object' ? node.members.find(({ key }) => key === name)?.value : undefined;
}

const LONGEST_ANSWER = 2 ** 30;

/** Finds the interpreter; the function that comes back asks it for one UDF at a time. */
export async function modulePickler(
  named: string | undefined,
  target: PythonVersion | undefined,
): Promise<PickleModule> {
  const chosen = await chooseInterpreter(named, target ?? null);
  if (chosen === null) throw noInterpreter(target ?? null);
  if (target !== undefined && !sameVersion(chosen.python, target)) {
    throw new DfxError(
      'PYTHON_MISMATCH',
      `${chosen.path} is Python ${pythonText(chosen.python)}, expected ${pythonText(target)}, which the frame is for`,
      { hint: `name a Python ${pythonText(target)} with --python, or leave --target-python away` },
    );
  }
  return (request) => ask(chosen.path, request);
}

interface Answer {
  readonly python?: readonly [number, number];
  readonly body?: string;
  readonly error?: { readonly kind: string; readonly message: string };
}

function ask(path: string, request: PickleRequest): ReturnType<PickleModule> {
  const { name, reference, byValue, inputSchema, returnSchema, stateSchema, volatility } = request;
  const document = {
    path: [process.cwd()],
    name,
    reference,
    byValue,
    inputSchema: toBase64(inputSchema),
    returnSchema: toBase64(returnSchema),
    stateSchema: stateSchema === null ? null : toBase64(stateSchema),
    volatility,
  };
  const child = spawnSync(path, [join(packageRoot(), 'python', 'pickle_udfs.py')], {
    input: JSON.stringify(document),
    encoding: 'utf8',
    maxBuffer: LONGEST_ANSWER,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.error !== undefined || child.status !== 0) {
    const why = child.error?.message ?? `it ended with ${child.status ?? child.signal ?? 'a signal'}`;
    throw new DfxError('ENVIRONMENT', `${path} could not pickle the UDF "${name}": ${why}`, {
      hint: 'name another Python with --python',
    });
  }
  const { python, body, error }: Answer = JSON.parse(child.stdout); // our own script's
  if (error !== undefined || body === undefined || python === undefined) {
    throw refused(path, request, error ?? { kind: '', message: 'it gave no answer' });
  }
  const [major, minor] = python;
  return { python: { major, minor }, body: fromBase64(new TextEncoder().encode(body)) };
}

function refused(
  path: string,
  { name, reference }: PickleRequest,
  error: { readonly kind: string; readonly message: string },
): DfxError {
  const [module = ''] = reference.split(':');
  switch (error.kind) {
    case 'cloudpickle':
      return new DfxError('ENVIRONMENT', `${path} has no cloudpickle: ${error.message}`, {
        hint: 'install cloudpickle there, or name another Python with --python',
      });
    case 'import':
      return new DfxError(
        'EXECUTION',
        `the module "${module}" of the UDF "${name}" can't be imported: ${error.message}`,
        {
          hint: 'run in the folder that holds the module, set PYTHONPATH, or name the Python that has it with --python',
        },
      );
    case 'attribute':
      return new DfxError('EXECUTION', `the UDF "${name}" is not at ${reference}: ${error.message}`, {
        hint: 'write "module:name" of a function or class',
      });
    default:
      return new DfxError('EXECUTION', `the UDF "${name}" can't be pickled: ${error.message}`, {
        hint: 'a callable that holds a lock, a file or a generator does not travel: make it where it runs',
      });
  }
}
