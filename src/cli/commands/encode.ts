/** `dfx encode`: payloads from text. */
import type { Command } from 'commander';
import type { PayloadFormat } from '../../expr/encode.ts';
import type { Container } from '../../wire/detect.ts';
import type { Encoding } from '../../wire/encoding.ts';
import { DfxError } from '../../wire/errors.ts';
import { containerFlag, encodingFlag, oneOf, wholeNumber } from '../flags.ts';
import { addExamples, operandsOrStdin } from '../help.ts';

export const ENCODE_SOURCES = ['json', 'proto-json', 'sql'] as const;
export type EncodeSource = (typeof ENCODE_SOURCES)[number];

export interface EncodeFlags {
  readonly from?: EncodeSource;
  readonly sql?: string;
  readonly schema?: string;
  readonly input?: string;
  readonly udf: readonly string[];
  readonly as?: Container;
  readonly format?: PayloadFormat;
  readonly protocol?: number;
  readonly encoding?: Encoding;
  readonly strict: boolean;
  readonly targetPython?: string;
  readonly python?: string;
  readonly output?: string;
  readonly outDir?: string;
  readonly json: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('encode')
    .summary('build payloads from expr.json, proto JSON or SQL')
    .description(
      'Builds a payload from each file: expr.json, the proto JSON of the Rust crates, or SQL. A file is -, for standard ' +
        'input, or label=file. Python UDFs given as source need no Python here; module:name UDFs are imported and pickled ' +
        'by a local Python. Binary never goes to a terminal: there it is base64.',
    )
    .argument('[file...]', 'expr.json, proto JSON or SQL files')
    .option('--sql <text>', 'encode this SQL expression')
    .option('--from <format>', 'read the files as json, proto-json or sql', oneOf('format', ENCODE_SOURCES))
    .option('--schema <columns>', 'sql: the columns, as name:Type,… or a file (expr.json of a schema, Arrow)')
    .option('--input <file>', 'sql: take the columns from this CSV or Arrow file')
    .option('--udf <name[:family]>', 'sql: a function that the receiver has; again for more', collect, [])
    .option('--as <container>', 'proto-json: the message it is of, such as physical-expr', containerFlag)
    .option('-f, --format <format>', 'expr or pickle', oneOf<PayloadFormat>('format', ['expr', 'pickle']))
    .option('--protocol <number>', 'pickle protocol, 0 to 5 (default: 4)', wholeNumber('--protocol', 0, 5))
    .option('--encoding <encoding>', 'write raw, base64 or hex', encodingFlag)
    .option('--strict', 'send UDFs by name, without their code', false)
    .option('--target-python <version>', "the receiver's Python, such as 3.11: the stamp of UDFs given as source")
    .option('--python <path>', 'Python with cloudpickle, for module:name UDFs (default: $DFX_PYTHON, then dfx env)')
    .option('-o, --output <file>', 'write to a file, whole or not at all; - for stdout')
    .option('--out-dir <folder>', 'write a file for each input')
    .option('--json', 'one JSON document a payload and line (dfx.encode/1); errors as JSON on stderr', false)
    .action(async (files: readonly string[], flags: EncodeFlags) => {
      const operands = flags.sql === undefined ? operandsOrStdin(files, command) : files;
      if (operands === null) return;
      checkFlags(flags, operands.length);
      const { encodeCommand } = await import('../encode-command.ts');
      process.exitCode = await encodeCommand(operands, flags);
    });
  addExamples(command, [
    ['dfx encode expr.json -o payload.bin', 'from expr.json'],
    ['dfx encode --sql "a + 1 > sqrt(b)" --encoding base64', 'from SQL, to paste'],
    ['dfx encode udf.json --target-python 3.11 -o payload.bin', 'a Python UDF from its source'],
    ['dfx encode exprs/*.json --out-dir payloads --format pickle', 'many pickled expressions'],
  ]);
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function checkFlags(flags: EncodeFlags, count: number): void {
  const usage = (message: string, hint?: string): DfxError => new DfxError('USAGE', message, { hint });
  if (flags.sql !== undefined && (count > 0 || flags.from !== undefined))
    throw usage('found --sql beside files or --from', 'encode them one after the other');
  const isSql = flags.sql !== undefined || flags.from === 'sql';
  if (!isSql && (flags.schema !== undefined || flags.input !== undefined || flags.udf.length > 0))
    throw usage('found --schema, --input or --udf without SQL', 'they go with --sql or --from sql');
  if (flags.schema !== undefined && flags.input !== undefined)
    throw usage('found both --schema and --input', 'give one of them');
  if (flags.as !== undefined && (isSql || flags.from === 'json'))
    throw usage('found --as without proto JSON', 'it goes with --from proto-json');
  if (flags.protocol !== undefined && flags.format === 'expr')
    throw usage('found --protocol with the format expr', 'it goes with --format pickle');
  if (flags.output !== undefined && flags.outDir !== undefined)
    throw usage('found both --output and --out-dir', 'give one of them');
  const toOne = flags.outDir === undefined && !flags.json && (flags.encoding ?? 'raw') === 'raw';
  if (count > 1 && (toOne || (flags.output !== undefined && flags.output !== '-')))
    throw usage(`found ${count} files for one output`, 'take --out-dir, or base64 or hex, a line each');
}
