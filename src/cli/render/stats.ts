/** `--stats`: what a run did, as a small table for stderr. */
import { grouped } from '../../inspect/units.ts';
import type { RunReport } from '../../run/report.ts';
import { drawRows, widest } from './draw-rows.ts';
import { escapeText } from './escape.ts';
import { byteText, engineText, plural, timeText } from './run-units.ts';

const LABEL = 9;

export function statsText(report: RunReport, width: number): string {
  const rows: (readonly string[])[] = [];
  const add = (label: string, text: string): void => {
    rows.push([escapeText(label), escapeText(text)]);
  };
  const { rowsIn, rowsOut, seconds } = report;
  add('rows', `${rowsIn === null ? 'rows' : plural(rowsIn, 'row')} in, ${grouped(rowsOut)} out`);
  add('bytes', bytesLine(report));
  add('time', timeLine(seconds));
  add(
    'batches',
    `${plural(report.batches, 'batch', 'batches')}, ${plural(report.splits, 'split')}: ${report.splitting}`,
  );
  add('transport', `${report.transport.name}: ${report.transport.reason}`);
  const again = report.misplaced > 0 ? `, ${plural(report.misplaced, 'split')} read again after a quoted line end` : '';
  add('retries', `${report.retries}${again}`);
  for (const { label, engine, reason, how, howReason } of report.payloads) {
    const way = how === 'whole' ? 'on one worker' : how === 'partial' ? 'partial results merged' : 'row by row';
    const isShort = widest([escapeText(label)]) <= LABEL;
    add(
      isShort ? label : 'payload',
      `${isShort ? '' : `${label}: `}${engine} (${reason}); ${way}${howReason === null ? '' : ` (${howReason})`}`,
    );
  }
  for (const { pid, engine, jobs, rows, seconds: spent, died } of report.workers) {
    const name = engine === null ? '' : `, ${engineText(engine)}`;
    const end = died === null ? '' : `, ${died}`;
    const time = timeText(spent.open + spent.evaluate);
    add('worker', `pid ${pid}${name}, ${plural(jobs, 'job')}, ${plural(rows, 'row')}, ${time}${end}`);
  }
  const columns = [LABEL, width - LABEL - 1].map((size) => ({ width: size, align: 'left' }) as const);
  return `${drawRows(rows, columns, { gap: ' ', wraps: true }).join('\n')}\n`;
}

function bytesLine({ bytesRead, totalBytes, seconds }: RunReport): string {
  const of = totalBytes === null || totalBytes === bytesRead ? '' : ` of ${byteText(totalBytes)}`;
  const rate = seconds.total > 0 && bytesRead > 0 ? `, ${byteText(bytesRead / seconds.total)}/s` : '';
  return `${byteText(bytesRead)} read${of}${rate}`;
}

/** Evaluation is the sum over workers: with several it may be more than the whole. */
function timeLine(seconds: RunReport['seconds']): string {
  const { total, ...phases } = seconds;
  const parts = Object.entries(phases)
    .filter(([, spent]) => spent >= 0.0005)
    .map(([phase, spent]) => `${phase} ${timeText(spent)}`);
  return `${timeText(total)}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}
