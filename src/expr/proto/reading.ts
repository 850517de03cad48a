import type { Span } from '../../wire/limits.ts';
import { compiledByIndex, compiledMessage, type Tape } from '../../wire/protobuf/index.ts';

/** Something in the bytes that the model can't say, with its place. The node around it keeps its bytes. */
export interface ReadingNote {
  readonly code: 'MISSING_FIELD' | 'UNKNOWN_VARIANT' | 'UNKNOWN_ENUM' | 'BAD_VALUE' | 'DUPLICATE_FIELD';
  readonly message: string;
  readonly offset: number;
}

/** Builds the value of one message from its fields, or null (with a note) where the model has no place for it. */
export type MessageReader = (reading: Reading, entry: number) => unknown;

const EXPR = compiledMessage('LogicalExprNode').index;

/** Which reader a message has. */
export interface Readers {
  readonly byName: ReadonlyMap<string, MessageReader>;
  /** The same by the message's index; null for none. Filled as messages are met. */
  readonly byIndex: (MessageReader | null | undefined)[];
  /**
   * Columns and literals, which are most of every payload: they are built when the expression around asks for them (once), without a
   * place among the values.
   */
  readonly leaf: {
    /** Whether the entry is the only content of a `LogicalExprNode`, which stands right before it, and `read` reads the two. */
    readonly isLeaf: (tape: Tape, entry: number, message: number) => boolean;
    readonly read: MessageReader;
  };
}

/**
 * A message is read from its last field to its first: in a preorder tape a message's fields stand behind it, so each is built
 * before the message that holds it, at any depth and without recursion.
 */
export class Reading {
  /**
   * What the readers built and no message around has taken yet, with the entry of each; the first entry is on top. A reader takes the values
   * of its fields from there, and they are dropped with it.
   */
  private readonly values: unknown[] = [];
  private readonly entries: number[] = [];
  private top = 0;
  /** Where the next value is likely to be: readers ask for their fields in order. */
  private next = 0;
  readonly notes: ReadingNote[] = [];
  /** Expression entries that keep their bytes. */
  private readonly keepsBytes = new Set<number>();
  private readonly climbed = new Set<number>();
  private leaf: MessageReader | null = null;

  constructor(readonly tape: Tape) {
    for (const entry of tape.oddEntries) this.keepBytes(entry);
    const outOfOrder = new Set<number>();
    for (const oddity of tape.oddities) {
      // prost merges a message that stands twice; a model of the last one alone would be a wrong reading
      if (tape.message(oddity.entry) < 0) continue;
      if (oddity.kind === 'duplicate_field') this.merged.add(tape.parent(oddity.entry));
      // with another field between them the second one only counts as out of order
      if (oddity.kind === 'field_order') outOfOrder.add(tape.parent(oddity.entry));
    }
    for (const entry of outOfOrder) if (this.hasDuplicateMessage(entry)) this.merged.add(entry);
    if (tape.oddityCount > tape.oddities.length) this.unsure = true;
  }

  private readonly merged = new Set<number>();
  private readonly unsure: boolean = false;

  /** Whether the message holds a sub-message twice, which the receiver would merge. */
  isMerged(entry: number): boolean {
    if (this.merged.size === 0 && !this.unsure) return false;
    return this.merged.has(entry) || (this.unsure && this.hasDuplicateMessage(entry));
  }

  private hasDuplicateMessage(entry: number): boolean {
    const seen = new Set<string>();
    const compiled = this.tape.compiled(entry);
    for (let at = entry + 1; at < this.tape.next(entry); at = this.tape.next(at)) {
      const field = compiled?.field(this.tape.number(at));
      if (field?.singular !== true) continue;
      const slot = field.def.oneof ?? field.def.name;
      if (seen.has(slot)) return true;
      seen.add(slot);
    }
    return false;
  }

  /** Builds the values of all messages from `first` on: of the root itself, or of its fields. */
  run(readers: Readers, first: 0 | 1 = 0): void {
    const { tape, values, entries } = this;
    const { byIndex, leaf } = readers;
    // a leaf that keeps its bytes or stands twice is read like any other message
    const plain = this.keepsBytes.size === 0 && this.merged.size === 0 && !this.unsure;
    if (plain) this.leaf = leaf.read;
    for (let entry = tape.length - 1; entry >= first; entry--) {
      const message = tape.message(entry);
      if (message < 0) continue;
      if (plain && leaf.isLeaf(tape, entry, message)) {
        entry--;
        continue;
      }
      let reader = byIndex[message];
      if (reader === undefined) {
        reader = readers.byName.get(compiledByIndex(message).def.name) ?? null;
        byIndex[message] = reader;
      }
      if (reader === null) continue;
      this.next = this.top - 1;
      const value = this.isMerged(entry) ? this.refuseMerge(entry) : reader(this, entry);
      const end = tape.next(entry);
      let top = this.top;
      while (top > 0 && (entries[top - 1] as number) < end) top--;
      entries[top] = entry;
      values[top] = value;
      this.top = top + 1;
    }
    this.next = this.top - 1;
  }

  private refuseMerge(entry: number): null {
    this.note('DUPLICATE_FIELD', entry, 'a message stands twice where one belongs; a receiver merges the two');
    return null;
  }

  /** The value that the message's own reader built: its type follows from the field that the entry fills. */
  value<T>(entry: number): T | null {
    const { entries, top } = this;
    let at = this.next;
    if (at + 1 < top && (entries[at + 1] as number) >= entry) at = top - 1;
    while (at >= 0 && (entries[at] as number) < entry) at--;
    this.next = at;
    if (at >= 0 && entries[at] === entry) return this.values[at] as T | null;
    return this.leaf === null || this.tape.message(entry) !== EXPR ? null : (this.leaf(this, entry) as T | null);
  }

  /** The byte range of an entry's content in the payload. */
  span(entry: number): Span {
    return { start: this.tape.base + this.tape.start(entry), end: this.tape.base + this.tape.end(entry) };
  }

  /** The byte range of the `LogicalExprNode` around a node's own message. */
  exprSpan(entry: number): Span {
    return this.span(this.tape.parent(entry));
  }

  note(code: ReadingNote['code'], entry: number, message: string): void {
    this.notes.push({ code, message, offset: this.tape.base + this.tape.tag(entry) });
  }

  /** Notes a field that DataFusion's reader requires, and gives null for the message. */
  missing(entry: number, field: string): null {
    this.note('MISSING_FIELD', entry, `${this.tape.compiled(entry)?.def.name ?? 'the message'} has no ${field}`);
    return null;
  }

  /** The name of an enum's value, or null (with a note) for one that DataFusion 55 does not have. */
  enumName<T>(entry: number, names: readonly T[], enumeration: string): T | null {
    const value = this.tape.int32(entry);
    const name = names[value];
    if (name !== undefined) return name;
    this.note('UNKNOWN_ENUM', entry, `${enumeration} has no value ${value}`);
    return null;
  }

  /** Says that the canonical writer would not give the bytes around `entry` again. */
  keepBytes(entry: number): void {
    let at = entry;
    while (at >= 0 && !this.climbed.has(at)) {
      this.climbed.add(at);
      if (this.tape.message(at) === EXPR && at !== entry) {
        this.keepsBytes.add(at);
        return;
      }
      at = this.tape.parent(at);
    }
  }

  keeps(entry: number): boolean {
    return this.keepsBytes.size > 0 && this.keepsBytes.has(entry);
  }
}
