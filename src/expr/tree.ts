/**
 * An expression as a tree of lines, one a node: for `decode --format tree` and `inspect`.
 *
 * ```
 * Gt
 * ├─ Plus
 * │  ├─ Column a
 * │  └─ Literal Int64(1)
 * └─ ScalarFunction sqrt
 *    └─ Column b
 * ```
 *
 * Labels keep the control characters of names and strings: whoever writes them to a terminal escapes them first. Only what
 * would break a line is written as an escape by `toTree`: line breaks and tabs.
 */
import type { Span } from '../wire/limits.ts';
import type { Expr } from './model.ts';
import { type Branch, branchesOf, labelOf } from './tree-labels.ts';
import { countNodes } from './walk.ts';

export interface TreeOptions {
  /** Deepest level that is shown, the root being 1. Default: 256, since each level is indented under its parent. */
  readonly maxDepth?: number | undefined;
  /** Most lines that are shown, the one that counts the rest included. Default: all. */
  readonly maxLines?: number | undefined;
}

export interface TreeTextOptions extends TreeOptions {
  /** Branches of `|-`, `` `- `` and `|` instead of box characters. */
  readonly ascii?: boolean | undefined;
}

export interface TreeLine {
  /** 1 for the root. */
  readonly depth: number;
  /** What the node is: `Plus`, `Column a`, `Literal Int64(2)`. */
  readonly label: string;
  /** What the node is to its parent where its place doesn't tell: `when`, `filter`, `order by`. */
  readonly role: string | null;
  /** The node's bytes in the payload; null where it wasn't read from one. */
  readonly span: Span | null;
  readonly expr: Expr;
  readonly parent: TreeLine | null;
  /** Whether no sibling follows. */
  readonly isLast: boolean;
  /** Nodes below this one that `maxDepth` left out. */
  readonly hidden: number;
}

export interface Tree {
  readonly lines: readonly TreeLine[];
  /** Nodes that `maxLines` left out; those that `maxDepth` left out are counted by the lines. */
  readonly more: number;
}

const DEFAULT_MAX_DEPTH = 256;

interface Pending extends Branch {
  readonly parent: TreeLine | null;
  readonly isLast: boolean;
}

/** The tree's lines in the order of the text, in time and memory in proportion to the expression. */
export function treeOf(root: Expr, options: TreeOptions = {}): Tree {
  const maxDepth = options.maxDepth ?? DEFAULT_MAX_DEPTH;
  const maxLines = options.maxLines ?? Number.POSITIVE_INFINITY;
  const lines: TreeLine[] = [];
  const pending: Pending[] = [{ role: null, expr: root, parent: null, isLast: true }];
  let shown = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const depth = next.parent === null ? 1 : next.parent.depth + 1;
    const cut = depth >= maxDepth;
    const hidden = cut ? countNodes(next.expr) - 1 : 0;
    const needed = hidden > 0 ? 2 : 1;
    // The last line is kept for the count, unless this line is the last one anyway.
    const room = maxLines - shown - (pending.length > 0 || (!cut && branchesOf(next.expr).length > 0) ? 1 : 0);
    if (needed > room) {
      pending.push(next);
      break;
    }
    const line: TreeLine = {
      depth,
      label: labelOf(next.expr),
      role: next.role,
      span: next.expr.span ?? null,
      expr: next.expr,
      parent: next.parent,
      isLast: next.isLast,
      hidden,
    };
    lines.push(line);
    shown += needed;
    if (cut) continue;
    const branches = branchesOf(next.expr);
    for (let index = branches.length - 1; index >= 0; index--) {
      const branch = branches[index];
      if (branch !== undefined) pending.push({ ...branch, parent: line, isLast: index === branches.length - 1 });
    }
  }
  return { lines, more: pending.reduce((sum, left) => sum + countNodes(left.expr), 0) };
}

const BOX = { tee: '├─ ', end: '└─ ', bar: '│  ', gap: '   ', more: '…' } as const;
const ASCII = { tee: '|- ', end: '`- ', bar: '|  ', gap: '   ', more: '...' } as const;

const LINE_BREAKS: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** The tree as text, without a line break at its end. */
export function toTree(expr: Expr, options: TreeTextOptions = {}): string {
  const marks = options.ascii === true ? ASCII : BOX;
  const tree = treeOf(expr, options);
  const text: string[] = [];
  for (const line of tree.lines) {
    const role = line.role === null ? '' : `${line.role}: `;
    const branch = line.parent === null ? '' : line.isLast ? marks.end : marks.tee;
    text.push(indent(line.parent, marks) + branch + oneLine(role + line.label));
    if (line.hidden > 0) text.push(`${indent(line, marks)}${marks.end}${marks.more} ${line.hidden} more`);
  }
  if (tree.more > 0) text.push(`${marks.more} ${tree.more} more`);
  return text.join('\n');
}

/** What stands before the children of `line`. */
function indent(line: TreeLine | null, marks: typeof BOX | typeof ASCII): string {
  const parts: string[] = [];
  for (let at = line; at !== null && at.parent !== null; at = at.parent) parts.push(at.isLast ? marks.gap : marks.bar);
  return parts.reverse().join('');
}

function oneLine(text: string): string {
  return text.replace(/[\n\r\t]/g, (char) => LINE_BREAKS.get(char) ?? char);
}
