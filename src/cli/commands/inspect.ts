/** `dfx inspect`: says what a payload is, without running anything in it. */
import type { Command } from 'commander';
import { containerFlag, encodingFlag, oneOf, wholeNumber } from '../flags.ts';
import { type InspectFlags, inspectCommand } from '../inspect-command.ts';
import { sinkOf } from '../render/sink.ts';
import { COLOR_CHOICES } from '../render/style.ts';

export function register(program: Command): void {
  program
    .command('inspect')
    .summary('say what a payload is and whose code it carries')
    .description(
      'Shows the container, the expression, the UDFs with their signatures, captured values and imports, and what\n' +
        'receivers will stumble over. Nothing in the payload is imported, called or evaluated.',
    )
    .argument('[payload...]', 'payload files; - for standard input')
    .option('--json', 'one JSON document (dfx.inspect/1) a line; errors as JSON on stderr', false)
    .option('--hex', 'every byte, with what it means beside it', false)
    .option('--pickle', 'every pickle in the payload, opcode by opcode', false)
    .option('--redact', 'hide literals and captured values, for sharing', false)
    .option('--as <container>', 'read as this container, whatever the bytes look like', containerFlag)
    .option('--encoding <encoding>', 'read as raw, base64 or hex', encodingFlag)
    .option('--max-bytes <count>', 'refuse longer payloads', wholeNumber('--max-bytes', 1))
    .option('--max-depth <count>', 'refuse deeper nesting', wholeNumber('--max-depth', 1))
    .option('--max-nodes <count>', 'refuse more nodes', wholeNumber('--max-nodes', 1))
    .option('--color <when>', 'auto, always or never', oneOf('colour choice', COLOR_CHOICES), 'auto')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  dfx inspect payload.bin\n' +
        "  dfx inspect --json *.bin | jq -r 'select(.udfs != []) | .file'\n" +
        '  dfx inspect --hex --redact payload.bin     # to paste into a report\n' +
        '  kubectl logs job/etl | tail -1 | dfx inspect -\n' +
        '\nExit code: 0, or 3 where a payload is broken; what could be read is shown all the same.\n',
    )
    .action(async (payloads: readonly string[], flags: InspectFlags, command: Command) => {
      if (payloads.length === 0 && process.stdin.isTTY) {
        command.outputHelp({ error: true });
        process.exitCode = 2;
        return;
      }
      process.exitCode = await inspectCommand(payloads.length === 0 ? ['-'] : payloads, flags, {
        out: sinkOf(process.stdout),
        err: sinkOf(process.stderr),
        env: process.env,
      });
    });
}
