import { MAX_TOLD } from './risk-tables.ts';

/** `danger`: reaches outside or hides what it does; `warning`: can't be told harmless; `info`: worth knowing. */
export type RiskSeverity = 'danger' | 'warning' | 'info';

export type RiskCode =
  | 'dangerous-call'
  | 'dangerous-reference'
  | 'unknown-call'
  | 'indirect-call'
  | 'runs-own-code'
  | 'runs-source'
  | 'changes-import'
  | 'computed-global'
  | 'extension-code'
  | 'persistent-id'
  | 'nested-pickle'
  | 'load-hook'
  | 'code-references'
  | 'malformed'
  | 'trailing-bytes';

export interface PickleRisk {
  readonly code: RiskCode;
  readonly severity: RiskSeverity;
  /** Whether it happens when the pickle is loaded, before anything in it is called. */
  readonly onLoad: boolean;
  /** What it is about: a dotted name where there is one. */
  readonly what: string;
  /** One sentence. Names in it come from the payload: escape them before they reach a terminal. */
  readonly message: string;
  /** Absolute. */
  readonly offset: number;
}

/** The findings of one pickle. */
export class RiskList {
  readonly risks: PickleRisk[] = [];
  private readonly isNested: boolean;
  private readonly said = new Set<string>();
  private readonly counts = new Map<RiskSeverity, number>();

  constructor(isNested: boolean) {
    this.isNested = isNested;
  }

  add(code: RiskCode, severity: RiskSeverity, onLoad: boolean, what: string, message: string, offset: number): void {
    // A danger is told at each place; anything else that would be said again in the same words once, at its first.
    const key = [code, severity, onLoad, what, message, severity === 'danger' ? offset : ''].join('\n');
    if (this.said.has(key)) return;
    const told = (this.counts.get(severity) ?? 0) + 1;
    this.counts.set(severity, told);
    if (told > MAX_TOLD) return;
    this.said.add(key);
    this.risks.push({ code, severity, onLoad: onLoad && !this.isNested, what, message, offset });
  }

  /** Findings of one severity don't hide those of another, nor the number of their own. */
  tellTheRest(offset: number): void {
    for (const [severity, count] of this.counts) {
      const more = count - MAX_TOLD;
      if (more <= 0) continue;
      const message = `${more} more findings of the severity ${severity} are not listed`;
      this.risks.push({ code: 'malformed', severity, onLoad: !this.isNested, what: 'pickle', message, offset });
    }
  }
}
