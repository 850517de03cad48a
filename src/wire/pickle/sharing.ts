import { type StateIndex, stateOf } from './cloudpickle-shapes.ts';
import type { PickleReading } from './read.ts';
import type { CallValue, PickleValue } from './value.ts';

/** What a walk may look at beyond the pickle's own length. */
const SPARE = 100_000;

/**
 * Bounds what is described for each of many calls: written without the memo, their arguments and states together are no longer
 * than the pickle, but one tuple in the memo may be the arguments of a hundred thousand calls. Four times the pickle is
 * enough for everything that picklers write; what is beyond it is left out, and `isSpent` says so.
 */
export class SharingBudget {
  private left: number;
  private spent = false;

  constructor(reading: PickleReading) {
    this.left = 4 * reading.bytes.length + SPARE;
  }

  get isSpent(): boolean {
    return this.spent;
  }

  /** Whether the call may be looked at: its arguments, the items in them, and its state. */
  take(call: CallValue, states: StateIndex): boolean {
    this.weigh(call.args, 2);
    this.weigh(call.state, 2);
    this.weigh(stateOf(call, states), 3);
    return !this.spent;
  }

  private weigh(root: PickleValue | null | undefined, levels: number): void {
    const work: { readonly value: PickleValue; readonly levels: number }[] = [];
    if (root != null) work.push({ value: root, levels });
    for (let step = work.pop(); step !== undefined && !this.spent; step = work.pop()) {
      const { value } = step;
      const items = value.kind === 'tuple' || value.kind === 'list' ? value.items : [];
      const pairs = value.kind === 'dict' ? value.pairs : [];
      this.left -= 1 + items.length + pairs.length + (value.kind === 'bytes' ? value.value.length : 0);
      if (this.left < 0) {
        this.spent = true;
        return;
      }
      if (step.levels === 1) continue;
      for (const item of items) work.push({ value: item, levels: step.levels - 1 });
      for (const [, item] of pairs) work.push({ value: item, levels: step.levels - 1 });
    }
  }
}
