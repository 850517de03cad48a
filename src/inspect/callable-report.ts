/** What a UDF's callable is, as plain data. */

import type { JsUdf, JsValue } from '../wire/js-udf.ts';
import { type CallableReport, type CapturedValue, previewOf } from '../wire/pickle/index.ts';
import type { CallableDocument, NestedCallable, ValueReport } from './model.ts';

export interface Showing {
  readonly redact: boolean;
  /** Most characters of a value. */
  readonly valueWidth: number;
}

export function callableDocument(report: CallableReport, showing: Showing): CallableDocument {
  const values = (list: readonly CapturedValue[]): readonly ValueReport[] =>
    list.map((each) => valueReport(each, showing));
  return {
    kind: report.kind,
    qualname: report.qualname,
    module: report.module,
    file: report.file,
    line: report.line,
    doc: showing.redact ? null : report.doc,
    arguments: report.code?.arguments ?? [],
    captures: values(report.captures),
    globals: values(report.globals),
    defaults: values(report.defaults),
    keywordDefaults: values(report.keywordDefaults),
    attributes: values(report.attributes),
    bases: report.bases,
    methods: report.methods.map(({ name, how, code }) => ({ name, how, line: code?.line ?? null })),
    source: showing.redact ? null : (report.source?.source ?? null),
    nested: report.nested.map(
      (each): NestedCallable => ({
        kind: each.kind,
        qualname: each.qualname,
        module: each.module,
        file: each.file,
        line: each.line,
        arguments: each.code?.arguments ?? [],
        captures: values(each.captures),
        globals: values(each.globals),
        defaults: values(each.defaults),
      }),
    ),
  };
}

function valueReport(
  { name, type, preview, bytes, value }: CapturedValue,
  { redact, valueWidth }: Showing,
): ValueReport {
  const shown = preview.endsWith('…') && valueWidth > preview.length ? previewOf(value, valueWidth) : preview;
  return { name, type, value: redact ? null : shown, bytes };
}

export function javascriptDocument(udf: JsUdf, { redact, valueWidth }: Showing): CallableDocument {
  return {
    kind: 'javascript',
    qualname: udf.entry,
    module: null,
    file: null,
    line: null,
    doc: null,
    arguments: [],
    captures: udf.captures.map(([name, value]) => {
      const text = jsText(value, valueWidth);
      return { name, type: jsType(value), value: redact ? null : text, bytes: jsBytes(value) };
    }),
    globals: [],
    defaults: [],
    keywordDefaults: [],
    attributes: [],
    bases: [],
    methods: [],
    source: redact ? null : udf.source,
    nested: [],
  };
}

function jsType(value: JsValue): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'map' : typeof value;
}

/** The value as text, cut. Only as much of it is looked at as is shown. */
function jsText(value: JsValue, width: number): string {
  const out: string[] = [];
  let left = width;
  const pending: (JsValue | { readonly text: string })[] = [value];
  while (pending.length > 0 && left > 0) {
    const next = pending.pop();
    if (next === undefined) break;
    let text = '';
    if (next === null || typeof next === 'number' || typeof next === 'boolean') text = String(next);
    else if (typeof next === 'bigint') text = `${next}n`;
    else if (typeof next === 'string') text = JSON.stringify(next.slice(0, width));
    else if (next instanceof Uint8Array) text = `${next.length} bytes`;
    else if (isText(next)) text = next.text;
    else {
      const list = isList(next);
      const count = Math.min(list ? next.length : next.pairs.length, width);
      text = list ? '[' : '{';
      pending.push({ text: list ? ']' : '}' });
      for (let at = count - 1; at >= 0; at--) {
        if (list) pending.push(next[at] ?? null);
        else {
          const [key = '', item = null] = next.pairs[at] ?? [];
          pending.push(item, { text: ': ' }, key);
        }
        if (at > 0) pending.push({ text: ', ' });
      }
    }
    out.push(text);
    left -= text.length;
  }
  const text = out.join('');
  return text.length > width || pending.length > 0 ? `${text.slice(0, width - 1)}…` : text;
}

function isList(value: object): value is readonly JsValue[] {
  return Array.isArray(value);
}

function isText(value: object): value is { readonly text: string } {
  return 'text' in value;
}

/** How much the value weighs, in bytes of its own content. */
function jsBytes(root: JsValue): number {
  let bytes = 0;
  const pending: JsValue[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (value === null || typeof value === 'boolean') bytes += 1;
    else if (typeof value === 'number' || typeof value === 'bigint') bytes += 8;
    else if (typeof value === 'string') bytes += new TextEncoder().encode(value).length;
    else if (value instanceof Uint8Array) bytes += value.length;
    else if (isList(value)) for (const item of value) pending.push(item);
    else for (const [key, item] of value.pairs) pending.push(key, item);
  }
  return bytes;
}
