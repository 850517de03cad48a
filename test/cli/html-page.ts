/**
 * Reads a page as strictly as it is written: known elements, known attributes, every quote and entity in its place. Whatever a browser
 * might forgive is an error here, so text that became markup can't hide.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

export interface PageElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** The text in it and in the elements in it. */
  text: string;
}

export interface Page {
  readonly elements: readonly PageElement[];
  readonly ids: ReadonlySet<string>;
  /** All text, as a reader sees it. */
  readonly text: string;
  readonly policy: string;
  /** Most elements inside each other. */
  readonly depth: number;
}

/** Elements that may stand in a page, with their attributes. No script, no picture, no frame, no form. */
const ELEMENTS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['html', ['lang']],
  ['head', []],
  ['meta', ['charset', 'http-equiv', 'content', 'name']],
  ['title', []],
  ['style', []],
  ['body', []],
  ...['header', 'main', 'footer', 'h1', 'h4', 'h5', 'dl', 'div', 'dt', 'dd', 'thead', 'tbody'].map(
    (name) => [name, ['class']] as const,
  ),
  ...['b', 'i', 'br', 'code', 'kbd', 'span'].map((name) => [name, ['class']] as const),
  ['section', ['class', 'id', 'aria-labelledby']],
  ['article', ['class']],
  ['nav', ['class', 'aria-label']],
  ['h2', ['id']],
  ['h3', ['id']],
  ['a', ['href', 'class']],
  ['pre', ['tabindex', 'role', 'aria-label']],
  ['p', ['class', 'tabindex', 'role', 'aria-label']],
  ['ul', ['class', 'tabindex', 'aria-label']],
  ['li', ['class']],
  ['details', ['class', 'open']],
  ['summary', ['class']],
  ['table', ['class']],
  ['tr', ['id', 'class']],
  ['th', ['scope', 'class']],
  ['td', ['class', 'colspan']],
]);
const VOID = new Set(['meta', 'br']);

/** Words of dfx, never of a payload. */
const ATTRIBUTE_VALUES: ReadonlyMap<string, RegExp> = new Map([
  ['class', /^[a-z0-9-]+( [a-z0-9-]+)*$/],
  ['id', /^p\d+(-[a-z]+\d*)?$/],
  ['href', /^#p\d+(-[a-z]+\d*)?$/],
  ['aria-labelledby', /^p\d+-[a-z]+$/],
  ['aria-label', /^[a-z ]+$/],
  ['tabindex', /^0$/],
  ['role', /^region$/],
  ['scope', /^(col|row)$/],
  ['colspan', /^[234]$/],
]);

const TAG = /<(\/?)([a-z][a-z0-9]*)((?: [a-z-]+(?:="[^"<>]*")?)*)>/y;
const ATTRIBUTE = / ([a-z-]+)(?:="([^"<>]*)")?/g;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&#96;', '`'],
]);
/** What steers a terminal, the direction of text or nothing that can be seen; line breaks and tabs are neither. */
const INVISIBLE = /[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/u;

export function readPage(source: string): Page {
  const doctype = '<!doctype html>\n';
  assert.ok(source.startsWith(doctype));
  assert.equal(INVISIBLE.exec(source)?.index ?? null, null, 'control or invisible character in the page');
  const elements: PageElement[] = [];
  const open: PageElement[] = [];
  const ids = new Set<string>();
  const texts: string[] = [];
  let style = '';
  let depth = 0;
  for (let at = doctype.length; at < source.length; ) {
    if (source[at] !== '<') {
      const next = source.indexOf('<', at);
      const end = next === -1 ? source.length : next;
      const text = decode(source.slice(at, end), at);
      for (const element of open) element.text += text;
      texts.push(text);
      at = end;
      continue;
    }
    TAG.lastIndex = at;
    const [tag = '', slash, name = '', attributes = ''] = TAG.exec(source) ?? [];
    assert.notEqual(tag, '', `no tag at ${at}: ${source.slice(at, at + 60)}`);
    at += tag.length;
    if (slash === '/') {
      assert.equal(attributes, '');
      assert.equal(open.pop()?.name, name, `</${name}> closes another element`);
      continue;
    }
    const known = ELEMENTS.get(name);
    assert.ok(known !== undefined, `<${name}> has no place in a page`);
    const element = { name, attributes: readAttributes(attributes, known, name), text: '' };
    elements.push(element);
    const id = element.attributes.get('id');
    if (id !== undefined) {
      assert.ok(!ids.has(id), `the id ${id} stands twice`);
      ids.add(id);
    }
    if (VOID.has(name)) continue;
    open.push(element);
    depth = Math.max(depth, open.length);
    if (name !== 'style') continue;
    assert.equal(style, '', 'one style element');
    const end = source.indexOf('</style', at);
    style = source.slice(at, end);
    at = end;
  }
  assert.deepEqual(open, []);
  for (const { attributes } of elements) {
    const target = attributes.get('href')?.slice(1) ?? attributes.get('aria-labelledby');
    if (target !== undefined) assert.ok(ids.has(target), `nothing has the id ${target}`);
  }
  const policies = elements.filter(({ attributes }) => attributes.get('http-equiv') === 'Content-Security-Policy');
  assert.equal(policies.length, 1);
  const policy = policies[0]?.attributes.get('content') ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  assert.equal(policy, `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
  assert.doesNotMatch(style, /url\(|@import|@font-face|expression\(|</);
  return { elements, ids, text: texts.join(''), policy, depth };
}

function readAttributes(text: string, known: readonly string[], element: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(ATTRIBUTE)) {
    assert.ok(known.includes(name), `<${element}> has the attribute ${name}`);
    assert.ok(!found.has(name));
    const decoded = decode(value, 0);
    const pattern = ATTRIBUTE_VALUES.get(name);
    if (pattern !== undefined) assert.match(decoded, pattern);
    found.set(name, decoded);
  }
  return found;
}

function decode(text: string, at: number): string {
  return text.replace(/&[^;]{0,8};?|>/g, (entity) => {
    const char = ENTITIES.get(entity);
    assert.ok(char !== undefined, `${entity} near ${at} is no entity of the page`);
    return char;
  });
}

export interface ShownBytes {
  readonly bytes: readonly string[];
  /** Bytes that the gaps between rows say they stand for. */
  readonly leftOut: number;
}

/** The byte table, read back. */
export function shownBytes(source: string): ShownBytes {
  const rows = [...source.matchAll(/<tr id="p1-b\d+" class="k-[a-z]+"><td>[\d,]+<\/td><td><span>([^<]*)<\/span>/g)];
  const gaps = [...source.matchAll(/<tr class="gap"><td colspan="3">… ([\d,]+) bytes? more/g)];
  return {
    bytes: rows.flatMap(([, hex = '']) => hex.split(' ')),
    leftOut: gaps.reduce((sum, [, count = '']) => sum + Number(count.replaceAll(',', '')), 0),
  };
}
