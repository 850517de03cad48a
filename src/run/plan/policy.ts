/**
 * What may run. The checks come before anything is spawned, in the order of the real receiver: a malformed frame (its version
 * too), the Python stamp, strictness; then dfx's own, the sandbox.
 */
import { DfxError } from '../../wire/errors.ts';
import { isPossiblePython, type PythonVersion, pythonText } from '../../wire/frame.ts';
import { sameVersion } from '../env/choose.ts';
import { checkModules } from '../sandbox/modules.ts';
import { probe } from '../sandbox/probe.ts';
import type { CarriedCode, CarriedDefinition } from './code.ts';
import type { OutwardNode } from './outward.ts';

export interface Policy {
  readonly strict: boolean;
  /** `off`: the user trusts the code and says so. */
  readonly sandbox: 'on' | 'off';
  /** Modules that code may take something from; undefined: any. */
  readonly allowModules?: readonly string[] | undefined;
}

/**
 * Whether a worker may open inline frames at all. The worker holds to it too, whatever dfx's reading of the bytes says: where that found no code,
 * the worker has no sandbox.
 */
export function mayOpenFrames(policy: Policy, code: CarriedCode): boolean {
  return !policy.strict && (policy.sandbox === 'off' || carriesCode(code));
}

/** The Python that the workers would run, null while none was found. */
export interface Receiver {
  readonly python: PythonVersion;
  readonly path: string;
}

/** The Python version that the first inline frame was made by. */
export function stampOf(code: CarriedCode): PythonVersion | null {
  for (const { definition } of code.definitions) {
    if (definition.outcome === 'frame' && definition.language === 'python') return definition.python;
  }
  return null;
}

/** Whether something in the payload would be run, by any reading of its bytes. */
export function carriesCode({ definitions, hidden }: CarriedCode): boolean {
  return hidden.length > 0 || definitions.some(({ definition }) => definition.outcome === 'frame');
}

/** What of its sandbox this machine can't keep, null where that doesn't matter to the payload. */
export async function lackingFor(code: CarriedCode, policy: Policy): Promise<string | null> {
  if (policy.sandbox === 'off' || policy.strict || !carriesCode(code)) return null;
  const verdict = await probe();
  return verdict.ok ? null : verdict.lacking;
}

/** Asks the kernel while the input is looked at; `lackingFor` gives the answer. */
export function askAhead(codes: readonly CarriedCode[], policy: Policy): void {
  for (const code of codes) void lackingFor(code, policy);
}

/** Throws the first refusal; returns when the expression's code may run. `lacking` comes from `lackingFor`. */
export function checkPolicy(
  code: CarriedCode,
  policy: Policy,
  receiver: Receiver | null,
  lacking: string | null,
): void {
  for (const carried of code.definitions) checkDefinition(carried, policy, receiver, lacking);
  if (policy.allowModules !== undefined && !policy.strict) checkModules(code, policy.allowModules);
  const hidden = code.hidden[0];
  if (hidden === undefined) return;
  if (policy.strict) {
    throw new DfxError('STRICT', `found the magic ${hidden.magic} of an inline UDF outside of every function node`, {
      offset: hidden.offset,
      hint: 'look at it with `dfx inspect`; without --strict it runs as a payload that carries code',
    });
  }
  if (lacking !== null) throw noSandbox(`what may be an inline UDF (${hidden.magic})`, lacking, hidden.offset);
}

function checkDefinition(
  carried: CarriedDefinition,
  policy: Policy,
  receiver: Receiver | null,
  lacking: string | null,
): void {
  const { definition, offset } = carried;
  const udf = `the ${carried.family} UDF ${JSON.stringify(carried.name)}`;
  switch (definition.outcome) {
    case 'empty':
    case 'other':
      return; // the receiver's registry answers by name
    case 'malformed':
      throw definition.error;
    case 'chain':
      throw new DfxError(
        'UDF_NOT_REGISTERED',
        `${udf} was written by the extension codec ${JSON.stringify(definition.codecId)}, which no worker has`,
        { offset, hint: 'encode it on a sender without that codec' },
      );
    case 'frame': {
      if (definition.language === 'python' && receiver !== null && !sameVersion(definition.python, receiver.python)) {
        const needed = pythonText(definition.python);
        throw new DfxError(
          'PYTHON_MISMATCH',
          `${udf} was made by Python ${needed}, and ${receiver.path} is Python ${pythonText(receiver.python)}`,
          {
            offset,
            hint: isPossiblePython(definition.python)
              ? `name a Python ${needed} with --python, or make one with \`dfx env create --python python${needed}\``
              : `there is no Python ${needed}: the bytes behind the frame's version are damaged; have the sender encode it again`,
          },
        );
      }
      if (policy.strict) {
        throw new DfxError(
          'STRICT',
          `${udf} is inline ${languageName(definition.language)} code, which --strict refuses`,
          {
            offset,
            hint: 'have the sender encode it by name and register it on the receiver, or run without --strict to allow inlining',
          },
        );
      }
      if (lacking !== null) throw noSandbox(`${languageName(definition.language)} code, ${udf}`, lacking, offset);
    }
  }
}

/**
 * Throws where a subquery's plan reaches beyond the input. It carries no code, and so has no sandbox; what it asks of files is refused before
 * anything runs.
 */
export function checkReach(outward: readonly OutwardNode[], policy: Policy): void {
  const [first] = outward;
  if (first === undefined || policy.sandbox === 'off') return;
  throw new DfxError(
    'SANDBOX_UNAVAILABLE',
    `a subquery's plan has ${first.name}, which can read or write files besides the input`,
    {
      offset: first.offset,
      hint: 'if you trust who made it, run it with --sandbox off; else have it made without a subquery',
    },
  );
}

function languageName(language: 'python' | 'javascript'): string {
  return language === 'python' ? 'Python' : 'JavaScript';
}

function noSandbox(what: string, lacking: string, offset: number): DfxError {
  return new DfxError('SANDBOX_UNAVAILABLE', `the payload carries ${what}, and there is no sandbox: ${lacking}`, {
    offset,
    hint: 'run it on a Linux that has Landlock and seccomp; or, if you trust who made it, with --sandbox off',
  });
}
