/** What a payload is, what is wrong with it, and what its containers hold. */
import type { ArrowReport, ExpressionReport, InspectReport, PickleReport, Warning } from '../../inspect/model.ts';
import { bytesText, grouped } from '../../inspect/units.ts';
import type { Container } from '../../wire/detect.ts';
import { capped, code, fact, factList, html, joined, type Markup, NOTHING } from './html-markup.ts';
import { type ByteLink, fieldMetadata, fieldType, moreText, riskList } from './html-udf.ts';

const SHOWN = 200;
const SQL_CHARACTERS = 20_000;
const COMMA = html`, `;

export function payloadTags(report: InspectReport): readonly Markup[] {
  const tags = [html`<span class="tag">${report.container ?? 'unreadable'}</span>`];
  const add = (kind: Markup, text: string): number => tags.push(html` <span class="${kind}">${text}</span>`);
  add(TAG, bytesText(report.bytes));
  if (report.udfs.length > 0) add(TAG, countText(report.udfs.length, 'UDF'));
  if (report.error !== null) add(html`tag bad`, 'broken');
  const warnings = countOf(report, 'warning');
  const notes = countOf(report, 'note');
  if (warnings > 0) add(html`tag warn`, countText(warnings, 'warning'));
  if (notes > 0) add(html`tag note`, countText(notes, 'note'));
  if (report.redacted) add(TAG, 'redacted');
  return tags;
}

const TAG = html`tag`;

export function countOf(report: InspectReport, severity: Warning['severity']): number {
  return report.warnings.filter((each) => each.severity === severity).length;
}

export function countText(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;
}

const CONTAINERS: Readonly<Record<Container, string>> = {
  expr: 'a logical expression (protobuf)',
  'expr-list': 'a list of logical expressions (protobuf)',
  'physical-expr': 'a physical expression (protobuf)',
  'logical-plan': 'a logical plan (protobuf)',
  'physical-plan': 'a physical plan (protobuf)',
  pickle: 'a Python pickle that holds expressions',
  frame: 'a bare inline UDF frame or codec envelope',
  schema: 'an Arrow IPC schema',
};

/** A reading with more faults is none. */
const LIKELY_FAULTS = 10;

export function summary(report: InspectReport): Markup {
  const others = report.alternatives
    .filter(({ faults }) => faults < LIKELY_FAULTS)
    .map(({ container, faults }) => html`${container} <span class="dim">(${faultsText(faults)})</span>`);
  const within =
    report.encoding === 'raw' ? '' : ` of ${report.encoding} text, ${bytesText(report.payloadBytes)} in it`;
  return factList([
    fact(
      'Container',
      report.container === null
        ? html`unreadable`
        : html`<b>${report.container}</b>, ${CONTAINERS[report.container] ?? ''}`,
    ),
    fact('Size', html`${bytesText(report.bytes)}${within}`),
    fact('SHA-256', html`<code>${report.sha256}</code>`),
    others.length === 0 ? null : fact('Could also be', html`${joined(others, COMMA)}`),
    report.redacted ? fact('Redacted', html`literals, captured values and source text are left out`) : null,
  ]);
}

function faultsText(faults: number): string {
  if (faults === 0) return 'no fault';
  return faults === 1 ? '1 fault' : `${faults} faults`;
}

/** The error first, then warnings, then notes. */
export function findings(report: InspectReport, byteLink: ByteLink): Markup {
  const { error } = report;
  const items: Markup[] = [];
  if (error !== null) items.push(finding('bad', 'error', error, byteLink));
  for (const severity of ['warning', 'note'] as const) {
    const these = report.warnings.filter((each) => each.severity === severity);
    items.push(
      ...capped(
        these,
        SHOWN,
        (each) => finding(severity === 'warning' ? 'warn' : 'note', severity, each, byteLink),
        (count) =>
          html`<li class="more">… ${countText(count, `more ${severity}`)}; <kbd>--json</kbd> has them all</li>`,
      ),
    );
  }
  if (items.length === 0) return html`<p class="dim">Nothing to warn about.</p>`;
  return html`<ul class="plain">${items}</ul>`;
}

interface Finding {
  readonly code: string;
  readonly message: string;
  readonly offset: number | null;
  readonly hint: string | null;
}

function finding(
  kind: 'bad' | 'warn' | 'note',
  word: string,
  { code: name, message, offset, hint }: Finding,
  byteLink: ByteLink,
): Markup {
  const place = offset === null ? NOTHING : html` ${byteLink(offset)}`;
  const next = hint === null ? NOTHING : html`<br><span class="hint">${hint}</span>`;
  return html`<li class="finding ${kind}"><span class="tag ${kind}">${word}</span> <b>${name}</b>${place}<br>${message}${next}</li>\n`;
}

