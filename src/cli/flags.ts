/** Readers of option values that several commands share. Each refuses a wrong value in words. */
import { CONTAINERS, type Container } from '../wire/detect.ts';
import type { Encoding } from '../wire/encoding.ts';
import { DfxError } from '../wire/errors.ts';
import type { Limits } from '../wire/limits.ts';

export function oneOf<T extends string>(what: string, known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((name) => name === text);
    if (found !== undefined) return found;
    throw new DfxError('USAGE', `found the ${what} ${JSON.stringify(text)}, expected one of ${known.join(', ')}`);
  };
}

export function wholeNumber(what: string, min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
    throw new DfxError('USAGE', `found ${JSON.stringify(text)} for ${what}, expected a whole number, ${range}`);
  };
}

export const containerFlag = oneOf<Container>('container', CONTAINERS);
export const encodingFlag = oneOf<Encoding>('encoding', ['raw', 'base64', 'hex']);

/** `--max-bytes`, `--max-depth` and `--max-nodes` of the commands that read payloads. */
export interface LimitFlags {
  readonly maxBytes?: number;
  readonly maxDepth?: number;
  readonly maxNodes?: number;
}

export function limitsOf({ maxBytes, maxDepth, maxNodes }: LimitFlags): Partial<Limits> {
  return {
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(maxDepth === undefined ? {} : { maxDepth }),
    ...(maxNodes === undefined ? {} : { maxNodes }),
  };
}
