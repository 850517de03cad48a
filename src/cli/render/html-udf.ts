/** A UDF as a card. */
import type {
  CallableDocument,
  FieldReport,
  ImportReport,
  NestedCallable,
  RiskReport,
  UdfReport,
  ValueReport,
} from '../../inspect/model.ts';
import { bytesText, grouped } from '../../inspect/units.ts';
import { capped, code, codeBlock, fact, factList, html, joined, type Markup, NOTHING } from './html-markup.ts';

/** `byte 40`, linked to the row that shows it. */
export type ByteLink = (offset: number) => Markup;

const SHOWN_VALUES = 60;
const SHOWN_NESTED = 40;
const SHOWN_NAMES = 120;
const SHOWN_OFFSETS = 12;
const SOURCE_CHARACTERS = 20_000;
const COMMA = html`, `;

export interface CardOptions {
  readonly byteLink: ByteLink;
  readonly redacted: boolean;
}

export function udfCard(udf: UdfReport, { byteLink, redacted }: CardOptions): Markup {
  const { callable } = udf;
  const error =
    udf.error === null
      ? NOTHING
      : html`<p class="finding bad"><b>${udf.error.code}</b> ${udf.error.offset === null ? NOTHING : byteLink(udf.error.offset)} ${udf.error.message}</p>`;
  return html`<article class="card udf">
<h4>${udf.name === null ? html`<span class="dim">UDF without a name</span>` : code(udf.name)}${tags(udf)}</h4>
${error}${signature(udf)}
${factList([
  udf.outerName !== null && udf.outerName !== udf.name ? fact('Called as', code(udf.outerName)) : null,
  fact('Transport', transportText(udf, byteLink)),
  udf.magic === null ? null : fact('Frame', frameText(udf)),
  udf.codec === null
    ? null
    : fact('Codec', html`${code(udf.codec.id)}${udf.codec.portable ? '' : ', readable in its own session only'}`),
  udf.path === '' ? null : fact('Called in', code(udf.path)),
  ...(callable === null ? [] : callableFacts(callable)),
])}${callable === null ? NOTHING : callableParts(callable, redacted)}${importsPart(udf)}${risksPart(udf, byteLink)}</article>`;
}

function tags({ family, language, python, volatility, transport }: UdfReport): readonly Markup[] {
  const texts = [
    family === null ? null : `${family.replace('_', '-')} UDF`,
    transport === 'inline' ? 'inline' : 'by name',
    python !== null ? `Python ${python}` : language === 'javascript' ? 'JavaScript' : null,
    volatility,
  ];
  return texts.flatMap((text) => (text === null ? [] : [html` <span class="tag">${text}</span>`]));
}

function signature({ name, inputs, returns, state }: UdfReport): Markup {
  if (inputs === null) return NOTHING;
  const result = returns === null || returns.length === 0 ? html`?` : joined(fieldList(returns, false), COMMA);
  const keeps = state === null ? NOTHING : html`<br><span class="dim">state</span> ${joined(fieldList(state), COMMA)}`;
  return html`<p class="signature">${code(name ?? '', 80)}(${joined(fieldList(inputs), COMMA)}) → ${result}${keeps}</p>`;
}

function fieldList(fields: readonly FieldReport[], named = true): readonly Markup[] {
  return capped(
    fields,
    SHOWN_NAMES,
    (field) => {
      const name = named ? html`${code(field.name, 80)}: ` : NOTHING;
      return html`<span class="field">${name}${fieldType(field)}</span>`;
    },
    moreText,
  );
}

export function fieldType({ type, nullable }: FieldReport): Markup {
  return html`<span class="type">${code(type)}</span>${nullable ? '' : ' not null'}`;
}

/** Keys are names and stay; values are data. */
export function fieldMetadata({ metadata = [] }: FieldReport, redacted: boolean): Markup {
  const pairs = capped(
    metadata,
    SHOWN_NAMES,
    ([key, value]) => html`${code(key, 120)} = ${redacted ? html`<span class="dim">redacted</span>` : code(value)}`,
    moreText,
  );
  return pairs.length === 0 ? NOTHING : html`<br><span class="dim">${joined(pairs, COMMA)}</span>`;
}

export function moreText(count: number): Markup {
  return html`<span class="more">… ${grouped(count)} more</span>`;
}

function transportText(udf: UdfReport, byteLink: ByteLink): Markup {
  const uses = udf.uses === 1 ? NOTHING : html`; used ${grouped(udf.uses)} times: ${offsetsText(udf, byteLink)}`;
  if (udf.transport === 'by-name') {
    return html`by name, called at ${byteLink(udf.offset)}: the receiver must have registered it${uses}`;
  }
  return html`inline, ${bytesText(udf.bytes ?? 0)} from ${byteLink(udf.offset)}${uses}`;
}

function offsetsText({ offsets }: UdfReport, byteLink: ByteLink): readonly Markup[] {
  return joined(capped(offsets, SHOWN_OFFSETS, byteLink, moreText), COMMA);
}

function frameText({ magic, version, python, language }: UdfReport): Markup {
  const by = python !== null ? `, made by Python ${python}` : language === 'javascript' ? ', JavaScript' : '';
  return html`${code(magic ?? '')} version ${version === null ? '?' : version}${by}`;
}

