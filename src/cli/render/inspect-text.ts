/** The report for people: what it is, what it says, whose code it carries, what to watch out for. */
import type { ExpressionReport, InspectReport, Warning } from '../../inspect/model.ts';
import { bytesText, grouped } from '../../inspect/units.ts';
import { escapeText } from './escape.ts';
import { udfLines } from './inspect-udf.ts';
import { cutText, wrapLines, wrapText } from './layout.ts';
import type { Style } from './style.ts';

export interface TextOptions {
  readonly width: number;
  readonly style: Style;
}

/** An expression's tree, whose labels are not escaped yet. */
export interface ShownTree {
  readonly text: string;
}

const LABEL = 12;
const SQL_LINES = 8;
const LIST_LINES = 4;
const SHOWN_UDFS = 50;
const SHOWN_EXPRESSIONS = 100;

export function reportText(report: InspectReport, trees: readonly ShownTree[], options: TextOptions): string {
  const { style } = options;
  const lines: string[] = [];
  lines.push(style.heading(escapeText(report.file ?? 'payload')));
  lines.push(...factLines(report, options));
  // of bytes that begin with nothing readable there is nothing to show
  const isNothing = report.error !== null && report.expression?.kind === 'opaque';
  if (report.expression !== null && !isNothing)
    lines.push('', ...expressionLines(report.expression, trees[0], options));
  report.expressions.slice(0, SHOWN_EXPRESSIONS).forEach((each, at) => {
    lines.push('', ...expressionLines(each, trees[at], options));
  });
  const more = report.expressions.length - SHOWN_EXPRESSIONS;
  if (more > 0) lines.push('', `… ${more} more expressions (--json has them all)`);
  lines.push(...messageLines(report, options), ...pickleLines(report, options), ...arrowLines(report, options));
  for (const udf of report.udfs.slice(0, SHOWN_UDFS)) lines.push('', ...udfLines(udf, options));
  if (report.udfs.length > SHOWN_UDFS)
    lines.push('', `… ${report.udfs.length - SHOWN_UDFS} more UDFs (--json has them all)`);
  lines.push(...warningLines(report.warnings, options));
  if (report.error !== null) {
    const { message, offset, hint } = report.error;
    const where = offset === null ? '' : ` at byte ${grouped(offset)}`;
    lines.push('', style.error(`Broken${where}`));
    for (const line of wrapText(escapeText(message), options.width - 2)) lines.push(`  ${line}`);
    if (hint !== null)
      for (const line of wrapText(escapeText(hint), options.width - 4)) lines.push(`    ${style.dim(line)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** `  label      text`, wrapped; `text` is escaped already. */
export function labelled(
  label: string,
  text: string,
  { width, style }: TextOptions,
  maxLines = LIST_LINES,
): readonly string[] {
  return wrapLines(text, width - 2 - LABEL, maxLines).map(
    (line, at) => `  ${at === 0 ? style.dim(label.padEnd(LABEL)) : ' '.repeat(LABEL)}${line}`,
  );
}

function factLines(report: InspectReport, options: TextOptions): readonly string[] {
  const lines: string[] = [];
  const size =
    report.encoding === 'raw'
      ? bytesText(report.bytes)
      : `${bytesText(report.payloadBytes)} in ${grouped(report.bytes)} of ${report.encoding}`;
  const what = report.container === null ? 'unreadable' : report.container;
  lines.push(...labelled('container', `${what}, ${size}${report.redacted ? ', redacted' : ''}`, options));
  const others = report.alternatives.filter(({ faults }) => faults < 10);
  if (others.length > 0) {
    const texts = others.map(({ container, faults }) => `${container} (${faultsText(faults)})`);
    lines.push(...labelled('could be', texts.join(', '), options));
  }
  lines.push(...labelled('sha256', report.sha256, options));
  return lines;
}

function faultsText(faults: number): string {
  if (faults === 0) return 'no fault';
  return faults === 1 ? '1 fault' : `${faults} faults`;
}

function expressionLines(
  report: ExpressionReport,
  tree: ShownTree | undefined,
  options: TextOptions,
): readonly string[] {
  const { style, width } = options;
  const place = report.path === '' ? '' : ` ${escapeText(report.path)}, byte ${grouped(report.offset)}`;
  const lines = [style.heading(`Expression${place}`)];
  for (const line of wrapLines(escapeText(report.sql.slice(0, SQL_LINES * width * 2)), width - 2, SQL_LINES))
    lines.push(`  ${style.value(line)}`);
  if (report.nodes > 1 && tree !== undefined) {
    lines.push('');
    // labels are one line each: what is left of line breaks is dfx's own
    for (const line of tree.text.split('\n')) lines.push(`  ${cutText(escapeText(line), width - 2)}`);
  }
  lines.push('');
  const columns = report.columns.map(({ name, relation }) => (relation === null ? name : `${relation}.${name}`));
  lines.push(...labelled('columns', listText(columns), options));
  if (report.functions.length > 0)
    lines.push(...labelled('functions', listText(report.functions.map(({ name }) => name)), options));
  const nodes = report.nodes === 1 ? '1 node' : `${grouped(report.nodes)} nodes`;
  const levels = report.depth === 1 ? '1 level' : `${grouped(report.depth)} levels`;
  lines.push(
    ...labelled(
      'size',
      `${nodes} in ${levels}, ${grouped(report.messageDepth)} nested message${report.messageDepth === 1 ? '' : 's'} (receivers read 100)`,
      options,
    ),
  );
  return lines;
}

function listText(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, 100).map((name) => (name === '' ? '""' : escapeText(name)));
  return names.length > shown.length ? `${shown.join(', ')}, … ${names.length - shown.length} more` : shown.join(', ');
}

/** Plans and physical expressions: dfx has no model of them, but counts what is in them. */
function messageLines(
  { protobuf, expression, expressions, container }: InspectReport,
  options: TextOptions,
): readonly string[] {
  if (protobuf === null || expression !== null || expressions.length > 0 || container === 'pickle') return [];
  const nodes = protobuf.nodes.map(({ name, count }) => (count === 1 ? name : `${name} ×${count}`));
  return [
    '',
    options.style.heading(protobuf.message),
    ...labelled('nodes', listText(nodes), options, 8),
    ...labelled(
      'size',
      `${grouped(protobuf.fields)} fields in ${grouped(protobuf.messages)} messages, ${protobuf.depth} inside each other`,
      options,
    ),
  ];
}

function pickleLines({ pickle }: InspectReport, options: TextOptions): readonly string[] {
  if (pickle === null) return [];
  const lines = ['', options.style.heading('Pickle')];
  lines.push(...labelled('protocol', `${pickle.protocol}, ${grouped(pickle.opcodes)} opcodes`, options));
  lines.push(...labelled('imports', listText(pickle.globals), options));
  if (pickle.foreign.length > 0) {
    const parts = pickle.foreign.map(({ what, offset }) => `${what} at byte ${grouped(offset)}`);
    lines.push(...labelled('foreign', listText(parts), options));
  }
  return lines;
}

const FIELD_LINES = 60;

function arrowLines({ arrow }: InspectReport, options: TextOptions): readonly string[] {
  if (arrow === null) return [];
  const lines = ['', options.style.heading('Arrow schema')];
  lines.push(...labelled('format', `IPC ${arrow.form}, metadata ${arrow.version}, ${arrow.endian}-endian`, options));
  for (const { name, type, nullable } of arrow.fields.slice(0, FIELD_LINES)) {
    lines.push(
      ...labelled(
        'field',
        `${name === '' ? '""' : escapeText(name)}: ${escapeText(type)}${nullable ? '' : ' not null'}`,
        options,
        3,
      ),
    );
  }
  if (arrow.fields.length > FIELD_LINES)
    lines.push(...labelled('', `… ${arrow.fields.length - FIELD_LINES} more fields`, options));
  for (const [key, value] of arrow.metadata.slice(0, FIELD_LINES)) {
    lines.push(...labelled('metadata', `${escapeText(key)} = ${escapeText(value)}`, options, 2));
  }
  return lines;
}

/** Of one kind, so many are written out. */
const SHOWN_WARNINGS = 20;

function warningLines(warnings: readonly Warning[], options: TextOptions): readonly string[] {
  const { style, width } = options;
  const lines: string[] = [];
  for (const [severity, title] of [
    ['warning', 'Warnings'],
    ['note', 'Notes'],
  ] as const) {
    const these = warnings.filter((each) => each.severity === severity);
    if (these.length === 0) continue;
    const paint = severity === 'warning' ? style.warning : style.heading;
    lines.push('', paint(title));
    for (const { code, message, offset, hint } of these.slice(0, SHOWN_WARNINGS)) {
      lines.push(`  ${paint(code)}${offset === null ? '' : style.dim(`  byte ${grouped(offset)}`)}`);
      const text = hint === null ? message : `${message}; ${hint}`;
      for (const line of wrapLines(escapeText(text), width - 4, 6)) lines.push(`    ${line}`);
    }
    if (these.length > SHOWN_WARNINGS) lines.push(`  … ${these.length - SHOWN_WARNINGS} more (--json has them all)`);
  }
  return lines;
}
