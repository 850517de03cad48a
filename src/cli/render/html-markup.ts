/**
 * The one way from a payload's text into a page. A string that goes through `html` is escaped, always; only {@link Markup}, which
 * nothing but this file can make, is taken as it is. Attributes never hold text of a payload: ids and links are built from numbers.
 */
import { grouped } from '../../inspect/units.ts';
import { escapeText } from './escape.ts';

export class Markup {
  readonly #text: string;

  constructor(text: string, key: typeof KEY) {
    if (key !== KEY) throw new TypeError('markup is made by html`…` only');
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

const KEY = Symbol('markup');

type Part = string | number | Markup | readonly Markup[];

/** Markup from a template: what is put into it is escaped, unless it is markup itself. */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const out: string[] = [template[0] ?? ''];
  parts.forEach((part, at) => {
    out.push(partText(part), template[at + 1] ?? '');
  });
  return new Markup(out.join(''), KEY);
}

function partText(part: Part): string {
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return part instanceof Markup ? part.toString() : part.join('');
}

export const NOTHING = html``;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
  ['`', '&#96;'],
]);

/** Control, bidirectional and invisible characters become visible escapes first, as on a terminal; then what HTML has a meaning for. */
export function escapeHtml(text: string): string {
  return escapeText(text).replace(/[&<>"'`]/g, (char) => ENTITIES.get(char) ?? '');
}

/** Most characters of one name or value. */
const SHOWN_CHARACTERS = 400;

/** Text of a payload: set apart from dfx's own words, isolated from their reading order, and cut. */
export function code(text: string, most = SHOWN_CHARACTERS): Markup {
  if (text === '') return html`<code class="empty">""</code>`;
  if (text.length <= most) return html`<code>${text}</code>`;
  return html`<code>${cut(text, most)}</code><span class="more">… ${grouped(text.length - most)} more characters</span>`;
}

/** Text of several lines, such as source: line breaks and tabs stay what they are. */
export function codeBlock(text: string, most: number): Markup {
  const parts = cut(text, most)
    .split(/([\n\t])/)
    .map((part) => (part === '\n' ? LINE_BREAK : part === '\t' ? TAB : html`${part}`));
  const rest =
    text.length <= most ? NOTHING : html`<p class="more">… ${grouped(text.length - most)} more characters</p>`;
  return html`<pre tabindex="0" role="region" aria-label="text"><code>${parts}</code></pre>${rest}`;
}

const LINE_BREAK = html`\n`;
const TAB = html`\t`;

function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  // not between the halves of a surrogate pair
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? most - 1 : most);
}

/** The first of them, and how many more there are. */
export function capped<T>(
  items: readonly T[],
  most: number,
  draw: (item: T, at: number) => Markup,
  more: (count: number) => Markup,
): readonly Markup[] {
  const drawn = items.slice(0, most).map(draw);
  return items.length > most ? [...drawn, more(items.length - most)] : drawn;
}

export function joined(parts: readonly Markup[], separator: Markup): readonly Markup[] {
  return parts.flatMap((part, at) => (at === 0 ? [part] : [separator, part]));
}

export interface Fact {
  readonly label: string;
  readonly value: Markup;
}

export function fact(label: string, value: Markup): Fact {
  return { label, value };
}

export function factList(facts: readonly (Fact | null)[]): Markup {
  const rows = facts.flatMap((each) =>
    each === null ? [] : [html`<div><dt>${each.label}</dt><dd>${each.value}</dd></div>`],
  );
  return rows.length === 0 ? NOTHING : html`<dl>${rows}</dl>`;
}
