/** What `dfx inspect` does once its flags are read. */
import { toTree } from '../expr/tree.ts';
import { hexLines } from '../inspect/hex.ts';
import type { InspectReport } from '../inspect/model.ts';
import { opcodeLines, pickleListings } from '../inspect/opcodes.ts';
import { type Inspection, inspect } from '../inspect/report.ts';
import type { Container } from '../wire/detect.ts';
import { type Encoding, toHex } from '../wire/encoding.ts';
import { DfxError, EXIT } from '../wire/errors.ts';
import type { Limits } from '../wire/limits.ts';
import { type LimitFlags, limitsOf } from './flags.ts';
import { type Operand, readInput, readOperands } from './input-file.ts';
import { errorText, ReaderGone, writeFileWhole } from './output.ts';
import { escapeText } from './render/escape.ts';
import type { PageDraft } from './render/html.ts';
import { hexRows } from './render/inspect-hex.ts';
import { opcodeRow } from './render/inspect-pickle.ts';
import { reportText } from './render/inspect-text.ts';
import { type Sink, TextWriter } from './render/sink.ts';
import { type ColorChoice, loadStyle, type Style, wantsColor } from './render/style.ts';

export interface InspectFlags extends LimitFlags {
  readonly json: boolean;
  readonly hex: boolean;
  readonly pickle: boolean;
  readonly html: boolean;
  /** Of the page; `-` for stdout, which is the default. */
  readonly output?: string;
  readonly redact: boolean;
  readonly as?: Container;
  readonly encoding?: Encoding;
  readonly color: ColorChoice;
}

/** Where the command's text goes. */
export interface Streams {
  readonly out: Sink;
  readonly err: Sink;
  readonly env: NodeJS.ProcessEnv;
}

/** Lines of an expression's tree that are shown. */
const TREE_LINES = 30;
const TREE_DEPTH = 12;

/** Inspects each operand in turn, and gives the greatest exit code. One bad payload doesn't stop the others. */
export async function inspectCommand(
  operands: readonly string[],
  flags: InspectFlags,
  { out, err, env }: Streams,
): Promise<number> {
  const writer = new TextWriter(out);
  let worst: number = EXIT.ok;
  try {
    const style = await loadStyle(!flags.json && wantsColor(flags.color, out.isTerminal, env));
    const limits = limitsOf(flags);
    let shown = 0;
    const inputs = readOperands(operands);
    const page = flags.html ? await startPage(inputs.length, flags.redact) : null;
    for (const operand of inputs) {
      const { inspection, error } = await examine(operand, flags, limits);
      if (page !== null) page.add(operand.name, inspection, error);
      else if (inspection !== null) {
        const separator = shown++ > 0 && !flags.json ? '\n' : '';
        await writer.add(separator);
        if (flags.json) await writeDocument(writer, inspection, flags);
        else await writeText(writer, inspection, flags, out, style);
      }
      if (error !== null) {
        // what could be read comes before what went wrong
        await writer.flush();
        await err.write(errorText(error, flags.json));
        worst = Math.max(worst, error.exitCode);
      }
    }
    const text = page?.text() ?? null;
    if (text !== null && flags.output !== undefined && flags.output !== '-') await writeFileWhole(flags.output, text);
    else if (text !== null) await writer.add(text);
    await writer.flush();
  } catch (error) {
    if (error instanceof ReaderGone) return EXIT.ok;
    throw error;
  }
  return worst;
}

/** The page's modules load only where one is asked for. */
async function startPage(count: number, redact: boolean): Promise<PageDraft> {
  const { PageDraft } = await import('./render/html.ts');
  return new PageDraft(count, redact);
}

interface Examined {
  readonly inspection: Inspection | null;
  readonly error: DfxError | null;
}

async function examine(operand: Operand, flags: InspectFlags, limits: Partial<Limits>): Promise<Examined> {
  const file = operand.name;
  try {
    const bytes = await readInput(operand, limits.maxBytes);
    const inspection = inspect(bytes, {
      as: flags.as,
      encoding: flags.encoding,
      limits,
      file,
      redact: flags.redact,
      sha256: await hashOf(bytes),
    });
    return { inspection, error: inspection.error?.at({ file }) ?? null };
  } catch (error) {
    if (error instanceof DfxError) return { inspection: null, error: error.at({ file }) };
    throw error;
  }
}

/** From here on node's own hash is faster, its loading counted in. */
const LONG = 1 << 16;

async function hashOf(bytes: Uint8Array): Promise<string | undefined> {
  if (bytes.length < LONG) return undefined;
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(bytes).digest('hex');
}

async function writeText(
  writer: TextWriter,
  inspection: Inspection,
  flags: InspectFlags,
  { width, isTerminal }: Sink,
  style: Style,
): Promise<void> {
  const { report } = inspection;
  if (!flags.hex && !flags.pickle) {
    const trees = inspection.shown.map((expr) => ({
      text: toTree(expr, { maxLines: TREE_LINES, maxDepth: TREE_DEPTH }),
    }));
    await writer.add(reportText(report, trees, { width, style }));
    return;
  }
  const heading = style.heading(
    `${escapeText(report.file ?? '')}: ${report.container ?? 'unreadable'}, ${report.payloadBytes} bytes`,
  );
  await writer.add(`${heading}\n`);
  if (flags.hex && inspection.payload !== null) {
    const { payload } = inspection;
    for (const line of hexLines(payload, { redact: flags.redact })) {
      await writer.add(hexRows(line, payload.bytes, { width, style, cut: isTerminal }));
    }
  }
  if (!flags.pickle) return;
  const listings = pickleListings(inspection);
  if (listings.length === 0) await writer.add('there is no pickle in it\n');
  for (const { title, reading } of listings) {
    await writer.add(
      `${flags.hex ? '\n' : ''}${style.heading(`pickle of ${escapeText(title)}, protocol ${reading.protocol}`)}\n`,
    );
    for (const line of opcodeLines(reading, flags.redact)) await writer.add(opcodeRow(line, width, style, isTerminal));
  }
}

/** One line. Bytes and opcodes, where they are asked for, are written piece by piece behind the report's own members. */
async function writeDocument(writer: TextWriter, inspection: Inspection, flags: InspectFlags): Promise<void> {
  const report: InspectReport = inspection.report;
  await writer.add(JSON.stringify(report).slice(0, -1));
  const { payload } = inspection;
  if (flags.hex) {
    await writer.add(',"hex":[');
    let separator = '';
    for (const line of payload === null ? [] : hexLines(payload, { redact: flags.redact })) {
      const { offset, end, depth, kind, label, value, hiddenFrom } = line;
      const bytes = toHex(payload?.bytes.subarray(offset, hiddenFrom ?? end) ?? new Uint8Array(0));
      await writer.add(`${separator}${JSON.stringify({ offset, end, depth, kind, label, value, bytes })}`);
      separator = ',';
    }
    await writer.add(']');
  }
  if (flags.pickle) {
    await writer.add(',"disassembly":[');
    let separator = '';
    for (const { title, reading } of pickleListings(inspection)) {
      const { protocol, offset } = reading;
      await writer.add(`${separator}${JSON.stringify({ title, offset, protocol }).slice(0, -1)},"opcodes":[`);
      separator = ',';
      let between = '';
      for (const line of opcodeLines(reading, flags.redact)) {
        await writer.add(`${between}${JSON.stringify(line)}`);
        between = ',';
      }
      await writer.add(']}');
    }
    await writer.add(']');
  }
  await writer.add('}\n');
}