export function expressionFacts(report: ExpressionReport, byteLink: ByteLink): Markup {
  const columns = joined(
    capped(
      report.columns,
      SHOWN,
      ({ name, relation }) =>
        relation === null ? code(name, 120) : html`<span class="dim">${code(relation, 120)}.</span>${code(name, 120)}`,
      moreText,
    ),
    COMMA,
  );
  const functions = joined(
    capped(
      report.functions,
      SHOWN,
      ({ name, family, builtIn }) =>
        html`${code(name, 120)} <span class="dim">${family.replace('_', '-')}${builtIn ? '' : ', not built in'}</span>`,
      moreText,
    ),
    COMMA,
  );
  const deep = report.messageDepth > 100 ? html` class="over"` : NOTHING;
  return factList([
    fact('Columns', columns.length === 0 ? html`<span class="dim">none</span>` : html`${columns}`),
    functions.length === 0 ? null : fact('Functions', html`${functions}`),
    fact(
      'Size',
      html`${countText(report.nodes, 'node')} in ${countText(report.depth, 'level')}, ${bytesText(report.bytes)} from ${byteLink(report.offset)}`,
    ),
    fact('Nesting', html`<span${deep}>${countText(report.messageDepth, 'nested message')}; receivers read 100</span>`),
  ]);
}

export function sqlBlock({ sql, sqlExact }: ExpressionReport): Markup {
  const note = sqlExact
    ? NOTHING
    : html`<p class="dim">For reading only: this text doesn’t parse back to the same expression.</p>`;
  return html`<p class="sql" tabindex="0" role="region" aria-label="expression as text">${code(sql, SQL_CHARACTERS)}</p>${note}`;
}

/** Plans and physical expressions: dfx has no model of them, but counts what is in them. */
export function messageFacts({ protobuf }: InspectReport): Markup {
  if (protobuf === null) return NOTHING;
  const nodes = capped(
    protobuf.nodes,
    SHOWN,
    ({ name, count }) => html`${code(name)}${count === 1 ? '' : ` ×${grouped(count)}`}`,
    moreText,
  );
  return factList([
    fact('Message', code(protobuf.message)),
    fact('Nodes', nodes.length === 0 ? html`<span class="dim">none</span>` : html`${joined(nodes, COMMA)}`),
    fact(
      'Size',
      html`${countText(protobuf.fields, 'field')} in ${countText(protobuf.messages, 'message')}, ${grouped(protobuf.depth)} inside each other`,
    ),
  ]);
}

export function pickleFacts(pickle: PickleReport, byteLink: ByteLink): Markup {
  const globals = capped(pickle.globals, SHOWN, (name) => code(name, 120), moreText);
  const foreign = capped(
    pickle.foreign,
    SHOWN,
    ({ what, offset, path }) =>
      html`<li>${code(what)} ${byteLink(offset)}${path === null ? NOTHING : html` in ${code(path)}`}</li>`,
    (count) => html`<li class="more">… ${grouped(count)} more</li>`,
  );
  return html`${factList([
    fact('Protocol', html`${pickle.protocol}, ${countText(pickle.opcodes, 'opcode')}`),
    fact('Imports', globals.length === 0 ? html`<span class="dim">none</span>` : html`${joined(globals, COMMA)}`),
    pickle.trailing === 0 ? null : fact('After its end', html`${bytesText(pickle.trailing)}`),
    foreign.length === 0 ? null : fact('Foreign', html`<ul class="plain">${foreign}</ul>`),
  ])}${pickle.risks.length === 0 ? NOTHING : riskList(pickle.risks, byteLink)}`;
}

export function arrowFacts(arrow: ArrowReport, redacted: boolean): Markup {
  const fields = capped(
    arrow.fields,
    SHOWN,
    (field) =>
      html`<tr><th scope="row">${code(field.name, 120)}</th><td>${fieldType(field)}${fieldMetadata(field, redacted)}</td></tr>\n`,
    (count) => html`<tr><td colspan="2" class="more">… ${countText(count, 'more field')}</td></tr>`,
  );
  const metadata = capped(
    arrow.metadata,
    SHOWN,
    ([key, value]) =>
      html`<li>${code(key, 120)} = ${redacted ? html`<span class="dim">redacted</span>` : code(value)}</li>`,
    (count) => html`<li class="more">… ${grouped(count)} more</li>`,
  );
  return html`${factList([
    fact('Format', html`IPC ${arrow.form}, metadata ${arrow.version}, ${arrow.endian}-endian`),
    metadata.length === 0 ? null : fact('Metadata', html`<ul class="plain">${metadata}</ul>`),
  ])}<table class="values"><thead><tr><th scope="col">Field</th><th scope="col">Type</th></tr></thead><tbody>
${fields}</tbody></table>`;
}
