/** An expression as a tree that opens and closes without a script. */
import type { Expr } from '../../expr/model.ts';
import { type TreeLine, treeOf } from '../../expr/tree.ts';
import { grouped } from '../../inspect/units.ts';
import { code, html, type Markup, NOTHING } from './html-markup.ts';

/**
 * Each level is three elements inside each other, and HTML parsers of browsers give up at 512: deeper nodes are counted, not drawn.
 */
const MAX_DEPTH = 64;
const MAX_NODES = 1500;
/** Trees up to this size start open, others with their first levels. */
const OPEN_NODES = 150;
const OPEN_DEPTH = 4;
const LABEL_CHARACTERS = 160;

export function expressionTree(expr: Expr, byteLink: (offset: number) => Markup | null): Markup {
  const { lines, more } = treeOf(expr, { maxDepth: MAX_DEPTH, maxLines: MAX_NODES });
  const out: Markup[] = [];
  let open = 0;
  lines.forEach((line, at) => {
    for (; open >= line.depth; open--) out.push(CLOSE);
    const next = lines[at + 1];
    const isInner = line.hidden > 0 || (next !== undefined && next.depth > line.depth);
    if (!isInner) {
      out.push(html`<li><span class="node">${nodeText(line, byteLink)}</span></li>\n`);
      return;
    }
    const state = lines.length <= OPEN_NODES || line.depth < OPEN_DEPTH ? html` open` : NOTHING;
    out.push(html`<li><details${state}><summary class="node">${nodeText(line, byteLink)}</summary><ul>\n`);
    open = line.depth;
    if (line.hidden > 0) out.push(html`<li class="more">… ${grouped(line.hidden)} more below</li>`);
  });
  for (; open > 0; open--) out.push(CLOSE);
  if (more > 0) out.push(html`<li class="more">… ${grouped(more)} more</li>`);
  return html`<ul class="tree" tabindex="0" aria-label="expression tree">${out}</ul>`;
}

const CLOSE = html`</ul></details></li>`;

function nodeText({ label, role, span }: TreeLine, byteLink: (offset: number) => Markup | null): Markup {
  const space = label.indexOf(' ');
  const kind = space === -1 ? label : label.slice(0, space);
  const rest = space === -1 ? NOTHING : html` ${code(label.slice(space + 1), LABEL_CHARACTERS)}`;
  const link = span === null ? null : byteLink(span.start);
  return html`${role === null ? NOTHING : html`<i>${role}</i> `}<b>${kind}</b>${rest}${link === null ? NOTHING : html` ${link}`}`;
}
