/**
 * What `inspect` says about payloads, as one page that needs nothing else: no script, no font, no picture, no network. It may be opened
 * from a bug report by whoever gets it, so nothing in a payload may act in it: text is escaped in one place (`html-markup.ts`), and the
 * page forbids itself everything but its own style.
 */
import type { Expr } from '../../expr/model.ts';
import type { ExpressionReport, InspectReport } from '../../inspect/model.ts';
import type { Inspection } from '../../inspect/report.ts';
import { grouped } from '../../inspect/units.ts';
import type { DfxError } from '../../wire/errors.ts';
import { type ByteView, byteView } from './html-hex.ts';
import { code, html, type Markup, NOTHING } from './html-markup.ts';
import { type IndexEntry, type PayloadSection, page } from './html-page.ts';
import {
  arrowFacts,
  countOf,
  expressionFacts,
  findings,
  messageFacts,
  payloadTags,
  pickleFacts,
  sqlBlock,
  summary,
} from './html-summary.ts';
import { expressionTree } from './html-tree.ts';
import { udfCard } from './html-udf.ts';

interface SectionOptions {
  /** Its place among the payloads, from 0: names its anchors. */
  readonly at: number;
  /** How many payloads share the page. */
  readonly of: number;
  readonly redact: boolean;
}

export interface HtmlOptions {
  readonly redact: boolean;
}

/** A page that grows by a payload at a time, so that no more than one of them is held. */
export class PageDraft {
  private readonly sections: PayloadSection[] = [];
  private isRead = false;

  constructor(
    private readonly of: number,
    private readonly redact: boolean,
  ) {}

  /** `error` is told where there is no inspection; else the report has it. */
  add(file: string, inspection: Inspection | null, error: DfxError | null): void {
    const at = this.sections.length;
    if (inspection !== null) {
      this.isRead = true;
      this.sections.push(payloadSection(inspection, { at, of: this.of, redact: this.redact }));
    } else if (error !== null) this.sections.push(failureSection(file, error, at));
  }

  /** Null where not one of the files could be read: there is nothing to show. */
  text(): string | null {
    return this.isRead ? page(this.sections) : null;
  }
}

const SHOWN_EXPRESSIONS = 100;
const SHOWN_UDFS = 100;
/** Rows of bytes of a whole page, and the least that each of many payloads gets. */
const PAGE_ROWS = 6000;
const MAX_ROWS = 2500;
const MIN_ROWS = 64;
/** Rows that are shown because something links to them. */
const MAX_LINKED = 100;

/** The page of inspections that are all there. */
export function renderHtml(inspections: readonly Inspection[], { redact }: HtmlOptions): string {
  return page(inspections.map((each, at) => payloadSection(each, { at, of: inspections.length, redact })));
}

/** Bounded, however big the payload: lists, trees and bytes are cut and say how much is left out. */
function payloadSection(inspection: Inspection, { at, of, redact }: SectionOptions): PayloadSection {
  const { report, payload } = inspection;
  const prefix = `p${at + 1}`;
  // in old pickles an expression stands as escaped text, whose offsets are not those of the payload's bytes
  const isEscaped = payload?.exprs.some(({ escaped }) => escaped) ?? false;
  const view =
    payload === null
      ? null
      : byteView(payload, {
          prefix,
          linked: isEscaped ? [] : linkedOffsets(report),
          maxRows: Math.max(MIN_ROWS, Math.min(MAX_ROWS, Math.floor(PAGE_ROWS / of))),
          redact,
        });
  const rowOf = (offset: number): string | null => (isEscaped ? null : (view?.rowOf(offset) ?? null));
  const byteLink = (offset: number): Markup => rowLink(rowOf(offset), offset);
  const parts: Part[] = [{ id: 'summary', title: 'Summary', markup: summary(report) }];
  parts.push({ id: 'findings', title: 'Findings', markup: findings(report, byteLink) });
  parts.push(...expressionParts(inspection, rowOf), ...containerParts(report, byteLink));
  if (report.udfs.length > 0) {
    const cards = report.udfs.slice(0, SHOWN_UDFS).map((udf) => udfCard(udf, { byteLink, redacted: report.redacted }));
    parts.push({ id: 'udfs', title: 'UDFs', markup: html`${cards}${moreNote(report.udfs.length - SHOWN_UDFS)}` });
  }
  if (view !== null) parts.push(bytesPart(view, of === 1, isEscaped));
  return { entry: entryOf(report, prefix), markup: section(report, prefix, parts) };
}

/** The part of a file that couldn't even be opened. */
function failureSection(file: string, error: DfxError, at: number): PayloadSection {
  const prefix = `p${at + 1}`;
  const hint = error.hint === undefined ? NOTHING : html`<br><span class="hint">${error.hint}</span>`;
  return {
    entry: { prefix, file, container: null, bytes: null, udfs: 0, warnings: 0, error: error.code },
    markup: html`<section class="payload" id="${prefix}" aria-labelledby="${prefix}-title">
<h2 id="${prefix}-title">${code(file)}</h2>
<p class="finding bad"><span class="tag bad">error</span> <b>${error.code}</b><br>${error.message}${hint}</p>
</section>`,
  };
}

