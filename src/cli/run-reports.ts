/** What a run tells people on stderr beside its result: progress, the plan, statistics, what workers print. */
import type { Plan } from '../run/plan/plan.ts';
import type { Progress, RunReport } from '../run/report.ts';
import type { RunFlags } from './commands/run.ts';
import { escapeText } from './render/escape.ts';
import { ProgressLine, wantsProgress } from './render/progress.ts';
import { sinkOf } from './render/sink.ts';
import { isBinary } from './run-format.ts';

export interface Reports {
  /** Null where nobody looks. */
  readonly onProgress: ((progress: Progress) => void) | null;
  /** Takes the line of progress away, before something else is written to the terminal. */
  pause(): void;
  /** A line of a worker: a UDF's print, a crash's account. */
  line(text: string): void;
  plan(plan: Plan): Promise<void>;
  stats(report: RunReport): Promise<void>;
  end(): void;
}

export async function reportsOf(flags: RunFlags): Promise<Reports> {
  const { stderr } = process;
  const shown = wantsProgress(flags.progress, stderr, process.env, streamsToTerminal(flags)) && !flags.json;
  const line = shown ? new ProgressLine(stderr) : null;
  const pause = (): void => line?.clear();
  const tell = (text: string): void => {
    if (line === null) stderr.write(text);
    else line.above(text);
  };
  return {
    onProgress: line === null ? null : (progress) => line.show(progress),
    pause,
    // Payloads and workers word it; a pipe may end on a terminal, too.
    line: (text) => tell(`${text.split('\t').map(escapeText).join('\t')}\n`),
    plan: async (plan) => {
      // With --json it is a member of the document.
      if (!flags.verbose || flags.json) return;
      const { planText } = await import('./render/run-plan.ts');
      tell(await planText(plan, sinkOf(stderr).width));
    },
    stats: async (report) => {
      pause();
      if (!flags.stats || flags.json) return;
      const { statsText } = await import('./render/stats.ts');
      tell(statsText(report, sinkOf(stderr).width));
    },
    end: () => line?.end(),
  };
}

/** Whether rows go to the terminal while they are made: a line of progress would stand among them. */
function streamsToTerminal({ output, format }: RunFlags): boolean {
  const toStdout = output === undefined || output === '-';
  return toStdout && process.stdout.isTTY === true && format !== undefined && format !== 'table' && !isBinary(format);
}
