/** Random CSV for tests: the same for the same seed. */
import type { DataType, Schema } from '../../src/wire/arrow/types.ts';

export class Random {
  constructor(private state: number) {}

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}

export function schemaOf(...types: readonly (DataType | DataType['kind'])[]): Schema {
  return {
    fields: types.map((type, i) => ({
      name: `c${i}`,
      // A kind stands for the type that has no parameters.
      type: typeof type === 'string' ? ({ kind: type } as DataType) : type,
      nullable: true,
      metadata: [],
    })),
    metadata: [],
  };
}
