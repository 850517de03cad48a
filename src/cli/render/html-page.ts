/** The page around the payloads: its policy, its style, its index. */
import { createHash } from 'node:crypto';
import { bytesText } from '../../inspect/units.ts';
import type { Container } from '../../wire/detect.ts';
import { VERSION } from '../version.ts';
import { code, html, type Markup, NOTHING } from './html-markup.ts';
import { STYLE } from './html-style.ts';
import { countText } from './html-summary.ts';

/** A payload in the index of a page with several. */
export interface IndexEntry {
  readonly prefix: string;
  readonly file: string;
  readonly container: Container | null;
  readonly bytes: number | null;
  readonly udfs: number;
  readonly warnings: number;
  readonly error: string | null;
}

/** A payload's part of the page, drawn: the inspection behind it may go. */
export interface PayloadSection {
  readonly entry: IndexEntry;
  readonly markup: Markup;
}

export function page(sections: readonly PayloadSection[]): string {
  const [first] = sections;
  const title = first !== undefined && sections.length === 1 ? first.entry.file : `${sections.length} payloads`;
  const index = sections.length > 1 ? indexOf(sections.map(({ entry }) => entry)) : NOTHING;
  const body = sections.map(({ markup }) => html`${markup}\n`);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title.slice(0, 200)} · dfx inspect</title>
${STYLE}
</head>
<body>
<header><h1>dfx inspect</h1><p>What a DataFusion payload carries. Nothing in it was imported, called or evaluated.</p></header>
<main>
${index}${body}</main>
<footer><p>Made by dfx ${VERSION}. Offsets count in bytes of the payload without base64 or hex. Characters that control a terminal or the direction of text are written as escapes such as <code>\\x1b</code>. This page holds no script and loads nothing.</p></footer>
</body>
</html>
`.toString();
}

/** Only the page's own style applies: neither an attribute nor another style element would. */
function policy(): string {
  const style = STYLE.toString().replace(/^<style>|<\/style>$/g, '');
  const hash = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

function indexOf(entries: readonly IndexEntry[]): Markup {
  const rows = entries.map(
    ({ prefix, file, container, bytes, udfs, warnings, error }) =>
      html`<tr><th scope="row"><a href="#${prefix}">${code(file)}</a></th><td>${container ?? 'unreadable'}</td><td class="number">${
        bytes === null ? '' : bytesText(bytes)
      }</td><td class="number">${udfs === 0 ? '' : countText(udfs, 'UDF')}</td><td>${
        error === null ? NOTHING : html`<span class="tag bad">${error}</span> `
      }${warnings === 0 ? NOTHING : html`<span class="tag warn">${countText(warnings, 'warning')}</span>`}</td></tr>\n`,
  );
  return html`<nav class="index" aria-label="payloads"><h2>${entries.length} payloads</h2>
<table class="values"><thead><tr><th scope="col">Payload</th><th scope="col">Container</th><th scope="col" class="number">Size</th><th scope="col" class="number">UDFs</th><th scope="col">Findings</th></tr></thead><tbody>
${rows}</tbody></table></nav>
`;
}
