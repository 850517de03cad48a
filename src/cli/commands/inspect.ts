/** `dfx inspect`: says what a payload is, without running anything in it. */
import type { Command } from 'commander';
import { DfxError } from '../../wire/errors.ts';
import { containerFlag, encodingFlag, wholeNumber } from '../flags.ts';
import { addExamples, operandsOrStdin } from '../help.ts';
import { type InspectFlags, inspectCommand, type Streams } from '../inspect-command.ts';
import { sinkOf } from '../render/sink.ts';

function processStreams(): Streams {
  return { out: sinkOf(process.stdout), err: sinkOf(process.stderr), env: process.env };
}

export function register(program: Command, streams: () => Streams = processStreams): void {
  const command = program
    .command('inspect')
    .summary('say what a payload is and whose code it carries')
    .description(
      'Shows the container, the expression, the UDFs with their signatures, captured values and imports, and what ' +
        'receivers will stumble over. Nothing in the payload is imported, called or evaluated. Where a payload is ' +
        'broken, what could be read is shown all the same.',
    )
    .argument('[payload...]', 'payload files; - for standard input')
    .option('--json', 'one JSON document (dfx.inspect/1) a line; errors as JSON on stderr', false)
    .option('--hex', 'every byte, with what it means beside it', false)
    .option('--pickle', 'every pickle in the payload, opcode by opcode', false)
    .option('--html', 'one page with all of it, for a browser or a report', false)
    .option('-o, --output <file>', 'html: write to a file, whole or not at all; - for stdout')
    .option('--redact', 'hide literals and captured values, for sharing', false)
    .option('--as <container>', 'read as this container, whatever the bytes look like', containerFlag)
    .option('--encoding <encoding>', 'read as raw, base64 or hex', encodingFlag)
    .option('--max-bytes <count>', 'refuse longer payloads', wholeNumber('--max-bytes', 1))
    .option('--max-depth <count>', 'refuse deeper nesting', wholeNumber('--max-depth', 1))
    .option('--max-nodes <count>', 'refuse more nodes', wholeNumber('--max-nodes', 1))
    .action(async (payloads: readonly string[], flags: InspectFlags) => {
      const operands = operandsOrStdin(payloads, command);
      if (operands === null) return;
      checkFlags(flags);
      process.exitCode = await inspectCommand(operands, flags, streams());
    });
  addExamples(command, [
    ['dfx inspect payload.bin', 'what it is and what it carries'],
    ['dfx inspect --html -o report.html *.bin', 'a page to attach to a report'],
    ['dfx inspect --hex --redact payload.bin', 'every byte, to paste into a report'],
    ["dfx inspect --json *.bin | jq -r 'select(.udfs != []) | .file'", 'which files carry UDFs'],
    ['kubectl logs job/etl | tail -1 | dfx inspect', 'base64 from a log'],
  ]);
}

function checkFlags({ html, json, hex, pickle, output }: InspectFlags): void {
  const other = json ? '--json' : hex ? '--hex' : pickle ? '--pickle' : null;
  if (html && other !== null) {
    throw new DfxError('USAGE', `found --html beside ${other}`, { hint: 'call inspect once for each' });
  }
  if (!html && output !== undefined) {
    throw new DfxError('USAGE', 'found --output without --html', { hint: 'everything else goes to stdout' });
  }
}
