/** Which transport a run has, and why. */
import type { Transport, TransportName } from '../transport/transport.ts';
import type { JobGroup } from './groups.ts';
import type { PreparedInput } from './input.ts';

/** `asked`: what --transport says. What needs every row on one worker reads the file there, whatever was asked for. */
export function chooseTransport(
  asked: TransportName | undefined,
  source: PreparedInput | null,
  groups: readonly JobGroup[],
): Transport {
  if (source === null) return { name: 'split', reason: 'there is no input' };
  if (source.pipe !== null) {
    if (asked === undefined) return { name: 'pipelined', reason: 'the input comes through a pipe' };
    return { name: asked, reason: AS_ASKED };
  }
  const whole = groups.filter(({ how }) => how === 'whole');
  if (whole.length > 0 && whole.length === groups.length) {
    return { name: 'split', reason: 'one worker reads the whole input by itself' };
  }
  if (asked === undefined) return { name: 'split', reason: 'the input is a file' };
  if (whole.length === 0 || asked === 'split') return { name: asked, reason: AS_ASKED };
  const labels = whole.flatMap(({ entries }) => entries.map(({ payload }) => payload.label));
  return { name: asked, reason: `${AS_ASKED}; ${labels.join(', ')} on a worker that reads the file by itself` };
}

const AS_ASKED = 'asked for with --transport';