interface Part {
  readonly id: string;
  readonly title: string;
  readonly markup: Markup;
}

function section(report: InspectReport, prefix: string, parts: readonly Part[]): Markup {
  const links = parts.map(({ id, title }) => html`<li><a href="#${prefix}-${id}">${title}</a></li>`);
  const drawn = parts.map(
    ({ id, title, markup }) =>
      html`<section class="part" aria-labelledby="${prefix}-${id}"><h3 id="${prefix}-${id}">${title}</h3>
${markup}
</section>
`,
  );
  return html`<section class="payload" id="${prefix}" aria-labelledby="${prefix}-title">
<h2 id="${prefix}-title">${code(report.file ?? 'payload')}</h2>
<p class="tags">${payloadTags(report)}</p>
<nav aria-label="parts"><ul>${links}</ul></nav>
${drawn}</section>`;
}

function entryOf(report: InspectReport, prefix: string): IndexEntry {
  return {
    prefix,
    file: report.file ?? 'payload',
    container: report.container,
    bytes: report.bytes,
    udfs: report.udfs.length,
    warnings: countOf(report, 'warning'),
    error: report.error?.code ?? null,
  };
}

function rowLink(row: string | null, offset: number): Markup {
  return row === null
    ? html`<span class="offset">byte ${grouped(offset)}</span>`
    : html`<a class="offset" href="#${row}">byte ${grouped(offset)}</a>`;
}

/** What findings and cards point at, the most important first. */
function linkedOffsets({ error, warnings, udfs, pickle, expressions }: InspectReport): readonly number[] {
  const offsets: (number | null)[] = [error?.offset ?? null];
  for (const udf of udfs) offsets.push(udf.error?.offset ?? null, udf.offset);
  for (const { offset } of warnings) offsets.push(offset);
  for (const { risks } of udfs) for (const { offset } of risks) offsets.push(offset);
  for (const { offset } of [...(pickle?.foreign ?? []), ...(pickle?.risks ?? [])]) offsets.push(offset);
  for (const { offset } of expressions) offsets.push(offset);
  return [...new Set(offsets.filter((offset) => offset !== null))].slice(0, MAX_LINKED);
}

function expressionParts(inspection: Inspection, rowOf: (offset: number) => string | null): readonly Part[] {
  const { report, shown } = inspection;
  const draw = (each: ExpressionReport, expr: Expr | undefined): Markup => {
    const byteLink = (offset: number): Markup => rowLink(rowOf(offset), offset);
    const nodeLink = (offset: number): Markup | null => {
      const row = rowOf(offset);
      return row === null ? null : rowLink(row, offset);
    };
    const tree = expr === undefined ? NOTHING : expressionTree(expr, nodeLink);
    return html`${sqlBlock(each)}${tree}${expressionFacts(each, byteLink)}`;
  };
  if (report.expression !== null) {
    return [{ id: 'expression', title: 'Expression', markup: draw(report.expression, shown[0]) }];
  }
  if (report.expressions.length === 0) return [];
  const cards = report.expressions
    .slice(0, SHOWN_EXPRESSIONS)
    .map((each, at) => html`<article class="card"><h4>${code(each.path)}</h4>${draw(each, shown[at])}</article>`);
  const rest = moreNote(report.expressions.length - SHOWN_EXPRESSIONS);
  return [{ id: 'expression', title: 'Expressions', markup: html`${cards}${rest}` }];
}

function containerParts(report: InspectReport, byteLink: (offset: number) => Markup): readonly Part[] {
  const parts: Part[] = [];
  const hasExpressions = report.expression !== null || report.expressions.length > 0;
  if (report.protobuf !== null && !hasExpressions && report.container !== 'pickle') {
    parts.push({ id: 'message', title: 'Message', markup: messageFacts(report) });
  }
  if (report.pickle !== null)
    parts.push({ id: 'pickle', title: 'Pickle', markup: pickleFacts(report.pickle, byteLink) });
  if (report.arrow !== null)
    parts.push({ id: 'schema', title: 'Schema', markup: arrowFacts(report.arrow, report.redacted) });
  return parts;
}

function bytesPart(view: ByteView, isOpen: boolean, isEscaped: boolean): Part {
  const note = isEscaped
    ? html`<p class="dim">This pickle holds its expressions as escaped text: offsets inside them count from the unescaped bytes and are not linked.</p>`
    : NOTHING;
  const markup = html`${note}<details class="bytes"${isOpen ? html` open` : NOTHING}><summary>Bytes with their meaning</summary>
${view.markup}</details>`;
  return { id: 'bytes', title: 'Bytes', markup };
}

function moreNote(count: number): Markup {
  return count > 0 ? html`<p class="more">… ${grouped(count)} more; <kbd>--json</kbd> has them all</p>` : NOTHING;
}
