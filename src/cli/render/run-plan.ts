/** `-v`: how each payload is evaluated, how the input is split, and the expressions as they are computed. */
import { toTree } from '../../expr/tree.ts';
import type { Plan, PlannedPayload } from '../../run/plan/plan.ts';
import { escapeText } from './escape.ts';
import { wrapText } from './layout.ts';

/** Lines of an expression's tree that are shown. */
const MOST_LINES = 60;

export async function planText(plan: Plan, width: number): Promise<string> {
  const lines = ['plan', ...plan.explanation.flatMap((line) => wrapped(line, width))];
  for (const entry of plan.planned) {
    lines.push(`expression of ${entry.payload.label}`, ...(await treeOf(entry, plan)).map((line) => `  ${line}`));
  }
  return `${lines.map(escapeText).join('\n')}\n`;
}

/** A label, two spaces and a text, which is wrapped beside its label. */
function wrapped(line: string, width: number): readonly string[] {
  const label = /^\S+\s\s+/.exec(line)?.[0] ?? '';
  const parts = wrapText(line.slice(label.length), Math.max(20, width - label.length - 3));
  return parts.map((part, at) => `  ${at === 0 ? label : ' '.repeat(label.length)}${part}`);
}

/** With types where the embedded engine has bound it; the real engine binds what it gets by itself. */
async function treeOf({ payload, engine }: PlannedPayload, plan: Plan): Promise<readonly string[]> {
  if (engine === 'embedded') {
    const { explainBound } = await import('../../run/embedded/explain.ts');
    const schema = plan.table?.schema ?? { fields: [], metadata: [] };
    // Binding a JavaScript UDF would compile it, and its code belongs into workers alone.
    const bound = explainBound(payload.expr, schema, { relation: payload.relation, now: plan.now, inlineCode: false });
    if (bound !== null) return bound;
  }
  return toTree(payload.expr, { maxLines: MOST_LINES }).trimEnd().split('\n');
}
