/**
 * What may run. The checks come before anything is spawned, in the order of the real receiver: a malformed frame (its version
 * too), the Python stamp, strictness; then dfx's own, the sandbox.
 */
import { DfxError } from '../../wire/errors.ts';
import { type PythonVersion, pythonText } from '../../wire/frame.ts';
import { sameVersion } from '../env/choose.ts';
import type { CarriedCode, CarriedDefinition } from './code.ts';
import type { OutwardNode } from './outward.ts';

export interface Policy {
  readonly strict: boolean;
  /** `off`: the user trusts the code and says so. */
  readonly sandbox: 'on' | 'off';
}

/** Whether a worker may open inline frames at all. The worker holds to it too, whatever dfx's reading of the bytes says. */
export function mayOpenFrames(policy: Policy): boolean {
  return policy.sandbox === 'off' && !policy.strict;
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

/** Throws the first refusal; returns when the expression's code may run. */
export function checkPolicy(code: CarriedCode, policy: Policy, receiver: Receiver | null): void {
  for (const carried of code.definitions) checkDefinition(carried, policy, receiver);
  const hidden = code.hidden[0];
  if (hidden === undefined) return;
  if (policy.strict) {
    throw new DfxError('STRICT', `found the magic ${hidden.magic} of an inline UDF outside of every function node`, {
      offset: hidden.offset,
      hint: 'look at it with `dfx inspect`; without --strict it runs as a payload that carries code',
    });
  }
  if (policy.sandbox === 'on') throw noSandbox(`what may be an inline UDF (${hidden.magic})`, hidden.offset);
}

function checkDefinition(carried: CarriedDefinition, policy: Policy, receiver: Receiver | null): void {
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
            hint: `name a Python ${needed} with --python, or make one with \`dfx env create --python python${needed}\``,
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
      if (policy.sandbox === 'on') throw noSandbox(`${languageName(definition.language)} code, ${udf}`, offset);
    }
  }
}

/** Throws where a subquery's plan reaches beyond the input, which no sandbox keeps from private files yet. */
export function checkReach(outward: readonly OutwardNode[], policy: Policy): void {
  const [first] = outward;
  if (first === undefined || policy.sandbox === 'off') return;
  throw new DfxError(
    'SANDBOX_UNAVAILABLE',
    `a subquery's plan has ${first.name}, which can read or write files, and there is no sandbox to keep it from private ones`,
    {
      offset: first.offset,
      hint: 'if you trust who made it, run it with --sandbox off; else have it made without a subquery',
    },
  );
}

function languageName(language: 'python' | 'javascript'): string {
  return language === 'python' ? 'Python' : 'JavaScript';
}

function noSandbox(what: string, offset: number): DfxError {
  return new DfxError(
    'SANDBOX_UNAVAILABLE',
    `the payload carries ${what}, and there is no sandbox to keep it from the network, other processes and private files`,
    {
      offset,
      hint: 'if you trust who made it, run it with --sandbox off; else have it made of built-in functions only',
    },
  );
}
