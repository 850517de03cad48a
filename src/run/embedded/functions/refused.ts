/** Functions of the real engine of which no call is computed here, and why: the reason is the refusal's, and `docs/functions.md` has it too. */
import { Refusal } from '../refusal.ts';
import type { ScalarFunction } from './define.ts';

export function refusedFunction(name: string, reason: string, aliases: readonly string[] = []): ScalarFunction {
  return {
    name,
    aliases,
    refused: reason,
    bind: () => {
      throw new Refusal(name, reason);
    },
  };
}

const CHANCE = 'gives other values on every run, so that no two runs can be compared';
const SCANNED = 'is answered while a file is scanned, and fails in the real engine elsewhere';
const METADATA = 'deals in the metadata of fields, which values leave behind here';

export const REFUSED_FUNCTIONS: readonly ScalarFunction[] = [
  refusedFunction('random', CHANCE, ['rand']),
  refusedFunction('uuid', CHANCE),
  refusedFunction('file_row_index', SCANNED),
  refusedFunction('input_file_name', SCANNED),
  refusedFunction('arrow_field', METADATA),
  refusedFunction('arrow_metadata', METADATA),
  refusedFunction('with_metadata', METADATA),
];
