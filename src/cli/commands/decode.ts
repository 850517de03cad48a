/** `dfx decode`: payloads as text. */
import type { Command } from 'commander';
import type { Container } from '../../wire/detect.ts';
import type { Encoding } from '../../wire/encoding.ts';
import { DfxError } from '../../wire/errors.ts';
import { containerFlag, encodingFlag, type LimitFlags, oneOf, wholeNumber } from '../flags.ts';
import { addExamples, operandsOrStdin } from '../help.ts';

export const DECODE_FORMATS = ['json', 'proto-json', 'sql', 'tree'] as const;
export type DecodeFormat = (typeof DECODE_FORMATS)[number];

export interface DecodeFlags extends LimitFlags {
  readonly format: DecodeFormat;
  readonly lossy: boolean;
  readonly redact: boolean;
  readonly as?: Container;
  readonly encoding?: Encoding;
  readonly output?: string;
  readonly outDir?: string;
  readonly json: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('decode')
    .summary('show payloads as expr.json, proto JSON, SQL or a tree')
    .description(
      'Gives each payload back as text. expr.json is lossless: `dfx encode` makes the same bytes of it. Nothing in a ' +
        'payload is loaded or run. A payload is a file, - for standard input, or label=file.',
    )
    .argument('[payload...]', 'payload files')
    .option('-f, --format <format>', DECODE_FORMATS.join(', '), oneOf('format', DECODE_FORMATS), 'json')
    .option('--lossy', 'proto-json: drop what it has no words for, instead of refusing', false)
    .option('--redact', 'hide literals, captured values and code, for sharing; the text can not be encoded', false)
    .option('-o, --output <file>', 'write to a file, whole or not at all; - for stdout')
    .option('--out-dir <folder>', 'write a file for each payload')
    .option('--as <container>', 'read as this container, whatever the bytes look like', containerFlag)
    .option('--encoding <encoding>', 'read as raw, base64 or hex', encodingFlag)
    .option('--max-bytes <count>', 'refuse longer payloads', wholeNumber('--max-bytes', 1))
    .option('--max-depth <count>', 'refuse deeper nesting', wholeNumber('--max-depth', 1))
    .option('--max-nodes <count>', 'refuse more nodes', wholeNumber('--max-nodes', 1))
    .option('--json', 'one JSON document a payload and line (dfx.decode/1); errors as JSON on stderr', false)
    .action(async (payloads: readonly string[], flags: DecodeFlags) => {
      const operands = operandsOrStdin(payloads, command);
      if (operands === null) return;
      checkFlags(flags, operands.length);
      const { decodeCommand } = await import('../decode-command.ts');
      process.exitCode = await decodeCommand(operands, flags);
    });
  addExamples(command, [
    ['dfx decode payload.bin', 'expr.json, which encodes to the same bytes'],
    ['dfx decode payload.bin --format sql', 'the expression as SQL'],
    ['dfx decode *.bin --out-dir decoded', 'a file for each'],
    ['dfx decode a.bin | sed s/10/20/ | dfx encode -o b.bin', 'a payload with another number'],
  ]);
}

function checkFlags(flags: DecodeFlags, count: number): void {
  if (flags.lossy && flags.format !== 'proto-json')
    throw new DfxError('USAGE', `found --lossy with the format ${flags.format}, expected proto-json`);
  if (flags.redact && flags.format === 'proto-json') {
    throw new DfxError('USAGE', 'found --redact with the format proto-json, which has no place for what is hidden', {
      hint: 'take json, sql or tree',
    });
  }
  if (flags.output !== undefined && flags.outDir !== undefined)
    throw new DfxError('USAGE', 'found both --output and --out-dir', { hint: 'give one of them' });
  if (flags.output !== undefined && flags.output !== '-' && count > 1)
    throw new DfxError('USAGE', `found ${count} payloads for one --output`, { hint: 'take --out-dir' });
}