function callableFacts(callable: CallableDocument): readonly (ReturnType<typeof fact> | null)[] {
  const { bases, methods, doc } = callable;
  return [
    fact('Callable', callableName(callable)),
    sourcePlace(callable) === null ? null : fact('Defined in', sourcePlace(callable) ?? NOTHING),
    bases.length === 0 || bases.join() === 'builtins.object' ? null : fact('Bases', names(bases)),
    methods.length === 0 ? null : fact('Methods', names(methods.map(({ name }) => name))),
    doc === null || doc === '' ? null : fact('Docstring', codeBlock(doc, SOURCE_CHARACTERS)),
  ];
}

function callableName(callable: NestedCallable): Markup {
  const name = callable.qualname === null ? NOTHING : html` ${code(callable.qualname)}`;
  const args = callable.arguments.length === 0 ? NOTHING : html`(${names(callable.arguments)})`;
  return html`${callable.kind}${name}${args}`;
}

function sourcePlace({ file, line, module }: NestedCallable): Markup | null {
  const place = file === null ? null : html`${code(line === null ? file : `${file}:${line}`)}`;
  const within = module === null ? null : html`module ${code(module)}`;
  const parts = [place, within].filter((part) => part !== null);
  return parts.length === 0 ? null : html`${joined(parts, COMMA)}`;
}

function names(list: readonly string[]): Markup {
  const drawn = capped(list, SHOWN_NAMES, (name) => code(name, 120), moreText);
  return html`${joined(drawn, COMMA)}`;
}

function callableParts(callable: CallableDocument, redacted: boolean): Markup {
  const source =
    callable.source === null
      ? NOTHING
      : html`<h5>Source</h5>${codeBlock(callable.source.replace(/\n+$/, ''), SOURCE_CHARACTERS)}`;
  const captures =
    callable.captures.length === 0
      ? html`<h5>Captures</h5><p class="dim">nothing</p>`
      : valueTable('Captures', callable.captures, redacted);
  const nested = capped(callable.nested, SHOWN_NESTED, (each) => nestedItem(each, redacted), moreItem);
  return html`${source}${captures}${valueTable('Defaults', [...callable.defaults, ...callable.keywordDefaults], redacted)}${valueTable('Globals', callable.globals, redacted)}${valueTable('Attributes', callable.attributes, redacted)}${
    nested.length === 0 ? NOTHING : html`<h5>Travels along</h5><ul class="plain">${nested}</ul>`
  }`;
}

function moreItem(count: number): Markup {
  return html`<li class="more">… ${grouped(count)} more</li>`;
}

function nestedItem(nested: NestedCallable, redacted: boolean): Markup {
  const place = sourcePlace(nested);
  const title = html`${callableName(nested)}${place === null ? NOTHING : html` <span class="dim">${place}</span>`}`;
  const values = [
    valueTable('Captures', nested.captures, redacted),
    valueTable('Defaults', nested.defaults, redacted),
    valueTable('Globals', nested.globals, redacted),
  ];
  if (nested.captures.length + nested.defaults.length + nested.globals.length === 0) return html`<li>${title}</li>`;
  return html`<li><details><summary>${title}</summary>${values}</details></li>`;
}

function valueTable(title: string, values: readonly ValueReport[], redacted: boolean): Markup {
  if (values.length === 0) return NOTHING;
  const rows = capped(
    values,
    SHOWN_VALUES,
    ({ name, type, value, bytes }) =>
      html`<tr><th scope="row">${code(name, 120)}</th><td>${code(type, 120)}</td><td>${
        value === null ? html`<span class="dim">${redacted ? 'redacted' : '…'}</span>` : code(value)
      }</td><td class="number">${bytesText(bytes)}</td></tr>\n`,
    (count) => html`<tr><td colspan="4" class="more">… ${grouped(count)} more</td></tr>`,
  );
  return html`<h5>${title}</h5><table class="values captured"><thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Value</th><th scope="col" class="number">Size</th></tr></thead><tbody>
${rows}</tbody></table>`;
}

/** What cloudpickle itself needs is in every frame, and says nothing about the UDF. */
function importsPart({ transport, language, imports, callable }: UdfReport): Markup {
  if (transport !== 'inline' || language !== 'python' || callable === null) return NOTHING;
  const own = imports.filter(({ origin }) => origin !== 'builder');
  const builders = imports.length - own.length;
  const note =
    builders === 0 ? NOTHING : html` <span class="dim">(and ${grouped(builders)} that pickling itself needs)</span>`;
  const list = joined(
    capped(own, SHOWN_NAMES, (each) => code(importName(each)), moreText),
    COMMA,
  );
  return html`<h5>Imports by reference</h5><p>${own.length === 0 ? html`<span class="dim">nothing</span>` : list}${note}</p>`;
}

function importName({ module, name }: ImportReport): string {
  return name === '' ? module : `${module}.${name}`;
}

function risksPart({ transport, language, risks }: UdfReport, byteLink: ByteLink): Markup {
  if (transport !== 'inline' || language !== 'python') return NOTHING;
  if (risks.length === 0) return html`<h5>Risks</h5><p class="dim">none found in the pickle</p>`;
  return html`<h5>Risks</h5>${riskList(risks, byteLink)}`;
}

export function riskList(risks: readonly RiskReport[], byteLink: ByteLink): Markup {
  const items = capped(
    risks,
    SHOWN_VALUES,
    ({ severity, message, offset }) =>
      html`<li class="finding ${riskClass(severity)}"><b>${severity}</b> ${byteLink(offset)} ${message}</li>`,
    moreItem,
  );
  return html`<ul class="plain">${items}</ul>`;
}

function riskClass(severity: RiskReport['severity']): string {
  switch (severity) {
    case 'danger':
      return 'bad';
    case 'warning':
      return 'warn';
    case 'info':
      return 'note';
  }
}
