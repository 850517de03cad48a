/** The writing half of `json-text.ts`. */
import type { JsonNode } from './json-text.ts';

export interface WriteJsonOptions {
  /** Spaces a level; 0 (the default) writes one line without spaces. */
  readonly indent?: number | undefined;
  /** With `indent`: an array or object that fits into lines of this width stays on one line. Default 0: only empty ones do. */
  readonly width?: number | undefined;
}

/**
 * Control characters beyond those that JSON must escape, line separators, and marks that reorder or hide text: a terminal or an
 * editor that shows the text must not obey what came in a payload.
 */
const UNSAFE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function quote(value: string): string {
  return JSON.stringify(value).replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function scalarText(node: Exclude<JsonNode, { kind: 'array' | 'object' }>): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return node.value ? 'true' : 'false';
    case 'number':
      return node.text;
    case 'string':
      return quote(node.value);
  }
}

type Container = Extract<JsonNode, { kind: 'array' | 'object' }>;

function isContainer(node: JsonNode): node is Container {
  return node.kind === 'array' || node.kind === 'object';
}

function childCount(node: Container): number {
  return node.kind === 'array' ? node.items.length : node.members.length;
}

function childAt(node: Container, index: number): JsonNode | undefined {
  return node.kind === 'array' ? node.items[index] : node.members[index]?.value;
}

/** Characters that each container takes on one line, as far as they stay under `width`; longer ones are not in the map. */
function shortWidths(root: JsonNode, width: number): Map<Container, number> {
  const widths = new Map<Container, number>();
  if (!isContainer(root)) return widths;
  const open: { readonly node: Container; index: number; length: number }[] = [{ node: root, index: 0, length: 0 }];
  for (let top = open[0]; top !== undefined; top = open[open.length - 1]) {
    const { node } = top;
    if (top.index === childCount(node)) {
      // `[1, 2]` and `{ "a": 1 }`
      const count = top.index;
      const length = top.length + 2 + (count > 0 ? 2 * (count - 1) + (node.kind === 'object' ? 2 : 0) : 0);
      if (length <= width) widths.set(node, length);
      open.pop();
      const outer = open[open.length - 1];
      if (outer !== undefined) outer.length += length;
      continue;
    }
    const child = childAt(node, top.index);
    if (node.kind === 'object') top.length += quote(node.members[top.index]?.key ?? '').length + 2;
    top.index++;
    if (child === undefined) continue;
    if (isContainer(child)) open.push({ node: child, index: 0, length: 0 });
    else top.length += scalarText(child).length;
  }
  return widths;
}

interface OpenContainer {
  readonly node: Container;
  readonly flat: boolean;
  index: number;
}

/** Deeper levels are indented no further: the text of a deep chain would grow with the square of its depth. */
const MAX_INDENTED_LEVELS = 100;

/** Writes a node of any depth without recursion. The text ends without a line break. */
export function writeJson(root: JsonNode, options: WriteJsonOptions = {}): string {
  const indent = options.indent ?? 0;
  const width = options.width ?? 0;
  if (!isContainer(root)) return scalarText(root);
  const pretty = indent > 0;
  const widths = pretty && width > 0 ? shortWidths(root, width) : new Map<Container, number>();
  const parts: string[] = [];
  const open: OpenContainer[] = [];
  /** Characters on the line before what comes next. */
  let column = 0;
  const put = (text: string): void => {
    parts.push(text);
    column += text.length;
  };
  const breakLine = (): void => {
    column = indent * Math.min(open.length, MAX_INDENTED_LEVELS);
    parts.push('\n', ' '.repeat(column));
  };
  const start = (node: Container): void => {
    put(node.kind === 'array' ? '[' : '{');
    const outer = open[open.length - 1];
    const fits = column - 1 + (widths.get(node) ?? Number.POSITIVE_INFINITY) <= width;
    open.push({ node, flat: !pretty || outer?.flat === true || fits || childCount(node) === 0, index: 0 });
  };

  start(root);
  for (let top = open[0]; top !== undefined; top = open[open.length - 1]) {
    const { node } = top;
    const spaced = pretty && top.flat && node.kind === 'object' && childCount(node) > 0;
    if (top.index === childCount(node)) {
      open.pop();
      if (!top.flat) breakLine();
      else if (spaced) put(' ');
      put(node.kind === 'array' ? ']' : '}');
      continue;
    }
    const child = childAt(node, top.index);
    if (top.index > 0) put(',');
    if (!top.flat) breakLine();
    else if (spaced || (pretty && top.index > 0)) put(' ');
    if (node.kind === 'object') put(`${quote(node.members[top.index]?.key ?? '')}${pretty ? ': ' : ':'}`);
    top.index++;
    if (child === undefined) continue;
    if (isContainer(child)) start(child);
    else put(scalarText(child));
  }
  return parts.join('');
}
