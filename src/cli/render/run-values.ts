/** The values of aggregate payloads, as the datafusion-python `multiprocessing` example prints them. */
import { escapeText } from './escape.ts';

/** The example's column widths; longer labels and values widen their own line only where the label isn't known before. */
const LABEL_WIDTH = 16;
const VALUE_WIDTH = 6;

export function labelWidth(labels: readonly string[]): number {
  return Math.max(LABEL_WIDTH, ...labels.map((label) => escapeText(label).length));
}

export function valueLine(label: string, value: string, pid: number, width: number): string {
  return `  [${escapeText(label).padStart(width)}] = ${escapeText(value).padStart(VALUE_WIDTH)}   (worker pid: ${pid})`;
}
