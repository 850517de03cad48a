/** A UDF for people. */
import type { CallableDocument, FieldReport, RiskReport, UdfReport, ValueReport } from '../../inspect/model.ts';
import { bytesText, grouped } from '../../inspect/units.ts';
import { escapeText } from './escape.ts';
import { labelled, type TextOptions } from './inspect-text.ts';
import { alignRows, cutText } from './layout.ts';

const SHOWN_VALUES = 20;
const SOURCE_LINES = 12;
const VALUE_INDENT = 14;

export function udfLines(udf: UdfReport, options: TextOptions): readonly string[] {
  const { style } = options;
  const title = `UDF ${udf.name === null ? '(no name)' : named(udf.name)}`;
  const lines = [style.heading(title)];
  const label = (name: string, text: string, maxLines?: number): void => {
    lines.push(...labelled(name, text, options, maxLines));
  };
  label('what', whatText(udf));
  if (udf.outerName !== null && udf.outerName !== udf.name) label('called as', named(udf.outerName));
  if (udf.codec !== null) {
    label('codec', `${escapeText(udf.codec.id)}${udf.codec.portable ? '' : ' (its own session only)'}`);
  }
  if (udf.magic !== null) label('frame', frameText(udf));
  if (udf.inputs !== null) {
    label(
      'signature',
      `(${fieldsText(udf.inputs)}) → ${udf.returns === null ? '?' : udf.returns.map(typeText).join(', ')}`,
    );
  }
  if (udf.state !== null) label('state', fieldsText(udf.state));
  if (udf.path !== '') label('in', escapeText(udf.path), 2);
  if (udf.callable !== null) lines.push(...callableLines(udf.callable, options));
  if (udf.transport === 'inline' && udf.language === 'python') {
    const imports = udf.imports.filter(({ origin }) => origin !== 'builder');
    const names = imports.map(({ module, name }) => escapeText(name === '' ? module : `${module}.${name}`));
    if (udf.callable !== null) label('imports', names.length === 0 ? 'none' : names.join(', '));
    if (udf.callable !== null || udf.risks.length > 0) label('risks', risksText(udf.risks));
  }
  return lines;
}

function named(name: string): string {
  return name === '' ? '""' : escapeText(name);
}

function whatText(udf: UdfReport): string {
  const kind = [
    udf.family === null ? null : `${udf.family.replace('_', '-')}`,
    udf.volatility === null ? null : escapeText(udf.volatility),
  ]
    .filter((part) => part !== null)
    .join(', ');
  const uses = udf.uses === 1 ? '' : `, used ${grouped(udf.uses)} times`;
  if (udf.transport === 'by-name')
    return `${kind}, by name: the receiver must have registered it; byte ${grouped(udf.offset)}${uses}`;
  return `${kind}${kind === '' ? '' : ', '}inline at byte ${grouped(udf.offset)}, ${bytesText(udf.bytes ?? 0)}${uses}`;
}

function frameText({ magic, version, python, language }: UdfReport): string {
  const parts = [`${escapeText(magic ?? '')} version ${version ?? '?'}`];
  if (python !== null) parts.push(`Python ${python}`);
  if (language === 'javascript') parts.push('JavaScript');
  return parts.join(', ');
}

function fieldsText(fields: readonly FieldReport[]): string {
  return fields.map((field) => `${escapeText(field.name)}: ${typeText(field)}`).join(', ');
}

function typeText({ type, nullable }: FieldReport): string {
  return `${escapeText(type)}${nullable ? '' : ' not null'}`;
}

function callableLines(callable: CallableDocument, options: TextOptions): readonly string[] {
  const lines: string[] = [];
  const label = (name: string, text: string, maxLines?: number): void => {
    lines.push(...labelled(name, text, options, maxLines));
  };
  const name = callable.qualname === null ? '' : ` ${escapeText(callable.qualname)}`;
  const isFunction = callable.kind === 'function' || callable.kind === 'lambda';
  const signature =
    callable.arguments.length > 0 || isFunction ? `(${callable.arguments.map(escapeText).join(', ')})` : '';
  label('callable', `${callable.kind}${name}${signature}`);
  if (callable.bases.length > 0 && callable.bases.join() !== 'builtins.object')
    label('bases', callable.bases.map(escapeText).join(', '));
  if (callable.methods.length > 0)
    label('methods', callable.methods.map((method) => escapeText(method.name)).join(', '));
  const place =
    callable.file === null ? '' : `${escapeText(callable.file)}${callable.line === null ? '' : `:${callable.line}`}`;
  const module = callable.module === null ? '' : `module ${escapeText(callable.module)}`;
  if (place !== '' || module !== '') label('source', [place, module].filter((part) => part !== '').join(', '));
  if (callable.source !== null) {
    const source = callable.source.split('\n');
    for (const line of source.slice(0, SOURCE_LINES))
      lines.push(cutText(`${' '.repeat(VALUE_INDENT)}${escapeText(line)}`, options.width));
    if (source.length > SOURCE_LINES)
      lines.push(`${' '.repeat(VALUE_INDENT)}… ${source.length - SOURCE_LINES} more lines`);
  }
  lines.push(...valueLines('captures', callable.captures, options, true));
  lines.push(...valueLines('defaults', [...callable.defaults, ...callable.keywordDefaults], options));
  lines.push(...valueLines('globals', callable.globals, options));
  lines.push(...valueLines('attributes', callable.attributes, options));
  const nested = callable.nested.map(({ kind, qualname, file, line }) => {
    const where = file === null ? '' : ` (${escapeText(file)}:${line ?? '?'})`;
    return `${kind} ${escapeText(qualname ?? '?')}${where}`;
  });
  if (nested.length > 0) label('carries', nested.slice(0, SHOWN_VALUES).join(', '));
  return lines;
}

function valueLines(
  label: string,
  values: readonly ValueReport[],
  options: TextOptions,
  evenNone = false,
): readonly string[] {
  if (values.length === 0) return evenNone ? labelled(label, 'nothing', options) : [];
  const { width, style } = options;
  const shown = values.slice(0, SHOWN_VALUES);
  const rows = alignRows(
    shown.map(({ name, type, value, bytes }) => [
      cutText(named(name), 24),
      // a module's value says that it is one
      value?.startsWith(type) === true
        ? escapeText(value)
        : `${escapeText(type)} ${value === null ? '…' : escapeText(value)}`,
      bytes >= 1024 ? bytesText(bytes) : '',
    ]),
    Math.max(20, width - VALUE_INDENT - 16),
  ).map((row) => cutText(row, width - VALUE_INDENT));
  if (values.length > shown.length) rows.push(`… ${values.length - shown.length} more`);
  return rows.map(
    (row, at) => `  ${at === 0 ? style.dim(label.padEnd(VALUE_INDENT - 2)) : ' '.repeat(VALUE_INDENT - 2)}${row}`,
  );
}

function risksText(risks: readonly RiskReport[]): string {
  if (risks.length === 0) return 'none found';
  return risks.map(({ severity, message }) => `${severity}: ${escapeText(message)}`).join('; ');
}
